"""The kernel's receive time stamps: round trips that do not hold the lateness of our own loop."""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from typing import Final

from probe.clock import NS_PER_US, Reading

SO_TIMESTAMPNS: Final = 35
SOL_SOCKET: Final = int(socket.SOL_SOCKET)
TIMESPEC: Final = struct.Struct("=qq")
Control = list[tuple[int, int, bytes]]
"""The ancillary data of a received message."""


def stamp_arrivals(sock: socket.socket) -> None:
    """Let the kernel stamp what arrives on this socket, ICMP errors too; one that cannot leaves us our own clock."""
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)


def read_stamp(control: Control) -> int | None:
    """The kernel's receive time, ns since the epoch; None where it gave none."""
    return next((stamp_ns for one in control if (stamp_ns := stamp_of(*one)) is not None), None)


def stamp_of(level: int, kind: int, data: bytes) -> int | None:
    """The same from one piece of ancillary data; None where it is another."""
    if kind != SO_TIMESTAMPNS or level != SOL_SOCKET or len(data) != TIMESPEC.size:
        return None
    seconds, nanoseconds = TIMESPEC.unpack(data)
    return int(seconds * 1_000_000_000 + nanoseconds)


def round_trip_us(sent: Reading, now: Reading, stamp_ns: int | None) -> int:
    """By the kernel's stamp, unless there is none or it cannot be true: the wall clock may have been stepped."""
    elapsed_ns = now.boot_ns - sent.boot_ns
    if stamp_ns is not None and 0 <= stamp_ns - sent.wall_ns <= elapsed_ns:
        return (stamp_ns - sent.wall_ns) // NS_PER_US
    return elapsed_ns // NS_PER_US

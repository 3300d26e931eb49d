"""The stand-in between a program and its files (disk.c): made once, armed by the program that runs under it.

A plan is a range of calls of some kinds, counted from 1, and what happens to them: the program is killed before the
call, a write is torn and the program killed, a write is short, or the call fails with an errno.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntFlag
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

SOURCE: Final = Path(__file__).with_name("disk.c")
ENTRY: Final = struct.Struct("<IIQQQ96s")
KILL, TEAR, SHORTEN = -1, -2, -3
EVER: Final = 1 << 40


class Call(IntFlag):
    """Kinds of calls that change files, as disk.c numbers them. FOLDER: the fsync of a folder, kept as a SYNC."""

    WRITE = 1
    TRUNCATE = 2
    SYNC = 4
    CREATE = 8
    UNLINK = 16
    RENAME = 32
    LINK = 64
    ALLOCATE = 128
    MARK = 256
    FOLDER = 512
    ANY = 767


class Plan(NamedTuple):
    """From call `at` to before `until` of these kinds: KILL, TEAR, SHORTEN or an errno. Without a deed: count."""

    at: int = 0
    until: int = EVER
    calls: Call = Call.ANY
    deed: int = 0


class Entry(NamedTuple):
    """One call on record, or a mark: what the program had promised by then (its number is in `at`)."""

    call: Call
    is_failed: bool
    inode: int
    at: int
    name: str
    data: bytes


@cache
def library() -> Path:
    """The stand-in, compiled. Skips where there is no compiler; in CI that is a failure."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        reason = "faults of the disk need a C compiler"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    made = Path(tempfile.mkdtemp(prefix="probe-disk-")) / "disk.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(made), str(SOURCE)], check=True)
    return made


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A folder in memory where there is one: what is tested is the order of calls, not the disk."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


def environment(**more: str) -> dict[str, str]:
    """Of a program that runs under the stand-in; it must arm it, or be given DISK_FOLDER."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PROBE_", "COV_"))}
    root = str(Path(__file__).parents[2])
    return kept | {"LD_PRELOAD": str(library()), "PYTHONPATH": root, "PYTHONWARNINGS": "ignore", "NO_COLOR": "1"} | more


class Disk:
    """The stand-in as seen from the program that runs under it."""

    def __init__(self) -> None:
        self._calls: Any = ctypes.CDLL(None)
        self._calls.disk_seen.restype = ctypes.c_long

    def arm(self, folder: Path, *plans: Plan) -> None:
        """From now on this folder is watched, under at most two plans."""
        self._calls.disk_arm(os.fsencode(folder))
        for number, plan in enumerate(plans):
            at, until = ctypes.c_long(plan.at), ctypes.c_long(plan.until)
            self._calls.disk_plan(number, at, until, int(plan.calls), plan.deed)

    def seen(self, number: int = 0) -> int:
        """How many calls a plan has counted."""
        return int(self._calls.disk_seen(number))

    def record(self, path: Path) -> None:
        """Keep every call from now on."""
        self._calls.disk_record(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))

    def mark(self, number: int) -> None:
        """Everything up to this number is promised."""
        self._calls.disk_mark(ctypes.c_uint64(number))


def entries(path: Path) -> list[Entry]:
    """What was kept."""
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        kind, is_failed, inode, place, length, name = ENTRY.unpack_from(data, at)
        at += ENTRY.size
        found.append(Entry(Call(kind), bool(is_failed), inode, place, _text(name), data[at : at + length]))
        at += length
    return found


def _text(name: bytes) -> str:
    return name.rstrip(b"\0").split(b"\0")[0].decode()

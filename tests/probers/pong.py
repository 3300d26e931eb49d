"""Answers echo requests after a delay, for a namespace with icmp_echo_ignore_all = 1: `python pong.py MILLISECONDS`.

Hosts 251 to 255 of each /24 are dead. A request to one of them is answered by host 1 of its network instead,
with the same identifier, sequence number and payload: what another process with a colliding identifier sees.
"""

from __future__ import annotations

import select
import socket
import struct
import sys
import time
from collections import deque

DEAD = 251


def main(delay_s: float) -> None:
    listener = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    listener.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)  # SO_RCVBUFFORCE
    listener.setsockopt(255, 1, struct.pack("=I", ~(1 << 8) & 0xFFFF_FFFF))  # ICMP_FILTER: echo requests only
    listener.setblocking(False)
    speaker = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    waiting: deque[tuple[float, bytes, str]] = deque()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        left_s = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        if select.select([listener], [], [], left_s)[0]:
            hear(listener, waiting, delay_s)
        while waiting and waiting[0][0] <= time.monotonic():
            _, packet, asker = waiting.popleft()
            speaker.sendto(packet, (asker, 0))


def hear(listener: socket.socket, waiting: deque[tuple[float, bytes, str]], delay_s: float) -> None:
    for _ in range(256):
        try:
            data = listener.recv(2048)
        except BlockingIOError:
            return
        waiting.append((time.monotonic() + delay_s, reply(data), socket.inet_ntoa(data[12:16])))


def reply(request: bytes) -> bytes:
    """The request with its addresses swapped, as an echo reply."""
    start = (request[0] & 0x0F) * 4
    source = request[16:20] if request[19] < DEAD else request[16:19] + b"\x01"
    total = int.from_bytes(request[start + 2 : start + 4]) + 0x0800
    check = (total & 0xFFFF) + (total >> 16)
    head = request[:10] + b"\0\0" + source + request[12:16] + request[20:start]
    return head + b"\0\0" + check.to_bytes(2) + request[start + 4 :]


if __name__ == "__main__":
    main(float(sys.argv[1]) / 1000)

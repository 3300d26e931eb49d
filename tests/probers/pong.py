"""Answers echo requests after a delay, for a namespace with icmp_echo_ignore_all = 1: `python pong.py MILLISECONDS`.

Hosts 251 to 255 of each /24 are dead. A request to one of them is answered by host 1 of its network instead,
with the same identifier, sequence number and payload: what another process with a colliding identifier sees.
The others are alive; those of 10.99.201.0/24 answer twice, those of 10.99.202.0/24 every second request so late
that the next one overtakes it, and for those of 10.99.203.0/24 somebody forges an answer at once, with a payload
of zeros, before the true one comes.
"""

from __future__ import annotations

import select
import socket
import struct
import sys
import time
from collections import deque

DEAD = 251
TWICE, SHUFFLED, FORGED = 201, 202, 203
OVERTAKEN_S = 0.06


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
        asker, due_s = socket.inet_ntoa(data[12:16]), time.monotonic() + delay_s
        network, sequence = data[18], data[(data[0] & 0x0F) * 4 + 7]
        if network == FORGED:
            waiting.append((time.monotonic(), forged(data), asker))
        late_s = OVERTAKEN_S if network == SHUFFLED and sequence % 2 else 0.0
        for _ in range(2 if network == TWICE else 1):
            waiting.append((due_s + late_s, reply(data), asker))
    waiting_in_order = sorted(waiting)
    waiting.clear()
    waiting.extend(waiting_in_order)


def forged(request: bytes) -> bytes:
    """A reply with the right identifier and sequence number, from the right host, to a request nobody sent."""
    start = (request[0] & 0x0F) * 4
    echo = b"\0\0" + b"\0\0" + request[start + 4 : start + 8] + bytes(len(request) - start - 8)
    total = int.from_bytes(echo[4:6]) + int.from_bytes(echo[6:8])
    check = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    head = request[:10] + b"\0\0" + request[16:20] + request[12:16] + request[20:start]
    return head + echo[:2] + check.to_bytes(2) + echo[4:]


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

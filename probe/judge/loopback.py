"""The other side of the calibration: a process of its own that answers HTTP, DNS and TLS on loopback.

A process, so that it does not wait for our interpreter nor we for its.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

HOST: Final = "127.0.0.1"
PEER: Final = r"""
import socket, ssl, sys, threading

def web(server):
    while True:
        peer, _ = server.accept()
        with peer:
            if peer.recv(4096):
                peer.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

def names(server):
    while True:
        asked, source = server.recvfrom(4096)
        server.sendto(asked[:2] + b"\x81\x80" + asked[4:], source)

def hands(server, context):
    while True:
        peer, _ = server.accept()
        try:
            with context.wrap_socket(peer, server_side=True) as tls:
                tls.recv(1)
        except OSError:
            pass

numbers, certificate = [int(one) for one in sys.argv[1:4]], sys.argv[4]
tcp, udp, tls = [socket.socket(fileno=number) for number in numbers]
threading.Thread(target=names, args=(udp,), daemon=True).start()
if certificate:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    threading.Thread(target=hands, args=(tls, context), daemon=True).start()
web(tcp)
"""
NEW_KEY: Final = (
    *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
    *("-days", "1", "-subj", "/CN=loopback"),
)


class Peer(NamedTuple):
    """Where the other side listens; tls is None where no certificate could be made for it."""

    tcp: str
    dns: str
    tls: str | None


@contextmanager
def loopback_peer() -> Iterator[Peer]:
    """Start it, and end it whatever happens."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="probe-doctor-")))
        certificate = _certificate(folder)
        sockets = [
            stack.enter_context(socket.create_server((HOST, 0))),
            stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)),
            stack.enter_context(socket.create_server((HOST, 0))),
        ]
        sockets[1].bind((HOST, 0))
        numbers = [one.fileno() for one in sockets]
        words = [sys.executable, "-S", "-c", PEER, *map(str, numbers), certificate]
        process = subprocess.Popen(words, pass_fds=numbers)
        stack.callback(process.wait)
        stack.callback(process.kill)
        tcp, dns, tls = (f"{HOST}:{one.getsockname()[1]}" for one in sockets)
        yield Peer(tcp, dns, tls if certificate else None)


def _certificate(folder: Path) -> str:
    """The file of a new key and a certificate that nobody need trust; "" where it cannot be made."""
    path = folder / "loopback.pem"
    try:
        subprocess.run([*NEW_KEY, "-keyout", path, "-out", folder / "certificate"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    path.write_bytes(path.read_bytes() + (folder / "certificate").read_bytes())
    return str(path)

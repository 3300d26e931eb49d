"""Debian's own nginx, named and sshd, started with configurations of the test's own, stopped by their process id."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{ listen {address}:80; location / {{ return 200 "all is well\\n"; }} }}
}}
"""
ZONE = """$TTL 60
@ IN SOA ns.shop.test. admin.shop.test. 1 3600 600 86400 60
@ IN NS ns.shop.test.
ns IN A {address}
www IN A {address}
"""
NAMED = """
options {{ directory "{folder}"; listen-on {{ {address}; }}; listen-on-v6 {{ none; }}; recursion no;
  pid-file "{folder}/named.pid"; session-keyfile "{folder}/session.key"; notify no; dnssec-validation no; }};
controls {{ }};
zone "shop.test" {{ type master; file "{folder}/shop.zone"; }};
"""
SSHD = """
ListenAddress {address}:22
HostKey {folder}/host_key
PidFile none
UsePAM no
"""


class Server:
    """One server process; `start` returns when it answers, `stop` when it is gone; both give wall-clock ms."""

    def __init__(self, words: Sequence[str], answers: Callable[[], bool]) -> None:
        self._words, self._answers = tuple(words), answers
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> tuple[int, int]:
        """Not answering before the first instant, answering at the second."""
        before = wall_ms()
        self.process = subprocess.Popen(self._words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = before + 20_000
        while not self._answers():
            if self.process.poll() is not None or wall_ms() > deadline:
                raise RuntimeError(f"{self._words} did not come up, exit code {self.process.poll()}")
            time.sleep(0.02)
        return before, wall_ms()

    def stop(self) -> tuple[int, int]:
        """Answering before the first instant, gone at the second."""
        before = wall_ms()
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
            self.process = None
        return before, wall_ms()


def wall_ms() -> int:
    """The wall clock in ms."""
    return time.time_ns() // 1_000_000


def web(prefix: Sequence[str], folder: Path, address: str, answers: Callable[[], bool]) -> Server:
    """nginx that says `all is well`."""
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, address=address))
    return Server([*prefix, "nginx", "-c", str(config), "-p", str(folder)], answers)


def names(prefix: Sequence[str], folder: Path, address: str, answers: Callable[[], bool]) -> Server:
    """named for the zone shop.test."""
    (folder / "shop.zone").write_text(ZONE.format(address=address))
    config = folder / "named.conf"
    config.write_text(NAMED.format(folder=folder, address=address))
    return Server([*prefix, "named", "-f", "-4", "-c", str(config)], answers)


def shell(prefix: Sequence[str], folder: Path, address: str, answers: Callable[[], bool]) -> Server:
    """sshd that greets."""
    Path("/run/sshd").mkdir(exist_ok=True)
    key = folder / "host_key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    config = folder / "sshd_config"
    config.write_text(SSHD.format(folder=folder, address=address))
    return Server([*prefix, "/usr/sbin/sshd", "-D", "-f", str(config)], answers)


def accepts(prefix: Sequence[str], address: str, port: int) -> Callable[[], bool]:
    """Whether a port in that namespace accepts, asked from inside it."""
    script = f"import socket; socket.create_connection(({address!r}, {port}), 0.5).close()"

    def ask() -> bool:
        words = [*prefix, "python3", "-S", "-c", script]
        return subprocess.run(words, capture_output=True, check=False).returncode == 0

    return ask


def loopback_accepts(port: int) -> bool:
    """Whether a port on our own loopback accepts."""
    with socket.socket() as peer:
        peer.settimeout(0.5)
        return peer.connect_ex(("127.0.0.1", port)) == 0

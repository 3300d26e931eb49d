"""Two namespaces: `here`, and `far` with a web server that answers, which drops all that goes into a desert behind it.

here 10.98.0.1 ── 10.98.0.2, .3, .4 far ── 10.98.128.0/17: nothing answers, nothing is refused
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.lab.net import command
from tests.lab.servers import Server, accepts

OASIS: Final = "10.98.0.2"
REFERENCES: Final = ("10.98.0.3", "10.98.0.4")
NEEDED: Final = ("ip", "nft", "nginx")
DROP: Final = (
    "add table inet desert",
    "add chain inet desert sand { type filter hook prerouting priority -300; }",
    "add rule inet desert sand ip daddr 10.98.128.0/17 drop",
)
NGINX: Final = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{ listen {address}:80 backlog=4096; location / {{ return 200 "all is well\\n"; }} }}
}}
"""


def lost(number: int) -> str:
    """An address in the desert, another for each number."""
    return f"10.98.{128 + number // 250}.{number % 250 + 1}"


@contextmanager
def desert(folder: Path) -> Iterator[tuple[str, ...]]:
    """Build it; the words that run a command `here`. All is taken down whatever happens."""
    here, far = f"probe{os.getpid()}-here", f"probe{os.getpid()}-far"
    inside_far = ("ip", "netns", "exec", far)
    try:
        _build(here, far)
        for rule in DROP:
            command(*inside_far, "nft", rule)
        config = folder / "nginx.conf"
        config.write_text(NGINX.format(folder=folder, address=OASIS))
        words = [*inside_far, "nginx", "-c", str(config), "-p", str(folder)]
        server = Server(words, accepts(inside_far, OASIS, 80))
        server.start()
        try:
            yield ("ip", "netns", "exec", here)
        finally:
            server.stop()
    finally:
        for name in (here, far):
            subprocess.run(("ip", "netns", "del", name), capture_output=True, check=False)


def _build(here: str, far: str) -> None:
    for name in (here, far):
        command("ip", "netns", "add", name)
        command("ip", "-n", name, "link", "set", "lo", "up")
    command("ip", "-n", here, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", far)
    for name, addresses in ((here, ("10.98.0.1",)), (far, (OASIS, *REFERENCES))):
        for address in addresses:
            command("ip", "-n", name, "address", "add", f"{address}/24", "dev", "eth0")
        command("ip", "-n", name, "link", "set", "eth0", "up")
    command("ip", "-n", here, "route", "add", "10.98.128.0/17", "via", OASIS)

"""Debian's own servers in one namespace, on their usual ports, each ended with the processes that it started."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import datetime
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import trustme

from tests.lab import recipes

T = TypeVar("T")
CLONE_NEWNET: Final = 0x4000_0000
PATIENCE_S: Final = 30.0


@dataclass
class House:
    """A namespace with a loopback of its own, and the servers in it."""

    name: str
    folder: Path
    servers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def authority(self) -> str:
        """The file of the authority that signed the servers' certificates."""
        return str(self.folder / "ca.pem")

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the house, to its end."""
        return subprocess.run(
            ("ip", "netns", "exec", self.name, *words), capture_output=True, text=True, timeout=30, check=False
        )

    def begin(self, recipe: recipes.Recipe) -> None:
        """Write the server's files and start it; it may not answer yet."""
        recipe.prepare(self.folder)
        log = (self.folder / f"{recipe.name}.log").open("wb")
        with log:
            self.servers[recipe.name] = subprocess.Popen(
                ("ip", "netns", "exec", self.name, *recipe.words(self.folder)),
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def await_answers(self, recipe: recipes.Recipe) -> None:
        """Wait until all ports of a server accept. Raises RuntimeError with its log when they do not."""
        deadline = time.monotonic() + PATIENCE_S
        for port in recipe.ports:
            while not self.inside(partial(_accepts, port)):
                if self.servers[recipe.name].poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{recipe.name}: {(self.folder / f'{recipe.name}.log').read_text()[-2000:]}")
                time.sleep(0.02)

    def end(self, name: str) -> None:
        """End a server and all of its processes."""
        process = self.servers.pop(name)
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
                return

    def close(self) -> None:
        """End every server."""
        for name in tuple(self.servers):
            self.end(name)

    def inside(self, work: Callable[[], T]) -> T:
        """Do this in a thread whose sockets are those of the house."""
        results: list[T] = []
        errors: list[BaseException] = []

        def enter() -> None:
            try:
                with Path("/run/netns", self.name).open("rb") as place:
                    assert ctypes.CDLL(None, use_errno=True).setns(place.fileno(), CLONE_NEWNET) == 0, "setns"
                results.append(work())
            except BaseException as error:  # noqa: BLE001 - handed to the test
                errors.append(error)

        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
        if errors:
            raise errors[0]
        return results[0]

    def run(self, main: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine in the house."""
        return self.inside(lambda: asyncio.run(main()))


@contextmanager
def open_house(wanted: Mapping[str, recipes.Recipe]) -> Iterator[House]:
    """Build the namespace, start the servers side by side, and take all of it down whatever happens."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="probe-house-", dir="/tmp"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)  # servers that give up root read their files here
        house = House(f"probe{os.getpid()}-house", folder)
        subprocess.run(("ip", "netns", "add", house.name), check=True, capture_output=True)
        stack.callback(subprocess.run, ("ip", "netns", "del", house.name), capture_output=True, check=False)
        subprocess.run(("ip", "-n", house.name, "link", "set", "lo", "up"), check=True, capture_output=True)
        _certify(folder)
        stack.callback(house.close)
        for recipe in wanted.values():
            house.begin(recipe)
        for recipe in wanted.values():
            house.await_answers(recipe)
        yield house


def _certify(folder: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    good = authority.issue_cert("localhost", "127.0.0.1", "::1", not_after=now + 60 * day)
    old = authority.issue_cert("localhost", "127.0.0.1", "::1", not_before=now - 9 * day, not_after=now - 3 * day)
    for name, leaf in (("good", good), ("old", old)):
        leaf.private_key_pem.write_to_path(folder / f"{name}.key")
        leaf.private_key_and_cert_chain_pem.write_to_path(folder / f"{name}.both")
        (folder / f"{name}.pem").write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))


def _accepts(port: int) -> bool:
    with socket.socket() as peer:
        peer.settimeout(0.5)
        return peer.connect_ex(("127.0.0.1", port)) == 0

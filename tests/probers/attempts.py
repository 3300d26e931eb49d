"""One attempt of one check, as the agent would make it, with a resolver and files of the test's own."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest

from probe.clock import SystemClock
from probe.model import Check, Finding
from probe.probers import PROBERS
from probe.probers.net.resolver import Resolver
from probe.runner import Attempted, Launches, attempt, launch

T = TypeVar("T")
CLONE_NEWNET = 0x4000_0000
COMMON = {"family", "allow_private", "name_is_service", "timeout_ms"}

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="raw ICMP sockets and namespaces need root")


def a_check(kind: str, target: str, **keys: Any) -> Check:
    """A check of this kind; keys that every check has are its own, all others its kind's settings."""
    prober = PROBERS[kind]
    own = {key: keys.pop(key) for key in COMMON & keys.keys()}
    own = {"timeout_ms": 2000, "allow_private": True} | own
    return Check(
        name="shop",
        key="shop",
        kind=kind,
        target=prober.target(target),
        settings=prober.Settings(**keys),
        interval_ms=60_000,
        recheck_ms=None,
        g_max_ms=90_000,
        revision="r1",
        meaning="{}",
        **own,
    )


async def attempt_once(check: Check, resolver: Resolver | None = None) -> Attempted:
    """The attempt, its prober made and closed for it: without a task where the prober can do that, as in the agent."""
    prober = PROBERS[check.kind](resolver)  # type: ignore[call-arg]  # every prober takes one; the protocol need not say
    with contextlib.suppress(ValueError):
        prober.prepare(check)  # what takes long is no part of the attempt, as in the agent
    try:
        if hasattr(prober, "launch") and (flight := await _flown(check, cast("Launches", prober))):
            return flight
        return await attempt(check, prober, SystemClock())
    finally:
        await prober.aclose()


async def attempt_in_task(check: Check, resolver: Resolver | None = None) -> Attempted:
    """The same, always in a task."""
    prober = PROBERS[check.kind](resolver)  # type: ignore[call-arg]  # as above
    try:
        return await attempt(check, prober, SystemClock())
    finally:
        await prober.aclose()


async def _flown(check: Check, prober: Launches) -> Attempted | None:
    landed: asyncio.Future[Attempted] = asyncio.get_running_loop().create_future()

    def land(*found: Any) -> None:
        landed.set_result(Attempted(*found))

    stop = launch(check, prober, SystemClock(), land)
    if stop is None:
        return None
    try:
        return await landed
    finally:
        stop()


async def find(kind: str, target: str, resolver: Resolver | None = None, **keys: Any) -> Finding:
    """What one attempt finds."""
    return (await attempt_once(a_check(kind, target, **keys), resolver)).finding


def a_resolver(folder: Path, port: int = 53, *, hosts: str = "", conf: str = "nameserver 127.0.0.1\n") -> Resolver:
    """A resolver that reads its files in this folder and asks this port."""
    (folder / "hosts").write_text(hosts)
    (folder / "resolv.conf").write_text(conf)
    return Resolver(resolv_conf=folder / "resolv.conf", hosts=folder / "hosts", port=port)


def in_namespace(main: Callable[[], Coroutine[Any, Any, T]], set_up: Sequence[str] = ()) -> T:
    """Run `main` in a network namespace of its own, prepared by these shell commands. Needs root."""
    results: list[T] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            assert ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) == 0, "unshare"
            for command in ("ip link set lo up", *set_up):
                subprocess.run(command, shell=True, check=True, capture_output=True, text=True)
            results.append(asyncio.run(main()))
        except BaseException as error:  # noqa: BLE001 - handed to the test below
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


NO_RAW = ("setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw")


def without_rights(script: str, set_up: str = "true") -> str:
    """What a script prints in a namespace with a loopback where it may not ping; needs root."""
    prepared = f'ip link set lo up && {set_up} && exec "$@"'
    words = ["unshare", "-n", "sh", "-c", prepared, "sh", *NO_RAW, sys.executable, "-c", script]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout

"""What every kind of probe promises; a new kind passes this unchanged."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields, replace
from typing import Any, cast, get_type_hints

import pytest

from probe.clock import SystemClock
from probe.model import Check, Finding, Reason, State
from probe.probers import PROBERS, is_tried, kind_settings
from probe.probers.net.resolver import Resolver
from probe.runner import Launches, attempt, launch
from tests.peers import dns_peer, full_backlog, open_descriptors, stalls, tcp_peer
from tests.probers.attempts import a_check, in_namespace, needs_root

KINDS = sorted(filter(is_tried, PROBERS))
NEEDED: dict[str, dict[str, Any]] = {
    "dns": {"name": "shop.example"},
    "http": {},
    "icmp": {"spacing_ms": 5},
    "tcp": {"expect": "never"},
    "throughput": {"max_bytes": 10**9},
    "tls": {"verify": False},
    "trace": {"max_hops": 1, "queries": 1},
}
SILENT = ["echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all"]
BY_ICMP = {"icmp", "trace"}
PUBLIC = {
    "dns": "9.9.9.9",
    "http": "http://9.9.9.9/",
    "icmp": "9.9.9.9",
    "tcp": "9.9.9.9:80",
    "throughput": "http://9.9.9.9/",
    "tls": "9.9.9.9",
    "trace": "9.9.9.9",
}
PRIVATE = {
    "dns": "{}",
    "http": "http://{}/",
    "icmp": "{}",
    "tcp": "{}:80",
    "throughput": "http://{}/",
    "tls": "{}",
    "trace": "{}",
}

each_kind = pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=needs_root if kind in BY_ICMP else ()) for kind in KINDS]
)


@asynccontextmanager
async def silent_target(kind: str) -> AsyncIterator[str]:
    """A target of this kind that is there and never answers."""
    if kind in BY_ICMP:
        yield "127.0.0.1"
    elif kind == "dns":
        async with dns_peer(lambda _: None) as (_, port):
            yield f"127.0.0.1:{port}"
    else:
        async with tcp_peer(stalls) as peer:
            yield f"127.0.0.1:{peer.port}" if kind in {"tcp", "tls"} else f"http://127.0.0.1:{peer.port}/"


@each_kind
def test_the_deadline_is_down_timeout_and_on_time(kind: str) -> None:
    """A target that stays silent costs no more than its timeout."""

    async def main() -> tuple[Finding, int]:
        async with silent_target(kind) as target:
            prober = PROBERS[kind]()
            check = a_check(kind, target, timeout_ms=120, **NEEDED[kind])
            prober.prepare(check)
            sent, ended, finding = await attempt(check, prober, SystemClock())
            await prober.aclose()
            return finding, ended.boot_ms - sent.boot_ms

    finding, took_ms = in_namespace(main, SILENT) if kind in BY_ICMP else asyncio.run(main())
    assert (finding.state, finding.reason) == (State.DOWN, Reason.TIMEOUT)
    assert took_ms <= 220
    assert finding.address is not None


@each_kind
@pytest.mark.parametrize("after_ms", [0, 1, 20])
def test_cancellation_leaves_nothing_open(kind: str, after_ms: int) -> None:
    """A reload or a stop in the middle of attempts costs no descriptor and no task."""

    async def main() -> tuple[set[str], int]:
        async with silent_target(kind) as target:
            prober = PROBERS[kind]()
            check = a_check(kind, target, timeout_ms=5000, **(NEEDED[kind] | ({"count": 99} if kind == "icmp" else {})))
            prober.prepare(check)
            tasks_before = len(asyncio.all_tasks())
            before = await ours()
            attempts = [asyncio.create_task(attempt(check, prober, SystemClock())) for _ in range(10)]
            await asyncio.sleep(after_ms / 1000)
            for one in attempts:
                one.cancel()
            results = await asyncio.gather(*attempts, return_exceptions=True)
            assert all(isinstance(result, asyncio.CancelledError) for result in results)
            await settle()
            left = await ours() - before
            await prober.aclose()
            return left, len(asyncio.all_tasks()) - tasks_before

    left, tasks = asyncio.run(main())
    assert left == set()
    assert tasks <= 0


async def settle() -> None:
    """Lets the peers notice that their side was closed."""
    for _ in range(5):
        await asyncio.sleep(0.01)


async def ours() -> set[str]:
    """Sockets held open with the garbage collector off: nothing may be left to it."""
    gc.disable()
    try:
        return open_descriptors()
    finally:
        gc.enable()


LAUNCHED = [
    pytest.param(kind, marks=needs_root if kind in BY_ICMP else ())
    for kind in KINDS
    if hasattr(PROBERS[kind], "launch")
]
"""The kinds whose attempts may do without a task."""


async def flown(check: Check, seconds: float) -> tuple[list[Finding], bool]:
    """What a launched attempt lands with in so long, and whether it was one that needs no task."""
    made, landed = PROBERS[check.kind](), list[Finding]()
    over = asyncio.Event()

    def done(sent: Any, ended: Any, finding: Finding) -> None:
        del sent, ended
        landed.append(finding)
        over.set()

    stop = launch(check, cast("Launches", made), SystemClock(), done)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(over.wait(), seconds if stop else 0.001)
    if stop is not None:
        stop()
    await made.aclose()
    return landed, stop is not None


@pytest.mark.parametrize("kind", LAUNCHED)
def test_a_silent_target_is_down_timeout_without_a_task_too(kind: str) -> None:
    """One deadline for all, and one outcome."""

    async def main() -> tuple[list[Finding], bool]:
        async with silent_target(kind) as target:
            return await flown(a_check(kind, target, timeout_ms=120, **NEEDED[kind]), 2)

    findings, is_launched = in_namespace(main, SILENT) if kind in BY_ICMP else asyncio.run(main())
    reasons = [(finding.state, finding.reason) for finding in findings]
    assert reasons == ([(State.DOWN, Reason.TIMEOUT)] if is_launched else [])


@pytest.mark.parametrize("kind", LAUNCHED)
@pytest.mark.parametrize("after_ms", [0, 20])
def test_stopping_leaves_nothing_open_without_a_task_too(kind: str, after_ms: int) -> None:
    """No descriptor, no task, and no outcome that comes after all."""

    async def main() -> tuple[set[str], list[Finding]]:
        async with silent_target(kind) as target:
            prober, landed = PROBERS[kind](), list[Finding]()
            check = a_check(kind, target, timeout_ms=5000, **(NEEDED[kind] | ({"count": 99} if kind == "icmp" else {})))
            prober.prepare(check)
            before = await ours()
            stops = [
                launch(check, cast("Launches", prober), SystemClock(), lambda *found: landed.append(found[2]))
                for _ in range(10)
            ]
            await asyncio.sleep(after_ms / 1000)
            for stop in stops:
                if stop is not None:
                    stop()
                    stop()
            await settle()
            left = await ours() - before
            await prober.aclose()
            return left, landed

    left, landed = asyncio.run(main())
    assert left == set()
    assert kind == "icmp" or landed == []


@pytest.mark.parametrize("kind", LAUNCHED)
def test_a_bug_is_unknown_without_a_task_too(kind: str) -> None:
    """Whatever breaks on the way to the finding, the target is not blamed."""

    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise ZeroDivisionError(name)

    async def main() -> list[Finding]:
        async with silent_target(kind) as target:
            check = replace(a_check(kind, target, timeout_ms=300, **NEEDED[kind]), settings=Broken())
            return (await flown(check, 2))[0]

    findings = asyncio.run(main())
    assert [(finding.state, finding.reason) for finding in findings] == [(State.UNKNOWN, Reason.INTERNAL)]


@pytest.mark.parametrize("kind", ["tcp", "tls", "http"])
def test_cancellation_while_connecting_leaves_nothing_open(kind: str) -> None:
    """The first stage at which a socket exists."""

    async def main() -> set[str]:
        async with full_backlog() as port:
            target = f"127.0.0.1:{port}" if kind != "http" else f"https://127.0.0.1:{port}/"
            before = open_descriptors()
            one = asyncio.create_task(attempt(a_check(kind, target), PROBERS[kind](), SystemClock()))
            await asyncio.sleep(0.02)
            one.cancel()
            await asyncio.gather(one, return_exceptions=True)
            return open_descriptors() - before

    assert asyncio.run(main()) == set()


def test_cancellation_in_a_handshake_leaves_nothing_open() -> None:
    """Where the streams of asyncio and anyio leave the socket to the garbage collector."""

    async def main() -> set[str]:
        async with tcp_peer(stalls) as peer:
            check = a_check("http", f"https://127.0.0.1:{peer.port}/", verify=False)
            prober = PROBERS["http"]()
            before = open_descriptors()
            one = asyncio.create_task(attempt(check, prober, SystemClock()))
            await peer.reached.wait()
            one.cancel()
            await asyncio.gather(one, return_exceptions=True)
            await settle()
            return open_descriptors() - before

    assert asyncio.run(main()) == set()


@pytest.mark.parametrize("kind", KINDS)
def test_a_bug_is_unknown(kind: str) -> None:
    """Whatever breaks in a prober, the target is not blamed."""

    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise ZeroDivisionError(name)

    async def main() -> Finding:
        prober = PROBERS[kind](Broken())  # type: ignore[call-arg]  # every prober takes a resolver
        check = a_check(kind, PRIVATE[kind].format("shop.example"), **NEEDED[kind])
        return (await attempt(check, prober, SystemClock())).finding

    finding = asyncio.run(main())
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.INTERNAL)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "[::1]", "[::ffff:127.0.0.1]", "[fd00::1]"]
)
def test_a_private_target_is_refused_unless_allowed(kind: str, address: str) -> None:
    """Judged before a packet is sent."""
    plain = address.strip("[]") if kind in {*BY_ICMP, "dns"} else address

    async def main() -> Finding:
        check = a_check(kind, PRIVATE[kind].format(plain), allow_private=False, **NEEDED[kind])
        return (await attempt(check, PROBERS[kind](), SystemClock())).finding

    finding = asyncio.run(main())
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.ADDRESS_POLICY)
    assert "allow_private" in finding.detail
    assert finding.address is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_silent_resolver_of_ours_is_unknown(kind: str, tmp_path: Any) -> None:
    """No kind takes our own name server's silence for the target's."""
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.1\n")

    async def main() -> Finding:
        async with dns_peer(lambda _: None) as (_, port):
            resolver = Resolver(resolv_conf=tmp_path / "resolv.conf", hosts=tmp_path / "none", port=port)
            prober = PROBERS[kind](resolver)  # type: ignore[call-arg]  # every prober takes a resolver
            check: Check = a_check(kind, PRIVATE[kind].format("shop.example"), timeout_ms=80, **NEEDED[kind])
            return (await attempt(check, prober, SystemClock())).finding

    finding = asyncio.run(main())
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.RESOLVER_UNREACHABLE)


@needs_root
@pytest.mark.parametrize("kind", KINDS)
def test_no_route_is_unknown(kind: str) -> None:
    """A machine that is cut off blames nobody."""

    async def main() -> Finding:
        check = a_check(kind, PUBLIC[kind], allow_private=False, **NEEDED[kind])
        return (await attempt(check, PROBERS[kind](), SystemClock())).finding

    finding = in_namespace(main)
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.NO_ROUTE_LOCAL)


@each_kind
def test_no_descriptor_is_unknown(kind: str) -> None:
    """Out of descriptors is our own trouble."""
    script = f"""
import asyncio, resource, socket
from probe.clock import SystemClock
from probe.probers import PROBERS
from probe.runner import attempt
from tests.probers.attempts import a_check

async def main():
    check = a_check({kind!r}, {PRIVATE[kind].format("127.0.0.1")!r}, **{NEEDED[kind]!r})
    prober = PROBERS[{kind!r}]()
    prober.prepare(check)
    await attempt(check, prober, SystemClock())
    kept = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    try:
        while True:
            kept.append(socket.socket())
    except OSError:
        pass
    print((await attempt(check, prober, SystemClock())).finding.reason)
    kept.clear()

asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "fd_limit"


@pytest.mark.parametrize("kind", KINDS)
def test_settings_are_plain_frozen_values(kind: str) -> None:
    """What a check may say is data: readable from a file, comparable, unchangeable, documented."""
    import inspect

    settings = kind_settings(kind)
    source = inspect.getsource(settings)
    hints = get_type_hints(settings)
    instance = settings(**{key: value for key, value in NEEDED[kind].items() if key in {"name", "max_bytes"}})
    assert settings.__dataclass_params__.frozen
    for one in fields(settings):
        assert one.name in hints
        after = source.split(f"    {one.name}: ", 1)[1].split("\n", 1)[1]
        assert after.lstrip().startswith('"""'), f"{one.name} has no description"
        with pytest.raises(AttributeError):
            setattr(instance, one.name, None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_nonsense_target_is_refused(kind: str) -> None:
    """With a ValueError, at start."""
    with pytest.raises(ValueError, match=r"\S"):
        PROBERS[kind].target("not a target")


def test_every_reason_is_documented() -> None:
    """A reason that nobody can look up does not exist."""
    assert all(reason.meaning and reason.meaning[0].islower() for reason in Reason)
    assert {reason.state for reason in Reason} == {State.DOWN, State.UNKNOWN}


def test_the_table_loads_no_network_library() -> None:
    """`status` and `report` read the configuration and must start fast."""
    script = (
        "import sys; from probe.probers import PROBERS, kind_settings\n"
        "[kind_settings(kind) for kind in PROBERS]; kind_settings('dns')(name='a.example')\n"
        "PROBERS['http'].target('https://a.example/'); PROBERS['http'].Settings()\n"
        "heavy = {'asyncio', 'httpx', 'h11', 'dns', 'icmplib', 'ssl', 'socket', 'regex'}\n"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

"""Can a TCP connection be opened, and does the server answer as its protocol wants it?

The latency is the handshake alone: resolving the name and what is said afterwards are not in it.
The fact `rtt_us` is the same round trip as the kernel saw it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from probe.model import Check, Finding
from probe.probers.attempting import Attempting, Judged, conclude, speed
from probe.probers.net.endpoint import Endpoint, parse_endpoint, show
from probe.probers.net.expression import find_problem
from probe.probers.net.fault import Fault
from probe.trail import Trail

if TYPE_CHECKING:
    from probe.probers.net.certificate import TlsContexts
    from probe.probers.net.connection import Connection
    from probe.probers.net.resolver import Resolver
    from probe.runner import Land, Stop

PRESETS: Final = (
    *("ftp", "imap", "mysql", "pop3", "postgres"),
    *("redis", "smtp", "smtp-starttls", "ssh", "submission"),
)
STEP_LIMIT: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpSettings:
    """The keys under `tcp.` of a check."""

    preset: str | None = None
    """Protocol whose greeting and answers are expected; the table below says what each does."""
    send: str | None = None
    """Text sent after connecting, as it is written (`"EHLO probe\\r\\n"` in TOML)."""
    expect: str | None = None
    """Regular expression that the first 4 KiB of what the server says must contain."""
    steps: tuple[Mapping[str, str], ...] = field(default=(), hash=False)
    """A talk of several turns: `[{ expect = "^220 " }, { send = "QUIT\\r\\n" }, { expect = "^221 " }]`."""
    all_addresses: bool = False
    """Every address of the name must do so (at most 8), each tried for itself; the slowest is the latency."""
    max_time_ms: int | None = None
    """`max_time`: the connection must be open within this time."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant; every problem in one message."""
        object.__setattr__(self, "steps", tuple(self.steps))
        problems = [*_script_problems(self), *_step_problems(self)]
        if self.expect is not None and (problem := find_problem(self.expect.encode())):
            problems.append(f"expect: {problem}")
        if self.max_time_ms is not None and self.max_time_ms <= 0:
            problems.append("max_time: must be longer than 0")
        if problems:
            raise ValueError("; ".join(problems))


def _script_problems(settings: TcpSettings) -> Iterator[str]:
    if settings.preset is not None and settings.preset not in PRESETS:
        yield f'preset: "{settings.preset}" is not one of {", ".join(PRESETS)}'
    if settings.preset is not None and settings.send is not None:
        yield "send: cannot be combined with preset, which says what it must; use steps instead of both"
    if settings.steps and (settings.preset or settings.send is not None or settings.expect is not None):
        yield "steps: cannot be combined with preset, send or expect"


def _step_problems(settings: TcpSettings) -> Iterator[str]:
    if len(settings.steps) > STEP_LIMIT:
        yield f"steps: at most {STEP_LIMIT}"
    for number, step in enumerate(settings.steps, 1):
        if len(step) != 1 or not step.keys() <= {"send", "expect"}:
            yield f'steps: step {number}: write {{ send = "TEXT" }} or {{ expect = "EXPRESSION" }}'
        elif "expect" in step and (problem := find_problem(step["expect"].encode())):
            yield f"steps: step {number}: expect: {problem}"


class TcpProber(Attempting):
    """Kind "tcp"; the target is `host:port`."""

    Settings = TcpSettings

    def __init__(self, resolver: Resolver | None = None) -> None:
        """resolver: None for the one of this machine."""
        super().__init__(resolver)
        self._contexts: TlsContexts | None = None

    @staticmethod
    def target(text: str) -> str:
        """`host:port`. Raises ValueError with a remedy."""
        return show(*parse_endpoint(text, scheme="tcp"))

    def prepare(self, check: Check) -> None:
        """Load what the first attempt would have to load."""
        from probe.probers.net import knock, script

        del knock
        super().prepare(check)
        script.prepare(check.settings, self._shared())

    async def aclose(self) -> None:
        """Let the TLS context of the presets go; nothing else is kept between attempts."""
        self._contexts = None

    def launch(self, check: Check, trail: Trail, land: Land) -> Stop | None:
        """Begin without a task, as the runner's Launches says: where nothing is said, and no name to resolve."""
        from probe.probers.net.knock import Knock
        from probe.probers.net.landing import fail_later
        from probe.probers.net.names import known_address

        settings: TcpSettings = check.settings
        if settings.preset or settings.steps or settings.send is not None or settings.expect is not None:
            return None
        host, port = parse_endpoint(check.target, scheme="tcp")
        try:
            address = known_address(check, host)
        except Fault as fault:
            return fail_later(fault, trail, land)
        if address is None:
            return None

        def opened(connection: Connection) -> None:
            connection.close()
            took_us = trail.phases_us["connect"]
            land(lambda: conclude(speed(settings.max_time_ms, took_us), took_us, trail))

        knock = Knock(Endpoint(address, port), trail, land)
        knock.begin(opened)
        return knock.stop

    async def _attempt(self, check: Check, trail: Trail) -> Finding:
        from probe.probers.net.connection import open_connection
        from probe.probers.net.names import find_addresses

        settings: TcpSettings = check.settings
        host, port = parse_endpoint(check.target, scheme="tcp")
        addresses = await find_addresses(check, host, self._names(), trail)
        with closing(await open_connection(addresses, port, trail)) as connection:
            took_us = trail.phases_us["connect"]
            judged = speed(settings.max_time_ms, took_us)
            judged += await self._talk(connection, settings, host, trail)
        return conclude(judged, took_us, trail)

    async def _talk(self, connection: Connection, settings: TcpSettings, host: str, trail: Trail) -> list[Judged]:
        """What is said on the open connection. Raises Fault."""
        from probe.probers.net.script import Preset, follow_steps, steps_of

        if settings.preset is None:
            return await follow_steps(connection, steps_of(settings), trail)
        return await Preset(connection, settings, self._shared(), trail).follow(host.removesuffix("."))

    def _shared(self) -> TlsContexts:
        from probe.probers.net.certificate import TlsContexts

        self._contexts = self._contexts or TlsContexts()
        return self._contexts

"""How fast is the line: download, and upload where a URL for it is named, over several connections for a fixed time?

Bits are those of TCP's payload, ramp-up left out. The latency is the idle round trip of a connection to the
server; beside it stands the same under load. One such test runs at a time, and none beyond the bytes that the
check allows a day. Other traffic of this machine on the same interface makes a test unknown: it proves nothing.

The transfer itself is in net/transfer.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from probe.model import Assertion, Check, Finding, Reason
from probe.probers.attempting import Attempting, Judged, conclude
from probe.probers.net.endpoint import parse_url
from probe.probers.net.fault import Fault
from probe.trail import Trail

if TYPE_CHECKING:
    import asyncio

RATE: Final = re.compile(r"(\d{1,9}(?:\.\d{1,6})?) ?([kMG]?)bit/s", re.ASCII)
UNITS: Final = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}
DAY_MS: Final = 86_400_000
WAITING_MS: Final = 300_000
"""What an attempt may take, its turn included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThroughputSettings:
    """The keys under `throughput.` of a check."""

    max_bytes: int
    """Bytes a day (UTC) at most, both directions together; a test beyond them is not made."""
    upload: str | None = None
    """URL that takes a POST of any length; without it only the download is measured."""
    duration_ms: int = 10_000
    """How long each direction is measured."""
    ramp_ms: int = 2_000
    """`ramp`: how much of the beginning is left out."""
    connections: int = 4
    """Connections at the same time."""
    max_other: Fraction = Fraction(1, 10)
    """Share of other traffic on the interface beyond which a test proves nothing."""
    down_min: str | None = None
    """Slower than this, as in "50 Mbit/s", is down."""
    up_min: str | None = None
    """The same for the upload."""
    verify: bool = True
    """Demand a certificate that is valid, trusted and for this name."""
    campaign: str | None = None
    """Not every interval, but as a regulator's protocol wants it: "de_fixed" is 30 measurements on 3 days."""
    campaign_from: str | None = None
    """The first day of the campaign, as in "2026-12-01"."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant; every problem in one message."""
        possible = (
            (self.max_bytes >= 1_000_000, "max_bytes: at least 1000000"),
            (1 <= self.connections <= 32, "connections: 1 to 32 is possible"),
            (0 <= self.ramp_ms < self.duration_ms <= 60_000, "duration: longer than ramp, and at most 60s"),
            (self.up_min is None or self.upload is not None, "up_min: name a URL to upload to, as upload"),
        )
        problems = [says for holds, says in possible if not holds]
        problems += [*_rate_problems(down_min=self.down_min, up_min=self.up_min), *_url_problems(self.upload)]
        problems += _campaign_problems(self.campaign, self.campaign_from)
        if problems:
            raise ValueError("; ".join(problems))

    @property
    def usual_timeout_ms(self) -> int:
        """Both directions, and the turn of others before."""
        return WAITING_MS

    @property
    def usual_recheck_ms(self) -> None:
        """None: what loads the line is not repeated before it is due."""
        return None

    @property
    def least_timeout_ms(self) -> int:
        """Both directions and what goes before them."""
        return self.duration_ms * (1 if self.upload is None else 2) + 5_000


class ThroughputProber(Attempting):
    """Kind "throughput"; the target is the URL of something large to download."""

    Settings = ThroughputSettings
    _turn: asyncio.Lock | None = None

    @staticmethod
    def target(text: str) -> str:
        """The URL, its host in one spelling. Raises ValueError with a remedy."""
        return parse_url(text)

    def spend(self, key: str, at_ms: int, count: int) -> None:
        """Count bytes of a check against the day of an instant."""
        day = at_ms // DAY_MS
        self._spent = {each: spent for each, spent in self._known().items() if each[1] >= day}
        self._spent[key, day] = self._spent.get((key, day), 0) + count

    def _known(self) -> dict[tuple[str, int], int]:
        return getattr(self, "_spent", {})

    async def _attempt(self, check: Check, trail: Trail) -> Finding:
        import asyncio

        from probe.probers.net.transfer import Line, measure

        self._turn = self._turn or asyncio.Lock()
        async with self._turn:
            now_ms = trail.clock.read().wall_ms
            left = check.settings.max_bytes - self._known().get((check.key, now_ms // DAY_MS), 0)
            if left <= 0:
                raise Fault(Reason.BUDGET, f"{check.settings.max_bytes} bytes a day")
            line = Line(check, self._names(), trail, left)
            try:
                await measure(line)
            finally:
                trail.facts["bytes"] = line.moved
                self.spend(check.key, now_ms, line.moved)
        if trail.facts["other_traffic"]:
            raise Fault(Reason.CROSS_TRAFFIC, f"over {check.settings.max_other} of what was measured")
        return conclude(_judged(check.settings, trail), trail.facts["rtt_idle_us"], trail)


def _rate_problems(**rates: str | None) -> list[str]:
    bad = {key: given for key, given in rates.items() if given is not None and RATE.fullmatch(given) is None}
    return [f'{key}: "{given}" is not a rate; write it like "50 Mbit/s"' for key, given in bad.items()]


def _campaign_problems(campaign: str | None, first: str | None) -> list[str]:
    from probe.sla.campaign import CAMPAIGNS

    if (campaign is None) != (first is None):
        return ["campaign: needs campaign_from, its first day, and that needs a campaign"]
    if campaign is None or first is None:
        return []
    problems = []
    if campaign not in CAMPAIGNS:
        problems.append(f'campaign: "{campaign}" is unknown; use {", ".join(CAMPAIGNS)}')
    try:
        date.fromisoformat(first)
    except ValueError:
        problems.append(f'campaign_from: "{first}" is not a day; write it like "2026-12-01"')
    return problems


def _url_problems(upload: str | None) -> list[str]:
    try:
        parse_url(upload or "http://none/")
    except ValueError as error:
        return [f"upload: {error}"]
    return []


def bits(rate: str) -> Fraction:
    """Bits a second of "50 Mbit/s"."""
    found = RATE.fullmatch(rate)
    assert found is not None
    return Fraction(found[1]) * UNITS[found[2]]


def _judged(settings: ThroughputSettings, trail: Trail) -> list[Judged]:
    found = []
    for key in ("down", "up"):
        least = getattr(settings, f"{key}_min")
        if least is not None:
            seen = trail.facts[f"{key}_bps"]
            assertion = Assertion(f"{key}_min {least}", f"{seen} bit/s", seen >= bits(least))
            found.append((Reason.TOO_SLOW, assertion))
    return found

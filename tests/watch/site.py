"""A record with all that a live screen must cope with, and the screen over it without a terminal."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from textual.pilot import Pilot

from probe.cli.command import Call
from probe.cli.deployment import Deployment
from probe.cli.output import Output
from probe.model import Reason, State
from probe.watch import Manner, Source, Watch
from tests.cli.office import StandingClock
from tests.judge.office import CHECK, HOUR, MINUTE, REFERENCES, SHOP, Office, a_finding, an_office

HOSTILE: Final = "\x1b]52;c;ZXZpbA==\x07[red]\u202e名前"
MORE: Final = """
[[check]]
name = "a-check-whose-name-is-longer-than-any-column-of-a-narrow-screen"
kind = "tcp"
target = "192.0.2.81:25"
service = "shop"
interval = "60s"

[[check]]
name = "new"
kind = "tcp"
target = "192.0.2.82:25"
interval = "60s"
"""
LONG: Final = "a-check-whose-name-is-longer-than-any-column-of-a-narrow-screen"


@contextmanager
def a_site(folder: Path) -> Iterator[Office]:
    """Six hours: an outage with hostile words, a window over a part of it, a gap, a failure that goes on."""
    with an_office(folder, REFERENCES + SHOP, CHECK + MORE) as site:
        quiet: dict[str, Any] = {"new": None}
        bad = a_finding(State.DOWN, Reason.BANNER, detail=HOSTILE, address="192.0.2.80:443")
        good = a_finding(State.UP, phases_us={"dns": 800, "connect": 12_000, "tls": 31_000})
        site.run(2 * 3600, quiet)
        site.declare(site.now_ms, site.now_ms + 10 * MINUTE, service="shop", reason="works")
        site.run(1800, quiet | {"shop": bad})
        site.run(3600, quiet)
        site.run(1800, quiet | dict.fromkeys(("shop", LONG)))
        site.run(1800, quiet | {"shop": good, LONG: State.UNKNOWN})
        site.run(120, quiet | {"shop": bad, LONG: good})
        yield site


@dataclass
class Standing(Deployment):
    """The source of a site, at its instant."""

    def __init__(self, site: Office, path: Path | None = None) -> None:
        options = Namespace(config=path or site.folder / "probe.toml", no_color=True, verbose=0)
        super().__init__(Call(options, Output(no_color=True), StandingClock(site.now_ms)))


@asynccontextmanager
async def watching(source: Source, size: tuple[int, int], *keys: str) -> AsyncIterator[tuple[Watch, Pilot[None]]]:
    """The live screen, looked at once and after each key."""
    app = Watch(source, Manner(has_color=False), every_s=HOUR)
    try:
        async with app.run_test(size=size) as pilot:
            await settled(app, pilot)
            for key in keys:
                await pilot.press(key)
                await settled(app, pilot)
            yield app, pilot
    finally:
        await app.shut()


async def settled(app: Watch, pilot: Pilot[None]) -> None:
    """Until no look is under way or asked for, and all is drawn."""
    seen = -1
    while seen != app.looks or app._nudged.is_set():
        seen = app.looks
        await pilot.pause(0.09)
    await pilot.pause()


def shown(app: Watch) -> str:
    """The screen as text."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips) + "\n"

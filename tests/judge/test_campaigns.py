"""What a screen says of a campaign: its next measurement, and nothing bad between two days of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from probe import judge
from probe.model import State
from probe.sla.campaign import CAMPAIGNS, instants
from probe.view import plain
from probe.view.snapshot import CheckStatus, Standing
from probe.view.status import status
from tests.judge.office import MINUTE, SECOND, SHOP, Office, a_finding, an_office

SPEED = """
[[check]]
name = "speed"
kind = "throughput"
target = "https://speed.example.net/1g"
throughput.max_bytes = 30_000_000_000
throughput.campaign = "de_fixed"
throughput.campaign_from = "2026-12-01"

[[check]]
name = "shop"
kind = "tcp"
target = "192.0.2.80:443"
service = "shop"
"""
MAIN = '[agent]\nvantage = "office"\n[references]\ngateway = "none"\n' + SHOP
PLANNED = instants(CAMPAIGNS["de_fixed"], date(2026, 12, 1))


def shown(office: Office, at_ms: int) -> tuple[CheckStatus, str]:
    """The row of the speed test at an instant, and the whole screen."""
    office.now_ms = at_ms
    with office.reader() as reader:
        seen = judge.snapshot(office.config, reader, at_ms)
    return next(one for one in seen.checks if one.key == "speed"), " ".join(plain.text(status(seen), 80).split())


def test_a_campaign_says_when_it_goes_on(tmp_path: Path) -> None:
    """Before it begins, between two days, and when it is over; a measurement that is overdue is a gap."""
    with an_office(tmp_path, MAIN, SPEED) as office:
        row, screen = shown(office, PLANNED[0] - MINUTE)
        assert (row.standing, row.next_at_ms) == (Standing.PENDING, PLANNED[0])
        assert "next measurement 2026-12-01 08:00:00Z" in screen
        office.see("speed", PLANNED[9] + SECOND, a_finding(State.UP))
        office.commit()
        row, screen = shown(office, PLANNED[10] - MINUTE)
        assert (row.standing, row.next_at_ms) == (Standing.UP, PLANNED[10])
        assert "next measurement 2026-12-03 08:00:00Z" in screen
        row, _ = shown(office, PLANNED[10] + 10 * MINUTE)
        assert (row.standing, row.next_at_ms) == (Standing.UNKNOWN, PLANNED[11])
        office.see("speed", PLANNED[-1] + SECOND, a_finding(State.UP))
        office.commit()
        row, screen = shown(office, PLANNED[-1] + 900 * MINUTE)
        assert (row.standing, row.next_at_ms) == (Standing.UP, None)
        assert "the campaign is over" in screen

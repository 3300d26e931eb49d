"""A regulator's campaign: thirty measurements on three days, each at its time, and what a day has spent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from probe.agent.agent import Agent
from probe.agent.campaigns import Campaigns, is_campaign
from probe.agent.spending import restore
from probe.clock import SystemClock
from probe.config import load
from probe.model import Finding, Origin, Outcome, State, Tick
from probe.probers.throughput import ThroughputProber, ThroughputSettings
from probe.sla.campaign import CAMPAIGNS, instants
from probe.store.writer import Writer
from tests.clocks import HandClock
from tests.probers.attempts import a_check

MINUTE_MS, HOUR_MS = 60_000, 3_600_000
SPEED = {"max_bytes": 10**9, "campaign": "de_fixed", "campaign_from": "2026-12-01"}


def test_a_campaign_keeps_the_protocol() -> None:
    """Thirty on three days, a day between, five minutes between two, three hours between the fifth and the sixth."""
    found = instants(CAMPAIGNS["de_fixed"], date(2026, 12, 1))
    days = [datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(ZoneInfo("Europe/Berlin")) for at_ms in found]
    assert len(found) == 30
    assert sorted({day.date() for day in days}) == [date(2026, 12, 1), date(2026, 12, 3), date(2026, 12, 5)]
    assert (days[0].hour, days[0].minute) == (9, 0)
    for first in range(0, 30, 10):
        apart = [two - one for one, two in pairwise(found[first : first + 10])]
        assert min(apart) >= 5 * MINUTE_MS
        assert apart[4] >= 3 * HOUR_MS


def test_each_measurement_is_begun_at_its_time() -> None:
    """Once, on the grid; what was due while nobody looked is not made up for."""
    clock, ticks = HandClock(), list[Tick]()
    first_ms = instants(CAMPAIGNS["de_fixed"], date(2026, 12, 1))[0]
    clock.step_wall(first_ms - clock.read().wall_ms - 1000)
    campaigns = Campaigns(clock, ticks.append)
    check = a_check("throughput", "http://a.example/", **SPEED)
    campaigns.follow([check, a_check("tcp", "192.0.2.1:1")])
    campaigns.look()
    assert (ticks, campaigns.next_ms("shop")) == ([], first_ms)
    clock.advance(1500)
    campaigns.look()
    campaigns.look()
    assert [(tick.check.key, tick.origin, tick.due_boot_ms) for tick in ticks] == [
        ("shop", Origin.GRID, clock.read().boot_ms - 500)
    ]
    clock.advance(HOUR_MS - 10 * MINUTE_MS)
    campaigns.look()
    assert len(ticks) == 1
    campaigns.follow([])
    assert campaigns.next_ms("shop") is None


def test_only_a_campaign_leaves_the_interval() -> None:
    """Other checks, and other speed tests, are on the grid."""
    assert is_campaign(a_check("throughput", "http://a.example/", **SPEED))
    assert not is_campaign(a_check("throughput", "http://a.example/", max_bytes=10**9))
    assert not is_campaign(a_check("tcp", "192.0.2.1:1"))


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ({"campaign": "de_fixed"}, "campaign_from"),
        ({"campaign": "mars", "campaign_from": "2026-12-01"}, '"mars" is unknown'),
        ({"campaign": "de_fixed", "campaign_from": "soon"}, "not a day"),
    ],
)
def test_a_campaign_that_cannot_be_is_refused(keys: dict[str, str], complaint: str) -> None:
    """With what would be right."""
    with pytest.raises(ValueError, match=complaint):
        ThroughputSettings(max_bytes=10**9, **keys)  # type: ignore[arg-type]  # the keys are texts


def test_a_restart_is_no_new_budget(tmp_path: Path) -> None:
    """What the record knows of this day counts."""
    (tmp_path / "checks.d").mkdir()
    main = '[agent]\nvantage = "here"\n[storage]\npath = "probe.db"\n[references]\ngateway = "none"\n'
    (tmp_path / "probe.toml").write_text(main)
    check = (
        '[[check]]\nname = "line"\nkind = "throughput"\ntarget = "http://192.0.2.1/"\nthroughput.max_bytes = 5000000\n'
    )
    (tmp_path / "checks.d" / "a.toml").write_text(check)
    config, clock = load(tmp_path / "probe.toml"), SystemClock()
    writer = Writer(config.storage.path, "here", clock)
    writer.start()
    now = clock.read()
    segment = writer.open_clock(boot_id=clock.boot_id(), offset_ms=0, is_synced=True, at_ms=now.wall_ms)
    writer.register(config.checks, now.wall_ms)
    finding = Finding(state=State.UP, facts={"bytes": 4_000_000})
    outcome = Outcome(
        key="line",
        revision=config.checks[0].revision,
        at_ms=now.wall_ms,
        clock=segment,
        origin=Origin.GRID,
        finding=finding,
    )
    writer.record([outcome]).result()
    writer.close()
    prober = ThroughputProber()
    restore(config, clock, prober)
    assert prober._known() == {("line", now.wall_ms // 86_400_000): 4_000_000}
    agent = Agent(config, clock)
    agent._crew.count_spending()
    assert agent._crew._prober("throughput")._known() == prober._known()  # type: ignore[attr-defined]  # its kind's own
    agent._crew.count_manual(
        replace(outcome, origin=Origin.MANUAL, finding=Finding(state=State.UP, facts={"bytes": 7}))
    )
    agent._crew.count_manual(replace(outcome, key="other"))
    assert agent._crew._prober("throughput")._known() == {("line", now.wall_ms // 86_400_000): 4_000_007}  # type: ignore[attr-defined]

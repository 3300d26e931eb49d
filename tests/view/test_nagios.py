"""What monitoring plugins say, by the rules of those who read them."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

import pytest

from probe.model import Reason, Role
from probe.sla.assessment import Verdict
from probe.view import nagios
from probe.view.nagios import Grade
from probe.view.snapshot import CheckStatus, Line, ServiceStatus, Snapshot, Standing

PERFDATA = re.compile(
    r"(?:'(?:[^'=|]|'')+'|[^\s'=|]+)=-?\d+(?:\.\d+)?(?:us|ms|s|%|B|KB|MB|TB|c)?"
    r"(?:;(?:[@~:\d.-]*)){0,2}(?:;-?\d+(?:\.\d+)?)?(?:;-?\d+(?:\.\d+)?)?"
)
"""One item by the plugin guidelines: 'label'=value[unit];[warn];[crit];[min];[max]."""

CHECK = CheckStatus(
    key="shop",
    kind="tcp",
    target="t",
    service="store",
    role=Role.CHECK,
    standing=Standing.UP,
    failures=0,
    confirm=3,
    since_ms=None,
    last_at_ms=None,
    next_at_ms=None,
    reason=None,
    detail="",
    cause=None,
    latency_us=12_345,
    in_maintenance=False,
    strip="",
)
SERVICE = ServiceStatus(
    service="store",
    check=None,
    provider=None,
    agreement=None,
    target=None,
    period="2026-10",
    low=Fraction(99_999_999, 100_000_000),
    point=None,
    high=Fraction(1),
    budget_left_ms=None,
    budget_ms=None,
    verdict=Verdict.UNDECIDED,
    reason=None,
)


def a_snapshot(*checks: CheckStatus, services: tuple[ServiceStatus, ...] = (), agent: str = "running") -> Snapshot:
    return Snapshot(
        as_of_ms=0,
        vantage="office",
        agent=agent,
        agent_since_ms=None,
        line=Line.UP,
        line_cause=None,
        strip_slice_ms=1,
        checks=checks,
        services=services,
    )


DOWN = replace(CHECK, key="dns", standing=Standing.DOWN, failures=3, reason=Reason.REFUSED, latency_us=None)
ONCE = replace(DOWN, key="web", failures=1)
DIM = replace(CHECK, key="far", standing=Standing.UNKNOWN)
MISSED = replace(SERVICE, verdict=Verdict.MISSED)


@pytest.mark.parametrize(
    ("snapshot", "grade", "words"),
    [
        (a_snapshot(CHECK), Grade.OK, "1 check up"),
        (a_snapshot(CHECK, ONCE), Grade.WARNING, "1 failing, not confirmed: web"),
        (a_snapshot(CHECK, services=(MISSED,)), Grade.WARNING, "1 promise missed so far: store"),
        (a_snapshot(CHECK, DOWN, ONCE, DIM), Grade.CRITICAL, "1 down: dns (refused); 1 failing, not confirmed: web"),
        (a_snapshot(CHECK, DIM), Grade.UNKNOWN, "1 unknown: far"),
        (a_snapshot(replace(CHECK, standing=Standing.PENDING)), Grade.UNKNOWN, "1 unknown: shop"),
        (a_snapshot(CHECK, agent="stopped"), Grade.UNKNOWN, "the agent does not run"),
        (a_snapshot(replace(CHECK, standing=Standing.PAUSED)), Grade.OK, "0 checks up, 1 paused"),
        (a_snapshot(replace(DOWN, role=Role.REFERENCE)), Grade.OK, "0 checks up"),
    ],
)
def test_the_grade_is_the_worst_that_is_sure(snapshot: Snapshot, grade: Grade, words: str) -> None:
    """Only a confirmed failure is CRITICAL; what is our own is UNKNOWN and never somebody's outage."""
    said = nagios.spoken(snapshot)
    assert said.grade is grade
    assert said.line.startswith(f"PROBE {grade.name} - {words}")


def test_the_line_is_one_and_its_figures_follow_the_rules() -> None:
    """Hostile names break neither the words nor the figures; shares are rounded down."""
    bad = replace(CHECK, key="a|b='c' d\n\x1b", reason=Reason.TIMEOUT)
    said = nagios.spoken(a_snapshot(bad, replace(bad, key="plain", standing=Standing.DOWN), services=(SERVICE,)))
    words, _, figures = said.line.partition(" | ")
    assert "\n" not in said.line
    assert "\x1b" not in said.line
    assert "|" not in words + figures
    items = re.findall(r"(?:'(?:[^']|'')*'|[^\s'])+", figures)
    assert len(items) == 6
    assert [item for item in items if not PERFDATA.fullmatch(item)] == []
    assert "'store availability low'=99.9999%;;;0;100" in figures
    assert figures.startswith("up=1;;;0;2 down=1;;;0;2 unknown=0;;;0;2 ")


def test_of_many_only_some_are_named() -> None:
    """What reads plugins cuts long lines."""
    many = tuple(replace(DOWN, key=f"c{number}") for number in range(60))
    said = nagios.spoken(a_snapshot(*many))
    assert "60 down: c0 (refused), c1 (refused), c2 (refused), c3 (refused), c4 (refused) and 55 more" in said.line
    assert said.line.endswith("| up=0;;;0;60 down=60;;;0;60 unknown=0;;;0;60")

"""A failure is the target's only while a witness answers; what a screen shows of each check, and of our own line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from probe import judge
from probe.judge.strips import SLICE_MS, SLICES, strips
from probe.model import Cause, EventKind, Finding, Reason, Role, Span, SpanClass, State
from probe.view.snapshot import CheckStatus, Line, Snapshot, Standing
from tests.judge.office import CHECK, GATEWAY, GIFT, HOUR, MINUTE, SECOND, SHOP, Office, a_finding, an_office

UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN
NO_ROUTE = Finding(state=UNKNOWN, reason=Reason.NO_ROUTE_LOCAL)
NO_RESOLVER = Finding(state=UNKNOWN, reason=Reason.RESOLVER_UNREACHABLE)


def references(count: int, gateway: str = "192.0.2.254") -> str:
    """A configuration with so many references."""
    targets = "\n".join(
        f'  {{ name = "ref-{letter}", address = "icmp://192.0.2.{place}", network = "{letter}" }},'
        for place, letter in enumerate("abc"[:count], 1)
    )
    head = f'[agent]\nvantage = "office"\n[references]\ngateway = "{gateway}"\ninterval = "60s"\n'
    return f"{head}targets = [\n{targets}\n]\n{SHOP}"


def looked_at(office: Office) -> Snapshot:
    """One look."""
    with office.reader() as reader:
        return judge.snapshot(office.config, reader, office.now_ms)


def status(office: Office, key: str = "shop") -> CheckStatus:
    """One row of it."""
    return next(one for one in looked_at(office).checks if one.key == key)


def all_of(office: Office, state: State | Finding | None) -> dict[str, Any]:
    """Every reference in one state."""
    return dict.fromkeys(office.keys(Role.REFERENCE), state)


@pytest.mark.parametrize(
    ("line", "gateway", "expected", "cause"),
    [
        ({}, UP, Line.UP, Cause.PROVIDER_OR_PATH),
        ({"ref-a": DOWN, "ref-b": DOWN}, DOWN, Line.UP, Cause.PROVIDER_OR_PATH),
        (dict.fromkeys(("ref-a", "ref-b", "ref-c"), DOWN), UP, Line.DOWN, Cause.ISP),
        (dict.fromkeys(("ref-a", "ref-b", "ref-c"), DOWN), DOWN, Line.DOWN, Cause.OWN_NETWORK),
        (dict.fromkeys(("ref-a", "ref-b", "ref-c"), DOWN), NO_ROUTE, Line.DOWN, Cause.OWN_NETWORK),
        (dict.fromkeys(("ref-a", "ref-b", "ref-c"), DOWN), UNKNOWN, Line.DOWN, Cause.OWN_NETWORK_OR_ISP),
        (dict.fromkeys(("ref-a", "ref-b", "ref-c"), DOWN), None, Line.DOWN, Cause.OWN_NETWORK_OR_ISP),
        (dict.fromkeys(("ref-a", "ref-b", "ref-c"), NO_ROUTE), UP, Line.DOWN, Cause.OWN_NETWORK),
        ({"ref-a": DOWN, "ref-b": DOWN, "ref-c": UNKNOWN}, UP, Line.UNKNOWN, Cause.UNKNOWN_REFERENCE),
        ({"ref-a": DOWN, "ref-b": DOWN, "ref-c": None}, UP, Line.UNKNOWN, Cause.UNKNOWN_REFERENCE),
        (dict.fromkeys(("ref-a", "ref-b", "ref-c"), UNKNOWN), DOWN, Line.UNKNOWN, Cause.UNKNOWN_REFERENCE),
    ],
)
def test_whose_fault_a_failure_is(
    tmp_path: Path, line: Mapping[str, Any], gateway: State | Finding | None, expected: Line, cause: Cause
) -> None:
    """The table of metrology 3.3, row by row: down only where a reference answers, else unknown and why."""
    with an_office(tmp_path, GATEWAY + SHOP) as office:
        office.run(300, {"shop": DOWN, **line, "gateway": gateway})
        seen, shop = looked_at(office), status(office)
    assert seen.line is expected
    assert seen.line_cause is (None if expected is Line.UP else cause)
    assert shop.standing is (Standing.DOWN if cause is Cause.PROVIDER_OR_PATH else Standing.UNKNOWN)
    assert shop.cause is cause
    assert shop.failures == 5


@pytest.mark.parametrize("count", [1, 2])
def test_few_references_never_accuse_the_isp(tmp_path: Path, count: int) -> None:
    """It takes three that are silent together while the gateway answers."""
    with an_office(tmp_path, references(count)) as office:
        office.run(300, {"shop": DOWN, **all_of(office, DOWN)})
        assert looked_at(office).line_cause is Cause.OWN_NETWORK_OR_ISP


def test_a_line_without_references_is_unwatched(tmp_path: Path) -> None:
    """Then nobody can vouch for us, and no provider is blamed."""
    with an_office(tmp_path, references(0, "none")) as office:
        office.run(300, {"shop": DOWN})
        seen, shop = looked_at(office), status(office)
    assert (seen.line, seen.line_cause) == (Line.UNWATCHED, None)
    assert (shop.standing, shop.cause) == (Standing.UNKNOWN, Cause.UNKNOWN_REFERENCE)


def test_a_line_whose_references_are_silent_for_long_is_unknown(tmp_path: Path) -> None:
    """What they said an hour ago says nothing now."""
    with an_office(tmp_path, GATEWAY + SHOP) as office:
        office.run(300)
        office.run(600, {"shop": DOWN, **all_of(office, None)})
        seen, shop = looked_at(office), status(office)
    assert (seen.line, seen.line_cause) == (Line.UNKNOWN, None)
    assert (shop.standing, shop.cause) == (Standing.UNKNOWN, Cause.UNKNOWN_REFERENCE)


@pytest.mark.parametrize(
    ("finding", "line", "cause"),
    [
        (NO_ROUTE, UP, Cause.UNKNOWN_TARGET),
        (NO_ROUTE, DOWN, Cause.OWN_NETWORK),
        (NO_RESOLVER, DOWN, Cause.OWN_NETWORK),
        (a_finding(UNKNOWN), DOWN, Cause.AGENT_GAP),
        (a_finding(UNKNOWN), UP, Cause.AGENT_GAP),
    ],
)
def test_a_local_reason_is_our_line_only_while_no_reference_is_up(
    tmp_path: Path, finding: Finding, line: State, cause: Cause
) -> None:
    """One target without a route while others answer is that target's; all without one are ours."""
    with an_office(tmp_path, GATEWAY + SHOP) as office:
        office.run(300, {"shop": finding, **all_of(office, line)})
        shop = status(office)
    assert (shop.standing, shop.cause, shop.reason) == (Standing.UNKNOWN, cause, finding.reason)
    assert shop.failures == 0


def test_a_reference_that_fails_is_shown_as_it_is(tmp_path: Path) -> None:
    """A witness is not judged by the others: it is down, and the cause says whose fault that may be."""
    with an_office(tmp_path, GATEWAY + SHOP) as office:
        office.run(300, {"ref-a": DOWN})
        alone = status(office, "ref-a")
        office.run(300, {**all_of(office, DOWN), "gateway": DOWN})
        together = status(office, "ref-a")
    assert (alone.standing, alone.cause) == (Standing.DOWN, Cause.PROVIDER_OR_PATH)
    assert (together.standing, together.cause) == (Standing.DOWN, Cause.OWN_NETWORK)


def test_a_check_before_its_first_sample_is_pending(tmp_path: Path) -> None:
    """Configured, and nothing recorded: every figure is absent, the strip is empty."""
    with an_office(tmp_path) as office:
        office.run(300, {"shop": None})
        shop = status(office)
    assert (shop.standing, shop.cause, shop.strip) == (Standing.PENDING, None, " " * SLICES)
    assert (shop.since_ms, shop.last_at_ms, shop.next_at_ms, shop.latency_us, shop.reason) == (None,) * 5


def test_a_failure_counts_up_to_its_confirmation(tmp_path: Path) -> None:
    """What a screen shows as "down (1 of 3)", and since when; before a reference has answered, nobody is blamed."""
    with an_office(tmp_path) as office:
        office.run(300)
        seen = []
        for _ in range(4):
            office.run(60, {"shop": DOWN})
            seen.append(status(office))
    assert [(one.failures, one.confirm) for one in seen] == [(n, 3) for n in (1, 2, 3, 4)]
    assert [one.standing for one in seen] == [Standing.UNKNOWN, *[Standing.DOWN] * 3]
    assert seen[0].cause is Cause.UNKNOWN_REFERENCE
    assert {one.since_ms for one in seen} == {seen[0].last_at_ms}


def test_what_is_stale_is_our_gap(tmp_path: Path) -> None:
    """Beyond the largest spacing and the timeout the last outcome says nothing about now: nobody is blamed."""
    with an_office(tmp_path) as office:
        office.run(300, {"shop": DOWN})
        last = status(office)
        horizon = 90 * SECOND + 5 * SECOND
        assert last.last_at_ms is not None
        office.now_ms = last.last_at_ms + horizon
        assert status(office).cause is not Cause.AGENT_GAP
        office.now_ms += 1
        stale = status(office)
    assert last.next_at_ms == last.last_at_ms + MINUTE
    assert (stale.standing, stale.cause, stale.failures) == (Standing.UNKNOWN, Cause.AGENT_GAP, 0)
    assert (stale.since_ms, stale.next_at_ms) == (last.last_at_ms, None)


def test_a_pause_is_shown_until_it_ends(tmp_path: Path) -> None:
    """Also over a failure, and a pause that has run out is over."""
    with an_office(tmp_path) as office:
        office.run(300, {"shop": DOWN})
        began = office.now_ms
        office.pause("shop", began + HOUR)
        paused = status(office)
        office.resume("shop")
        resumed = status(office)
        office.pause("shop", office.now_ms + SECOND)
        office.now_ms += SECOND
        over = status(office)
    assert (paused.standing, paused.since_ms, paused.cause, paused.failures) == (Standing.PAUSED, began, None, 0)
    assert resumed.standing is over.standing is Standing.DOWN


def test_a_paused_reference_is_no_witness(tmp_path: Path) -> None:
    """What it said before the pause is not what it would say now."""
    with an_office(tmp_path, references(1)) as office:
        office.run(300, {"shop": DOWN})
        office.pause("ref-a")
        seen = looked_at(office)
    assert seen.line is Line.UNKNOWN
    assert next(one for one in seen.checks if one.key == "shop").standing is Standing.UNKNOWN


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({}, True),
        ({"provider": "example hosting"}, True),
        ({"provider": "Another"}, False),
        ({"service": "shop"}, True),
        ({"service": "mail"}, False),
        ({"checks": ("shop",)}, True),
        ({"checks": ("mail",)}, False),
    ],
)
def test_a_check_is_in_maintenance_while_a_window_speaks_of_it(
    tmp_path: Path, scope: dict[str, Any], expected: bool
) -> None:
    """By provider in any case, by service, by check; never a reference; not after its end nor its removal."""
    with an_office(tmp_path) as office:
        office.run(120)
        number = office.declare(office.now_ms, office.now_ms + HOUR, **scope)
        during = looked_at(office)
        office.withdraw(number)
        removed = status(office).in_maintenance
        office.declare(office.now_ms - HOUR, office.now_ms, **scope)
        ended = status(office).in_maintenance
    assert {one.key: one.in_maintenance for one in during.checks if one.role is Role.CHECK} == {"shop": expected}
    assert not any(one.in_maintenance for one in during.checks if one.role is not Role.CHECK)
    assert (removed, ended) == (False, False)


def test_a_recurring_window_holds_in_its_hours(tmp_path: Path) -> None:
    """The wall clock of its zone decides."""
    with an_office(tmp_path) as office:
        office.run(120)
        hours = {"every": "FREQ=DAILY", "from_time": "12:00", "lasts_ms": HOUR, "starts": "2026-09-01"}
        office.declare(None, None, zone="Europe/Berlin", **hours)
        inside = status(office).in_maintenance
        office.now_ms += HOUR
        assert (inside, status(office).in_maintenance) == (True, False)


def test_whether_an_agent_runs_and_since_when(tmp_path: Path) -> None:
    """Never, running, stopped: by the lock and by what it told."""
    with an_office(tmp_path) as office:
        before = looked_at(office)
        office.tell(EventKind.START, office.now_ms)
        office.run(120)
        running = looked_at(office)
        office.tell(EventKind.STOP, office.now_ms)
    stopped = looked_at(office)
    assert (before.agent, before.agent_since_ms) == ("running", None)
    assert (running.agent, running.agent_since_ms) == ("running", office.now_ms - 120 * SECOND)
    assert (stopped.agent, stopped.agent_since_ms) == ("stopped", office.now_ms)


def test_a_record_that_no_agent_filled_says_never(tmp_path: Path) -> None:
    """A database that an import made has no agent behind it."""
    with an_office(tmp_path) as office:
        pass
    assert (looked_at(office).agent, looked_at(office).agent_since_ms) == ("never", None)


def test_a_full_look_has_the_running_assessments(tmp_path: Path) -> None:
    """What `status --json` needs; the plain one leaves them out."""
    with an_office(tmp_path, GATEWAY + SHOP + GIFT, CHECK + CHECK.replace('"shop"', '"gift"')) as office:
        office.run(300)
        with office.reader() as reader:
            seen = judge.snapshot(office.config, reader, office.now_ms, is_full=True)
    assert [(one.service, one.check) for one in seen.assessments] == [("shop", "shop")]
    assert [one.service for one in seen.services] == ["shop"]
    assert looked_at(office).assessments == ()


def a_span(start_ms: int, end_ms: int, cls: SpanClass) -> Span:
    """A span with nothing else to say."""
    return Span(start_ms, end_ms, cls, 2, 60_000, State.UP, State.UP, 1)


def test_a_strip_shows_the_worst_of_each_slice() -> None:
    """A second of downtime is seen in a quarter of an hour; what lies outside is not; nothing is a blank."""
    now = 100 * SLICE_MS
    start = now - SLICES * SLICE_MS
    edges = [start - 5, start, start + 1]
    spans = [
        a_span(edges[0], edges[1], SpanClass.DOWN),
        a_span(start, start + SLICE_MS, SpanClass.UP),
        a_span(start + SLICE_MS, start + 2 * SLICE_MS - 3, SpanClass.UNKNOWN),
        a_span(start + 2 * SLICE_MS - 3, start + 2 * SLICE_MS - 2, SpanClass.TRANS_DOWN),
        a_span(start + 2 * SLICE_MS - 2, start + 3 * SLICE_MS + 1, SpanClass.DOWN),
        a_span(start + 3 * SLICE_MS + 1, start + 5 * SLICE_MS, SpanClass.UNKNOWN),
        a_span(start + 5 * SLICE_MS, start + 6 * SLICE_MS, SpanClass.SUSPECT),
        a_span(now - 1, now + 50, SpanClass.TRANS_UP),
        a_span(now, now + 50, SpanClass.DOWN),
    ]
    drawn = {"a": "UDDD?S" + " " * 17 + "S", "b": " " * SLICES}
    assert strips({"a": spans, "b": []}, now, [], ["a", "b"]) == drawn


def test_a_strip_charges_nothing_without_a_witness() -> None:
    """Downtime while no reference was up is unknown on screen too; while one was, it is downtime."""
    now = 100 * SLICE_MS
    start = now - SLICES * SLICE_MS
    down = [a_span(start, start + 3 * SLICE_MS, SpanClass.DOWN)]
    witness = [a_span(start + 2 * SLICE_MS, start + 4 * SLICE_MS, SpanClass.UP)]
    drawn = strips({"check": down, "ref": witness}, now, ["ref"], ["ref"])
    assert drawn["check"] == "??D" + " " * (SLICES - 3)
    assert strips({"check": down, "ref": down}, now, ["ref"], ["ref"])["ref"].startswith("DDD")


def test_the_strip_of_a_check_ends_now(tmp_path: Path) -> None:
    """Newest last, also for one that has just begun to fail."""
    with an_office(tmp_path, drop_in=CHECK.replace("60s", "30s")) as office:
        office.run(3600)
        office.run(120, {"shop": DOWN})
        assert status(office).strip.strip() in {"UUUUD", "UUUUUD"}

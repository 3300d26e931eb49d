"""Services judged over a period from the record: by which terms, on which calendar, on whose evidence."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from probe import judge
from probe.errors import UsageError
from probe.judge import PeriodChoice
from probe.judge.choice import kind_of, zone_of
from probe.judge.zones import tzdata_version
from probe.model import Cause, Finding, Reason, State, Window
from probe.sla.assessment import Assessment, Bounds, Outage, Verdict, Why
from probe.sla.service import Service
from probe.store.changes import Pause, Resume
from tests.config.places import loaded
from tests.config.test_load import OWN_TERMS
from tests.judge.office import (
    CHECK,
    DAY,
    GATEWAY,
    HOUR,
    MINUTE,
    NOVEMBER,
    OCTOBER,
    SECOND,
    SHOP,
    START,
    Office,
    an_office,
)

AGREED = SHOP.replace("objective", 'timezone = "UTC"\nagreement = "own-terms.toml"\nobjective')
DOWN: dict[str, State | Finding | None] = {"shop": State.DOWN}
HOURS = PeriodChoice(start_ms=START, end_ms=START + 2 * HOUR)


@pytest.fixture
def terms(tmp_path: Path) -> str:
    """The text of an agreement of one's own, with its file beside the configuration."""
    text = OWN_TERMS.read_text()
    (tmp_path / "own-terms.toml").write_text(text)
    return text


def assessed(office: Office, choice: PeriodChoice | None = HOURS, **more: Any) -> tuple[Assessment, ...]:
    """The assessments as of now."""
    with office.reader() as reader:
        return judge.assess(office.config, reader, choice, office.now_ms, **more)


def outages(office: Office, *keys: str) -> tuple[Outage, ...]:
    """The outages since the beginning."""
    with office.reader() as reader:
        return judge.outages(office.config, reader, START, office.now_ms, keys or ("shop",))


def instant(text: str) -> int:
    """An ISO instant in ms."""
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def test_an_outage_is_charged_while_a_reference_is_up(tmp_path: Path) -> None:
    """Eleven minutes of two hours: between the first and the last failure, and up to the good samples around."""
    with an_office(tmp_path) as office:
        office.run(3600)
        office.run(660, DOWN)
        office.run(3600)
        [one] = assessed(office)
        [outage] = outages(office)
    assert (one.service, one.check, one.vantage, one.provider) == ("shop", "shop", "office", "Example Hosting")
    assert (one.downtime.low, one.downtime.point, one.downtime.high) == (600_000, 660_000, 720_000 + 21_000)
    assert one.verdict is Verdict.MISSED
    assert one.samples == 120
    assert (outage.cause, outage.is_confirmed, outage.attempts) == (Cause.PROVIDER_OR_PATH, True, 11)
    assert outage.end_latest_ms is not None


def test_a_failure_without_a_witness_is_unknown(tmp_path: Path) -> None:
    """All references silent with the gateway: nobody's provider is blamed, and the figures say how much is unknown."""
    with an_office(tmp_path, GATEWAY + SHOP) as office:
        office.run(3600)
        office.run(660, dict.fromkeys(("shop", "ref-a", "ref-b", "ref-c", "gateway"), State.DOWN))
        office.run(3600)
        [one] = assessed(office)
        [outage] = outages(office)
    assert one.downtime.low == 0
    assert outage.cause is Cause.OWN_NETWORK
    assert {each.cause for each in one.stretches} >= {Cause.OWN_NETWORK}
    assert one.verdict is not Verdict.MISSED


@pytest.mark.parametrize(
    ("reason", "line", "cause"),
    [
        (Reason.NO_ROUTE_LOCAL, State.DOWN, Cause.OWN_NETWORK),
        (Reason.NO_ROUTE_LOCAL, State.UP, Cause.UNKNOWN_TARGET),
        (Reason.OVERRUN, State.DOWN, Cause.AGENT_GAP),
        (Reason.NAME_NOT_FOUND, State.DOWN, Cause.UNKNOWN_TARGET),
    ],
)
def test_a_stretch_without_a_route_is_our_own_network(
    tmp_path: Path, reason: Reason, line: State, cause: Cause
) -> None:
    """What the outcomes say of a local reason is read back from the record; only while no reference is up."""
    with an_office(tmp_path) as office:
        office.run(1200)
        finding = Finding(state=State.UNKNOWN, reason=reason)
        office.run(1200, {"shop": finding, **dict.fromkeys(("ref-a", "ref-b", "ref-c"), line)})
        office.run(1200)
        [one] = assessed(office)
        earlier = assessed(office, PeriodChoice(start_ms=START, end_ms=START + 600 * SECOND))[0]
        later = assessed(office, PeriodChoice(start_ms=START + 3000 * SECOND, end_ms=office.now_ms))[0]
    middle = START + 1800 * SECOND
    assert [each.cause for each in one.stretches if each.start_ms <= middle < each.end_ms] == [cause]
    if cause is not Cause.AGENT_GAP:  # before the first sample and after the last nobody measured either
        assert cause not in {each.cause for each in (*earlier.stretches, *later.stretches)}


def test_a_retired_reference_still_witnesses_what_it_saw(tmp_path: Path) -> None:
    """An outage is charged by who answered then, not by who is configured now."""
    alone = GATEWAY.replace('name = "ref-b"', 'name = "new"')
    head, _, tail = alone.partition("targets = [")
    only_new = head + "targets = [\n" + next(line for line in tail.splitlines() if '"new"' in line) + "\n]\n"
    with an_office(tmp_path, GATEWAY + SHOP) as office:
        office.run(1800)
        office.run(660, DOWN)
        office.run(1800)
        before = assessed(office)[0]
        office.follow(only_new + SHOP)
        office.run(600)
        after = assessed(office)[0]
    assert after.downtime.low == before.downtime.low == 600_000


def test_a_reference_retired_before_the_period_has_no_say(tmp_path: Path) -> None:
    """Our own line is judged by those that watched it: a reference that was replaced does not block the claim."""
    line = '[service.line]\nprovider = "My ISP"\nobjective = "99.9 %"\nuplink = true\n'
    silent = dict.fromkeys(("ref-a", "ref-b", "new"), State.DOWN)
    with an_office(tmp_path, GATEWAY + SHOP + line) as office:
        office.run(1800)
        office.now_ms += 2 * DAY
        office.follow(office.main.replace('"ref-c"', '"new"').replace("203.0.113.9", "203.0.113.10"))
        start = office.now_ms
        office.run(1800)
        office.run(660, silent)
        office.run(1800)
        one = assessed(office, PeriodChoice(start_ms=start, end_ms=office.now_ms), services=["line"])[0]
    assert one.downtime.low == 600_000 - 14 * SECOND
    assert one.verdict is Verdict.MISSED


def test_a_check_that_was_never_probed_is_unknown(tmp_path: Path) -> None:
    """Nothing is invented: no sample, no verdict, and the bounds say everything is possible."""
    with an_office(tmp_path) as office:
        office.run(7200, {"shop": None})
        [one] = assessed(office)
    assert (one.samples, one.coverage, one.verdict) == (0, Fraction(0), Verdict.UNDECIDED)
    assert one.availability is not None
    assert one.availability == Bounds(Fraction(0), None, Fraction(1))


def test_a_check_that_is_on_no_record_is_unknown_too(tmp_path: Path) -> None:
    """Configured after the agent stopped: the configured schedule stands in for the recorded one."""
    with an_office(tmp_path) as office:
        office.run(600)
        office.now_ms += HOUR
    (tmp_path / "checks.d" / "b.toml").write_text(CHECK.replace('"shop"\nkind', '"later"\nkind'))
    office.config = loaded(tmp_path, office.main, a=office.drop_in)
    found = {one.check: one for one in assessed(office)}
    assert found["later"].samples == 0
    assert found["later"].resolution.declared_ms == 120_000
    assert outages(office, "later") == ()


def test_a_removed_check_leaves_its_service(tmp_path: Path) -> None:
    """Its record stays; the service is judged by the checks that are configured."""
    two = CHECK + CHECK.replace('"shop"\nkind', '"mail"\nkind')
    with an_office(tmp_path, drop_in=two) as office:
        office.run(600)
        office.follow(office.main, CHECK)
        office.run(600)
        assert [one.check for one in assessed(office)] == ["shop"]
        with office.reader() as reader:
            assert reader.spans("office", "mail", START, office.now_ms)


def test_only_the_services_asked_for_are_judged(tmp_path: Path) -> None:
    """In the order of the configuration."""
    services = SHOP + SHOP.replace("shop", "mail") + SHOP.replace("shop", "api")
    checks = CHECK + CHECK.replace('"shop"', '"mail"') + CHECK.replace('"shop"', '"api"')
    with an_office(tmp_path, GATEWAY + services, checks) as office:
        office.run(300)
        everything = [one.service for one in assessed(office)]
        some = [one.service for one in assessed(office, services=["api", "shop"])]
        none = assessed(office, services=[])
    assert sorted(everything) == ["api", "mail", "shop"]
    assert some == [name for name in everything if name != "mail"]
    assert none == ()


def test_many_services_are_judged_as_one_by_one(tmp_path: Path) -> None:
    """Reading all spans in one question changes no figure."""
    names = [f"s{number}" for number in range(21)]
    services = "".join(f'[service.{name}]\nobjective = "99.9 %"\n' for name in names)
    checks = "".join(CHECK.replace('"shop"', f'"{name}"') for name in names)
    with an_office(tmp_path, GATEWAY + services, checks) as office:
        office.run(900, {"s4": None})
        office.run(300, {"s3": State.DOWN})
        together = assessed(office)
        apart = tuple(one for name in sorted(names) for one in assessed(office, services=[name]))
    assert {one.service: one for one in together} == {one.service: one for one in apart}


def test_earlier_settings_count_where_they_were_valid(tmp_path: Path) -> None:
    """The resolution is that of the coarsest schedule of the period, not just of the present one."""
    with an_office(tmp_path) as office:
        office.run(1800)
        office.follow(
            office.main, CHECK.replace("60s", "20s").replace('"shop"\ninterval', '"shop"\ntimeout = "4s"\ninterval')
        )
        changed = office.now_ms
        office.run(1800)
        office.follow(office.main, office.drop_in.replace("20s", "300s"))
        office.run(1800)
        whole, late = (
            assessed(office, PeriodChoice(start_ms=start, end_ms=end))[0].resolution.declared_ms
            for start, end in [(START, changed + HOUR), (changed + 10 * MINUTE, changed + 20 * MINUTE)]
        )
        before = assessed(office, PeriodChoice(start_ms=START - DAY, end_ms=START - HOUR))[0]
    assert (whole, late) == (600_000, 40_000)
    assert before.resolution.declared_ms == 120_000


def test_the_terms_of_the_first_day_of_the_period_decide(tmp_path: Path, terms: str) -> None:
    """A new version does not judge what was before it; where none is known the first one does, with a note."""
    newer = terms.replace("2026-01-01", "2026-11-01").replace('target = "99.9 %"', 'target = "99.99 %"', 1)
    older = terms.replace("valid_from = 2026-01-01", "valid_from = 2026-01-01\nvalid_to = 2026-10-31")
    (tmp_path / "own-terms.toml").write_text(older)
    (tmp_path / "newer.toml").write_text(newer)
    with an_office(tmp_path, GATEWAY + AGREED) as office:
        office.run(600)
        office.now_ms = NOVEMBER + 40 * DAY
        known = assessed(office, PeriodChoice(text="2026-10"))[0]
        unknown = assessed(office, PeriodChoice(text="2025-10"))[0]
        after = assessed(office, PeriodChoice(text="2026-11"))[0]
    assert (known.agreement, known.agreement_version) == ("own/line", "2026-01-01")
    assert not any("no version" in note for note in known.notes)
    for one, day in ((unknown, "2025-10-01"), (after, "2026-11-01")):
        note = f"no version of own/line is known to have been valid on {day}; judged by version 2026-01-01"
        assert note in one.notes


@pytest.mark.parametrize(
    ("kind", "label", "start", "end"),
    [
        ("calendar_month", "2026-09", "2026-08-31T22:00:00Z", "2026-09-30T22:00:00Z"),
        ("calendar_quarter", "2026-Q3", "2026-06-30T22:00:00Z", "2026-09-30T22:00:00Z"),
        ("calendar_year", "2025", "2024-12-31T23:00:00Z", "2025-12-31T23:00:00Z"),
    ],
)
def test_the_last_full_period_is_that_of_the_terms(
    tmp_path: Path, terms: str, kind: str, label: str, start: str, end: str
) -> None:
    """By their calendar, in the zone that they or the service name."""
    (tmp_path / "own-terms.toml").write_text(terms.replace("calendar_month", kind))
    with an_office(tmp_path, GATEWAY + AGREED.replace('"UTC"', '"Europe/Berlin"')) as office:
        office.run(300)
        [one] = assessed(office, None)
        [same] = assessed(office, PeriodChoice())
    assert one.period == same.period
    assert (one.period.label, one.period.timezone, one.period.is_complete) == (label, "Europe/Berlin", True)
    assert (one.period.start_ms, one.period.end_ms) == (instant(start), instant(end))


def test_a_period_can_be_named_or_given(tmp_path: Path) -> None:
    """By name, or by its two ends; a text that names none is refused, and a time that has not begun."""
    with an_office(tmp_path) as office:
        office.run(300)
        [named] = assessed(office, PeriodChoice(text="2026-10"))
        [given] = assessed(office, PeriodChoice(start_ms=OCTOBER, end_ms=NOVEMBER))
        [past] = assessed(office, PeriodChoice(start_ms=OCTOBER, end_ms=START))
        with pytest.raises(UsageError, match="2026-12 has not begun: it starts at 2026-12-01T00:00:00Z"):
            assessed(office, PeriodChoice(text="2026-12"))
        with pytest.raises(UsageError, match="is not a period"):
            assessed(office, PeriodChoice(text="soon"))
    assert (named.period.start_ms, named.period.end_ms) == (given.period.start_ms, given.period.end_ms)
    assert given.period.label == "2026-10-01T00:00:00Z/2026-11-01T00:00:00Z"
    assert (given.period.is_complete, past.period.is_complete) == (False, True)
    assert (named.verdict, named.reason) == (Verdict.UNDECIDED, Why.RUNNING)


def test_the_zone_and_the_calendar_of_a_service_without_terms() -> None:
    """Its own zone, else UTC; the calendar month."""
    assert zone_of(Service(name="a")) == "UTC"
    assert zone_of(Service(name="a", timezone="Asia/Tokyo")) == "Asia/Tokyo"
    assert kind_of(Service(name="a")).word == "calendar_month"


def test_a_window_is_judged_by_the_terms(tmp_path: Path, terms: str) -> None:
    """Announced in time it forgives, taken back it is listed with the reason."""
    with an_office(tmp_path, GATEWAY + AGREED) as office:
        office.run(3600)
        office.run(660, DOWN)
        office.run(3600)
        number = office.declare(START + HOUR, START + HOUR + 15 * MINUTE)
        [excused] = assessed(office)
        office.withdraw(number)
        [charged] = assessed(office)
    assert (excused.downtime.low, excused.raw_downtime.low) == (0, 600_000)
    assert excused.exclusions[0].forgiven_ms == 600_000
    assert (charged.downtime.low, charged.exclusions[0].refused) == (600_000, "the window was removed from the record")


def test_the_edition_of_the_zones_is_known() -> None:
    """Part of every verdict."""
    assert re.fullmatch(r"20\d\d[a-z]|unknown", tzdata_version())


@pytest.fixture
def zone_path() -> Iterator[None]:
    """Whatever a test sets, the zones are looked for where they were afterwards."""
    before = zoneinfo.TZPATH
    tzdata_version.cache_clear()
    yield
    zoneinfo.reset_tzpath(to=before)
    tzdata_version.cache_clear()


@pytest.mark.usefixtures("zone_path")
def test_zones_without_an_edition_are_unknown_and_the_packaged_ones_are_the_last_resort(tmp_path: Path) -> None:
    """The first folder that has zones is the one that decides, as for zoneinfo itself."""
    empty, bare, named = (tmp_path / name for name in ("empty", "bare", "named"))
    for folder in (empty, bare, named):
        folder.mkdir()
    (bare / "UTC").touch()
    (named / "tzdata.zi").write_text("# version 2031q\n")
    found = []
    for folders in ([empty, named], [empty, bare, named], [empty]):
        zoneinfo.reset_tzpath(to=folders)
        tzdata_version.cache_clear()
        found.append(tzdata_version())
    assert found[:2] == ["2031q", "unknown"]
    assert re.fullmatch(r"20\d\d[a-z]", found[2])


def test_a_pause_is_unknown_time_however_short(tmp_path: Path) -> None:
    """Between two samples a pause leaves no gap; the record says that nobody looked, so nothing is known."""
    with an_office(tmp_path) as office:
        office.run(1200)
        office.change(Pause(key="shop", until_ms=None, reason="new cable", by="ann", at_ms=office.now_ms + 5))
        office.change(Resume(key="shop", by="ann", at_ms=office.now_ms + 3005))
        office.run(1200)
        [one] = assessed(office)
    assert any(stretch.end_ms - stretch.start_ms == 3000 for stretch in one.stretches)
    assert [stretch.cause for stretch in one.stretches if stretch.end_ms - stretch.start_ms == 3000] == [
        Cause.AGENT_GAP
    ]
    assert [note for note in one.notes if "paused" in note and "by ann: new cable" in note]


def test_a_window_of_the_files_counts_before_an_agent_has_seen_it(tmp_path: Path) -> None:
    """A report must not blame a provider for work that the configuration declares; it says what the record lacks."""
    with an_office(tmp_path) as office:
        office.run(1200)
        start = office.now_ms
        office.run(1200, DOWN)
        office.run(1200)
        before = assessed(office)[0]
        office.config = replace(
            office.config, windows=(Window(start_ms=start - 120_000, end_ms=office.now_ms, source="file"),)
        )
        after = assessed(office)[0]
    assert before.downtime.low > 0
    assert [one.forgiven_ms > 0 for one in after.exclusions] == [True]
    assert [note for note in after.notes if "not in the record yet" in note]

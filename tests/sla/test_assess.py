"""One question from end to end: running periods, own targets, several checks, our own line, silent texts."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from probe.model import Cause, Ticket, Window, WindowKind
from probe.sla import terms
from probe.sla.assess import assess
from probe.sla.assessment import Assessment, Verdict, Why
from probe.sla.service import Combine, How, Member, Service, declared_resolution
from tests.sla.build import healthy, member, question, span
from tests.sla.test_terms import SMALLEST

HOUR = 3_600_000
PLAIN = (
    '[outage]\nshortest = "0s"\n[period]\nkind = "calendar_month"\ntimezone = "UTC"\npartial_life = "own_lifetime"\n'
)
EXCUSED = '[[exclusion]]\ncause = "scheduled_maintenance"\nexcused = true\nnotice = "0s"\n'
GOOD = [[-120, 60, 70, "G"]]
DOWN_4 = [[-120, 60, 12, "G"], [600, 60, 5, "B"], [900, 60, 60, "G"]]
DOWN_LATER = [[-120, 60, 17, "G"], [900, 60, 5, "B"], [1200, 60, 55, "G"]]


def text(more: str = PLAIN, target: str = "95 %") -> terms.Terms:
    """Terms that state everything, save what `more` leaves out."""
    whole = SMALLEST.replace("99.9 %", target).replace('archetype = "F1"', 'archetype = "F1"\ndenominator = "period"')
    return terms.parse(tomllib.loads(whole + more), "a.toml")


def shop(more: str = PLAIN, target: str = "95 %", **settings: Any) -> Service:
    """A service under such terms."""
    return Service(name="shop", terms=text(more, target), **settings)


def one(service: Service, members: Sequence[Member], **more: Any) -> Assessment:
    """The only assessment of a question over an hour."""
    [found] = assess(question(service, members, **more))
    return found


def test_a_period_without_failures_is_met() -> None:
    """The usual month."""
    found = one(shop(), [member(GOOD)])
    assert (found.verdict, found.reason, found.downtime.high) == (Verdict.MET, None, 0)
    assert (found.coverage, found.budget_ms) == (Fraction(1), Fraction(180_000))
    assert found.budget_left == (Fraction(180_000), Fraction(180_000))
    assert (found.readings, found.claim, found.claimable, found.credit) == ((), None, None, None)
    assert found.parameters["g_max"] == "90000"
    assert found.parameters["k/n"] == "1/1"
    assert found.rule == "F1: every millisecond of downtime"


def test_met_is_decided_at_the_declared_resolution_and_says_so() -> None:
    """An isolated failure whose recheck succeeds is shorter than r and drops out of "met" only."""
    runs = [[-120, 60, 12, "G"], [600, 60, 1, "B"], [602, 1, 1, "G"], [660, 60, 60, "G"]]
    found = one(shop(target="99.9 %"), [member(runs)])
    assert (found.downtime.high, found.downtime.at_resolution, found.verdict) == (62_000, 0, Verdict.MET)
    assert "met for outages of at least 2 min; shorter ones are not assessed" in found.notes


@pytest.mark.parametrize(
    ("op", "target", "verdict"),
    [
        (">=", "93.333333333333333333 %", Verdict.UNDECIDED),
        (">=", "95 %", Verdict.UNDECIDED),
        (">", "91.666666666666666666 %", Verdict.MET),
        (">=", "90 %", Verdict.MET),
        (">", "90 %", Verdict.MET),
        (">=", "99 %", Verdict.MISSED),
    ],
)
def test_the_operator_decides_at_the_edge(op: str, target: str, verdict: Verdict) -> None:
    """180 s of an hour are proven, 300 s possible."""
    runs = [[-120, 60, 12, "G"], [600, 60, 4, "B"], [840, 60, 60, "G"]]
    service = Service(name="shop", objective=Fraction(target.removesuffix(" %")) / 100, objective_op=op)
    assert one(service, [member(runs)]).verdict is verdict


def test_a_strict_promise_is_missed_when_the_budget_is_just_spent() -> None:
    """ "More than 95 %" allows less than 180 s of an hour."""
    runs = [[-120, 60, 12, "G"], [600, 60, 4, "B"], [840, 60, 60, "G"]]
    for op, verdict in ((">", Verdict.MISSED), (">=", Verdict.UNDECIDED)):
        found = one(Service(name="shop", objective=Fraction(95, 100), objective_op=op), [member(runs)])
        assert (found.downtime.low, found.verdict) == (180_000, verdict)


def test_a_running_period_is_missed_as_soon_as_it_is_and_never_met_early() -> None:
    """The sets end at the latest sample while that is fresh, at `as_of` when it is not."""
    service = shop(target="95 %")
    period = span(0, HOUR)._replace(is_complete=False)
    early = [[-120, 60, 12, "G"], [600, 60, 3, "B"]]
    fresh = one(service, [member(early)], period=period, as_of_ms=750_000)
    assert (fresh.verdict, fresh.reason, fresh.unknown_ms) == (Verdict.UNDECIDED, Why.RUNNING, 0)
    assert fresh.budget_left == (Fraction(0), Fraction(60_000))
    assert fresh.denominator_ms == HOUR
    stale = one(service, [member(early)], period=period, as_of_ms=1_000_000)
    assert stale.unknown_ms == 1_000_000 - 720_000
    spent = one(service, [member([*early, [780, 60, 4, "B"]])], period=period, as_of_ms=970_000)
    assert (spent.verdict, spent.downtime.low) == (Verdict.MISSED, 360_000)
    assert spent.outages[0].end_latest_ms is None
    past = one(service, [member(DOWN_4)], period=period, as_of_ms=700_000)
    assert past.downtime.low == 60_000, "the failure at 720 s is still to come"


def test_a_period_that_has_not_begun_says_nothing() -> None:
    """A report asked for too early is running, not met."""
    period = span(HOUR, 2 * HOUR)._replace(is_complete=False)
    found = one(shop(), [member(GOOD)], period=period, as_of_ms=100_000)
    assert (found.reason, found.downtime.high, found.stretches) == (Why.RUNNING, 0, ())


def test_burn_rates_are_on_proven_downtime() -> None:
    """240 s in the last hour under 95 % is four thirds of what is allowed."""
    found = one(shop(), [member(DOWN_4)])
    assert found.burn["1h"] == Fraction(240, 180)
    assert one(shop(target="100 %"), [member(DOWN_4)]).burn == {}


def test_an_own_target_is_judged_by_the_plain_measure() -> None:
    """It may stand alone, or beside the provider's promise."""
    window = Window(start_ms=600_000, end_ms=720_000)
    emergency = Window(start_ms=720_000, end_ms=780_000, kind=WindowKind.EMERGENCY)
    alone = one(Service(name="shop", objective=Fraction(99, 100)), [member(DOWN_4)], windows=(window, emergency))
    assert (alone.agreement, alone.promise and alone.promise.target, alone.objective) == (None, Fraction(99, 100), None)
    assert (alone.verdict, alone.downtime.low, alone.claim) == (Verdict.MISSED, 120_000, None)
    assert [each.refused for each in alone.exclusions] == [None, "the terms do not excuse it"]
    theirs = Service(name="shop", provider="ACME", objective=Fraction(99, 100))
    named = one(theirs, [member(DOWN_4)], windows=(replace(window, provider="acme"),))
    assert named.downtime.low == 120_000
    assert "judged by the plain measure; scheduled maintenance is excused" in alone.notes
    beside = one(shop(objective=Fraction(999, 1000)), [member(DOWN_4)])
    assert beside.objective is not None
    assert (beside.objective.verdict, beside.objective.budget_ms) == (Verdict.MISSED, Fraction(3600))
    assert beside.objective.budget_left == (Fraction(3600 - 360_000), Fraction(3600 - 240_000))


def test_without_terms_and_target_the_figures_stand_alone() -> None:
    """A service may be watched before anything is promised."""
    found = one(Service(name="shop", provider="ACME"), [member(DOWN_4)])
    assert (found.promise, found.budget_ms, found.budget_left, found.burn) == (None, None, None, {})
    assert (found.provider, found.verdict, found.downtime.low) == ("ACME", Verdict.UNDECIDED, 240_000)
    assert "neither terms nor an objective are set: the figures stand without a verdict" in found.notes


def test_no_time_is_undecided() -> None:
    """Everything excused out of the denominator leaves nothing to promise."""
    service = shop(PLAIN + EXCUSED + 'effect = "both"\n')
    found = one(service, [member(DOWN_4)], windows=(Window(start_ms=0, end_ms=HOUR),))
    assert (found.verdict, found.reason) == (Verdict.UNDECIDED, Why.NO_TIME)
    assert (found.availability, found.coverage, found.denominator_ms) == (None, None, 0)
    paid = replace(service, monthly_fee=(Decimal(10), "EUR"), terms=text(PLAIN + EXCUSED + 'effect = "both"\n' + ROWS))
    assert one(paid, [member(DOWN_4)], windows=(Window(start_ms=0, end_ms=HOUR),)).credit is None


ROWS = '[remedy]\nrows = [{ below = "95 %", at_least = "94 %", credit = "10 %" }]\n'


def test_no_reference_charges_nobody_and_says_so() -> None:
    """Attribution needs a witness; without one a failure is unknown time."""
    found = one(shop(), [member(DOWN_4)], references=())
    assert (found.downtime.low, found.unknown_ms, found.reason) == (0, 240_000, Why.COVERAGE)
    assert found.notes[0].startswith("no reference is configured")
    assert (found.outages[0].cause, found.stretches[0].cause) == (Cause.UNKNOWN_REFERENCE,) * 2


@pytest.mark.parametrize(
    ("combine", "low", "high"),
    [
        (Combine(How.ANY), 480_000, 660_000),
        (Combine(How.ALL_DOWN), 0, 60_000),
        (Combine(How.AT_LEAST, 2), 0, 60_000),
    ],
)
def test_checks_are_combined_as_the_service_says(combine: Combine, low: int, high: int) -> None:
    """The service overrides the terms, and the assessment says so."""
    members = [member(DOWN_4, "a"), member(DOWN_LATER, "b")]
    service = Service(name="shop", terms=replace(text(), combine="each"), combine=combine)
    found = one(service, members)
    assert (found.check, found.downtime.low, found.downtime.high) == (None, low, high)
    assert [outage.key for outage in found.outages] == ["a", "b"]
    assert any("by the service's setting; the terms say each" in note for note in found.notes)


def test_each_check_is_judged_by_itself_unless_told_otherwise() -> None:
    """An SLA per instance is one assessment per instance."""
    found = assess(question(shop(), [member(DOWN_4, "a"), member(GOOD, "b")]))
    assert [(each.check, each.downtime.low) for each in found] == [("a", 240_000), ("b", 0)]
    assert assess(question(shop(combine=Combine(How.ANY)), [])) == ()


def test_a_window_for_one_check_of_several_forgives_that_one_only() -> None:
    """Work on one of two name servers says nothing of the other."""
    service = shop(PLAIN + EXCUSED, combine=Combine(How.ANY), keys=("a", "b"))
    window = Window(id=9, checks=("a",), start_ms=600_000, end_ms=1_200_000)
    found = one(service, [member(DOWN_4, "a"), member(DOWN_LATER, "b")], windows=(window,))
    assert (found.raw_downtime.low, found.downtime.low) == (480_000, 240_000)
    assert [(each.forgiven_ms, each.window) for each in found.exclusions] == [(240_000, 9)]
    alone = assess(
        question(replace(service, combine=None), [member(DOWN_4, "a"), member(DOWN_4, "b")], windows=(window,))
    )
    assert [each.downtime.low for each in alone] == [0, 240_000]
    elsewhere = one(service, [member(DOWN_4, "a")], windows=(Window(provider="Other", start_ms=0, end_ms=HOUR),))
    assert elsewhere.exclusions == ()


def test_windows_that_overlap_forgive_once() -> None:
    """The second window of the same minutes forgives only the rest (F78)."""
    windows = (Window(id=1, start_ms=600_000, end_ms=720_000), Window(id=2, start_ms=660_000, end_ms=780_000))
    found = one(shop(PLAIN + EXCUSED), [member(DOWN_4)], windows=windows)
    assert [each.forgiven_ms for each in found.exclusions] == [120_000, 60_000]
    assert (found.downtime.low, found.raw_downtime.low) == (60_000, 240_000)


def test_maintenance_that_the_terms_do_not_mention_is_read_both_ways() -> None:
    """Met if maintenance is excused, missed if not."""
    windows = (Window(start_ms=0, end_ms=HOUR), Window(start_ms=0, end_ms=60_000, kind=WindowKind.EMERGENCY))
    found = one(shop(PLAIN + EXCUSED.replace("scheduled", "emergency")), [member(DOWN_4)], windows=windows)
    assert (found.verdict, found.reason) == (Verdict.UNDECIDED, Why.TERMS)
    assert [(reading.verdict, reading.says) for reading in found.readings] == [
        (Verdict.MET, "the maintenance is excused (open: whether such maintenance is excused)"),
        (Verdict.MISSED, "the maintenance is not excused (open: whether such maintenance is excused)"),
    ]


def test_a_period_without_a_zone_is_tried_in_the_farthest_ones() -> None:
    """An outage at the edge of the month falls in or out by the zone."""
    day = 24 * HOUR
    period = span(0, 30 * day)
    edge = [[-86_400, 60, 1440 + 10, "G"], [600, 60, 60, "B"], [4200, 60, 31 * 1440, "G"]]
    middle = [[-86_400, 60, 21 * 1440, "G"], [20 * 86_400, 60, 60, "B"], [20 * 86_400 + 3600, 60, 12 * 1440, "G"]]
    silent = PLAIN.replace('timezone = "UTC"\n', "")
    more: dict[str, Any] = {"period": period, "references": (healthy(-86_400, 32 * 86_400),), "as_of_ms": 40 * day}
    found = one(shop(silent, "99.9 %"), [member(edge)], **more)
    assert (found.verdict, found.reason) == (Verdict.UNDECIDED, Why.TERMS)
    assert [(reading.says.rpartition(" ")[2], reading.verdict) for reading in found.readings] == [
        ("UTC", Verdict.MISSED),
        ("Etc/GMT+12", Verdict.MET),
        ("Etc/GMT-14", Verdict.MISSED),
    ]
    assert "the terms state no time zone: UTC is used" in found.notes
    assert one(shop(silent, "99.9 %"), [member(middle)], **more).verdict is Verdict.MISSED
    assert one(shop(silent, "99.9 %", timezone="UTC"), [member(edge)], **more).verdict is Verdict.MISSED
    named = more | {"period": more["period"]._replace(is_calendar=False)}
    assert one(shop(silent, "99.9 %"), [member(edge)], **named).readings == (), "instants that were named have no zone"


def test_a_part_of_a_period_is_read_both_ways_where_the_terms_are_silent() -> None:
    """Created half-way: its own half hour, or an hour of which half counts as up."""
    silent = PLAIN.replace('partial_life = "own_lifetime"\n', "")
    runs = [[1800, 60, 5, "G"], [2100, 60, 3, "B"], [2280, 60, 40, "G"]]
    found = one(shop(silent, since_ms=1_800_000), [member(runs)])
    assert [(reading.verdict, reading.availability.high) for reading in found.readings] == [
        (Verdict.UNDECIDED, 1 - Fraction(120, 3600)),
        (Verdict.MISSED, 1 - Fraction(120, 1800)),
    ]
    assert found.denominator_ms == HOUR
    assert found.stretches == (), "before its life nothing was asked for"
    ended = one(shop(PLAIN, until_ms=1_800_000), [member(GOOD)])
    assert (ended.denominator_ms, ended.verdict) == (1_800_000, Verdict.MET)
    assumed = one(shop(PLAIN.replace("own_lifetime", "assume_up"), until_ms=1_800_000), [member(GOOD)])
    assert (assumed.denominator_ms, assumed.unknown_ms) == (HOUR, 0)


def test_a_rule_that_is_not_evaluated_decides_nothing() -> None:
    """The figures of the plain measure stand, the verdict does not."""
    others = (
        replace(text(), archetype="F5"),
        replace(text(), unevaluated=("a ticket starts the clock",)),
    )
    for each in others:
        found = one(Service(name="shop", terms=each), [member(DOWN_4)])
        assert (found.verdict, found.reason) == (Verdict.UNDECIDED, Why.TERMS)
        assert any(note.startswith("not evaluated: ") for note in found.notes)


def test_the_rule_is_told_in_words() -> None:
    """What was counted must be readable beside the figure."""
    for more, expected in (
        ('shortest = "5m"\nstrict = true\ncounts = "excess"', "F1: outages over 5 min, the excess only"),
        ('whole_unit = "60s"\nwhole_unit_align = "clock"', "F1: units of 1 min wholly down"),
        ('whole_unit = "60s"\nwhole_unit_align = "elapsed"', "F1: rounded (floor) to 1 min per outage"),
        ('shortest = "0s"\nbucket = "5m"\nbucket_rule = "any"', "F1: units of 5 min touched"),
        ('shortest = "1m"\nstrict = false\nqualify = "net"', "F1: outages of at least 1 min"),
    ):
        service = shop(PLAIN.replace('shortest = "0s"', more))
        assert one(service, [member(DOWN_4)]).rule == expected


@pytest.mark.parametrize(
    ("archetype", "more", "expected"),
    [
        ("F3", "", "F3: units of 5 min by their error rate"),
        ("F4", "", "F4: failed requests among all"),
        ("F2", 'bucket_rule = "loss"\nbucket_over = "10 %"', "F2: units of 5 min by their loss"),
    ],
)
def test_a_rule_about_requests_is_not_told_as_one_about_time(archetype: str, more: str, expected: str) -> None:
    """No unit need be wholly down for its errors to count."""
    terms = text(PLAIN.replace('shortest = "0s"', f'shortest = "0s"\nbucket = "5m"\n{more}'))
    service = Service(name="shop", terms=replace(terms, archetype=archetype))
    assert one(service, [member(DOWN_4)]).rule == expected


def test_an_open_share_of_customers_is_no_want_of_samples() -> None:
    """Where no sample would decide, the reason is the terms; where nothing is unknown, it is not the coverage."""
    terms = replace(text(), archetype="F9")
    found = one(Service(name="shop", terms=terms), [member(DOWN_4)])
    assert (found.verdict, found.reason) == (Verdict.UNDECIDED, Why.TERMS)


def test_notes_name_what_the_terms_leave_to_the_reader() -> None:
    """Another version, another period, a billing month."""
    other = replace(text(PLAIN.replace("calendar_month", "billing_month")), valid_from="2020-01-01", notes=("mind",))
    notes = one(Service(name="shop", terms=other), [member(GOOD)]).notes
    assert "the billing month is taken for the calendar month" in notes
    assert "this version is valid from 2020-01-01 to —, not all of the period" in notes
    assert notes[-1] == "mind"
    assert "the terms do not state the period" in one(shop('[outage]\nshortest = "0s"\n'), [member(GOOD)]).notes


LOST = [[-120, 60, 12, "G"], [600, 60, 10, "B"], [1200, 60, 60, "G"]]


def line_question(networks: Sequence[str], gateway: Member | None, runs: Sequence[Sequence[Any]] = LOST) -> Assessment:
    """Our own connection, seen by references that fail together."""
    references = tuple(member(runs, f"r{i}", network=network) for i, network in enumerate(networks))
    service = shop(PLAIN, "95 %", is_uplink=True)
    return one(replace(service, name="line"), [], references=references, gateway=gateway)


def test_our_own_line_is_proven_by_the_references() -> None:
    """All references down and the gateway up is the ISP's."""
    found = line_question(("A", "A", "B"), member(GOOD, "gateway"))
    assert (found.verdict, found.check, found.downtime.low, found.downtime.high) == (
        Verdict.MISSED,
        None,
        540_000,
        660_000,
    )
    [outage] = found.outages
    assert (outage.key, outage.cause, outage.counted_ms, outage.attempts) == ("line", Cause.ISP, 540_000, 30)
    assert outage[1:5] == (540_000, 600_000, 1_140_000, 1_200_000)
    assert found.stretches == ()


def test_an_isp_is_not_accused_by_two_references() -> None:
    """Fewer than three in two networks: undecided, whatever was seen."""
    for networks in (("A", "B"), ("A", "A", "A")):
        found = line_question(networks, member(GOOD, "gateway"))
        assert (found.verdict, found.reason, found.downtime.low) == (Verdict.UNDECIDED, Why.REFERENCES, 0)
        assert "a claim against the ISP needs three references in two networks" in found.notes


def test_an_own_fault_on_the_line_is_not_the_isp_s() -> None:
    """With the gateway down or not measured nothing is charged."""
    own = line_question(("A", "A", "B"), member(LOST, "gateway"))
    assert (own.downtime.low, own.outages[0].cause) == (0, Cause.OWN_NETWORK)
    blind = line_question(("A", "A", "B"), None)
    assert (blind.downtime.low, blind.outages[0].cause) == (0, Cause.OWN_NETWORK_OR_ISP)
    assert "the gateway is not measured: no failure can be charged to the ISP" in blind.notes


def test_a_line_s_suspects_and_gaps_are_shown() -> None:
    """One failure of all references at once, then silence."""
    runs = [[-120, 60, 12, "G"], [600, 60, 1, "B"], [660, 60, 10, "G"], [2000, 60, 40, "G"]]
    found = line_question(("A", "A", "B"), member(GOOD, "gateway"), runs)
    assert [(outage.is_confirmed, outage.counted_ms) for outage in found.outages] == [(False, 0)]
    assert [(each.cause, each.start_ms, each.end_ms) for each in found.stretches] == [
        (Cause.AGENT_GAP, 1_200_000, 2_000_000)
    ]
    blind = [[-120, 60, 12, "G"], [600, 60, 10, "U"], [1200, 60, 60, "G"]]
    unjudged = line_question(("A", "A", "B"), member(GOOD, "gateway"), blind)
    assert [stretch.cause for stretch in unjudged.stretches] == [Cause.UNKNOWN_REFERENCE]
    running = line_question(("A", "A", "B"), member(GOOD, "gateway"), LOST[:2])
    assert running.outages[0].end_latest_ms is None


def test_references_that_fail_one_after_the_other_leave_the_line_down_where_all_are() -> None:
    """One good reference is enough to prove the line."""
    shifted = [[-120, 60, 14, "G"], [720, 60, 6, "B"], [1080, 60, 60, "G"]]
    references = tuple(member(runs, f"r{i}", network=f"n{i}") for i, runs in enumerate((LOST, LOST, shifted)))
    found = one(shop(is_uplink=True), [], references=references, gateway=member(GOOD, "gateway"))
    [outage] = found.outages
    assert (outage.counted_ms, outage.attempts) == (300_000, 7 + 7 + 6)
    assert outage[1:5] == (660_000, 720_000, 1_020_000, 1_080_000)


def test_the_default_resolution_follows_the_schedule() -> None:
    """max(2 T, 1.2 T + W + 2 s)."""
    assert declared_resolution(60_000, 5000) == 120_000
    assert declared_resolution(5001, 4000) == 12_002


def test_excused_time_that_nobody_measured_keeps_no_promise() -> None:
    """A window over the whole period forgives all that may have been, yet without a sample nothing is known."""
    window = Window(start_ms=0, end_ms=HOUR, announced_at_ms=-100 * HOUR)
    blind = one(shop(PLAIN + EXCUSED), [member([])], windows=(window,))
    assert (blind.verdict, blind.reason) == (Verdict.UNDECIDED, Why.COVERAGE)
    assert one(shop(PLAIN + EXCUSED), [member([[-60, 60, 62, "G"]])], windows=(window,)).verdict is Verdict.MET


def test_the_coverage_of_a_running_period_is_of_what_has_elapsed() -> None:
    """What is still to come is not measured: half of the half hour so far, not three quarters of the hour."""
    period = span(0, HOUR)._replace(is_complete=False)
    found = one(shop(), [member([[900, 60, 16, "G"]])], period=period, as_of_ms=1_800_000)
    assert found.coverage == Fraction(1, 2)
    assert one(shop(), [member([])], period=period, as_of_ms=0).coverage is None


def test_a_ticket_changes_nothing_of_an_objective_of_ones_own() -> None:
    """Nobody but the terms may start a clock at a ticket: one's own target counts from the onset."""
    runs = [[-60, 60, 11, "G"], [600, 60, 10, "B"], [1200, 60, 60, "G"]]
    ticket = Ticket(service="shop", number="1", opened_ms=900_000)
    told = one(Service(name="shop", objective=Fraction(99, 100)), [member(runs)], tickets=(ticket,))
    assert told.downtime == one(Service(name="shop", objective=Fraction(99, 100)), [member(runs)]).downtime
    assert (told.downtime.low, told.verdict, told.readings) == (540_000, Verdict.MISSED, ())

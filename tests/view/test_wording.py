"""Every number becomes text once, rounded down, and nothing is shown as 0 that is absent."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone
from fractions import Fraction

import pytest

from probe.model import Cause
from probe.sla.assessment import Promise, Verdict, Why
from probe.view import plain, wording
from probe.view.page import Page, Words, paragraph
from probe.view.snapshot import Line, Standing
from probe.view.warned import grouped
from tests.view.builders import NOW, check


def said(words: Words) -> str:
    """Words as text."""
    page: Page = (paragraph(*words),)
    return plain.text(page).strip()


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (Fraction(99995, 100000), "99.995"),
        (Fraction(9999999, 10000000), "99.999"),
        (Fraction(1), "100.000"),
        (Fraction(0), "0.000"),
        (Fraction(2, 3), "66.666"),
        (Fraction(-1, 3), "−33.334"),
        (None, "—"),
    ],
)
def test_a_percentage_is_rounded_down(ratio: Fraction | None, text: str) -> None:
    """A month with one bad second is never shown as 100 %."""
    assert wording.percent(ratio) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (Fraction(9995, 10000), "99.95 %"),
        (Fraction(1), "100 %"),
        (Fraction(999999, 1000000), "99.9999 %"),
        (Fraction(2, 3), "2/3"),
        (None, "—"),
    ],
)
def test_a_promised_ratio_is_shown_exactly(ratio: Fraction | None, text: str) -> None:
    """What was published is not rounded at all."""
    assert wording.exact_percent(ratio) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (Fraction(1, 2), Fraction(3, 4), "50.000–75.000 %"),
        (Fraction(1, 2), Fraction(1, 2), "50.000 %"),
        (None, Fraction(1, 2), "—"),
    ],
)
def test_an_availability_is_a_range(low: Fraction | None, high: Fraction | None, text: str) -> None:
    """Both bounds are shown, one figure only where they are one."""
    assert wording.percent_range(low, high) == text


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (None, "—"),
        (0, "0 s"),
        (350, "0.35 s"),
        (45_000, "45 s"),
        (Fraction(692_500), "11 m 32.5 s"),
        (Fraction(1_000, 3), "0.333 s"),
        (2 * 86_400_000 + 3 * 3_600_000 + 12_000, "2 d 3 h 12 s"),
        (-60_000, "−1 m"),
    ],
)
def test_a_span_in_full_is_exact_to_the_millisecond(length: int | Fraction | None, text: str) -> None:
    """A claim quotes these figures."""
    assert wording.span(length) == text


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (None, "—"),
        (0, "0 s"),
        (350, "350 ms"),
        (59_999, "59 s"),
        (90_000, "1 m 30 s"),
        (3_600_000, "1 h 00 m"),
        (90_000_000, "1 d 01 h"),
        (-5_000, "−5 s"),
    ],
)
def test_a_brief_span_has_two_units_at_most(length: int | None, text: str) -> None:
    """A column of ages keeps its width."""
    assert wording.brief(length) == text


@pytest.mark.parametrize(
    ("length", "text"),
    [(None, "—"), (267_840, "4.4 m"), (-61_000, "−1.1 m"), (500, "0.5 s"), (7_200_000, "2.0 h"), (10**9, "11.5 d")],
)
def test_a_rough_span_is_rounded_down_also_below_zero(length: int | None, text: str) -> None:
    """An overspent budget is not made to look better by rounding."""
    assert wording.rough(length) == text


def test_a_rough_range_is_one_figure_where_both_read_the_same() -> None:
    """No range is feigned."""
    assert wording.rough_range(60_000, 60_500) == "1.0 m"
    assert wording.rough_range(-60_000, 60_500) == "−1.0 m – 1.0 m"


@pytest.mark.parametrize(
    ("taken", "text"),
    [(None, "—"), (0, "0.00 ms"), (999, "0.99 ms"), (1_099, "1.0 ms"), (12_345, "12.3 ms"), (1_239_999, "1.23 s")],
)
def test_a_latency_is_rounded_down(taken: int | None, text: str) -> None:
    """No answer is a dash, never a fast zero."""
    assert wording.latency(taken) == text


def test_instants_carry_their_offset() -> None:
    """Nobody has to guess the zone."""
    berlin = timezone(timedelta(hours=2))
    assert wording.instant(NOW) == "2026-10-03 04:00:00Z"
    assert wording.instant(NOW, berlin) == "2026-10-03 06:00:00+02:00"
    assert wording.instant(None) == "—"
    assert wording.moment(Fraction(1, 2)).microsecond == 0


def test_an_instant_beyond_the_calendar_is_its_end() -> None:
    """A damaged row must not break the screen that shows it."""
    assert wording.instant(10**20).startswith("9999-12-31")
    assert wording.instant(-(10**20)).endswith("01-01 00:00:00Z")


def test_an_uncertain_instant_is_a_range() -> None:
    """Earliest and latest are both there; the date is said once where it is one."""
    assert wording.between(NOW, NOW + 60_000) == "2026-10-03 04:00:00–04:01:00Z"
    assert wording.between(NOW, NOW) == "2026-10-03 04:00:00Z"
    assert wording.between(NOW, NOW + 86_400_000) == "2026-10-03 04:00:00Z – 2026-10-04 04:00:00Z"
    assert wording.between(None, NOW) == "—"
    assert wording.between(NOW, NOW + 60_000, UTC) == wording.between(NOW, NOW + 60_000)


def test_an_unconfirmed_failure_says_how_far_it_has_come() -> None:
    """One lost packet must not read as an outage."""
    assert said(wording.standing(check(standing=Standing.DOWN, failures=1))) == "down (1 of 3)"
    assert said(wording.standing(check(standing=Standing.DOWN))) == "down"
    assert said(wording.standing(check(in_maintenance=True))) == "up maint"


@pytest.mark.parametrize("cause", [Cause.OWN_NETWORK, Cause.OWN_NETWORK_OR_ISP])
def test_own_faults_are_called_our_own_line(cause: Cause) -> None:
    """Nobody else is blamed for our line."""
    assert wording.cause(cause) == "our own line"


def test_every_word_has_its_text() -> None:
    """A new cause, reason, standing, verdict or line cannot reach a screen without words for it."""
    assert set(wording.CAUSES) == set(Cause)
    assert set(wording.WHYS) == set(Why)
    assert set(wording.STANDINGS) == set(Standing)
    assert set(wording.VERDICTS) == set(Verdict)
    assert set(wording.LINES) == set(Line)
    assert wording.cause(None) == ""


def test_a_promise_reads_as_a_phrase() -> None:
    """The operator is the published one."""
    assert wording.promise(Promise("availability", ">=", Fraction(9999, 10000))) == "availability ≥ 99.99 %"
    assert wording.promise(Promise("loss", "<", Fraction(1, 100))) == "loss < 1 %"
    assert wording.promise(None) == "nothing: no SLA terms and no objective"


def test_a_verdict_names_its_reason() -> None:
    """Undecided without a reason helps nobody."""
    assert said(wording.verdict(Verdict.UNDECIDED, Why.COVERAGE)) == "undecided: too much of the time is unknown"
    assert said(wording.verdict(Verdict.MET, None)) == "met"


def test_counts_agree_with_their_nouns() -> None:
    """One outage, two outages."""
    assert wording.count(1, "outage") == "1 outage"
    assert wording.count(1_000, "outage") == "1,000 outages"
    assert wording.count(0, "match", "matches") == "0 matches"


def test_a_scale_is_in_hours_where_it_is_whole_hours() -> None:
    """The heading of the strip says how far back it goes."""
    assert wording.scale(24 * 3_600_000) == "24 H"
    assert wording.scale(90 * 60_000) == "90 M"


def test_without_the_internet_the_cause_is_our_own_line() -> None:
    """Whether the cable, the gateway or the ISP: the words say that it is ours."""
    ours = (Cause.ISP, Cause.OWN_NETWORK, Cause.OWN_NETWORK_OR_ISP)
    assert {wording.cause(one).partition(":")[0] for one in ours} == {"our own line"}
    assert wording.cause(Cause.ISP) == "our own line: the ISP"


def _short(name: str, span: str = "1s") -> str:
    return (
        f'/etc/probe/probe.toml: check "{name}": timeout {span}: one lost packet reads as a failure; use 3.2s or more'
    )


def test_many_warnings_of_one_kind_are_one_line() -> None:
    """A thousand checks with a short timeout leave the screen to the checks; one alone is told whole."""
    assert grouped([_short("shop")]) == [_short("shop")]
    many = [_short("shop"), "the clock is not synchronised", *(_short(f"c{n}: x; y", f"{n}s") for n in range(1, 1234))]
    assert grouped(many) == [
        "1,234 checks: one lost packet reads as a failure: `probe validate`",
        "the clock is not synchronised",
    ]


def test_of_many_kinds_of_warnings_the_first_are_told_and_the_rest_counted() -> None:
    """So many lines at most, whatever is wrong."""
    assert grouped([*"abc"]) == [*"abc"]
    assert grouped([*"abcde"]) == ["a", "b", "and 3 more: `probe validate`"]

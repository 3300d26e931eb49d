"""Terms files: every problem at once, located, with its remedy; a clause nobody has seen stays unseen."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from probe.errors import TermsError
from probe.sla import quantities, terms, vocabulary
from probe.sla.clauses import Combining, CreditRow, ServiceHours
from probe.sla.unstated import unsourced
from probe.view.clauses import row_range
from tests.sla.build import PUBLISHED, published

FILES = sorted(PUBLISHED.rglob("*.toml"))
SMALLEST = """
id = "a/b"
provider = "A"
service = "B"
version = "1"
[promise]
metric = "availability"
op = ">="
target = "99.9 %"
[formula]
archetype = "F1"
[[source]]
url = "https://example.com/"
"""


def parsed(more: str = "", text: str = SMALLEST) -> terms.Terms:
    """Terms from TOML text."""
    return terms.parse(tomllib.loads(more + text), "a.toml")


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(PUBLISHED)) for path in FILES])
def test_every_published_file_is_sound(path: Path) -> None:
    """Its name is its id and version, and every field has a source with a confidence."""
    found = terms.parse(tomllib.loads(path.read_text()), path.name)
    assert f"{found.id}@{found.version}.toml" == path.relative_to(PUBLISHED).as_posix()
    assert unsourced(found) == ()
    assert all(re.match("https?://", source.url) or " " in source.url for source in found.sources)


def test_an_absent_clause_is_none_and_never_a_default() -> None:
    """An SLA that says nothing of maintenance neither excuses nor refuses it."""
    found = parsed()
    assert (found.timezone, found.period, found.partial_life, found.combine, found.denominator) == (None,) * 5
    assert (found.outage.shortest, found.remedy, found.claim, found.exclusions) == (None, None, None, ())
    assert found.sources[0].confidence == "unsure"


EVERYTHING_WRONG = """
id = "droplet"
provider = 7
version = "1"
valid_from = "yesterday"
applies_when = "always"
notes = [1]
symptoms = [1]
combine = "both"
speling = true
exclusion = [{ cause = "x", notice = "soon", cap_count = 0 }, { cause = "x", excused = true, cap_count = true }]
source = [1]
period = 5
[promise]
metric = "availibility"
op = "=>"
target = "101 %"
[outage]
shortest = "5m"
whole_unit = "60s"
round = { unit = "60s", mode = "up", level = "period" }
reading = [{ shortest = "60s", strict = "no" }]
[formula]
archetpye = "F1"
[remedy]
kind = "rows"
[claim]
within = 3
"""


def test_every_problem_is_told_at_once_with_its_place() -> None:
    """A person mends a file in one go."""
    with pytest.raises(TermsError) as refused:
        terms.parse(tomllib.loads(EVERYTHING_WRONG), "a.toml")
    said = str(refused.value)
    for part in (
        'a.toml: id: is a path such as "provider/service"',
        "a.toml: provider: 7 is not text",
        "a.toml: service: is missing",
        "a.toml: valid_from: 'yesterday' is not a date",
        "a.toml: applies_when: 'always' is not a list of tables",
        "a.toml: notes: not every entry is a text",
        "a.toml: symptoms: not every entry is a table",
        'a.toml: combine: "both" is not one of each, any, all_down, pooled, weighted',
        "a.toml: speling: unknown key",
        "a.toml: exclusion[1]: excused: true or false is needed",
        'a.toml: exclusion[1]: notice: "soon" is not a length of time',
        "a.toml: exclusion[1]: cap_count: 0 is not above 0",
        "a.toml: exclusion[2]: cap_count: True is not a whole number",
        "a.toml: source: not every entry is a table",
        "a.toml: source: not every entry is a table",
        "a.toml: period: 5 is not a table",
        'a.toml: promise: metric: "availibility" is not one of availability, ',
        'a.toml: promise: op: "=>" is not one of >=, >',
        'a.toml: promise: target: "101 %" is not a percentage',
        "a.toml: outage: round: mode",
        'a.toml: outage: round: mode: "up" is not one of floor, ceil',
        "a.toml: outage: reading[1]: strict: 'no' is not true or false",
        "a.toml: outage: reading[1]: says: is missing",
        'a.toml: formula: archetpye: unknown key; did you mean "archetype"?',
        "a.toml: formula: archetype: one of F1",
        "a.toml: remedy: rows: at least one row is needed",
        "a.toml: claim: within: unit is needed with it",
    ):
        assert part in said
    assert len(refused.value.problems) == len(set(refused.value.problems))


def test_whole_tables_may_be_missing() -> None:
    """The smallest wrong file names what it lacks."""
    with pytest.raises(TermsError) as refused:
        parsed(text='id = "a/b"')
    assert "a.toml: promise: the table is missing" in refused.value.problems
    assert "a.toml: formula: the table is missing" in refused.value.problems


def test_one_rounding_is_enough() -> None:
    """Whole units are rounding down per outage."""
    more = '[outage]\nwhole_unit = "60s"\nround = { unit = "60s", mode = "floor", level = "day" }\n'
    with pytest.raises(TermsError, match="another word for whole_unit"):
        parsed(text=SMALLEST + more)
    rounded = parsed(text=SMALLEST + more.replace('whole_unit = "60s"\n', ""))
    assert rounded.outage.rounding is not None
    assert rounded.outage.rounding.level == "day"


def test_a_row_needs_its_credit_and_a_threshold_its_strictness() -> None:
    """More than five minutes and at least five minutes are two promises."""
    more = '[outage]\nshortest = "5m"\n[remedy]\nrows = [{ below = "99 %" }]\n'
    with pytest.raises(TermsError) as refused:
        parsed(text=SMALLEST + more)
    assert len(refused.value.problems) == 2


def test_the_version_of_the_day_decides() -> None:
    """Two texts of one SLA are in circulation; the day of the incident says which binds."""
    versions = [published("digitalocean/droplet@undated"), published("digitalocean/droplet@2025-06-03")]
    for day, expected in (("2025-06-02", "undated"), ("2025-06-03", "2025-06-03"), ("2026-10-01", "2025-06-03")):
        found = terms.valid_on(versions, day)
        assert found is not None
        assert found.version == expected
    assert terms.valid_on(versions[1:], "2024-01-01") is None


def test_rows_keep_their_edges_as_printed() -> None:
    """At most and below are two things."""
    more = '[remedy]\nrows = [{ above = "98 %", up_to = "99 %", credit = "5 %" }]\n'
    remedy = parsed(text=SMALLEST + more).remedy
    assert remedy is not None
    assert remedy.rows == (CreditRow(above=Fraction(98, 100), up_to=Fraction(99, 100), credit=Fraction(1, 20)),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("60s", 60_000), ("5 days", 432_000_000), ("1 day", 86_400_000), ("24 h", 86_400_000), ("2 hours", 7_200_000)],
)
def test_a_span_is_read_and_written_in_words(text: str, expected: int) -> None:
    """People write 24 h and 5 days."""
    assert quantities.span(text) == expected
    assert quantities.span(quantities.in_words(expected)) == expected


def test_other_words_are_no_spans_and_no_percentages() -> None:
    """Guessing a unit would change a verdict."""
    for text in ("5", "5 fortnights", "-5 s", "5.5 h", "s"):
        with pytest.raises(ValueError, match="span of time"):
            quantities.span(text)
    for text in ("99.9", "100.1 %", "-1 %", "ninety %"):
        with pytest.raises(ValueError, match="percentage"):
            quantities.ratio(text)


def test_figures_are_written_exactly() -> None:
    """99.995 % is not 100 %."""
    assert [quantities.percent(quantities.ratio(text)) for text in ("99.995 %", "100%", "0.5 %")] == [
        "99.995 %",
        "100 %",
        "0.5 %",
    ]
    assert [quantities.in_words(value) for value in (0, 1, 90_000, 300_000, 86_400_000)] == [
        "0 s",
        "1 ms",
        "90 s",
        "5 min",
        "1 day",
    ]


def test_a_trailing_period_has_its_days() -> None:
    """As many as the terms say."""
    week: Any = parsed(text=SMALLEST + '[period]\nkind = "trailing_days"\ndays = 7\n').period
    assert (week.word, week.days) == ("trailing_days", 7)


WRONG_CLAUSES = """
id = "a/b"
provider = "A"
service = "B"
version = "1"
valid_from = 2026-02-01
valid_to = 2026-01-01
combine = { min_groups = 2 }
speed = { days = 3 }
symptoms = [{ says = "broken" }]
applies_when = [{ key = "zones", value = "2" }]
[[promise]]
metric = "availability"
op = ">="
target = "39 ms"
[[promise]]
metric = "latency_rtt"
op = "<="
target = "39 parsecs"
[period]
kind = "calendar_month"
days = 30
[outage]
shortest = "5m"
strict = true
sustain = [{ loss_over = "50 %" }]
bucket = "5m"
bucket_rule = "error_rate"
service_hours = "always"
[[exclusion]]
cause = "scheduled_maintenance"
excused = true
notice_by_impact = [{ over = "50ms" }]
[[remedy]]
kind = "flat"
promise = "nobody"
min_credit = "10 %"
caps = [{ per = "period" }]
[[remedy]]
kind = "per_unit"
credit = "a lot"
[formula]
archetype = "F1"
[[source]]
fields = ["promis"]
"""


def test_every_problem_of_the_richer_clauses_is_told() -> None:
    """Each says what is missing and what would be right."""
    with pytest.raises(TermsError) as refused:
        terms.parse(tomllib.loads(WRONG_CLAUSES), "a.toml")
    assert set(refused.value.problems) == {
        "a.toml: valid_to: lies before valid_from",
        "a.toml: combine: how: one of each, any, all_down, pooled, weighted is needed",
        "a.toml: speed: rule: one of de_fixed, cz, uk_ofcom is needed",
        f"a.toml: symptoms[1]: kind: one of {', '.join(vocabulary.SYMPTOMS)} is needed",
        "a.toml: applies_when[1]: op: one of =, !=, >=, >, <=, <, in is needed",
        "a.toml: promise[1]: target: an availability is a percentage",
        'a.toml: promise[2]: target: "39 parsecs" is not a figure with a unit such as '
        '"99.9 %", "45.01 ms", "4 h" or "100 Mbit/s"',
        'a.toml: period: days: does not go with kind = "calendar_month"',
        "a.toml: outage: sustain: says the shortest outage: leave shortest out",
        "a.toml: outage: sustain[1]: for: for and strict are needed: how long, and whether longer than that",
        "a.toml: outage: sustain[1]: strict: for and strict are needed: how long, and whether longer than that",
        'a.toml: outage: bucket_over: is needed with bucket_rule = "error_rate": the rate that it exceeds',
        'a.toml: outage: service_hours: "always" is not written as "Mon-Fri 08:00-18:00"',
        'a.toml: exclusion[1]: notice_by_impact[1]: notice: is needed, such as "7 business days"',
        'a.toml: remedy[1]: credit: is needed with kind = "flat"',
        'a.toml: remedy[1]: min_credit: is an amount of money such as "1 USD"',
        'a.toml: remedy[1]: caps[1]: amount: is needed, such as "100 %" or "30 days"',
        'a.toml: remedy[2]: credit: "a lot" is not a credit such as '
        '"10 %", "1/30", "12 h", "1 day", "50 x" or "30 USD/A"',
        'a.toml: remedy[2]: per_unit: is needed, such as "1 h" or "1 %"',
        'a.toml: remedy[1]: promise: "nobody" is not one of availability, latency_rtt',
        "a.toml: source[1]: url: is missing; name a text that has no address as document",
        'a.toml: source[1]: fields: "promis" is no key of a terms file; did you mean "promise"?',
    }


def test_service_hours_are_days_and_times() -> None:
    """They may go round the end of the week."""
    hours = parsed(text=SMALLEST + '[outage]\nservice_hours = "Mon-Fri 08:00-18:00"\n').outage.service_hours
    assert hours == ServiceHours(days=(1, 2, 3, 4, 5), start="08:00", end="18:00")
    late = parsed(text=SMALLEST + '[outage]\nservice_hours = "Sat-Mon 00:00-24:00"\n').outage.service_hours
    assert late is not None
    assert late.days == (1, 6, 7)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10 %", (Fraction(1, 10), "share", None)),
        ("250 %", (Fraction(5, 2), "share", None)),
        ("1/30", (Fraction(1, 30), "share", None)),
        ("12 h", (Fraction(12), "hours_of_fee", None)),
        ("3 days", (Fraction(3), "days_of_fee", None)),
        ("1 month", (Fraction(1), "months_of_fee", None)),
        ("50 x", (Fraction(50), "times_lost_time", None)),
        ("5 EUR", (Fraction(5), "currency", "EUR")),
        ("30 USD/A", (Fraction(30), "currency_per_amp", "USD")),
        ("waived", (Fraction(1), "waived", None)),
    ],
)
def test_a_credit_has_its_unit(text: str, expected: tuple[Fraction, str, str | None]) -> None:
    """Every form that published texts use."""
    assert quantities.credit(text) == expected


def test_other_words_are_no_credits_no_figures_and_no_waits() -> None:
    """Guessing a unit would change what is paid."""
    for text in ("10", "ten %", "1/0", "12 fortnights", "5 euro/A"):
        with pytest.raises(ValueError, match="is not a"):
            quantities.credit(text)
    for text in ("5 furlongs", "fast"):
        with pytest.raises(ValueError, match="is not a figure"):
            quantities.quantity(text)
        with pytest.raises(ValueError, match="is not a length of time"):
            quantities.wait(text)
    assert quantities.quantity("100 Mbit/s") == (Fraction(100), "Mbit/s")
    assert quantities.wait("7 business days") == (7, "business_days")


def test_a_promise_may_be_without_a_figure() -> None:
    """What was not seen is not judged."""
    text = SMALLEST.replace('target = "99.9 %"\n', "")
    found = parsed(text=text)
    assert (found.promise, found.promises[0].target) == (None, None)


def test_tables_must_be_tables() -> None:
    """A word in the place of a table is told, not followed."""
    with pytest.raises(TermsError, match="'F1' is not a table"):
        parsed(text=SMALLEST.replace('[formula]\narchetype = "F1"', "").replace("version", 'formula = "F1"\nversion'))
    assert parsed('combine = "pooled"\n').combining == Combining(how="pooled")


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({"promise": []}, "promise: at least one is needed; leave its target out where it was not seen"),
        ({"period": {"kind": "trailing_days"}}, 'period: days: is needed with kind = "trailing_days"'),
        ({"period": {"timezone": "Nowhere"}}, 'period: timezone: "Nowhere" is not a time zone; one is "Europe/Berlin"'),
        ({"outage": {"bucket": "0s"}}, "outage: bucket: is nothing: a span longer than 0 is needed"),
        ({"outage": {"strict": True}}, "outage: strict: goes with shortest, which is not there"),
        (
            {"outage": {"shortest": "0s", "reading": [{"says": "every outage counts"}]}},
            "outage: shortest: every reading has its own",
        ),
        (
            {"remedy": {"kind": "per_unit", "credit": "1 day", "per_unit": "0 h"}},
            'remedy: per_unit: is nothing: such as "1 h" or "1 %" is needed',
        ),
        (
            {"valid_from": datetime(2026, 1, 1, tzinfo=UTC)},
            "valid_from: '2026-01-01 00:00:00+00:00' is not a date such as",
        ),
        ({"valid_from": "2026-02-30"}, "valid_from: day is out of range for month"),
    ],
)
def test_what_would_divide_by_nothing_or_be_guessed_is_refused(table: dict[str, Any], expected: str) -> None:
    """A length of nothing, a period without its days, a zone that is none: told when the file is read."""
    with pytest.raises(TermsError) as refused:
        terms.parse(table, "a.toml")
    assert any(problem.startswith(f"a.toml: {expected}") for problem in refused.value.problems)


def test_a_day_may_be_written_as_text() -> None:
    """As JSON has it."""
    found = tomllib.loads((PUBLISHED / "linode/compute@1.1.toml").read_text(encoding="utf-8"))
    assert terms.parse({**found, "valid_from": "2021-02-01"}, "a.toml").valid_from == "2021-02-01"


@pytest.mark.parametrize(
    ("lookup", "edge", "problem"),
    [
        ("", "15 ms", "is no availability; rows in another unit need `lookup`"),
        ('lookup = "availability"', "4 h", "is no availability; rows in another unit need `lookup`"),
        ('lookup = "event_duration"', "99 %", 'is no length of time such as "4 h"'),
        ('lookup = "cumulative_duration"', "99 %", 'is no length of time such as "4 h"'),
    ],
)
def test_the_edges_of_rows_are_in_what_is_looked_up(lookup: str, edge: str, problem: str) -> None:
    """15 ms would be read as an availability of 1500 %, which no value ever reaches."""
    with pytest.raises(TermsError) as caught:
        parsed(text=SMALLEST + f'[remedy]\n{lookup}\nrows = [{{ above = "{edge}", credit = "5 %" }}]\n')
    assert len(caught.value.problems) == 1
    assert problem in caught.value.problems[0]


def test_rows_of_a_metric_keep_their_unit() -> None:
    """Loss is a share and latency a time; each is shown as it was written."""
    [loss] = parsed(
        text=SMALLEST + '[remedy]\nlookup = "metric"\nrows = [{ above = "1 %", credit = "5 %" }]\n'
    ).remedies
    [delay] = parsed(
        text=SMALLEST + '[remedy]\nlookup = "metric"\nrows = [{ above = "15 ms", credit = "5 %" }]\n'
    ).remedies
    assert [row_range(one.rows[0], one.lookup) for one in (loss, delay)] == ["> 1 %", "> 15 ms"]


def test_a_credit_for_each_day_is_a_flat_one() -> None:
    """Rows would be paid once in the period, whatever the number of days."""
    with pytest.raises(TermsError) as caught:
        parsed(text=SMALLEST + '[remedy]\ntrigger = "each_day"\nrows = [{ credit = "1/30" }]\n')
    assert caught.value.problems == (
        'a.toml: remedy: trigger: needs kind = "flat" and its credit: so much for each day',
    )

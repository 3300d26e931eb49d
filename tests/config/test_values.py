"""The small languages: exact values out, a remedy in every refusal."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.config import values
from probe.config.values import Parse


@pytest.mark.parametrize(
    ("written", "span_ms"),
    [
        ("250ms", 250),
        ("30s", 30_000),
        ("1.5s", 1_500),
        ("0.3s", 300),
        ("5m", 300_000),
        ("2h", 7_200_000),
        ("400d", 34_560_000_000),
        ("1h30m", 5_400_000),
        (" 1d2h3m4s5ms ", 93_784_005),
    ],
)
def test_a_span_is_exact_milliseconds(written: str, span_ms: int) -> None:
    """A schedule must not drift by a rounding."""
    assert values.span(written) == span_ms


@given(st.integers(min_value=1, max_value=values.LONGEST_MS))
def test_a_span_survives_being_written(span_ms: int) -> None:
    """What a message shows can be pasted into the file."""
    assert values.span(values.span_text(span_ms)) == span_ms


def test_no_time_has_a_text() -> None:
    """A limit of zero is shown, too."""
    assert values.span_text(0) == "0s"


@pytest.mark.parametrize(
    ("written", "share"),
    [
        ("99.95 %", Fraction(9995, 10_000)),
        ("99.95%", Fraction(9995, 10_000)),
        ("100 %", Fraction(1)),
        ("9999/10000", Fraction(9999, 10_000)),
    ],
)
def test_a_share_is_exact(written: str, share: Fraction) -> None:
    """99.95 % as a float is not 99.95 %."""
    assert values.ratio(written) == share


def test_money_is_decimal() -> None:
    """Cents must add up."""
    assert values.money("24.00 USD") == (Decimal("24.00"), "USD")


def test_an_instant_is_milliseconds_of_utc() -> None:
    """Offsets are taken off, the year 1970 begins at 0, before it is negative."""
    east = timezone(timedelta(hours=2))
    assert values.to_ms(datetime(1970, 1, 1, 2, 0, 1, 1_999, tzinfo=east)) == 1_001
    assert values.to_ms(datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)) == -1_000
    assert values.instant(datetime(1971, 1, 1, 2, 0, 1, tzinfo=east)) == 365 * 86_400_000 + 1_000


@pytest.mark.parametrize("written", ["03:00", time(3, 0)])
def test_a_time_of_day_may_be_text_or_toml(written: object) -> None:
    """Both spellings are natural."""
    assert values.time_of_day(written) == "03:00"


def test_names_are_kept_in_one_unicode_form() -> None:
    """One name must not become two by the editor that wrote it."""
    assert values.name("bu\u0308ro-1.web_2") == "büro-1.web_2"


def test_one_value_may_stand_for_a_list() -> None:
    """expect_status = 200 needs no brackets."""
    assert values.many(values.whole(1, 999))(200) == values.many(values.whole(1, 999))([200]) == (200,)


def test_other_values_pass() -> None:
    """What is right goes through as it is."""
    assert values.flag(True) is True
    assert values.day(date(2026, 1, 11)) == date(2026, 1, 11)
    assert values.zone("Europe/Berlin") == "Europe/Berlin"
    assert values.choice("each", "any")("any") == "any"


BROKEN: list[tuple[Parse, Any, str]] = [
    (values.text, 3, "a whole number where a string is expected; put it in quotes"),
    (values.text, " ", "empty; give a value or leave the key out"),
    (values.text, "a\u202eb", "holds the control character '\\u202e'; leave it out"),
    (values.flag, 1, "a whole number where true or false is expected"),
    (values.whole(1, 9), True, "true or false where a whole number is expected"),
    (values.whole(1, 9), 1.0, "a number where a whole number is expected"),
    (values.whole(1, 9), 10, "10 is out of range; 1 to 9 is possible"),
    (values.choice("each", "any"), "eech", '"eech" is unknown; did you mean "each"?'),
    (values.choice("each", "any"), "zzz", '"zzz" is unknown; possible: "each", "any"'),
    (values.name, "../x", '"../x" cannot be a name; use letters'),
    (values.name, "a/b", '"a/b" cannot be a name'),
    (values.name, "_a", '"_a" cannot be a name'),
    (values.name, "a" * 65, "cannot be a name"),
    (values.span, 30, '30 has no unit; write "30s" if seconds are meant'),
    (values.span, True, "true or false where a string"),
    (values.span, "30", '"30" is not a span of time'),
    (values.span, "", "empty"),
    (values.span, "-5s", '"-5s" is not a span of time'),
    (values.span, "0s", '"0s" is out of range; a span is more than zero'),
    (values.span, "400000d", '"400000d" is out of range'),
    (values.span, "5 min", '"5 min" is not a span of time'),
    (values.ratio, 99.95, '99.95 is a bare number; write "99.95 %" in quotes'),
    (values.ratio, "99,95 %", '"99,95 %" is not a share'),
    (values.ratio, "1/0", '"1/0" is not a share'),
    (values.ratio, "101 %", '"101 %" is out of range'),
    (values.ratio, "0 %", '"0 %" is out of range'),
    (values.money, "$24", '"$24" is not an amount; write it like "24.00 USD"'),
    (values.instant, datetime(2026, 1, 1), "has no offset; end it with Z"),  # noqa: DTZ001 - the point of the test
    (values.instant, "2026-01-01T00:00:00Z", "a string where a date-time is expected"),
    (values.instant, date(2026, 1, 1), "a date where a date-time is expected"),
    (values.instant, datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))), "out of range"),
    (values.day, datetime(2026, 1, 1, tzinfo=UTC), "a date-time where a date is expected"),
    (values.day, date(1, 1, 1), "0001-01-01 is out of range; the years 1971 to 2199 are possible"),
    (values.day, {}, "a table where a date is expected"),
    (values.time_of_day, time(3, 0, 1), "is not a whole minute"),
    (values.time_of_day, "24:00", '"24:00" is not a time of day; write it like "03:00"'),
    (values.time_of_day, time, "something else where a string is expected"),
    (values.zone, "Europe/Berln", '"Europe/Berln" is not a time zone; did you mean "Europe/Berlin"?'),
    (values.zone, "../etc/passwd", "is not a time zone"),
    (values.zone, "Europe", "is not a time zone"),
    (values.many(values.text), [], "an empty list"),
    (values.many(values.text), ["a", 2], "a whole number where a string"),
]


@pytest.mark.parametrize(("parse", "value", "said"), BROKEN)
def test_a_refusal_names_the_remedy(parse: Parse, value: Any, said: str) -> None:
    """Whoever reads the message knows what to write instead."""
    with pytest.raises(ValueError, match=r".") as caught:
        parse(value)
    assert said in str(caught.value)


def test_with_nothing_to_choose_from_it_says_so() -> None:
    """A list of nothing helps nobody."""
    assert values.suggestion("x", []) == "there is none to choose from"
    assert values.suggestion("x", [f"name-{n}" for n in range(20)]).endswith(" …")

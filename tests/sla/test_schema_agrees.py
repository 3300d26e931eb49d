"""The published JSON Schema and the loader refuse the same files, as far as a schema can say it."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probe.errors import TermsError
from probe.sla import terms
from tests.sla.build import PUBLISHED
from tests.sla.test_schema import SCHEMA, as_json, faults, objects

FILES = [as_json(tomllib.loads(path.read_text(encoding="utf-8"))) for path in sorted(PUBLISHED.rglob("*.toml"))]

RICH = {
    "service_class": "isp",
    "variant": "gold",
    "binding": "target",
    "unevaluated": ["a clause"],
    "combine": {"how": "all_down", "min_groups": 2, "group_key": "zone", "weight": "visitors"},
    "period": {"kind": "trailing_days", "days": 30, "anchor": "claim_date", "fixed": "720 h", "timezone": "UTC"},
    "outage": {
        "shortest": "5m", "strict": True, "counts": "excess", "round": {"unit": "1m", "mode": "ceil", "level": "day"},
        "bucket": "5 min", "bucket_rule": "loss", "bucket_over": "5 %", "bucket_anchor": "clock", "min_requests": 20,
        "qualify": "net", "edge": "start", "pauses": True, "report_within": "2 business days", "third_party_ok": False,
        "service_hours": "Mon-Fri 08:00-18:00",
    },
    "claim": {"within": 30, "unit": "days", "after": "period_end", "needs": ["logs"], "notice_deadline": {"within": 1}},
}  # fmt: skip
"""Clauses that few published files have; its notice_deadline lacks the unit."""

NEAR = [
    "", "x", "5m", "0s", "00 h", "5 minutes", "5 hs", " 5m", "5m ", "5m\n", "1e3 s", "1.5 h", "99999999999999 d",
    "٣ m", "99.9 %", "100.00%", "100.1 %", "0 %", "099 %", "1000 %", "-1 %", "99.9", "45.01 ms", "0 ms", "95 F",
    "50 %RH", "10 %", "1/30", "1/0", "12 h", "1 day", "2 months", "50 x", "30 USD/A", "5 EUR", "5 eur", "waived",
    "7 business days", "2026-02-28", "2026-13-01", "2026-2-1", "2026-02-30", "F1", "F11", "availability", "each",
    "all_down", "rows", "per_unit", "flat", "trailing_days", "trailing_months", "Mon-Fri 08:00-24:00",
    "Mon-Fri 08:00-24:01", "Mon-Fri 8:00-18:00", "Mon-Xyz 08:00-18:00", "error_rate", "loss", "primary",
    "remedy.caps", "nothing.at.all", "UTC",
]  # fmt: skip
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(NEAR),
    st.sampled_from([0, 1, -1, 30, True, False, 1.5, [], {}, [{}], ["x"], ["5m"], [5], None]).map(copy.deepcopy),
)
KEYS = sorted({key for each in objects(SCHEMA) for key in each})
BEYOND = re.compile(
    r"valid_to: lies before|remedy(\[\d+\])?: promise: .* is not one of|is not a time zone"
    r"|(valid_from|valid_to|seen_on|stated_date): day"
    r"|rows\[\d+\]: (at_least|above|up_to|below): is no (availability|length of time)"
)
"""What a schema cannot say: one value compared with another, what zones there are, how long a month is."""


def places(value: Any) -> Iterator[Any]:
    """Every table and list in a file, the file itself first."""
    if isinstance(value, (dict, list)):
        yield value
        for each in value.values() if isinstance(value, dict) else value:
            yield from places(each)


def change(draw: st.DrawFn, where: Any) -> None:
    """Drop, replace, add or double one thing in a table or a list."""
    key = draw(st.sampled_from(list(where) if isinstance(where, dict) else range(len(where)))) if where else None
    deed = draw(st.sampled_from(["drop", "replace", "add"]))
    if deed == "add" and isinstance(where, dict):
        where[draw(st.sampled_from([*KEYS, "speling"]))] = draw(VALUES)
    elif deed == "add":
        where.append(copy.deepcopy(where[0]) if where and draw(st.booleans()) else draw(VALUES))
    elif key is not None and deed == "drop":
        del where[key]
    elif key is not None:
        where[key] = draw(VALUES)


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """A published file, perhaps with rarer clauses, with a few things changed in it."""
    table: dict[str, Any] = copy.deepcopy(draw(st.sampled_from(FILES)))
    for key in draw(st.lists(st.sampled_from(sorted(RICH)), max_size=2)):
        table[key] = copy.deepcopy(RICH[key])
    for _ in range(draw(st.integers(0, 3))):
        change(draw, draw(st.sampled_from(list(places(table)))))
    return {key: without_null(each) for key, each in table.items() if each is not None}


def without_null(value: Any) -> Any:
    """TOML has no null."""
    if isinstance(value, dict):
        return {key: without_null(each) for key, each in value.items() if each is not None}
    return [without_null(each) for each in value if each is not None] if isinstance(value, list) else value


def problems(table: dict[str, Any]) -> tuple[str, ...]:
    """What the loader says of a file."""
    try:
        terms.parse(table, "own.toml")
    except TermsError as error:
        return error.problems
    return ()


def hold_together(table: dict[str, Any]) -> None:
    """Both refuse it, or neither does."""
    refused, said = list(faults(table, SCHEMA, "")), problems(table)
    if refused:
        assert said, f"the schema refuses what the loader takes: {refused}"
    else:
        assert [each for each in said if not BEYOND.search(each)] == []


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(damaged())
def test_the_loader_and_the_schema_refuse_the_same(table: dict[str, Any]) -> None:
    """Whoever checks a file by the schema alone learns what the program will say."""
    hold_together(table)


@pytest.mark.soak
@settings(max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(damaged())
def test_they_refuse_the_same_of_many_more(table: dict[str, Any]) -> None:
    """The same with far more files."""
    hold_together(table)

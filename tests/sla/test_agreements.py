"""The agreement vectors: worked examples and providers' own figures, exactly."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from typing import Any

import pytest

from probe.sla import agreements, vectors
from tests.sla.build import PUBLISHED

VECTORS = json.loads((PUBLISHED.parent / "vectors" / "agreements.json").read_text(encoding="utf-8"))


def find(name: str) -> Mapping[str, Any]:
    """The tables of a shipped agreement."""
    return tomllib.loads((PUBLISHED / f"{name}.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["id"] for vector in VECTORS])
def test_an_agreement_vector_comes_out_exactly(vector: dict[str, Any]) -> None:
    """Each expectation was worked out by hand from the published text, or printed by the provider."""
    assert vectors.differences([vector], find) == ()


def by_id(name: str) -> dict[str, Any]:
    """One shipped vector."""
    return next(vector for vector in VECTORS if vector["id"] == name)


def test_a_difference_names_field_and_both_values() -> None:
    """A vector that fails must be easy to argue about."""
    wrong = {**by_id("P5-aws"), "expect": {"verdict": "missed", "credit": None, "readings": ["1"], "deadline": "x"}}
    assert agreements.differences(wrong, find) == (
        "P5-aws verdict: expected missed, computed met",
        "P5-aws credit: expected nothing, computed 0.83",
        "P5-aws readings: expected [1], computed []",
        "P5-aws deadline: expected x, computed nothing",
    )


def test_an_agreement_by_name_needs_the_catalogue() -> None:
    """Arithmetic alone knows no files."""
    with pytest.raises(KeyError):
        vectors.differences([by_id("P5-aws")])


def test_a_vector_may_hold_samples_checks_and_tickets() -> None:
    """Everything that the format promises is read."""
    log = [[-120, 60, 20, "G"], [1080, 60, 3, "B"], [1260, 60, 60, "G"]]
    vector = {
        "id": "x",
        "agreement": by_id("P7-real-time")["agreement"],
        "period": "2026-06-01T00:00:00Z/2026-06-01T01:00:00Z",
        "timezone": "Europe/Berlin",
        "as_of": "2026-06-02",
        "checks": {"a": {"samples": log}, "b": {"samples": log, "confirm": 9}},
        "check": "b",
        "combine": "each",
        "affected": "1/2",
        "until": "2026-06-01T01:00:00Z",
        "tickets": [{"opened": "2026-06-01T00:20:00Z"}],
        "expect": {
            "counted": "0",
            "counted_high": "60",
            "unknown": "0",
            "missing": None,
            "verdicts": ["undecided"] * 2,
        },
    }
    assert agreements.differences(vector, find) == ()
    metric = {
        **vector,
        "agreement": {
            **by_id("P7-real-time")["agreement"],
            "promise": [
                {"metric": "availability", "op": ">=", "target": "99 %"},
                {"metric": "response_time", "op": "<=", "target": "15 min"},
            ],
        },
        "promise": "response_time",
        "tickets": [
            {"opened": "2026-06-01T00:20:00Z", "answered": "2026-06-01T00:30:00Z", "closed": "2026-06-01T00:40:00Z"}
        ],
        "expect": {"value": "600000", "verdict": "met"},
    }
    assert agreements.differences(metric, find) == ()

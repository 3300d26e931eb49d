"""The packed form says the same as the files, knows when they changed, and holds no secret."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from shutil import copy
from time import perf_counter
from typing import Any, Literal, NamedTuple

import pytest

from probe.config import load
from probe.config.codec import decoder, encode
from probe.config.compiled import current, pack, unpack
from probe.config.fingerprint import fingerprint
from tests.config.places import CHECK, NO_ROUTES, loaded, write
from tests.config.test_load import OWN_TERMS, REFERENCES, RULE

FULL = f"""{REFERENCES}{RULE}starts = 2026-01-11
[[check]]
name = "api"
kind = "http"
target = "https://api.example.net/"
family = "both"
service = "api"
http.headers = {{ A = {{ env = "CANARY" }}, B = "1" }}
http.expect_status = [200, "3xx"]
[service.api]
agreement = "own-terms.toml"
monthly_fee = "9.90 EUR"
objective = "99.5 %"
combine = {{ at_least = 2 }}
[service.line]
uplink = true
[storage]
keep_outcomes = "400d"
"""


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """A configuration with something of everything."""
    copy(OWN_TERMS, tmp_path)
    return write(tmp_path, FULL, a=CHECK.replace("shop", "more"))


def test_what_was_packed_is_unpacked(full: Path) -> None:
    """Equal in every value, so that no command can tell."""
    config = load(full, NO_ROUTES)
    assert unpack(pack(config)) == config
    assert config.services[1].terms is not None


def test_no_value_of_a_secret_is_packed(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The packed form lies in the record."""
    monkeypatch.setenv("CANARY", "hunter2")
    config = load(full, NO_ROUTES)
    assert "hunter2" not in pack(config) + repr(config) + str(unpack(pack(config)))


def test_settings_are_kept_once(tmp_path: Path) -> None:
    """A thousand checks share a handful of settings."""
    drop_in = "".join(CHECK.replace("shop", f"shop-{n}", 1) for n in range(20))
    text = pack(loaded(tmp_path, "", a=drop_in))
    assert len(json.loads(text.rpartition("\n")[2])["settings"]) == 1


def test_it_is_current_while_no_file_changes(full: Path) -> None:
    """Then the files need not be parsed."""
    config = load(full, NO_ROUTES)
    assert current(pack(config), full) == config


@pytest.mark.parametrize("what", ["probe.toml", "checks.d/a.toml", "own-terms.toml"])
def test_a_changed_file_makes_it_stale(full: Path, what: str) -> None:
    """Also one of the same size, and one that is gone."""
    text = pack(load(full, NO_ROUTES))
    file = full.parent / what
    os.utime(file, ns=(1, 1))
    assert current(text, full) is None
    file.unlink()
    assert current(text, full) is None


def test_a_new_drop_in_makes_it_stale(full: Path) -> None:
    """It may hold checks."""
    text = pack(load(full, NO_ROUTES))
    (full.parent / "checks.d/new.toml").touch()
    assert current(text, full) is None


def test_another_place_is_another_configuration(full: Path, tmp_path: Path) -> None:
    """--config decides, not what was packed last."""
    assert current(pack(load(full, NO_ROUTES)), tmp_path / "other.toml") is None


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"version": "0"}', '{"version": 5, "path": []}'])
def test_what_is_no_packed_configuration_is_refused(tmp_path: Path, text: str) -> None:
    """Another version's, or a damaged one: the files are read instead."""
    with pytest.raises(ValueError, match=r"pack|Expecting"):
        unpack(text)
    assert current(text, tmp_path / "probe.toml") is None


def test_the_fingerprint_is_the_files_alone(full: Path) -> None:
    """Where one stands does not matter, nor the order of the agreements."""
    config = load(full, NO_ROUTES)
    assert fingerprint(full, config.agreements) == config.fingerprint
    assert fingerprint(full) != config.fingerprint
    assert len(config.fingerprint) == 32


def test_a_thousand_checks_and_services_are_timed(tmp_path: Path, record_property: Any) -> None:
    """Reported, not judged: machines differ. The goal is 20 ms for `unpack`."""
    main = "".join(f'[service.s{n}]\nagreement = "own-terms.toml"\n' for n in range(1_000))
    copy(OWN_TERMS, tmp_path)
    rows = [CHECK.replace("shop", f"check-{n}", 1) + f'service = "s{n}"\n' for n in range(1_000)]
    config = loaded(tmp_path, main, a="".join(rows[:500]), b="".join(rows[500:]))
    text = pack(config)
    began = perf_counter()
    again = unpack(text)
    record_property("unpack_ms", round((perf_counter() - began) * 1000, 1))
    assert (len(again.checks), len(again.services)) == (1_000, 1_000)


class Colour(StrEnum):
    """An enum."""

    RED = "red"


class Pair(NamedTuple):
    """A named tuple."""

    share: Fraction
    note: str


@dataclass(frozen=True)
class One:
    """A member of a union."""

    at: date
    maybe: Fraction | None
    colour: Colour


@dataclass(frozen=True)
class Two:
    """Another member, with the same fields in part."""

    at: date
    pairs: tuple[Pair, ...]
    fixed: tuple[int, Fraction]
    shares: dict[str, Fraction]
    mixed: One | str | None
    plain: dict[str, int]


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (One | Two, One(date(2026, 1, 1), None, Colour.RED)),
        (One | Two | None, None),
        (
            One | Two,
            Two(
                date(2026, 1, 1),
                (Pair(Fraction(1, 3), "x"),),
                (1, Fraction(1, 2)),
                {"a": Fraction(2)},
                One(date(2026, 1, 2), Fraction(1, 7), Colour.RED),
                {"b": 1},
            ),
        ),
        (tuple[One | str, ...], ("One", One(date(2026, 1, 1), None, Colour.RED))),
        (Path, Path("/a")),
        (tuple[int, ...], (1, 2)),
    ],
)
def test_types_lead_json_back_to_values(hint: Any, value: Any) -> None:
    """Terms and settings may use any of these shapes."""
    decode = decoder(hint)
    assert decode is not None
    assert decode(json.loads(json.dumps(encode(value)))) == value


@pytest.mark.parametrize("hint", [int, str, bool, Any, int | None, dict[str, int], int | str, Literal["a"]])
def test_what_json_holds_is_left_alone(hint: Any) -> None:
    """No call is the fastest call."""
    assert decoder(hint) is None

"""Whatever lies in the files, loading ends in a Config or in a ConfigError."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probe.errors import ConfigError
from tests.config.places import NO_ROUTES

from probe.config import load  # isort: skip

KEYS = st.sampled_from(
    (
        "agent",
        "storage",
        "defaults",
        "references",
        "service",
        "check",
        "maintenance",
        "name",
        "kind",
        "target",
        "interval",
        "timeout",
        "recheck",
        "confirm",
        "g_max",
        "family",
        "network",
        "allow_private",
        "name_is_service",
        "renamed_from",
        "http",
        "icmp",
        "tcp",
        "dns",
        "vantage",
        "path",
        "keep_outcomes",
        "gateway",
        "targets",
        "address",
        "shop",
        "agreement",
        "monthly_fee",
        "objective",
        "combine",
        "at_least",
        "timezone",
        "since",
        "until",
        "uplink",
        "every",
        "from",
        "lasts",
        "zone",
        "starts",
        "start",
        "end",
        "checks",
        "announced_at",
        "reason",
        "headers",
        "expect_status",
        "auth_bearer",
        "env",
        "file",
        "max_time",
        "provider",
        "concurrency",
        "recheck_rate",
        "count",
        "spacing",
        "send",
        "expect",
        "type",
    )
)
SCALARS = st.one_of(
    st.sampled_from(
        (
            "true",
            "false",
            "0",
            "1",
            "-1",
            "60",
            "1e400",
            "nan",
            "99.95",
            "2026-01-01",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00",
            "03:00:00",
            "9999-12-31",
            "0001-01-01T00:00:00+14:00",
            '"http"',
            '"icmp"',
            '"tcp"',
            '"dns"',
            '"shop"',
            '"60s"',
            '"5s"',
            '"1h30m"',
            '"99.95 %"',
            '"24.00 USD"',
            '"auto"',
            '"none"',
            '"both"',
            '"4"',
            '"any"',
            '"each"',
            '"UTC"',
            '"Europe/Berlin"',
            '"FREQ=WEEKLY"',
            '"FREQ=DAILY;BYMONTH=13"',
            '"03:00"',
            '"forever"',
            '"a.toml"',
            '"https://example.com/"',
            '"icmp://192.0.2.1"',
            '"tcp://[::1]:99999"',
            '"192.0.2.7"',
            '"example.com:25"',
            '"[::1"',
            '"../x"',
            '""',
            '"https://u:p@[x/"',
            '"tcp://a:b"',
            "99999999999999999999",
            '"x/y"',
            '"2xx"',
            "200",
        )
    ),
    st.text(max_size=8).map(lambda text: '"' + text.encode("unicode_escape").decode().replace('"', "'") + '"'),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda some: "[" + ", ".join(some) + "]"),
        st.dictionaries(KEYS, inner, max_size=4).map(
            lambda table: "{ " + ", ".join(f"{key} = {value}" for key, value in table.items()) + " }"
        ),
    ),
    max_leaves=8,
)
HEADERS = st.sampled_from(
    [
        "[agent]",
        "[storage]",
        "[defaults]",
        "[references]",
        "[service.shop]",
        "[[check]]",
        "[[maintenance]]",
        "[check.http]",
    ]
)
LINES = st.one_of(
    HEADERS, st.tuples(KEYS, VALUES).map(" = ".join), st.tuples(KEYS, KEYS, VALUES).map("{0[0]}.{0[1]} = {0[2]}".format)
)


def load_or_refuse(folder: Path, content: bytes) -> None:
    """Load the file; a refusal has at least one line, all printable."""
    file = folder / "probe.toml"
    file.write_bytes(content)
    try:
        found: tuple[str, ...] = load(file, NO_ROUTES).warnings or ("fine",)
    except ConfigError as error:
        found = error.problems
    assert found
    assert all(line.isprintable() for line in found)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all examples."""
    return tmp_path_factory.mktemp("fuzz")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lines=st.lists(LINES, max_size=14))
def test_any_toml_is_loaded_or_refused(folder: Path, lines: list[str]) -> None:
    """A traceback is a bug, whatever the file says."""
    load_or_refuse(folder, "\n".join(lines).encode())


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=200))
def test_any_bytes_are_loaded_or_refused(folder: Path, content: bytes) -> None:
    """So is half a write, or an image."""
    load_or_refuse(folder, content)


CHECK: dict[str, Any] = {"name": '"shop"', "kind": '"http"', "target": '"https://example.com/"'}
WINDOW: dict[str, Any] = {"every": '"FREQ=DAILY"', "from": '"03:00"', "lasts": '"1h"', "starts": "2026-01-01"}
SERVICE: dict[str, Any] = {"uplink": "true", "objective": '"99 %"'}


@settings(max_examples=200, deadline=None)
@given(
    base=st.sampled_from([("[[check]]", CHECK), ("[[maintenance]]", WINDOW), ("[service.shop]", SERVICE)]),
    more=st.dictionaries(KEYS, VALUES, max_size=3),
)
def test_a_good_table_with_anything_in_it_is_loaded_or_refused(
    folder: Path, base: tuple[str, dict[str, Any]], more: dict[str, str]
) -> None:
    """Near misses reach the rules between keys."""
    lines = [f"{key} = {value}" for key, value in ({**base[1], **more}).items()]
    load_or_refuse(folder, "\n".join([base[0], *lines]).encode())

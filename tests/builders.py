"""Checks made by hand for the tests of the recording way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from probe.model import Check

PLAIN = Check(
    name="shop",
    key="shop",
    kind="tcp",
    target="127.0.0.1:1",
    settings=None,
    interval_ms=60_000,
    timeout_ms=5_000,
    recheck_ms=5_000,
    g_max_ms=90_000,
    allow_private=True,
    revision="r1",
    meaning="{}",
)


def a_check(key: str = "shop", **changes: Any) -> Check:
    """A check with everything ordinary but what is named; g_max follows the interval."""
    if "interval_ms" in changes:
        changes.setdefault("g_max_ms", changes["interval_ms"] * 3 // 2)
    return replace(PLAIN, name=key, key=key, **changes)

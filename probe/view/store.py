"""The record's own figures for people."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from probe.view.page import Fields, Page, paragraph, words

UNITS: Final = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


def size(length: int) -> str:
    """Bytes as 3.4 MiB, rounded down."""
    for unit, name in UNITS:
        if length >= unit:
            return f"{length * 10 // unit / 10:,} {name}"
    return f"{length} bytes"


def stats(found: Mapping[str, Any]) -> Page:
    """How large, what of, and since when it is sealed; labels so short that 80 columns hold a head in one piece."""
    outcomes = found["outcomes"]
    each = Fraction(found["used_bytes"], outcomes) if outcomes else None
    sealed = Fraction(found["sealed_bytes"], found["sealed_outcomes"]) if found["sealed_outcomes"] else None
    facts = (
        (
            "file",
            f"{size(found['file_bytes'])}, of which {size(found['free_bytes'])} free; WAL {size(found['wal_bytes'])}",
        ),
        ("outcomes", f"{outcomes:,}, {_bytes(each)} an outcome with everything"),
        ("sealed", f"{found['sealed_outcomes']:,}, {_bytes(sealed)} an outcome"),
        ("unsealed", f"{found['hot_outcomes']:,}"),
        ("whole since", found["oldest_whole_day"] or "—"),
        ("closed until", found["last_sealed_day"] or "—"),
        ("its head", found["last_head"] or "—"),
        ("rows", ", ".join(f"{name} {count:,}" for name, count in found["rows"].items())),
        ("schema", f"{found['schema']}, SQLite {found['sqlite']}"),
    )
    return (paragraph(found["path"]), Fields(tuple((name, words(text)) for name, text in facts)))


def _bytes(each: Fraction | None) -> str:
    return "—" if each is None else f"{int(each * 100) / 100:.2f} bytes"

"""The one table: what was to be reached (design: at most), what was measured, and whether it is met."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple


class Row(NamedTuple):
    """One figure. `peer` is None where the target is absolute; met is None where it was not measured."""

    path: str
    unit: str
    ours: float | None
    peer_name: str
    peer: float | None
    target: float
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours by theirs; None where either is missing."""
        return round(self.ours / self.peer, 3) if self.ours is not None and self.peer else None

    @property
    def met(self) -> bool | None:
        """Whether it is at most the target."""
        reached = self.ratio if self.peer_name else self.ours
        return None if reached is None else reached <= self.target

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {**self._asdict(), "ratio": self.ratio, "met": self.met}


def known(name: str, figures: Mapping[str, Any]) -> list[Row]:
    """The rows of another benchmark's figures."""
    if name == "icmp":
        lost = figures["alone_lost"] + figures["beside_http_lost"]
        return [
            Row("ICMP error p99 beside 300 HTTP/s", "µs", figures["beside_http_error_p99_us"], "", None, 100),
            Row("ICMP living hosts told down, same run", "", lost, "", None, 0),
        ]
    if name == "schedule":
        note = f"{figures['checks']} checks"
        return [
            Row("scheduling, CPU per check", "µs", figures["scheduler_us_cpu_per_tick"], "", None, 20, note),
            Row("scheduling, lag p99", "ms", figures["scheduler_lag_ms_p99"], "", None, 10, note),
            Row("scheduling, ready in", "s", figures["scheduler_ready_s"], "", None, 0.5, note),
        ]
    return [Row(**{key: row[key] for key in Row._fields}) for row in figures.get("targets", ())]


def collect(results: Path, names: Iterable[str]) -> list[Row]:
    """The rows of these benchmarks, as they were left."""
    rows = []
    for name in names:
        path = results / f"{name}.json"
        if path.exists():
            rows += known(name, json.loads(path.read_text()))
    return rows


def show(rows: Iterable[Row]) -> str:
    """The table as text."""
    lines = [f"{'path':<44} {'ours':>9} {'peer':>9} {'ratio':>7} {'target':>7}  met  beside"]
    for row in rows:
        met = {True: "yes", False: "NO", None: "—"}[row.met]
        beside = ", ".join(filter(None, (row.peer_name, row.unit, row.note)))
        lines.append(
            f"{row.path:<44} {_number(row.ours):>9} {_number(row.peer):>9} {_number(row.ratio):>7}"
            f" {_number(row.target):>7}  {met:<4} {beside}"
        )
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:g}"

"""One line and performance data, as monitoring plugins speak: state, who is concerned, figures.

CRITICAL is a confirmed failure whose fault is not our own, WARNING one not confirmed yet or a promise missed
so far, UNKNOWN what cannot be judged now: our own line, the agent, a check without an outcome.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import IntEnum
from fractions import Fraction
from typing import Final, NamedTuple

from probe.model import Role
from probe.sla.assessment import Verdict
from probe.view.cells import printable
from probe.view.snapshot import CheckStatus, Snapshot, Standing
from probe.view.wording import count

MOST_NAMES: Final = 5
MOST_FIGURES: Final = 50
"""Checks and services with figures of their own; what reads plugins cuts long output."""


class Grade(IntEnum):
    """The exit codes of plugins."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


class Spoken(NamedTuple):
    """The code and the line."""

    grade: Grade
    line: str


def spoken(snapshot: Snapshot) -> Spoken:
    """What a plugin says of a look at the record."""
    checks = [check for check in snapshot.checks if check.role is Role.CHECK]
    failing = [check for check in checks if check.standing is Standing.DOWN]
    sure = [check for check in failing if check.failures >= check.confirm]
    dim = [check for check in checks if check.standing in {Standing.UNKNOWN, Standing.PENDING}]
    missed = sorted({one.service for one in snapshot.services if one.verdict is Verdict.MISSED})
    parts = [
        _counted("down", [_said(check) for check in sure]),
        _counted("failing, not confirmed", [check.key for check in failing if check not in sure]),
        _counted("unknown", [check.key for check in dim]),
        _counted("promise missed so far", missed),
    ]
    if snapshot.agent != "running":
        parts.append("the agent does not run")
    grade = _grade(snapshot, (len(sure), len(failing) + len(missed), len(dim)))
    said = "; ".join(filter(None, parts)) or _well(checks)
    return line(grade, said, " ".join(_figures(snapshot, checks)))


def line(grade: Grade, said: str, figures: str = "") -> Spoken:
    """The line of a grade; the bar that begins the figures cannot stand in the words."""
    words = printable(said.replace("|", "/").replace("\n", "; "))
    return Spoken(grade, f"PROBE {grade.name} - {words}" + (f" | {figures}" if figures else ""))


def _grade(snapshot: Snapshot, counts: tuple[int, int, int]) -> Grade:
    sure, doubtful, dim = counts
    if sure:
        return Grade.CRITICAL
    if doubtful:
        return Grade.WARNING
    return Grade.UNKNOWN if dim or snapshot.agent != "running" else Grade.OK


def _well(checks: Sequence[CheckStatus]) -> str:
    """Nothing is wrong: so many are up, and those that are paused are not."""
    paused = sum(check.standing is Standing.PAUSED for check in checks)
    return f"{count(len(checks) - paused, 'check')} up" + (f", {paused} paused" if paused else "")


def _said(check: CheckStatus) -> str:
    return f"{check.key} ({check.reason})" if check.reason else check.key


def _counted(what: str, names: Sequence[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return f"{len(names)} {what}: {', '.join(names[:MOST_NAMES])}{more}"


def _figures(snapshot: Snapshot, checks: Sequence[CheckStatus]) -> Iterator[str]:
    """'label'=value[unit];[warn];[crit];[min];[max], absent values left out."""
    for standing in (Standing.UP, Standing.DOWN, Standing.UNKNOWN):
        number = sum(check.standing is standing for check in checks)
        yield f"{standing}={number};;;0;{len(checks)}"
    if len(checks) <= MOST_FIGURES:
        for check in checks:
            if check.latency_us is not None and check.standing is Standing.UP:
                yield f"{_label(check.key)}={_decimal(Fraction(check.latency_us, 1_000_000), 6)}s;;;0"
    for one in snapshot.services[:MOST_FIGURES]:
        name = f"{one.service} {one.check}" if one.check else one.service
        for bound, share in (("low", one.low), ("high", one.high)):
            if share is not None:
                yield f"{_label(f'{name} availability {bound}')}={_decimal(share * 100, 4)}%;;;0;100"


def _label(name: str) -> str:
    """Quoted; an equals sign would end it, a quote is doubled."""
    return "'" + printable(name).replace("=", "_").replace("|", "_").replace("'", "''") + "'"


def _decimal(value: Fraction, digits: int) -> str:
    """Rounded down."""
    whole, rest = divmod(value.numerator * 10**digits // value.denominator, 10**digits)
    return f"{whole}.{rest:0{digits}d}"

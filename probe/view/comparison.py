"""Services side by side: each under its own rule, and all of them under one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from probe.sla.assessment import Assessment, Measured
from probe.view import wording
from probe.view.page import Column, Page, Table, Words, faint, paragraph, row, words


class Pair(Protocol):
    """One service (and check) under its own rule and under the common one."""

    @property
    def service(self) -> str:
        """Its name."""
        ...

    @property
    def check(self) -> str | None:
        """The check, where each is judged by itself."""
        ...

    @property
    def own(self) -> Assessment | None:
        """Under its own rule."""
        ...

    @property
    def common(self) -> Assessment | None:
        """Under the common one."""
        ...


def comparison(pairs: Sequence[Pair], agreement: str | None) -> Page:
    """The best under the common rule first; `agreement` names that rule, None is the plain measure."""
    if not pairs:
        return (paragraph("Nothing to compare: no service is configured."),)
    shared = next((one.common for one in pairs if one.common), None)
    rule = shared.rule if shared else wording.NOTHING
    head = paragraph("one rule for all: ", agreement or "the plain measure", faint(f" ({rule})"))
    columns = (
        Column("SERVICE", is_name=True),
        Column("UNDER ONE RULE", is_number=True),
        Column("VERDICT"),
        Column("DOWN", is_number=True),
        Column("UNDER ITS OWN", is_number=True),
        Column("PROMISED", is_number=True),
        Column("VERDICT "),
        Column("CREDIT", is_number=True),
        Column("OWN RULE"),
    )
    return (head, Table(columns, tuple(_row(one) for one in pairs)))


def _row(one: Pair) -> tuple[Words, ...]:
    name = one.service if one.check in {None, one.service} else f"{one.service}/{one.check}"
    own = one.own
    known = own or one.common
    metric = known.promise.metric if known and known.promise and known.measured else None
    said = "" if own is None else ", ".join(part for part in (own.agreement, own.rule) if part)
    return row(
        f"{name}: {metric.replace('_', ' ')}" if metric else name,
        _figure(one.common),
        _verdict(one.common),
        wording.NOTHING if metric or one.common is None else wording.rough(one.common.downtime.point),
        _figure(own),
        _promised(own),
        _verdict(own),
        _credit(own),
        said,
    )


def _figure(one: Assessment | None) -> str:
    """The availability between its bounds, or the best estimate of another figure."""
    if one is not None and one.measured is not None:
        return _best(one.measured)
    bounds = one.availability if one else None
    return wording.NOTHING if bounds is None else wording.percent_range(bounds.low, bounds.high)


def _best(found: Measured) -> str:
    if found.point is None:
        return wording.NOTHING
    is_share = found.unit == "%"
    return f"{wording.percent(found.point if is_share else found.point / 100)} {found.unit}"


def _promised(one: Assessment | None) -> str:
    if one is None or one.promise is None:
        return wording.NOTHING
    if one.measured is not None:
        return wording.promise(one.promise, one.measured.unit).removeprefix(f"{one.promise.metric} ")
    return wording.exact_percent(one.promise.target) if one.promise.metric == "availability" else wording.NOTHING


def _verdict(one: Assessment | None) -> Words:
    return words(wording.NOTHING) if one is None or one.promise is None else (wording.VERDICTS[one.verdict],)


def _credit(one: Assessment | None) -> str:
    if one is None or one.credit is None or one.credit.certain is None:
        return wording.NOTHING
    return f"{one.credit.certain} {one.credit.currency}"

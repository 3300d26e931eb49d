"""What stands beside an assessment on a screen: failures in proportion, and figures of quality."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from probe.sla.beside import Before, Context, Latency, Quality
from probe.view import wording
from probe.view.page import Column, Table, Words, faint, row, words
from probe.view.wording import brief, count, percent, percent_range

TRENDS: Mapping[str, str] = {
    "better": "less downtime than in the periods before",
    "worse": "more downtime than in the periods before",
    "as before": "as much downtime as in the periods before",
}

SHOWN: Sequence[str] = ("p50", "p95", "p99")


def context_fields(one: Context) -> Iterator[tuple[str, Words]]:
    """How many failures, of how many attempts, what share of the time, and whether that is more than before."""
    said = f"{count(one.outages, 'outage')}, {count(one.suspects, 'suspect')}"
    if one.grid is not None and one.grid.attempts:
        said += f"; {one.grid.failed:,} of {count(one.grid.attempts, 'scheduled attempt')} failed"
    if one.share is not None:
        said += f"; down {percent(one.share)} % of the measured time"
    yield "in proportion", words(said)
    if one.before:
        trend = TRENDS[one.trend] if one.trend else "nothing to compare with"
        yield "trend", words(trend, faint(f" ({'; '.join(dict.fromkeys(map(_before, one.before)))})"))


def _before(one: Before) -> str:
    if one.point_ms is None:
        return f"{one.label}: not measured"
    within = "" if one.measured_ms is None else f" in {brief(one.measured_ms)}"
    return f"{one.label}: {count(one.outages, 'outage')}, {brief(one.point_ms)} down{within}"


def quality_fields(one: Quality) -> Iterator[tuple[str, Words]]:
    """MTBF and MTTR with their label, and the worst windows."""
    between, repair = brief(one.mtbf_ms), brief(one.mttr_ms)
    label = " (point estimates: the log does not bound them)"
    yield "MTBF, MTTR", words(f"{between} between failures, {repair} to repair", faint(label))
    for name, worst in one.worst.items():
        yield f"worst {name}", words(percent_range(worst.low, worst.high))
    for key, each in one.latency.items():
        if each.loss is not None:
            yield f"loss {key}", words(_loss(each))
        if each.jitter is not None:
            last, highest = (wording.latency(int(value)) for value in each.jitter)
            yield f"jitter {key}", words(f"{last} at the end, {highest} at most", faint(" (RFC 3550, of round trips)"))


def _loss(one: Latency) -> str:
    """How many were lost, between what bounds the loss lies when they are few, and the longest run of losses."""
    said = f"{one.lost:,} of {count(one.attempts, 'attempt')}"
    if one.loss_bounds is not None:
        said += f", with 95 % confidence {percent_range(*one.loss_bounds)} if losses are independent"
    if one.lost:
        said += f"; {count(one.pattern.runs, 'run')} of losses, the longest of {one.pattern.longest:,}"
    return said


def latency_table(one: Quality) -> Table:
    """Loss and latency by check; a quantile that too few attempts support is absent."""
    columns = (
        Column("CHECK", is_name=True),
        Column("LOSS", is_number=True),
        Column("OF"),
        *(Column(name.upper(), is_number=True) for name in SHOWN),
    )
    rows = []
    for key, each in one.latency.items():
        loss = wording.NOTHING if each.loss is None else f"{percent(each.loss)} %"
        rows.append(row(key, loss, "all, the lost infinitely late", *(_quantile(each, name) for name in SHOWN)))
        rows.append(row(key, "", "those answered", *(wording.latency(each.arrived_us.get(name)) for name in SHOWN)))
    return Table(columns, tuple(rows), indent=2)


def _quantile(one: Latency, name: str) -> str:
    """A quantile with the lost as infinitely late."""
    if name not in one.all_us:
        return wording.NOTHING
    found = one.all_us[name]
    return "lost" if found is None else wording.latency(found)

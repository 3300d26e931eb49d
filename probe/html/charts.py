"""The charts of the report, each from the slices or the document that it shows, as SVG for the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, tzinfo
from fractions import Fraction
from itertools import groupby
from math import log10
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from probe.html import drawing
from probe.html.drawing import INKS, Box, boxes, canvas, legend
from probe.html.words import ms_of, name_of, short
from probe.sla.picture import HOURS, Band, Day, Picture, Slice, Sort
from probe.view.wording import DAY, HOUR, MINUTE, brief, exact_percent, moment

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Document = Mapping[str, Any]

SORTS: Final[Mapping[str, str]] = {
    "up": "up",
    "brief": "down, under ¼ of it",
    "down": "down",
    "planned": "failed in maintenance",
    "maybe": "uncertain",
    "unknown": "unknown",
}
"""Each sort that is drawn, and its word in a legend."""

UNITS: Final = (("hours", HOUR), ("minutes", MINUTE), ("seconds", 1000))
SHORT: Final = 2 * DAY
"""A period so short is marked by the clock, not by days."""
STEPS: Final = (
    *(n * 1000 for n in (1, 5, 10, 30)),
    *(n * MINUTE for n in (1, 5, 10, 30)),
    *(n * HOUR for n in (1, 3, 6)),
)
MOST_MARKS: Final = 8
LONG: Final = 70
"""Days from which only months are marked."""

MOST_NINES: Final = 6
TICKS: Final = ("90 %", "99 %", "99.9 %", "99.99 %", "99.999 %", "100 %")
"""Of the scale on which each step is a tenth of the downtime of the one before."""


def ink_of(one: Slice) -> str:
    """The sort as it is drawn: failures of less than a quarter of the slice are told apart."""
    if one.sort is Sort.DOWN and one.down_ms * 4 < one.end_ms - one.start_ms:
        return "brief"
    return str(one.sort)


def heat_map(picture: Picture, name: str, says: str) -> str:
    """Days to the right, hours of the day downwards; one box for each run of hours of one sort."""
    by_ink: dict[str, list[Box]] = {}
    for place, day in enumerate(picture.days):
        for ink, first, count in _runs(day):
            by_ink.setdefault(ink, []).append((place + 0.04, first + 0.04, 0.92, count - 0.08))
    with canvas(3.1) as (figure, (axes,)):
        for ink in SORTS:
            boxes(axes, by_ink.get(ink, ()), ink)
        axes.set_xlim(0, max(len(picture.days), 1))
        axes.set_ylim(HOURS, 0)
        axes.set_yticks(range(0, HOURS + 1, 6), [f"{hour:02d}:00" for hour in range(0, HOURS + 1, 6)])
        _day_ticks(axes, picture.days, 0.5)
        legend(axes, ((ink, words) for ink, words in SORTS.items() if ink in by_ink))
        return drawing.svg(figure, name, "Each hour of each day", says)


def time_line(picture: Picture, document: Document, name: str, says: str) -> str:
    """What was seen over the whole period, and below it the declared windows."""
    start_ms, end_ms = picture.start_ms, picture.end_ms
    by_ink: dict[str, list[Box]] = {}
    for ink, group in groupby(picture.line, ink_of):
        run = list(group)
        left = (run[0].start_ms - start_ms) / DAY
        ink = "down" if ink == "brief" else ink
        by_ink.setdefault(ink, []).append((left, 1.1, (run[-1].end_ms - run[0].start_ms) / DAY, 0.8))
    least = (end_ms - start_ms) / DAY / 300
    forgiven, refused = (
        [_window(one, start_ms, least) for one in document["exclusions"] if (one["refused"] is None) is is_forgiven]
        for is_forgiven in (True, False)
    )
    with canvas(1.45) as (figure, (axes,)):
        for ink in SORTS:
            boxes(axes, by_ink.get(ink, ()), ink)
        boxes(axes, forgiven, "planned")
        boxes(axes, refused, "brief")
        axes.set_xlim(0, max((end_ms - start_ms) / DAY, 1e-6))
        axes.set_ylim(0, 2)
        axes.set_yticks([0.5, 1.5], ["windows", "seen"])
        if end_ms - start_ms < SHORT:
            axes.set_xticks(*_clock_ticks(start_ms, end_ms, ZoneInfo(document["period"]["timezone"])))
        else:
            _day_ticks(axes, picture.days, 0.0, start_ms)
        shown = [(ink, words) for ink, words in SORTS.items() if ink in by_ink and ink != "brief"]
        shown += [("planned", "maintenance accepted")] if forgiven else []
        shown += [("brief", "maintenance refused")] if refused else []
        legend(axes, dict(shown).items())
        return drawing.svg(figure, name, "The whole period", says)


def availability(document: Document, name: str, says: str) -> str:
    """The range of the availability and its best estimate against what was promised."""
    bounds, target = document["availability"], Fraction(document["promise"]["target"])
    low, high = (float(Fraction(bounds[end]["exact"])) * 100 for end in ("low", "high"))
    aim = float(target) * 100
    left = min(low, aim)
    pad = max((100 - left) * 0.12, 0.001)
    with canvas(1.15) as (figure, (axes,)):
        boxes(axes, [(low, 0.3, max(high - low, (100 - left + pad) / 400), 0.4)], "band")
        if bounds["point"] is not None:
            point = float(Fraction(bounds["point"]["exact"])) * 100
            axes.plot([point], [0.5], "D", markersize=6, color=INKS["line"], label="best estimate")
        axes.axvline(aim, color=INKS["promise"], linewidth=1.6, linestyle="--", label=f"promised {_aim(document)}")
        axes.plot([], [], linewidth=6, color=INKS["band"], label="possible range")
        axes.set_xlim(left - pad, 100 + pad / 3)
        axes.set_ylim(0, 1)
        axes.set_yticks([])
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:.6f}".rstrip("0").rstrip(".") + " %")
        axes.xaxis.set_major_locator(_few_ticks())
        axes.grid(axis="x")
        axes.spines["left"].set_visible(False)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, borderaxespad=0.2)
        return drawing.svg(figure, name, "Availability against the promise", says)


def overview(documents: Sequence[Document], name: str, says: str) -> str:
    """All services below each other on one scale, on which each step has a tenth of the downtime."""
    with canvas(0.75 + 0.26 * len(documents)) as (figure, (axes,)):
        for row, each in enumerate(documents):
            bounds = each["availability"]
            low, high = (_nines(Fraction(bounds[end]["exact"])) for end in ("low", "high"))
            boxes(axes, [(low, row - 0.25, max(high - low, 0.03), 0.5)], "band")
            if bounds["point"] is not None:
                axes.plot([_nines(Fraction(bounds["point"]["exact"]))], [row], "D", markersize=5, color=INKS["line"])
            if each["promise"]:
                aim = _nines(Fraction(each["promise"]["target"]))
                axes.plot([aim, aim], [row - 0.42, row + 0.42], color=INKS["promise"], linewidth=2)
        axes.set_ylim(len(documents) - 0.4, -0.6)
        axes.set_yticks(range(len(documents)), [short(name_of(each)) for each in documents])
        axes.set_xlim(0, MOST_NINES + 0.1)
        axes.set_xticks(range(1, MOST_NINES + 1), TICKS)
        axes.grid(axis="x")
        axes.plot([], [], linewidth=6, color=INKS["band"], label="possible range")
        axes.plot([], [], "D", markersize=5, color=INKS["line"], label="best estimate")
        axes.plot([], [], linewidth=2, color=INKS["promise"], label="promised")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, borderaxespad=0.2)
        return drawing.svg(figure, name, "Availability of every service", says)


def bands(found: Sequence[Band], name: str, says: str) -> str:
    """Median and 95th percentile of the answers, and below them the share of attempts without one."""
    start_ms = found[0].start_ms
    centres = [(one.start_ms + one.end_ms - 2 * start_ms) / 2 / DAY for one in found]
    p50, p95 = ([_ms(one.seen.arrived_us.get(rank)) for one in found] for rank in ("p50", "p95"))
    loss = [None if one.seen.loss is None else float(one.seen.loss * 100) for one in found]
    silent = [_stretch(one, start_ms) for one in found if not one.seen.attempts]
    with canvas(2.5, rows=2, height_ratios=[3, 1]) as (figure, (above, below)):
        above.fill_between(centres, _floats(p50), _floats(p95), color=INKS["band"], linewidth=0, label="p50 to p95")
        dots: dict[str, Any] = {"marker": "o", "markersize": 3, "markevery": alone(p50)}
        above.plot(centres, _floats(p50), color=INKS["line"], linewidth=1.3, label="p50 (median)", **dots)
        above.plot(centres, _floats(p95), color=INKS["line"], linewidth=0.7, linestyle=":", label="p95")
        above.set_ylim(bottom=0)
        above.tick_params(axis="x", bottom=False)
        above.set_ylabel("ms")
        above.grid(axis="y")
        above.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=4, borderaxespad=0.2)
        top = max([1.0, *(each * 1.1 for each in loss if each)])
        lost = [(*_stretch(one, start_ms), each) for one, each in zip(found, loss, strict=True) if each]
        boxes(below, ((left, 0, width, each) for left, width, each in lost), "down")
        boxes(below, ((left, 0, width, top) for left, width in silent), "unknown")
        below.set_ylim(0, top)
        below.set_ylabel("lost %")
        below.set_xlim(0, (found[-1].end_ms - start_ms) / DAY)
        below.set_xticks(*_date_ticks(start_ms, found[-1].end_ms))
        return drawing.svg(figure, name, "Latency and loss", says)


def alone(values: Sequence[float | None]) -> list[int]:
    """The places of values without a neighbour: a line would not show them."""
    padded = [None, *values, None]
    return [n for n, one in enumerate(values) if one is not None and padded[n] is None and padded[n + 2] is None]


def trend(periods: Sequence[Document], budget: str | None, name: str, says: str) -> str:
    """Downtime of each period, the oldest first: what is proven, and what the best estimate adds."""
    found = [
        [None if one["downtime"][end] is None else ms_of(one["downtime"][end]) for one in periods]
        for end in ("low", "point")
    ]
    longest = max((each for row in found for each in row if each is not None), default=0)
    unit, size = next((each for each in UNITS if longest >= 2 * each[1]), UNITS[-1] if longest else UNITS[0])
    spans = [[None if each is None else float(each) / size for each in row] for row in found]
    places = range(len(periods))
    with canvas(1.9) as (figure, (axes,)):
        axes.bar([x - 0.2 for x in places], _floats(spans[0]), 0.38, color=INKS["down"], label="proven downtime")
        axes.bar([x + 0.2 for x in places], _floats(spans[1]), 0.38, **drawing.patch("maybe"), label="best estimate")
        if budget is not None:
            allowed = float(ms_of(budget)) / size
            words = f"allowed in this period ({brief(ms_of(budget))})"
            axes.axhline(allowed, color=INKS["promise"], linestyle="--", linewidth=1.6, label=words)
        axes.set_ylim(bottom=0)
        axes.set_xlim(-0.6, len(periods) - 0.4)
        axes.set_xticks(places, [_period_label(one) for one in periods])
        axes.set_ylabel(unit)
        axes.grid(axis="y")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, borderaxespad=0.2)
        return drawing.svg(figure, name, "Downtime period by period", says)


def _period_label(one: Document) -> str:
    return short(one["period"], 18) + ("\nnot measured" if one["downtime"]["point"] is None else "")


def _runs(day: Day) -> Iterator[tuple[str, int, int]]:
    """The hours of a day as runs of one sort: which, from which hour, how many."""
    hour = 0
    for ink, group in groupby(day.hours, lambda each: None if each is None else ink_of(each)):
        count = len(list(group))
        if ink is not None:
            yield ink, hour, count
        hour += count


def _window(one: Document, start_ms: int, least: float) -> Box:
    left, right = ((ms_of(one[end]) - start_ms) / DAY for end in ("start", "end"))
    return float(left), 0.1, max(float(right - left), least), 0.8


def _day_ticks(axes: Axes, days: Sequence[Day], offset: float, start_ms: int | None = None) -> None:
    """Labels at the places of days, or of their first instants after `start_ms`."""
    marked = _labelled([day.day for day in days])
    places = [i if start_ms is None else (days[i].whole.start_ms - start_ms) / DAY for i, _ in marked]
    axes.set_xticks([place + offset for place in places], [label for _, label in marked])


def _clock_ticks(start_ms: int, end_ms: int, where: tzinfo = UTC) -> tuple[list[float], list[str]]:
    """Labels at whole hours, minutes or seconds, by the clock of a zone; the first one with its day."""
    step = next((each for each in STEPS if end_ms - start_ms <= MOST_MARKS * each), STEPS[-1])
    marked = list(range(-(-start_ms // step) * step, end_ms, step)) or [start_ms]
    clock = "%H:%M" if step >= MINUTE else "%H:%M:%S"
    labels = [f"{moment(at).astimezone(where):{clock}}" for at in marked]
    labels[0] += f"{moment(marked[0]).astimezone(where):\n%d %b}"
    return [(at - start_ms) / DAY for at in marked], labels


def _date_ticks(start_ms: int, end_ms: int) -> tuple[list[float], list[str]]:
    """Labels at the midnights of UTC; at least the beginning. By the clock of UTC where the time is short."""
    if end_ms - start_ms < SHORT:
        places, labels = _clock_ticks(start_ms, end_ms)
        return places, [labels[0] + " UTC", *labels[1:]]
    days = list(range(-(-start_ms // DAY) * DAY, end_ms, DAY)) or [start_ms]
    marked = _labelled([moment(day).date() for day in days])
    return [(days[i] - start_ms) / DAY for i, _ in marked], [label for _, label in marked]


def _labelled(days: Sequence[date]) -> list[tuple[int, str]]:
    """Which days get a label: every so many, of long periods the first of each month."""
    if len(days) > LONG:
        return [(i, f"{day:%b}") for i, day in enumerate(days) if day.day == 1]
    step = max(-(-len(days) // 16), 1)
    marked = list(enumerate(days))[::step]
    return [(i, f"{day:%d %b}" if i == 0 or day.day <= step else f"{day:%d}") for i, day in marked]


def _stretch(one: Band, start_ms: int) -> tuple[float, float]:
    return (one.start_ms - start_ms) / DAY, (one.end_ms - one.start_ms) / DAY


def _floats(values: Iterable[float | None]) -> list[float]:
    """What a chart takes: a hole where nothing is known."""
    return [float("nan") if value is None else value for value in values]


def _ms(taken_us: int | None) -> float | None:
    return None if taken_us is None else taken_us / 1000


def _nines(ratio: Fraction) -> float:
    """How many nines: 99.9 % is 3; all of them are drawn as the last."""
    missing = float(1 - ratio)
    return MOST_NINES if missing <= 10**-MOST_NINES else max(-log10(missing), 0.0)


def _aim(document: Document) -> str:
    return f"{document['promise']['op'].replace('>=', '≥')} {exact_percent(Fraction(document['promise']['target']))}"


def _few_ticks() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(5)

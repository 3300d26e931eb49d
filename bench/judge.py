"""What one assessment costs: a service with 30 outages in a month, four healthy references.

Prints the CPU time of one `assess`, the best and the median of many; the goal is at most 1 ms, so
that a thousand services are judged in a second. Run it with `python -m bench.judge`.
"""

from __future__ import annotations

import time
import tomllib
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from statistics import median

from probe.model import Span, SpanClass, State, Window
from probe.sla import period, terms
from probe.sla.assess import assess
from probe.sla.service import Member, Question, Service

OUTAGES = 30
MINUTE_MS = 60_000
DAY_MS = 86_400_000
AS_OF_MS = 1_795_000_000_000
MONTH = period.parse("2026-10", "UTC", AS_OF_MS)


def spans() -> list[Span]:
    """A month with an outage of five minutes a day, and one long span of up between any two."""
    found: list[Span] = []
    up, down = State.UP, State.DOWN
    since = MONTH.start_ms - DAY_MS
    for day in range(OUTAGES):
        fall = MONTH.start_ms + day * DAY_MS + 10 * 3_600_000
        bad, last, good = fall + MINUTE_MS, fall + 6 * MINUTE_MS, fall + 6 * MINUTE_MS + 5000
        found += [
            Span(since, fall, SpanClass.UP, (fall - since) // MINUTE_MS, MINUTE_MS, up, up, 1),
            Span(fall, bad, SpanClass.TRANS_DOWN, 1, MINUTE_MS, up, down, 1),
            Span(bad, last, SpanClass.DOWN, 60, 5000, down, down, 1),
            Span(last, good, SpanClass.TRANS_UP, 1, 5000, down, up, 1),
        ]
        since = good
    end = MONTH.end_ms + DAY_MS
    return [*found, Span(since, end, SpanClass.UP, (end - since) // MINUTE_MS, MINUTE_MS, up, up, 1)]


def member(key: str, its_spans: list[Span]) -> Member:
    """A check on a 60 s grid."""
    return Member(
        key=key,
        spans=tuple(its_spans),
        declared_ms=120_000,
        g_max_ms=90_000,
        confirm=3,
        interval_ms=MINUTE_MS,
        recheck_ms=5000,
        timeout_ms=5000,
        network=key,
    )


def question(name: str) -> Question:
    """One service under published terms, with a weekly window."""
    path = Path(terms.__file__).parent / "published" / f"{name}.toml"
    start, end = MONTH.start_ms - DAY_MS, MONTH.end_ms + DAY_MS
    healthy = [Span(start, end, SpanClass.UP, 190_000, 15_000, State.UP, State.UP, 1)]
    window = Window(
        id=1,
        every="FREQ=WEEKLY;BYDAY=SU",
        starts="2026-01-11",
        from_time="03:00",
        lasts_ms=1_800_000,
        zone="Europe/Berlin",
        announced_at_ms=MONTH.start_ms - 30 * DAY_MS,
    )
    return Question(
        service=Service(
            name="shop",
            terms=terms.parse(tomllib.loads(path.read_text()), path.name),
            objective=Fraction(9995, 10000),
            timezone="UTC",
            monthly_fee=(Decimal("24.00"), "USD"),
        ),
        vantage="bench",
        members=(member("shop", spans()),),
        references=tuple(member(f"reference {i}", healthy) for i in range(4)),
        gateway=None,
        period=MONTH,
        as_of_ms=AS_OF_MS,
        windows=(window,),
    )


def cost_ms(asked: Question, times: int) -> list[float]:
    """The CPU time of each of so many assessments, in ms."""
    taken = []
    for _ in range(times):
        begun = time.process_time_ns()
        assess(asked)
        taken.append((time.process_time_ns() - begun) / 1e6)
    return sorted(taken)


def thousand(name: str) -> list[Question]:
    """A thousand services of one vantage point: other spans each, the same references."""
    first = question(name)
    return [
        replace(first, members=(member(f"shop-{i}", spans()),), service=replace(first.service, name=f"shop-{i}"))
        for i in range(1000)
    ]


def main(short: bool) -> dict[str, str]:
    """CPU time of one assessment for three kinds of terms: least and median."""
    figures = {}
    for name in (
        "digitalocean/droplet@2025-06-03",
        "google/compute-engine-single@undated",
        "linode/compute@1.1",
    ):
        taken = cost_ms(question(name), 60 if short else 300)
        figures[f"assessment by {name}"] = f"best {taken[0]:.3f} ms, median {median(taken):.3f} ms CPU"
    questions = thousand("digitalocean/droplet@2025-06-03")
    begun = time.process_time_ns()
    for asked in questions:
        assess(asked)
    figures["a thousand services of 30 outages, one record"] = f"{(time.process_time_ns() - begun) / 1e9:.2f} s CPU"
    return figures

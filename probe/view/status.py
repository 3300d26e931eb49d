"""The status screen: what is up, what is down, since when, whose fault, and how much budget is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, tzinfo
from typing import Final

from probe.model import Role
from probe.sla.assessment import Why
from probe.view import plain, wording
from probe.view.page import (
    BLANK,
    Block,
    Column,
    Page,
    Piece,
    Prose,
    Table,
    Tone,
    Words,
    faint,
    paragraph,
    row,
    strong,
    words,
)
from probe.view.snapshot import CheckStatus, ServiceStatus, Snapshot, Standing
from probe.view.strip import legend, strip
from probe.view.warned import warned

WORST_FIRST: Final = (Standing.DOWN, Standing.UNKNOWN, Standing.PENDING, Standing.PAUSED, Standing.UP)
AGENTS: Final = {"running": Tone.GOOD, "stopped": Tone.WARN, "never": Tone.WARN}
FEWEST: Final = 3
"""Rows of each table that are shown however small the screen is."""
WORDS: Final = {"running": "up", "stopped": "stopped"}


def status(snapshot: Snapshot, *, zone: tzinfo = UTC, most: int | None = None) -> Page:
    """The whole screen; at most `most` checks and as many services, the worst first, and how many are not shown."""
    page: list[Block] = [headline(snapshot, zone)]
    page += warned(snapshot.warnings)
    for checks in _groups(snapshot.checks):
        page += [BLANK, *check_table(checks, snapshot, zone, most)]
    if snapshot.services:
        page += [BLANK, *_services(snapshot.services, most)]
    if any(check.strip.strip() for check in snapshot.checks):
        page += [BLANK, paragraph(*legend())]
    return tuple(page)


def fitted(snapshot: Snapshot, size: tuple[int, int], *, zone: tzinfo = UTC) -> Page:
    """The screen with as many checks as fit on so many columns and lines, but never fewer than a few."""
    width, height = size
    most = height
    while True:
        page = status(snapshot, zone=zone, most=most)
        excess = sum(1 for _ in plain.lines(page, width)) - height
        if excess <= 0 or most <= FEWEST:
            return page
        most = max(min(most, len(snapshot.checks)) - max(excess // 3, 1), FEWEST)


def headline(snapshot: Snapshot, zone: tzinfo) -> Prose:
    """Where, when, whether the agent runs, and how our own line is."""
    since = snapshot.agent_since_ms
    agent: Words = (Piece(f"agent {WORDS.get(snapshot.agent, snapshot.agent)}", AGENTS.get(snapshot.agent, Tone.WARN)),)
    if since is not None:
        agent = words(agent, f" {wording.brief(snapshot.as_of_ms - since)}")
    if snapshot.agent == "never":
        agent = (Piece("the agent has never run here: start it with `probe run`", Tone.WARN),)
    dot = faint(" · ")
    when = wording.instant(snapshot.as_of_ms, zone)
    said: list[str | Words | Piece] = [strong(snapshot.vantage), dot, when, dot, agent, dot]
    said.append(wording.LINES[snapshot.line])
    then = max((one.as_of_ms for one in snapshot.services if one.as_of_ms is not None), default=None)
    if then is not None:
        said += [dot, Piece(f"services as of {wording.instant(then, zone)}", Tone.WARN)]
    return paragraph(*said)


def _groups(checks: Sequence[CheckStatus]) -> list[list[CheckStatus]]:
    ours = [check for check in checks if check.role is not Role.CHECK]
    theirs = [check for check in checks if check.role is Role.CHECK]
    return [sorted(group, key=badness) for group in (theirs, ours) if group]


def badness(check: CheckStatus) -> tuple[int, bool, str]:
    """Sorts the worst first: by state, the confirmed ones first, then by name."""
    is_unconfirmed = check.standing is Standing.DOWN and check.failures < check.confirm
    return WORST_FIRST.index(check.standing), is_unconfirmed, check.key


def check_table(
    checks: Sequence[CheckStatus], snapshot: Snapshot, zone: tzinfo, most: int | None = None
) -> list[Block]:
    """One row a check; of more than `most` what the others are."""
    shown, left = checks[:most], checks[len(checks) if most is None else most :]
    marks = max((len(check.strip) for check in checks), default=0)
    columns = (
        Column("CHECK" if checks[0].role is Role.CHECK else "OUR OWN LINE", is_name=True),
        Column("STATE"),
        Column("FOR", is_number=True),
        Column("LATENCY", is_number=True),
        Column(f"LAST {wording.scale(marks * snapshot.strip_slice_ms)}" if marks else "LAST"),
        Column("KIND", wide=100),
        Column("SINCE", wide=120),
        Column("SERVICE", wide=140),
        Column("WHY"),
    )
    table = Table(columns, tuple(_check_row(check, snapshot.as_of_ms, zone) for check in shown))
    return [table, *_rest(left)]


def _check_row(check: CheckStatus, as_of_ms: int, zone: tzinfo) -> tuple[Words, ...]:
    since = None if check.since_ms is None else as_of_ms - check.since_ms
    return row(
        check.key,
        wording.standing(check),
        wording.brief(since),
        wording.latency(check.latency_us),
        strip(check.strip),
        check.kind,
        wording.instant(check.since_ms, zone),
        check.service or wording.NOTHING,
        why(check, zone),
    )


def why(check: CheckStatus, zone: tzinfo = UTC) -> Words:
    """Whose fault, the reason and what was said, of what is not up; of a campaign when it goes on."""
    if check.standing in {Standing.UP, Standing.PENDING}:
        return _goes_on(check, zone) if check.is_campaign else ()
    reason = f"{check.reason} ({check.reason.meaning})" if check.reason else ""
    parts = [wording.cause(check.cause), reason, check.detail]
    return words("; ".join(part for part in parts if part))


def _goes_on(check: CheckStatus, zone: tzinfo) -> Words:
    """When the next measurement of a campaign is due."""
    if check.next_at_ms is None:
        return (faint("the campaign is over"),)
    return (faint(f"next measurement {wording.instant(check.next_at_ms, zone)}"),)


def _rest(left: Sequence[CheckStatus]) -> list[Block]:
    if not left:
        return []
    kinds = Counter(str(check.standing) for check in left)
    if len(kinds) == 1:
        says = f"all {next(iter(kinds))}"
    else:
        says = ", ".join(f"{kinds[standing]:,} {standing}" for standing in WORST_FIRST if kinds[standing])
    return [paragraph(faint(f"and {len(left):,} more, {says}"))]


def _services(services: Sequence[ServiceStatus], most: int | None) -> list[Block]:
    ranked = sorted(services, key=peril)
    shown, left = ranked[:most], ranked[len(ranked) if most is None else most :]
    periods = {service.period for service in services}
    shared = next(iter(periods)) if len(periods) == 1 else ""
    columns = (
        Column(f"SERVICE  {shared}".rstrip(), is_name=True),
        Column("PROMISED", is_number=True),
        Column("AVAILABILITY", is_number=True),
        Column("BUDGET LEFT", is_number=True),
        Column("SO FAR"),
        Column("PERIOD"),
        Column("BUDGET", is_number=True, wide=110),
        Column("PROVIDER", wide=120),
        Column("WHY"),
    )
    table = Table(columns, tuple(_service_row(service, shared) for service in shown))
    return [table, *([paragraph(faint(f"and {len(left):,} more"))] if left else [])]


def peril(service: ServiceStatus) -> tuple[str, str, str]:
    """Sorts by verdict, the missed first, then by name."""
    return service.verdict, service.service, service.check or ""


def _service_row(service: ServiceStatus, shared: str) -> tuple[Words, ...]:
    left = service.budget_left_ms
    is_running = service.reason is Why.RUNNING
    return row(
        name_of(service),
        wording.NOTHING if service.target is None else f"≥ {wording.exact_percent(service.target)}",
        wording.percent_range(service.low, service.high),
        wording.NOTHING if left is None else wording.rough_range(*left),
        so_far(service),
        "" if service.period == shared else service.period,
        wording.rough(service.budget_ms),
        service.provider or wording.NOTHING,
        "" if service.reason is None or is_running else wording.WHYS[service.reason],
    )


def name_of(service: ServiceStatus) -> str:
    """The service, and its check where each is judged by itself."""
    return service.service if service.check in {None, service.service} else f"{service.service}/{service.check}"


def so_far(service: ServiceStatus) -> Piece:
    """The verdict of the running period: `open` while nothing is decided."""
    if service.target is None:
        return Piece(wording.NOTHING)
    return Piece("open") if service.reason is Why.RUNNING else wording.VERDICTS[service.verdict]

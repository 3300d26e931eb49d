"""The page of one check: what it is, what it saw, how long each phase took, its outages, its certificate and route."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any, Final

from probe.model import Evidence, EvidenceKind, Outcome
from probe.view import evidence, wording
from probe.view.check import fact
from probe.view.log import log_table
from probe.view.outages import outage_table
from probe.view.page import BLANK, Block, Fields, Page, Piece, Words, faint, paragraph, strong, words
from probe.view.phases import phase_table
from probe.view.snapshot import CheckDetail, CheckStatus, Standing
from probe.view.status import why
from probe.view.strip import legend, spark, strip

LISTED: Final = 12
"""The last outcomes that are listed, the newest first."""
SHOWN: Final = 6
"""Routes and certificates of faults that are shown, the newest first."""


def check_page(seen: CheckDetail, *, zone: tzinfo = UTC) -> Page:
    """All that there is to say of one check now."""
    status = seen.status
    page: list[Block] = [
        paragraph(strong(status.key), "  ", wording.standing(status), _since(seen)),
        Fields((*_condition(status, seen, zone), *_identity(status, seen))),
        BLANK,
        paragraph(faint(f"last {_scale(seen)}  "), strip(status.strip), indent=2),
        *_latencies(seen.outcomes[-len(status.strip) or None :]),
        paragraph(*legend(), indent=2),
    ]
    for title, blocks in _sections(seen, zone):
        page += [BLANK, paragraph(strong(title), indent=2), *blocks]
    return tuple(page)


def _since(seen: CheckDetail) -> str:
    since = seen.status.since_ms
    return "" if since is None else f" for {wording.brief(seen.snapshot.as_of_ms - since)}"


def _condition(status: CheckStatus, seen: CheckDetail, zone: tzinfo) -> Iterator[tuple[str, Words]]:
    said = why(status)
    if said and status.standing is not Standing.UP:
        yield "why", said
    yield "since", words(wording.instant(status.since_ms, zone))
    last = seen.outcomes[-1] if seen.outcomes else None
    yield "last outcome", words(wording.instant(status.last_at_ms, zone))
    yield "next about", words(wording.instant(status.next_at_ms, zone))
    yield "latency", words(wording.latency(status.latency_us))
    if last is not None and last.finding.address:
        yield "address", words(last.finding.address)


def _identity(status: CheckStatus, seen: CheckDetail) -> Iterator[tuple[str, Words]]:
    interval, timeout, recheck = seen.schedule
    again = "" if recheck is None else f", every {wording.span(recheck)} while something fails"
    yield "kind", words(status.kind)
    yield "target", words(status.target)
    yield "service", words(status.service or wording.NOTHING)
    yield "schedule", words(f"every {wording.span(interval)}, timeout {wording.span(timeout)}{again}")
    yield "confirm", words(f"{wording.count(status.confirm, 'failure')} in a row make an outage")


def _scale(seen: CheckDetail) -> str:
    return wording.scale(len(seen.status.strip) * seen.snapshot.strip_slice_ms).lower()


def _latencies(outcomes: Sequence[Outcome]) -> list[Block]:
    """The latencies of the last outcomes as a line below the strip; a blank where there was no answer."""
    taken = [one.finding.latency_us for one in outcomes]
    present = [one for one in taken if one is not None]
    if len(present) < 2:
        return []
    reach = f"  {wording.latency(min(present))} to {wording.latency(max(present))}"
    return [paragraph(faint("latency   "), spark(taken), faint(reach), indent=2)]


def _sections(seen: CheckDetail, zone: tzinfo) -> Iterator[tuple[str, list[Block]]]:
    timed = next((one for one in reversed(seen.outcomes) if one.finding.phases_us), None)
    if timed is not None:
        when = wording.instant(timed.at_ms, zone)
        yield f"phases of the attempt at {when}", [phase_table(timed.finding.phases_us)]
    confirmed = sum(one.is_confirmed for one in seen.outages)
    suspects = len(seen.outages) - confirmed
    said = f"{wording.count(confirmed, 'outage')}, {wording.count(suspects, 'suspect')} in the last {_scale(seen)}"
    newest = seen.outages[::-1]
    yield said, [outage_table(newest, zone, marks=seen.marks)] if newest else []
    if seen.outcomes:
        yield "last outcomes, the newest first", [log_table(seen.outcomes[: -LISTED - 1 : -1], zone)]
    certificate = _last_fact(seen.outcomes, "certificate")
    if certificate:
        yield "certificate", [Fields(tuple(_facts(certificate, zone)), indent=4)]
    for one in seen.evidence[: -SHOWN - 1 : -1]:
        yield f"{one.kind} at {wording.instant(one.at_ms, zone)}", _evidence(one, zone)


def _last_fact(outcomes: Sequence[Outcome], name: str) -> Mapping[str, Any] | None:
    """The newest fact of that name that is a table."""
    for one in reversed(outcomes):
        found = one.finding.facts.get(name)
        if isinstance(found, Mapping):
            return found
    return None


def _evidence(one: Evidence, zone: tzinfo) -> list[Block]:
    """A route in a phrase and its hops; of anything else what was recorded."""
    if one.kind is not EvidenceKind.ROUTE:
        return [Fields(tuple(_facts(one.document.get("certificate", one.document), zone)), indent=4)]
    hops = one.document.get("hops", ())
    return [paragraph(evidence.route(one.document), indent=4), *([evidence.hops(hops)] if hops else [])]


def _facts(document: Mapping[str, Any], zone: tzinfo) -> Iterator[tuple[str, Words]]:
    """A document of the record by its labels; a list of tables takes a line each."""
    for name, value in document.items():
        label = name.removesuffix("_ms").removesuffix("_us").replace("_", " ")
        if name.endswith("_ms") and isinstance(value, int):
            yield label, words(wording.instant(value, zone))
        elif name.endswith("_us") and isinstance(value, int):
            yield label, words(wording.latency(value))
        elif isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
            for number, one in enumerate(value, 1):
                yield label if number == 1 else "", words(Piece(fact(one)))
        else:
            yield label, words(fact(value))

"""What people are to be told of figures: budgets that burn, verdicts that change, certificates and claims due soon.

Judged a few services at a time, in a thread, beside the work that matters; those with a failing check first.
What was told is on record, so that a restart tells nothing twice: a message is made only where the newest one
of its kind about the same thing says something else.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from probe.agent.journal import instant
from probe.agent.rounds import Duty, Rounds
from probe.clock import Clock
from probe.config import Config
from probe.model import Check, EventKind, Role, State
from probe.notify.routing import Routes
from probe.sla.assessment import Assessment, Verdict
from probe.sla.budget import ALERTS, BURN_WINDOWS_MS
from probe.sla.service import Service
from probe.store import outbox
from probe.store.outbox import Kind, Message
from probe.store.reader import Latest, Reader, open_reader
from probe.store.writer import Writer
from probe.view.wording import exact_percent

log = logging.getLogger(__name__)

EVERY_S: Final = 30.0
AT_A_TIME: Final = 10
"""Services, and checks with a certificate, that one look takes in."""
DAY_MS: Final = 86_400_000
DAYS_LEFT: Final = (21, 7, 1)
"""A certificate or a claim is told of when so many days are left, once each."""
GAP_MS: Final = 120_000
"""A shorter absence of the agent is no news."""
TOLD: Final = (Kind.BUDGET_BURN, Kind.VERDICT, Kind.CERTIFICATE, Kind.CLAIM_DEADLINE)
Known = Mapping[tuple[str, str | None, str | None, str], Message]


class Lookout:
    """Looks at a few services every half minute."""

    def __init__(self, config: Config, writer: Writer, clock: Clock) -> None:
        """Nothing is judged before `start`."""
        self.config, self._writer, self._clock = config, writer, clock
        self._turn = 0
        self.rounds = Rounds(Duty("lookout", self._look, lambda _: EVERY_S, "figures are not watched", log))
        self.start, self.stop = self.rounds.start, self.rounds.stop

    def _look(self) -> None:
        if self.config.channels:
            self.look()

    def look(self) -> list[Message]:
        """Judge some, enter what is new, and say what that was. Blocks. Raises StoreError."""
        config, now_ms = self.config, self._clock.read().wall_ms
        with open_reader(config.storage.path) as reader:
            known = {_about(one): one for one in reader.ask(partial(outbox.newest, kinds=TOLD))}
            latest = reader.latest(config.agent.vantage)
            found = list(_of_services(config, reader, now_ms, self._services(latest)))
            found += _of_certificates(config, reader, now_ms, self._certified(latest))
        routes = Routes(config.channels)
        news = [one for one in found if _is_news(one, known.get(_about(one)))]
        fresh = [one for one in (_addressed(one, routes, known) for one in news) if one.channels]
        if fresh:
            self._writer.post(partial(outbox.append, messages=fresh)).result()
        self._turn += 1
        return fresh

    def _services(self, latest: Mapping[str, Latest]) -> list[Service]:
        """Those that fail now, then the next in turn; at most twice AT_A_TIME."""
        judged = [one for one in self.config.services if one.terms is not None or one.objective is not None]
        down = {key for key, last in latest.items() if last.state is State.DOWN}
        failing = [one for one in judged if down & set(one.keys)][:AT_A_TIME]
        return list({one.name: one for one in (*failing, *_in_turn(judged, self._turn))}.values())

    def _certified(self, latest: Mapping[str, Latest]) -> list[Check]:
        """The next checks that may have seen a certificate."""
        speaking = [one for one in self.config.checks if one.role is Role.CHECK and one.kind in {"http", "tls", "tcp"}]
        return [one for one in _in_turn(speaking, self._turn) if one.key in latest]


def _in_turn(things: Sequence[Any], turn: int) -> list[Any]:
    turns = max(-(-len(things) // AT_A_TIME), 1)
    begin = turn % turns * AT_A_TIME
    return list(things[begin : begin + AT_A_TIME])


def _of_services(config: Config, reader: Reader, now_ms: int, services: Iterable[Service]) -> Iterator[Message]:
    """What the running period and the last full one of each give to tell."""
    from probe.judge.choice import chosen, running
    from probe.judge.judging import Judge

    judge = Judge(config, reader, now_ms, counts_samples=False)
    for service in services:
        for one in judge.assess(service, running(service, now_ms)):
            yield from _burning(one, now_ms)
            if one.verdict is not Verdict.UNDECIDED:
                yield _verdict(one, now_ms)
        if service.terms is None and service.objective is None:
            continue
        for one in judge.assess(service, chosen(service, None, now_ms)):
            if one.verdict is not Verdict.UNDECIDED:
                yield _verdict(one, now_ms)
            yield from _claimable(one, now_ms)


def _burning(one: Assessment, now_ms: int) -> Iterator[Message]:
    """One for each window in which proven downtime is spent faster than its alert allows."""
    for window, rate in one.burn.items():
        if rate >= ALERTS.get(window, rate + 1):
            facts = {
                "about": window,
                "rate": f"{int(rate * 10) / 10}",
                "target": exact_percent(one.promise.target if one.promise else None),
                "period": one.period.label,
            }
            yield _message(Kind.BUDGET_BURN, one, now_ms, facts, str(now_ms))


def _verdict(one: Assessment, now_ms: int) -> Message:
    facts = {
        "about": one.period.label,
        "period": one.period.label,
        "verdict": one.verdict.value,
        "before": Verdict.UNDECIDED.value,
        "claimable": one.claimable,
    }
    return _message(Kind.VERDICT, one, now_ms, facts, f"{one.period.label}/{one.verdict.value}/{now_ms}")


def _claimable(one: Assessment, now_ms: int) -> Iterator[Message]:
    if one.verdict is not Verdict.MISSED or not one.claimable or one.claim is None or one.claim.deadline is None:
        return
    end = datetime.fromisoformat(one.claim.deadline).replace(tzinfo=UTC)
    left = _mark(int(end.timestamp() * 1000) + DAY_MS, now_ms)
    if left is not None:
        facts = {
            "about": f"{one.period.label} {left}",
            "period": one.period.label,
            "deadline": one.claim.deadline,
            "missing": list(one.claim.missing),
        }
        yield _message(Kind.CLAIM_DEADLINE, one, now_ms, facts, f"{one.period.label}/{left}")


def _of_certificates(config: Config, reader: Reader, now_ms: int, checks: Iterable[Check]) -> Iterator[Message]:
    vantage = config.agent.vantage
    for check in checks:
        for outcome in reader.last(vantage, check.key, 1):
            certificate = outcome.finding.facts.get("certificate")
            ends_ms = certificate.get("not_after_ms") if isinstance(certificate, Mapping) else None
            left = _mark(ends_ms, now_ms) if isinstance(ends_ms, int) else None
            if left is not None and isinstance(ends_ms, int):
                facts = {"vantage": vantage, "about": f"{ends_ms} {left}", "ends": instant(ends_ms)}
                facts["days"] = str(max((ends_ms - now_ms) // DAY_MS, 0))
                identity = f"{vantage}/certificate/{check.key}/{ends_ms}/{left}"
                yield Message(identity, Kind.CERTIFICATE, check.service, check.key, now_ms, (), facts)


def _mark(end_ms: int, now_ms: int) -> int | None:
    """The smallest of DAYS_LEFT that is not yet over, None while more are left."""
    return min((days for days in DAYS_LEFT if end_ms - now_ms <= days * DAY_MS), default=None)


def _message(kind: Kind, one: Assessment, now_ms: int, facts: Mapping[str, Any], what: str) -> Message:
    identity = f"{one.vantage}/{kind.value}/{one.service}/{one.check or ''}/{what}"
    if kind is Kind.BUDGET_BURN:
        identity += f"/{facts['about']}"
    document = {"vantage": one.vantage, "provider": one.provider, **facts}
    return Message(identity, kind, one.service, one.check, now_ms, (), document)


def _about(one: Message) -> tuple[str, str | None, str | None, str]:
    return one.kind.value, one.service, one.key, str(one.document.get("about"))


def _is_news(one: Message, told: Message | None) -> bool:
    """A burn again after its window, a verdict when it is another, the rest once."""
    if told is None:
        return True
    if one.kind is Kind.BUDGET_BURN:
        return one.at_ms - told.at_ms >= BURN_WINDOWS_MS[str(one.document["about"])]
    return one.kind is Kind.VERDICT and one.document["verdict"] != told.document["verdict"]


def _addressed(one: Message, routes: Routes, known: Known) -> Message:
    """The message with those whom to tell, and with what was told before."""
    told = known.get(_about(one))
    before = {"before": told.document["verdict"]} if told is not None and one.kind is Kind.VERDICT else {}
    return one._replace(channels=routes.of(one.kind, one.service), document={**one.document, **before})


def absence(config: Config, reader: Reader, now_ms: int) -> Message | None:
    """The stretch before this start in which nothing was measured, if it was long enough to be told."""
    latest = reader.latest(config.agent.vantage).values()
    last_ms = max((one.at_ms for one in latest), default=None)
    channels = Routes(config.channels).of(Kind.AGENT_GAP, None)
    if last_ms is None or now_ms - last_ms < GAP_MS or not channels:
        return None
    stopped = reader.last_event(EventKind.STOP)
    why = "it was stopped" if stopped is not None and stopped.at_ms >= last_ms - 1000 else "it ended without a word"
    vantage = config.agent.vantage
    document = {"vantage": vantage, "since": instant(last_ms), "until": instant(now_ms), "why": why}
    return Message(f"{vantage}/gap/{last_ms}", Kind.AGENT_GAP, None, None, now_ms, channels, document)

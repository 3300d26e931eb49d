"""What people are to be told of figures: budgets that burn, verdicts that change, certificates and claims due soon.

Judged in rounds, in a thread, beside the work that matters: as many services as a hundredth of a core judges, those
with a failing check first, each time from where the last round ended.
What was told is on record, so that a restart tells nothing twice: a message is made only where the newest one
of its kind about the same thing says something else.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

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

if TYPE_CHECKING:
    from probe.judge.judging import Judge

T = TypeVar("T")
log = logging.getLogger(__name__)

EVERY_S: Final = 30.0
BUDGET_S: Final = EVERY_S / 100
"""CPU time of a round; a thousand services of 2 ms each are through in four minutes, the first time in six."""
AT_LEAST: Final = 5
"""Services that a round judges however slow the machine is."""
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000
DAYS_LEFT: Final = (21, 7, 1)
"""A certificate or a claim is told of when so many days are left, once each."""
GAP_MS: Final = 120_000
"""A shorter absence of the agent is no news."""
TOLD: Final = (Kind.BUDGET_BURN, Kind.VERDICT, Kind.CERTIFICATE, Kind.CLAIM_DEADLINE)
Known = Mapping[tuple[str, str | None, str | None, str], Message]


class Lookout:
    """Looks at some services every half minute."""

    def __init__(self, config: Config, writer: Writer, clock: Clock, budget_s: float = BUDGET_S) -> None:
        """Nothing is judged before `start`. budget_s: CPU time of a round."""
        self.config, self._writer, self._clock, self._budget_s = config, writer, clock, budget_s
        self._places: dict[str, int] = {}
        self._looked_back: dict[str, tuple[str, int]] = {}
        self.rounds = Rounds(Duty("lookout", self._look, lambda _: EVERY_S, "figures are not watched", log))
        self.start, self.stop = self.rounds.start, self.rounds.stop

    def _look(self) -> None:
        if self.config.channels:
            self.look()

    def look(self) -> list[Message]:
        """Judge some, enter what is new, and say what that was. Blocks. Raises StoreError."""
        from probe.judge.judging import Judge

        config, now_ms = self.config, self._clock.read().wall_ms
        with open_reader(config.storage.path) as reader:
            known = {_about(one): one for one in reader.ask(partial(outbox.newest, kinds=TOLD))}
            latest = reader.latest(config.agent.vantage)
            judge = Judge(config, reader, now_ms, counts_samples=False)
            found = [*self.of_services(judge, now_ms, latest), *self._of_certificates(reader, now_ms, latest)]
        routes = Routes(config.channels)
        news = [one for one in found if _is_news(one, known.get(_about(one)))]
        fresh = [one for one in (_addressed(one, routes, known) for one in news) if one.channels]
        if fresh:
            self._writer.post(partial(outbox.append, messages=fresh)).result()
        return fresh

    def of_services(self, judge: Judge, now_ms: int, latest: Mapping[str, Latest]) -> Iterator[Message]:
        """What some services give to tell: those that fail now in half of the time, then the next in turn."""
        judged = [one for one in self.config.services if one.terms is not None or one.objective is not None]
        down = {key for key, last in latest.items() if last.state is State.DOWN}
        failing = [one for one in judged if down & set(one.keys)]
        done: set[str] = set()
        began_s = time.thread_time()
        for name, services, until_s in (("failing", failing, self._budget_s / 2), ("all", judged, self._budget_s)):
            for service in self._in_turn(name, services, began_s + until_s):
                if service.name not in done:
                    done.add(service.name)
                    yield from self._of_service(judge, service, now_ms)

    def _of_service(self, judge: Judge, service: Service, now_ms: int) -> Iterator[Message]:
        """What the running period gives to tell and, once an hour, the last full one."""
        from probe.judge.choice import chosen, running

        for one in judge.assess(service, running(service, now_ms)):
            yield from _burning(one, now_ms)
            yield from _decided(one, now_ms)
        full = chosen(service, None, now_ms)
        label, then_ms = self._looked_back.get(service.name, ("", 0))
        if label == full.label and now_ms - then_ms < HOUR_MS:
            return
        self._looked_back[service.name] = full.label, now_ms
        for one in judge.assess(service, full):
            yield from _decided(one, now_ms)
            yield from _claimable(one, now_ms)

    def _of_certificates(self, reader: Reader, now_ms: int, latest: Mapping[str, Latest]) -> Iterator[Message]:
        """What the next certificates give to tell."""
        speaking = [
            one
            for one in self.config.checks
            if one.role is Role.CHECK and one.kind in {"http", "tls", "tcp"} and one.key in latest
        ]
        checks = self._in_turn("certificates", speaking, time.thread_time() + self._budget_s / 10)
        return _of_certificates(self.config, reader, now_ms, checks)

    def _in_turn(self, name: str, things: Sequence[T], until_s: float) -> Iterator[T]:
        """Each once, from the one after the last of the round before, until the CPU time of this thread is so much."""
        begin = self._places.get(name, 0)
        for number in range(len(things)):
            if number >= AT_LEAST and time.thread_time() >= until_s:
                break
            place = (begin + number) % len(things)
            self._places[name] = place + 1
            yield things[place]


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


def _decided(one: Assessment, now_ms: int) -> Iterator[Message]:
    """The verdict, if there is one."""
    if one.verdict is Verdict.UNDECIDED:
        return
    facts = {
        "about": one.period.label,
        "period": one.period.label,
        "verdict": one.verdict.value,
        "before": Verdict.UNDECIDED.value,
        "claimable": one.claimable,
    }
    yield _message(Kind.VERDICT, one, now_ms, facts, f"{one.period.label}/{one.verdict.value}/{now_ms}")


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

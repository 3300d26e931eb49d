"""Evidence of faults: real routes on loopback, a record that takes or refuses, a clock that is pushed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

import pytest

from probe.agent.evidence import WAITING, Witness
from probe.agent.journal import Journal
from probe.agent.recorder import Recorder, Scale
from probe.clock import Reading, SystemClock
from probe.errors import StoreError
from probe.lanes import Ending
from probe.model import Event, Evidence, EvidenceKind, Finding, Origin, Outcome, Reason, Role, State
from probe.references import References
from probe.store.outbox import Message
from tests.builders import a_check
from tests.peers import closed_port, open_descriptors


class PushedClock(SystemClock):
    """The machine's clocks and what a test adds."""

    more_ms = 0

    def read(self) -> Reading:
        now = super().read()
        more_ns = self.more_ms * 1_000_000
        return Reading(now.wall_ns + more_ns, now.boot_ns + more_ns, now.mono_ns + more_ns)


@dataclass
class Kept:
    """A keeper that keeps, unless it is told to refuse."""

    found: list[Evidence] = field(default_factory=list)
    refusal: Exception | None = None

    def keep_evidence(self, found: Sequence[Evidence]) -> Future[None]:
        self.found += found
        done: Future[None] = Future()
        if self.refusal is None:
            done.set_result(None)
        else:
            done.set_exception(self.refusal)
        return done

    def record(self, outcomes: Sequence[Outcome], messages: Sequence[Message] = ()) -> Future[None]:
        raise AssertionError((outcomes, messages))

    def event(self, event: Event) -> Future[None]:
        raise AssertionError(event)


def a_witness(kept: Kept, clock: SystemClock | None = None) -> Witness:
    references = References()
    recorder = Recorder(kept, references, Journal(references), Scale(7, 1_000_000))
    return Witness(clock or SystemClock(), kept, recorder)


def down(
    key: str = "shop", *, kind: str = "tcp", address: str | None = "127.0.0.1:9", role: Role = Role.CHECK
) -> Ending:
    finding = Finding(state=State.DOWN, reason=Reason.TIMEOUT, address=address)
    return Ending(a_check(key, kind=kind, role=role), Origin.GRID, 5, 5, finding)


def up(key: str = "shop") -> Ending:
    return Ending(a_check(key), Origin.GRID, 5, 5, Finding(state=State.UP, address="127.0.0.1:9"))


async def settled(witness: Witness) -> None:
    while witness._tasks:
        await asyncio.wait(witness._tasks)


def test_a_target_that_is_down_has_its_route_taken_once_a_minute() -> None:
    """To the port that failed, under every check of that target that is down, on the recorder's scale."""

    async def story() -> tuple[list[Evidence], list[Evidence]]:
        kept, clock, port = Kept(), PushedClock(), closed_port()
        witness = a_witness(kept, clock)
        before = open_descriptors()
        witness.see(down(address=f"127.0.0.1:{port}"))
        witness.see(down("shop-two", address=f"127.0.0.1:{port}"))
        witness.see(down(address=f"127.0.0.1:{port}"))
        await settled(witness)
        first = list(kept.found)
        clock.more_ms = 40_000
        witness.see(down(address=f"127.0.0.1:{port}"))
        await settled(witness)
        assert len(kept.found) == 2
        clock.more_ms = 61_000
        witness.see(down(address=f"127.0.0.1:{port}"))
        await settled(witness)
        await witness.stop()
        assert open_descriptors() == before
        return first, kept.found[2:]

    first, second = asyncio.run(story())
    assert [(one.key, one.kind, one.clock) for one in first] == [
        ("shop", EvidenceKind.ROUTE, 7),
        ("shop-two", EvidenceKind.ROUTE, 7),
    ]
    assert len(second) == 2
    document = first[0].document
    assert (document["protocol"], document["reached"], document["address"]) == ("tcp", True, "127.0.0.1")
    assert document["last_hop"]["hop"] == 1
    assert second[0].at_ms - first[0].at_ms >= 60_000


def test_only_failures_of_checks_are_looked_at() -> None:
    """Not witnesses, not what went well, not what never had an address, not a route's own failure."""

    async def story() -> int:
        witness = a_witness(Kept())
        endings = [up(), down(role=Role.REFERENCE), down(address=None), down(kind="trace", address="127.0.0.1")]
        for ending in endings:
            witness.see(ending)
        return len(witness._tasks)

    assert asyncio.run(story()) == 0


def test_what_is_up_again_before_its_turn_is_left() -> None:
    """A route of a target that works says nothing about the fault."""

    async def story() -> list[Evidence]:
        kept = Kept()
        witness = a_witness(kept)
        witness.see(down())
        witness.see(up())
        witness.see(down("gone", address="127.0.0.2:9"))
        witness.forget("gone")
        await settled(witness)
        return kept.found

    assert asyncio.run(story()) == []


def test_ten_thousand_failures_at_once_begin_a_few_routes_only() -> None:
    """Beside the probing, and never in its way."""

    async def story() -> int:
        witness = a_witness(Kept())
        for number in range(10_000):
            witness.see(down(f"c{number}", address=f"127.1.{number // 250}.{number % 250 + 1}:9"))
        begun = len(witness._tasks)
        await witness.stop()
        return begun

    assert asyncio.run(story()) == WAITING


def test_stopping_gives_up_what_is_on_its_way() -> None:
    """No task and no descriptor is left."""

    async def story() -> tuple[int, bool]:
        before = open_descriptors()
        witness = a_witness(Kept())
        witness.see(down())
        witness.see(down("ping", kind="icmp", address="127.0.0.2"))
        await asyncio.sleep(0.02)
        await witness.stop()
        await asyncio.sleep(0)
        return len(witness._tasks), open_descriptors() == before

    assert asyncio.run(story()) == (0, True)


def test_a_certificate_that_failed_is_kept_once_a_minute() -> None:
    """What the server showed, and why it did not do."""
    finding = Finding(
        state=State.DOWN,
        reason=Reason.TLS_EXPIRED,
        facts={"certificate": {"fingerprint": "ab"}, "status": 200, "chain": [{"fingerprint": "ab"}]},
    )

    async def story() -> list[Evidence]:
        kept, clock = Kept(), PushedClock()
        witness = a_witness(kept, clock)
        ending = Ending(a_check(), Origin.GRID, 5, 5, finding)
        witness.see(ending)
        witness.see(ending)
        clock.more_ms = 61_000
        witness.see(ending)
        return kept.found

    first, _ = asyncio.run(story())
    assert (first.kind, first.at_ms) == (EvidenceKind.CERTIFICATE, 1_000_005)
    chain = [{"fingerprint": "ab"}]
    assert first.document == {
        "reason": "tls_expired",
        "address": None,
        "certificate": {"fingerprint": "ab"},
        "chain": chain,
    }


def test_a_refusal_of_the_record_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """Outcomes wait in the spool, evidence does not: the log says that it is lost."""

    async def story() -> None:
        witness = a_witness(Kept(refusal=StoreError("the disk is full")))
        witness.see(down(address="127.0.0.1:9"))
        witness.see(down("two", address="127.0.0.2:9"))
        await settled(witness)

    asyncio.run(story())
    assert [record.getMessage() for record in caplog.records] == ["evidence is not kept"]

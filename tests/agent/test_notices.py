"""What people are told of outcomes made by hand: once each, attributed, and across restarts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from probe.agent.notices import LINE_PATIENCE_MS, Notices
from probe.config.configuration import AgentSettings, Channel, Config, StorageSettings
from probe.model import Check, Finding, Origin, Outcome, Reason, Role, State
from probe.references import References
from probe.secrets import Secret
from probe.store.outbox import Kind, Message
from probe.store.reader import open_reader
from tests.builders import a_check
from tests.store.builders import HOME, T0, a_writer

REFERENCE = a_check("ref", role=Role.REFERENCE)
SHOP = a_check("shop", confirm=2, service="store")
BACKUP = a_check("backup", kind="push", confirm=1, service="store")
UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN
ALL = Channel(name="all", webhook=Secret(env="X"), secret=Secret(env="Y"))


def a_config(*channels: Channel, path: Path = Path("/nowhere")) -> Config:
    return Config(
        path=path,
        agent=AgentSettings(vantage=HOME),
        storage=StorageSettings(path=path / "probe.db"),
        checks=(SHOP, REFERENCE, BACKUP),
        services=(),
        windows=(),
        versions={},
        warnings=(),
        agreements=(),
        fingerprint="",
        channels=channels,
    )


class Told:
    """Notices, and every message in order."""

    def __init__(self, *witnesses: Check, channels: tuple[Channel, ...] = (ALL,)) -> None:
        self.references = References(witnesses)
        self.notices = Notices(a_config(*channels), self.references)
        self.messages: list[Message] = []

    def see(self, check: Check, state: State, second: int) -> list[Message]:
        reason = {UP: None, DOWN: Reason.REFUSED, UNKNOWN: Reason.NO_ROUTE_LOCAL}[state]
        finding = Finding(state=state, reason=reason, detail="seen")
        at_ms = second * 1000
        outcome = Outcome(key=check.key, revision="r", at_ms=T0 + at_ms, clock=1, origin=Origin.GRID, finding=finding)
        self.references.see(check.key, finding, at_ms)
        found = self.notices.see(check, outcome, at_ms)
        self.messages += found
        return found

    def kinds(self) -> list[Kind]:
        return [one.kind for one in self.messages]


def at(second: int) -> str:
    from probe.agent.journal import instant

    return instant(T0 + second * 1000)


def test_an_outage_is_told_when_confirmed_and_when_it_ends_with_its_bounds() -> None:
    """Two messages, however long it lasts; began and ended are ranges between good and bad samples."""
    told = Told(REFERENCE)
    told.see(SHOP, UP, 0)
    for second in range(10, 60, 10):
        told.see(REFERENCE, UP, second)
        told.see(SHOP, DOWN, second)
    told.see(SHOP, UP, 60)
    told.see(SHOP, UP, 70)
    began, ended = told.messages
    assert (began.kind, ended.kind) == (Kind.OUTAGE_BEGAN, Kind.OUTAGE_ENDED)
    assert (began.service, began.key, began.channels) == ("store", "shop", ("all",))
    assert began.document["start"] == ended.document["start"] == {"earliest": at(0), "latest": at(10)}
    assert ended.document["end"] == {"earliest": at(50), "latest": at(60)}
    assert {one.document["cause"] for one in told.messages} == {"provider_or_path"}
    assert (began.document["reason"], began.document["failures"]) == ("refused", 2)
    assert ended.id == f"{began.id}/ended"


def test_a_failure_that_is_not_confirmed_is_not_told() -> None:
    """A suspect is listed and never notified; a gap between two failures confirms nothing."""
    told = Told(REFERENCE)
    told.see(REFERENCE, UP, 0)
    told.see(SHOP, DOWN, 1)
    told.see(SHOP, UP, 2)
    told.see(SHOP, DOWN, 3)
    told.see(SHOP, DOWN, 3 + SHOP.g_max_ms // 1000 + 1)
    told.see(SHOP, UNKNOWN, 100)
    assert told.messages == []


def test_our_own_line_is_one_message_and_blames_nobody() -> None:
    """While no reference answers nothing else is told; what still fails afterwards is."""
    told = Told(REFERENCE)
    told.see(REFERENCE, UP, 0)
    told.see(SHOP, UP, 0)
    for second in range(1, 40):
        told.see(REFERENCE, DOWN, second)
        told.see(SHOP, DOWN, second)
    assert told.kinds() == [Kind.LINE_DOWN]
    assert told.messages[0].document["since"] == at(1)
    assert told.messages[0].at_ms == T0 + 1000 + LINE_PATIENCE_MS
    told.see(REFERENCE, UP, 40)
    told.see(SHOP, DOWN, 41)
    told.see(SHOP, UP, 42)
    assert told.kinds() == [Kind.LINE_DOWN, Kind.LINE_UP, Kind.OUTAGE_BEGAN, Kind.OUTAGE_ENDED]
    assert told.messages[1].document["until"] == at(40)


def test_a_lost_packet_of_a_reference_is_no_news() -> None:
    """The line is told of only when it stays silent."""
    told = Told(REFERENCE)
    for second, state in ((0, UP), (5, DOWN), (9, DOWN), (10, UP), (11, DOWN)):
        told.see(REFERENCE, state, second)
    assert told.messages == []


def test_without_references_a_failure_is_told_as_nobodys_fault() -> None:
    """People hear of it; nobody is charged."""
    told = Told()
    told.see(SHOP, DOWN, 1)
    told.see(SHOP, DOWN, 2)
    assert [one.document["cause"] for one in told.messages] == ["unknown_reference"]


def test_references_that_say_nothing_are_waited_for_a_little() -> None:
    """Two failures more, then it is told without a cause."""
    told = Told(REFERENCE)
    found = [told.see(SHOP, DOWN, second) for second in range(1, 6)]
    assert [len(each) for each in found] == [0, 0, 0, 1, 0]


def test_what_is_reported_down_once_is_told_as_soon_as_a_reference_answers() -> None:
    """The next report of a backup may be a day away; a second failure cannot be waited for."""
    told = Told(REFERENCE)
    told.see(REFERENCE, UP, 0)
    assert told.see(BACKUP, DOWN, 1) == []
    (began,) = told.see(REFERENCE, UP, 15)
    assert (began.kind, began.key, began.at_ms) == (Kind.OUTAGE_BEGAN, "backup", T0 + 1000)
    assert (began.document["cause"], began.document["failures"]) == ("provider_or_path", 1)
    assert told.see(REFERENCE, UP, 30) == []
    told.notices.retract([began])
    assert [one.id for one in told.see(REFERENCE, UP, 45)] == [began.id]
    told.see(BACKUP, UP, 60)
    assert told.see(REFERENCE, UP, 75) == []
    assert told.kinds() == [Kind.OUTAGE_BEGAN, Kind.OUTAGE_BEGAN, Kind.OUTAGE_ENDED]


def test_a_report_waits_for_our_line_and_is_forgotten_with_its_check() -> None:
    """The message of our line stands for all until it is up again; nobody asks after what was removed."""
    told = Told(REFERENCE)
    told.see(REFERENCE, DOWN, 0)
    told.see(BACKUP, DOWN, 1)
    told.see(REFERENCE, DOWN, 20)
    assert told.kinds() == [Kind.LINE_DOWN]
    told.see(REFERENCE, UP, 40)
    assert told.kinds()[1:] == [Kind.LINE_UP, Kind.OUTAGE_BEGAN]
    told.see(replace(BACKUP, key="gone"), DOWN, 50)
    told.notices.follow(a_config(ALL))
    told.see(REFERENCE, UP, 60)
    assert len(told.messages) == 3


def test_only_those_hear_who_asked_for_it() -> None:
    """Routing by service and by event; what concerns every service reaches every channel that wants its kind."""
    others = replace(ALL, name="others", services=("other",))
    ends = replace(ALL, name="ends", events=("outage_ended", "line_down"))
    told = Told(REFERENCE, channels=(ALL, others, ends))
    for second, state in ((1, DOWN), (2, DOWN), (3, UP)):
        told.see(REFERENCE, UP, second)
        told.see(SHOP, state, second)
    for second in (4, 5, 20):
        told.see(REFERENCE, DOWN, second)
    assert [one.channels for one in told.messages] == [("all",), ("all", "ends"), ("all", "others", "ends")]


def test_nobody_listening_costs_nothing() -> None:
    """Without a channel nothing is entered; one that comes while it is still down hears of it."""
    told = Told(REFERENCE, channels=())
    told.see(REFERENCE, UP, 0)
    for second in (1, 2, 3):
        told.see(SHOP, DOWN, second)
    for second in (4, 20):
        told.see(REFERENCE, DOWN, second)
    assert told.messages == []
    told.notices.follow(a_config(ALL))
    told.see(REFERENCE, UP, 21)
    told.see(SHOP, DOWN, 22)
    assert told.kinds() == [Kind.OUTAGE_BEGAN]


def test_what_the_record_refused_is_told_again() -> None:
    """A message that was not kept was not told."""
    told = Told(REFERENCE)
    told.see(SHOP, DOWN, 1)
    told.see(REFERENCE, UP, 1)
    (lost,) = told.see(SHOP, DOWN, 2)
    told.notices.retract([lost])
    (again,) = told.see(SHOP, DOWN, 3)
    assert again.id == lost.id
    told.notices.retract([again._replace(id="another")])
    assert told.see(SHOP, DOWN, 4) == []


def restarted(path: Path, *befores: tuple[State, int], line: bool = False) -> Told:
    """Notices of a new agent, after another one recorded these outcomes of the shop and what they gave to tell."""
    before, after = Told(REFERENCE), Told(REFERENCE)
    before.see(REFERENCE, UP, 0)
    with a_writer(path / "probe.db", [SHOP, REFERENCE]) as writer:
        for state, second in befores:
            messages = before.see(REFERENCE, DOWN if line else UP, second)
            messages += before.see(SHOP, state, second)
            finding = Finding(state=state, reason=None if state is UP else Reason.REFUSED)
            outcome = Outcome(
                key="shop", revision="r1", at_ms=T0 + second * 1000, clock=1, origin=Origin.GRID, finding=finding
            )
            writer.record([outcome], messages).result()
        with open_reader(path / "probe.db") as reader:
            after.notices.restore(reader, T0)
    return after


def test_an_outage_told_before_a_restart_ends_after_it(tmp_path: Path) -> None:
    """Its end carries the true beginning and refers to the message of it; the beginning is not told again."""
    after = restarted(tmp_path, (UP, 1), (DOWN, 2), (DOWN, 3))
    after.see(REFERENCE, UP, 4)
    assert after.see(SHOP, DOWN, 5) == []
    (ended,) = after.see(SHOP, UP, 6)
    assert ended.id == f"{HOME}/outage/shop/{T0 + 2000}/ended"
    assert ended.document["start"] == {"earliest": at(1), "latest": at(2)}
    assert ended.document["end"] == {"earliest": at(5), "latest": at(6)}
    assert ended.document["cause"] == "provider_or_path"


def test_an_outage_that_ended_before_a_restart_is_over(tmp_path: Path) -> None:
    """Its end is told once."""
    after = restarted(tmp_path, (UP, 1), (DOWN, 2), (DOWN, 3), (UP, 4))
    assert after.see(SHOP, UP, 6) == []


def test_failures_before_a_restart_count_toward_confirmation(tmp_path: Path) -> None:
    """Killed between the first failure and the second: the second confirms."""
    after = restarted(tmp_path, (UP, 1), (DOWN, 2))
    after.see(REFERENCE, UP, 3)
    (began,) = after.see(SHOP, DOWN, 4)
    assert began.id == f"{HOME}/outage/shop/{T0 + 2000}"


def test_a_line_told_down_before_a_restart_is_told_up_after_it(tmp_path: Path) -> None:
    """But only once a reference answers: one that has not spoken yet proves nothing."""
    after = restarted(tmp_path, (UP, 1), (UP, 2), (UP, 20), line=True)
    assert after.see(SHOP, UP, 21) == []
    (up,) = after.see(REFERENCE, UP, 22)
    assert (up.kind, up.document["since"], up.document["until"]) == (Kind.LINE_UP, at(1), at(22))

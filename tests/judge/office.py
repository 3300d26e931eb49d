"""A deployment whose record is written by the real writer, second by second, on a clock turned by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from probe.config import Config
from probe.config.compiled import pack
from probe.config.roster import roster
from probe.judge.standing import Looked, due, looked
from probe.model import Check, Event, EventKind, Finding, Origin, Outcome, Reason, Role, State, Window
from probe.store.changes import AddWindow, Change, ImportOutcomes, Pause, RemoveWindow, Resume
from probe.store.exchange import Imported
from probe.store.reader import Reader, open_reader
from probe.store.writer import Writer
from tests.clocks import HandClock
from tests.config.places import loaded
from tests.store.builders import QUICK

SECOND: Final = 1000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
OCTOBER: Final = 1_790_812_800_000
"""2026-10-01T00:00:00Z."""
NOVEMBER: Final = OCTOBER + 31 * DAY
START: Final = OCTOBER + 10 * HOUR
VANTAGE: Final = "office"

REFERENCES: Final = """\
[agent]
vantage = "office"

[references]
gateway = "none"
interval = "60s"
targets = [
  { name = "ref-a", address = "icmp://192.0.2.1", network = "carrier A" },
  { name = "ref-b", address = "icmp://198.51.100.7", network = "carrier B" },
  { name = "ref-c", address = "tcp://203.0.113.9:443", network = "cloud C" },
]
"""
GATEWAY: Final = REFERENCES.replace('"none"', '"192.0.2.254"')
SHOP: Final = """
[service.shop]
provider = "Example Hosting"
objective = "99.9 %"
"""
GIFT: Final = """
[service.gift]
provider = "Nobody"
"""
CHECK: Final = """
[[check]]
name = "shop"
kind = "tcp"
target = "192.0.2.80:443"
service = "shop"
interval = "60s"
"""


def a_finding(state: State, reason: Reason | None = None, **more: Any) -> Finding:
    """What an attempt saw; a failure timed out and what is unknown was never sent, unless it says otherwise."""
    usual = {State.UP: None, State.DOWN: Reason.TIMEOUT, State.UNKNOWN: Reason.OVERRUN}[state]
    return Finding(state=state, reason=reason or usual, latency_us=12_000 if state is State.UP else None, **more)


@dataclass
class Office:
    """The files of a configuration, the record beside them, and what time it is there."""

    folder: Path
    main: str = REFERENCES + SHOP
    drop_in: str = CHECK
    now_ms: int = START
    boots: int = 0
    clock: int = 0
    rows: list[Outcome] = field(default_factory=list)
    config: Config = field(init=False)
    writer: Writer = field(init=False)

    def open(self) -> None:
        """Begin the record."""
        self.writer = Writer(self.folder / "storage" / "probe.db", VANTAGE, HandClock(self.now_ms), QUICK)
        self.writer.start()
        self.boot()
        self.follow(self.main, self.drop_in)

    def follow(self, main: str, drop_in: str | None = None) -> None:
        """Write the files, read them, and make them known to the record."""
        self.main, self.drop_in = main, self.drop_in if drop_in is None else drop_in
        self.config = loaded(self.folder, self.main, a=self.drop_in)
        self.writer.register(self.config.checks, self.now_ms)
        self.writer.keep_config(self.config.fingerprint, pack(self.config)).result()

    def boot(self, *, is_synced: bool = True, is_new: bool = True, step_ms: int = 0) -> None:
        """Another clock segment: of a new boot, or of this one after its clock was stepped."""
        self.boots += is_new
        self.now_ms += step_ms
        self.clock = self.writer.open_clock(
            boot_id=f"boot {self.boots}", offset_ms=step_ms, is_synced=is_synced, at_ms=self.now_ms
        )

    def check(self, key: str) -> Check:
        """A configured check."""
        return next(check for check in self.config.checks if check.key == key)

    def keys(self, role: Role) -> list[str]:
        """The configured checks of a role."""
        return [check.key for check in self.config.checks if check.role is role]

    def see(self, key: str, at_ms: int, finding: Finding) -> None:
        """Have one attempt of a check made at that instant; committed by `commit`."""
        revision = self.check(key).revision
        self.rows.append(
            Outcome(
                key=key,
                revision=revision,
                at_ms=at_ms,
                due_ms=at_ms,
                clock=self.clock,
                origin=Origin.GRID,
                finding=finding,
            )
        )

    def run(self, seconds: int, states: Mapping[str, State | Finding | None] | None = None) -> None:
        """Let time pass with every check attempted on its grid: up unless said otherwise, None is not attempted."""
        said = states or {}
        end_ms = self.now_ms + seconds * SECOND
        for place, check in enumerate(self.config.checks):
            what = said.get(check.key, State.UP)
            if what is None:
                continue
            finding = a_finding(what) if isinstance(what, State) else what
            first = self.now_ms + (place * 7 * SECOND - self.now_ms) % check.interval_ms
            for at_ms in range(first, end_ms, check.interval_ms):
                self.see(check.key, at_ms, finding)
        self.now_ms = end_ms
        self.commit()

    def commit(self) -> None:
        """Have what was seen recorded."""
        rows, self.rows = sorted(self.rows, key=lambda one: one.at_ms), []
        self.writer.record(rows).result()

    def tell(self, kind: EventKind, at_ms: int, lasted_ms: int | None = None, **facts: Any) -> None:
        """Something happened to the agent."""
        self.writer.event(Event(at_ms, self.clock, kind, lasted_ms, facts)).result()

    def change(self, change: Change) -> Any:
        """A person's command."""
        asked: Future[Any] = self.writer.change(change)
        return asked.result()

    def declare(self, start_ms: int | None, end_ms: int | None, **more: Any) -> int:
        """Declare maintenance that was announced in September; the number of the window."""
        entered = {"announced_at_ms": OCTOBER - 5 * DAY, "entered_at_ms": self.now_ms, "entered_by": "me"}
        number = self.change(AddWindow(Window(**{"start_ms": start_ms, "end_ms": end_ms, **entered, **more})))
        return int(number)

    def withdraw(self, number: int) -> None:
        """Take a window back."""
        self.change(RemoveWindow(number, self.now_ms, "me"))

    def bring(self, key: str, at_ms: Sequence[int], state: State) -> Any:
        """Import outcomes from outside."""
        rows = tuple(
            Imported(key, at, state, Reason.UNSTATED if state is State.DOWN else None, None, Origin.IMPORT)
            for at in at_ms
        )
        return self.change(ImportOutcomes(rows=rows, at_ms=self.now_ms, by="me", vantage=VANTAGE))

    def pause(self, key: str, until_ms: int | None = None) -> None:
        """Stop running a check."""
        self.change(Pause(key=key, until_ms=until_ms, reason="works", by="me", at_ms=self.now_ms, vantage=VANTAGE))

    def resume(self, key: str) -> None:
        """Run it again."""
        self.change(Resume(key=key, by="me", at_ms=self.now_ms, vantage=VANTAGE))

    def keep(self, most: int = 100) -> int:
        """Keep the standings that can be kept, as the agent does; how many."""
        with self.reader() as reader:
            found = due(self.config, reader, self.now_ms, most)
        self.writer.keep(found).result()
        return len(found)

    def looked(self, reader: Reader) -> Looked:
        """What is seen now."""
        return looked(roster(self.config), reader, self.now_ms)

    def reader(self) -> Reader:
        """The record, opened for reading."""
        return open_reader(self.config.storage.path)


@contextmanager
def an_office(folder: Path, main: str = REFERENCES + SHOP, drop_in: str = CHECK, **more: Any) -> Iterator[Office]:
    """A deployment with an empty record whose writer is at work."""
    office = Office(folder, main, drop_in, **more)
    office.open()
    try:
        yield office
    finally:
        office.writer.close()


def refuse() -> Config:
    """For a look that must not need the whole configuration."""
    raise AssertionError("nothing had to be judged anew")


def given(config: Config) -> Callable[[], Config]:
    """For a look that may."""
    return lambda: config

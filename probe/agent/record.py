"""The agent's side of the record: opens it, tells it what is configured, and keeps the clock segment."""

from __future__ import annotations

import logging
from functools import partial

from probe.agent.clockwatch import offset_of
from probe.agent.journal import Journal
from probe.agent.lookout import absence
from probe.agent.notices import Notices
from probe.agent.pauses import Pauses
from probe.agent.recorder import Recorder, Scale
from probe.agent.sealing import Sealing
from probe.clock import Clock, Reading
from probe.config import Config
from probe.config.compiled import pack
from probe.references import References
from probe.store import outbox
from probe.store.changes import DeclareWindows
from probe.store.reader import open_reader
from probe.store.writer import Writer

log = logging.getLogger(__name__)


class Record:
    """The database while this agent owns it."""

    def __init__(self, config: Config, clock: Clock) -> None:
        """Nothing is opened before `open`."""
        self.config, self._clock = config, clock
        self.references = References(config.checks)
        self.journal = Journal(self.references)
        self.writer = Writer(config.storage.path, config.agent.vantage, clock)
        self.recorder = Recorder(self.writer, self.references, self.journal, Scale(0, 0))
        self.sealing = Sealing(config, self.writer, clock)
        self.is_synced = False

    def open(self) -> None:
        """Own the database and make this configuration known to it. Raises StoreError."""
        self.writer.start()
        self.open_segment(self._clock.read())
        self.follow(self.config)
        notices = Notices(self.config, self.references)
        with open_reader(self.config.storage.path) as reader:
            notices.restore(reader, self.recorder.scale.offset_ms)
            away = absence(self.config, reader, self._clock.read().wall_ms)
        if away is not None:
            self.writer.post(partial(outbox.append, messages=(away,))).result()
        self.recorder.notices = notices

    def follow(self, config: Config) -> None:
        """From now on this configuration: its checks, its windows, its compiled form. Waits for the commit."""
        reading = self._clock.read()
        self.writer.register(config.checks, self.instant_ms(reading))
        self.writer.change(DeclareWindows(config.windows, reading.wall_ms)).result()
        self.writer.keep_config(config.fingerprint, pack(config)).result()
        self.config, self.sealing.keep_ms = config, config.storage.keep_outcomes_ms
        if self.recorder.notices is not None:
            self.recorder.notices.follow(config)

    def open_segment(self, reading: Reading) -> None:
        """The wall clock was set, or is synchronised at last: instants are on another scale from now on."""
        self.recorder.flush()
        self.is_synced = self._clock.is_synchronised()
        offset_ms = offset_of(reading)
        clock = self.writer.open_clock(
            boot_id=self._clock.boot_id(), offset_ms=offset_ms, is_synced=self.is_synced, at_ms=reading.wall_ms
        )
        self.recorder.scale = Scale(clock, offset_ms)

    def became_synchronised(self) -> bool:
        """Whether the kernel now holds for synchronised what it did not when the segment was opened."""
        return not self.is_synced and self._clock.is_synchronised()

    def instant_ms(self, reading: Reading) -> int:
        """A reading of the clocks as an instant of the record."""
        return reading.boot_ms + self.recorder.scale.offset_ms

    def pauses(self) -> Pauses:
        """Which checks were paused when the agent last ran, and still are."""
        paused, now_ms = Pauses(), self._clock.read().wall_ms
        with open_reader(self.config.storage.path) as reader:
            series = reader.series(self.config.agent.vantage)
            renamed = {former: one.key for one in series for former in one.former}
            for pause in reader.pauses(self.config.agent.vantage):
                if pause.holds_at(now_ms):
                    paused.add(renamed.get(pause.key, pause.key), pause.until_ms)
        return paused

    def close(self) -> None:
        """Write everything that is left and give the database up. Blocks."""
        self.recorder.flush()
        self.writer.close()

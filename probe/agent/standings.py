"""Keeps the standings that `status` starts from: a few services at a time, beside the work that matters.

A standing saves a reader time and decides nothing (probe.judge.standing), so trouble here is one log line
and never the agent's end.
"""

from __future__ import annotations

import logging
from typing import Final

from probe.agent.rounds import Duty, Rounds
from probe.clock import Clock
from probe.config import Config
from probe.judge.standing import due
from probe.store.reader import open_reader
from probe.store.writer import Writer

log = logging.getLogger(__name__)

AT_A_TIME: Final = 10
"""Judged in one go: about as many milliseconds of a thread beside the loop."""

SOON_S: Final = 1.0
LATER_S: Final = 10.0
"""Between two looks: while there was something to judge, and when there was nothing."""


class Standings:
    """Judges the running period of each service whenever what it rests on has changed."""

    def __init__(self, config: Config, writer: Writer, clock: Clock) -> None:
        """Nothing is judged before `start`."""
        self.config, self._writer, self._clock = config, writer, clock
        self.rounds = Rounds(Duty("standings", self.keep, _pause_s, "standings are not kept", log))
        self.start, self.stop = self.rounds.start, self.rounds.stop

    def keep(self) -> int:
        """Judge and keep a few; how many. Blocks. Raises StoreError where the record cannot be read."""
        config = self.config
        with open_reader(config.storage.path) as reader:
            found = due(config, reader, self._clock.read().wall_ms, AT_A_TIME)
        if found:
            self._writer.keep(found).result()
        return len(found)


def _pause_s(kept: int | None) -> float:
    return SOON_S if kept else LATER_S

"""Seals what is over, and lets go what is old: after each midnight UTC and at the start, slowly, beside other work.

What is read, compressed and compared is done in a thread of its own over a connection that only reads; the writer
does the rest in small parts (probe.store.sealing). Trouble here is one line of the log and never the agent's end.
"""

from __future__ import annotations

import logging
from contextlib import closing
from typing import Final

from probe.agent.rounds import Duty, Rounds
from probe.clock import Clock
from probe.config import Config
from probe.errors import StoreError
from probe.store import signing
from probe.store.changes import Prune
from probe.store.database import Connection, guarded
from probe.store.sealing import Sealed, Sealer
from probe.store.staging import opened
from probe.store.writer import Writer

log = logging.getLogger(__name__)

SOON_S: Final = 0.2
"""Between two goes while there is something to seal."""
LATER_S: Final = 60.0
A_WHILE_MS: Final = 200
"""A go ends after so long."""


class Sealing:
    """Keeps the record sealed while its agent runs."""

    def __init__(self, config: Config, writer: Writer, clock: Clock) -> None:
        """Nothing is sealed before `start`."""
        self._path, self._writer, self._clock = config.storage.path, writer, clock
        self.keep_ms = config.storage.keep_outcomes_ms
        """How long sealed outcomes are kept; None is for ever."""
        self._rounds = Rounds(
            Duty("sealing", self.a_while, self._after, "the record is not sealed", log, logging.ERROR)
        )
        self.start, self.stop = self._rounds.start, self._rounds.stop
        self._unsigned = ""
        self._sign_with = config.storage.sign_with
        self.sealed = Sealed(0, 0, 0, is_done=True)
        """What was sealed since the start; is_done while there is nothing to seal."""

    def nudge(self) -> Sealed:
        """Look now whether there is something to seal."""
        self.sealed = self.sealed._replace(is_done=False)
        self._rounds.nudge()
        return self.sealed

    def _after(self, done: Sealed | None) -> float:
        """After trouble there is nothing to hurry for."""
        done = done or Sealed(0, 0, 0, is_done=True)
        self.sealed = self.sealed.and_then(done)
        return LATER_S if done.is_done else SOON_S

    def a_while(self) -> Sealed:
        """Seal for a while. Blocks. Raises StoreError when the record cannot be sealed."""
        began = self._clock.read()
        with guarded(self._path), closing(opened(self._path)) as reading:
            sealer = Sealer(
                reading, lambda action: self._writer.seal(action).result(), lambda: self._rounds.is_stopping
            )
            sealed = sealer.run(began.wall_ms, lambda: self._clock.read().boot_ms - began.boot_ms < A_WHILE_MS)
            self._sign(reading)
        if sealed.is_done and self.keep_ms is not None:
            left = self._writer.change(Prune(self.keep_ms, began.wall_ms)).result()["left"]
            sealed = sealed._replace(is_done=not left)
        return sealed

    def _sign(self, reading: Connection) -> None:
        """Sign heads that have no signature; that it fails is a warning, said once."""
        if self._sign_with is None:
            return
        problem = ""
        try:
            signing.sign_heads(reading, lambda action: self._writer.seal(action).result(), self._sign_with)
        except StoreError as error:
            problem = str(error)
            if problem != self._unsigned:
                log.warning("heads are not signed", extra={"problem": problem})
        self._unsigned = problem

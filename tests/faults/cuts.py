"""What a power cut may leave of a folder: built from a record of every call that changed it (disk.c).

Strict about what nobody promised: a write that was not followed by a successful fsync of its file is there, or not, or
in part, by sectors of 512 bytes; after an fsync that failed its file's earlier writes stay in doubt for ever, whatever
later fsyncs say, as on Linux; a new, renamed or removed name counts only after an fsync of the folder.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Final

from tests.faults.disk import Call, Entry

SECTOR: Final = 512


class Fate(Enum):
    """What becomes of that which nobody promised."""

    GONE = "gone"
    THERE = "there"
    BY_CHANCE = "by chance"


class _Standing(Enum):
    """Of a change of a file: not yet synced, in doubt for ever, or synced."""

    OPEN = "open"
    DOUBTFUL = "doubtful"
    SURE = "sure"


class _File:
    """What is surely there, and the calls after it, in their order."""

    def __init__(self, content: bytes = b"") -> None:
        self._sure = bytearray(content)
        self._later: list[tuple[Entry, _Standing]] = []

    def change(self, entry: Entry) -> None:
        self._later.append((entry, _Standing.OPEN))

    def sync(self, *, is_failed: bool) -> None:
        """What lay open is sure now, or in doubt for ever."""
        now = _Standing.DOUBTFUL if is_failed else _Standing.SURE
        self._later = [(entry, now if was is _Standing.OPEN else was) for entry, was in self._later]
        while self._later and self._later[0][1] is _Standing.SURE:
            _apply(self._sure, self._later.pop(0)[0], lambda: True)

    def after(self, keeps: Callable[[], bool]) -> bytes:
        """Its bytes after a cut."""
        content = bytearray(self._sure)
        for entry, standing in self._later:
            _apply(content, entry, (lambda: True) if standing is _Standing.SURE else keeps)
        return bytes(content)


class Folder:
    """A folder as its disk knows it, fed with calls in their order."""

    def __init__(self, place: Path | None = None) -> None:
        """place: what lies there now is there before the first call."""
        before = list(place.iterdir()) if place else []
        self._names = {path.name: path.stat().st_ino for path in before}
        self._files = {path.stat().st_ino: _File(path.read_bytes()) for path in before}
        self._sure, self._later = dict(self._names), list[dict[str, int]]()
        self.promised: set[int] = set()

    def feed(self, entry: Entry) -> None:
        """One more call."""
        call = entry.call
        if call is Call.MARK:
            self.promised.add(entry.at)
        elif call is Call.SYNC and not entry.name:
            if not entry.is_failed:
                self._sure, self._later = dict(self._names), []
        elif call is Call.SYNC:
            self._files[entry.inode].sync(is_failed=entry.is_failed)
        elif call in Call.WRITE | Call.TRUNCATE | Call.ALLOCATE:
            self._files[entry.inode].change(entry)
        else:
            self._rename(entry)
            self._later.append(dict(self._names))

    def _rename(self, entry: Entry) -> None:
        other = entry.data.decode()
        if entry.call is Call.CREATE:
            self._files[entry.inode] = _File()
            self._names[entry.name] = entry.inode
        elif entry.call is Call.UNLINK:
            self._names.pop(entry.name, None)
        elif entry.call is Call.RENAME:
            self._names[other] = self._names.pop(entry.name)
        else:
            self._names[other] = self._names[entry.name]

    def leave(self, to: Path, fate: Fate, chance: random.Random) -> None:
        """Write what is left after a cut at this instant. Names follow one another as a journal keeps them."""
        choices = {Fate.GONE: lambda: False, Fate.THERE: lambda: True, Fate.BY_CHANCE: lambda: chance.random() < 0.5}
        names = [self._sure, *self._later]
        found = {Fate.GONE: names[0], Fate.THERE: names[-1], Fate.BY_CHANCE: chance.choice(names)}[fate]
        to.mkdir(parents=True)
        for name, inode in found.items():
            (to / name).write_bytes(self._files[inode].after(choices[fate]))


def _apply(content: bytearray, entry: Entry, keeps: Callable[[], bool]) -> None:
    if entry.call is not Call.WRITE:
        if keeps():
            _resize(content, entry)
        return
    for begin in range(entry.at - entry.at % SECTOR, entry.at + len(entry.data), SECTOR):
        if keeps():
            low, high = max(begin, entry.at), min(begin + SECTOR, entry.at + len(entry.data))
            content.extend(bytes(max(0, high - len(content))))
            content[low:high] = entry.data[low - entry.at : high - entry.at]


def _resize(content: bytearray, entry: Entry) -> None:
    if entry.call is Call.TRUNCATE:
        del content[entry.at :]
    content.extend(bytes(max(0, entry.at - len(content))))

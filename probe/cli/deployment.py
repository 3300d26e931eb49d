"""The configuration and the record for one look after another: opened anew only when one of them was changed."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from probe.cli.command import Call
from probe.cli.opening import glance
from probe.cli.output import Output
from probe.config.fingerprint import fingerprint
from probe.errors import StoreMissing
from probe.judge.details import Eye
from probe.judge.looking import Scope
from probe.judge.strips import Scale
from probe.view.board import Tab, View

if TYPE_CHECKING:
    from collections.abc import Callable

    from probe.config import Config
    from probe.config.roster import Roster
    from probe.store.reader import Reader
    from probe.view.snapshot import CheckDetail, ServiceDetail, Snapshot


class Notes(Output):
    """An output whose notes to the person are kept, since a live screen has the terminal."""

    def __init__(self) -> None:
        """None yet."""
        super().__init__()
        self.kept: list[str] = []

    def note(self, text: str) -> None:
        """Keep it."""
        self.kept += text.removeprefix("probe: ").splitlines()


class Deployment:
    """Answers what a live screen asks (a Source). ProbeError when there is nothing to look at now."""

    def __init__(self, call: Call) -> None:
        """Nothing is opened before it is looked at."""
        self._notes = Notes()
        self._call = replace(call, out=self._notes)
        self._open = ExitStack()
        self._stamp: tuple[str, tuple[int, int]] | None = None
        self._roster: Roster
        self._reader: Reader
        self._whole: Callable[[], Config]

    def glance(self, view: View, strips: frozenset[str], marks: int) -> Snapshot:
        """Every check's condition, the strips of some, and the services where the list shows them."""
        scope = Scope(_scale(view, marks), strips, has_services=view.tab is Tab.SERVICES)
        seen = self._eye().glance(scope)
        return replace(seen, warnings=(*self._notes.kept, *seen.warnings))

    def check(self, key: str, view: View, marks: int) -> CheckDetail:
        """One check closely."""
        return self._eye().check(key, _scale(view, marks))

    def service(self, name: str, view: View, marks: int) -> ServiceDetail:
        """One service closely."""
        return self._eye().service(name, _scale(view, marks))

    def close(self) -> None:
        """Let go of the record."""
        self._stamp = None
        self._open.close()

    def _eye(self) -> Eye:
        if self._stamp is None or self._stamp != self._present():
            self._reopen()
        return Eye(self._roster, self._reader, self._call.now_ms, self._whole)

    def _reopen(self) -> None:
        self.close()
        self._notes.kept.clear()
        self._roster, self._reader, whole = self._open.enter_context(glance(self._call))
        self._whole = cache(whole)
        self._stamp = self._present()

    def _present(self) -> tuple[str, tuple[int, int]]:
        """What the files are now, and which file the record is: another one may have been put in its place."""
        agreements = map(Path, self._roster.agreements)
        return fingerprint(self._call.config_path(), agreements), _identity(self._reader.path)


def _identity(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise StoreMissing(f"there is no database at {path} any more; `probe run` makes one") from error
    return found.st_dev, found.st_ino


def _scale(view: View, marks: int) -> Scale:
    return Scale(view.window_ms // marks, marks)

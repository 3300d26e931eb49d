"""`probe maintenance import`: a calendar or a provider's notice into the record, as often as it comes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from probe.cli.command import Call, read
from probe.cli.exits import Exit
from probe.cli.person import person
from probe.errors import UsageError
from probe.model import Window

if TYPE_CHECKING:
    from probe.config import Config
    from probe.config.calendar import Notices

BATCH: Final = 500
"""Windows in one request, except that an event is never torn: a request stays below what the agent's socket takes."""
NEVER: Final = ("every", "from", "lasts", "starts", "until")
LISTED: Final = 100


def take(call: Call) -> Exit:
    """Read, record, count; exit code 1 when any event could not be read."""
    from probe.config.calendar import Reading
    from probe.config.calendar import read as notices_in
    from probe.config.values import zone

    config, options = call.config(), call.options
    scope = _scope(call, config)
    how = Reading(
        now_ms=call.now_ms,
        scope=scope,
        zone=None if options.zone is None else read("--zone", options.zone, zone),
        announced_at_ms=scope.announced_at_ms,
    )
    found = notices_in(_content(options.file), how)
    if not (options.provider or options.service or options.check) and found.windows:
        provider = _provider(config, found.providers)
        found = found._replace(windows=tuple(replace(window, provider=provider) for window in found.windows))
    counts = _submit(call, config, found)
    _say(call, found, counts)
    return Exit.FAILED if found.problems else Exit.FINE


def _scope(call: Call, config: Config) -> Window:
    """What all windows of the file have in common, its names judged as those of a typed one."""
    from probe.cli.windows import window_of

    common = {name: value for name, value in vars(call.options).items() if name not in {"zone", "file"}}
    typed = argparse.Namespace(**{**common, **dict.fromkeys(NEVER), "start": "now", "end": "+1h"})
    return replace(window_of(typed, config, call.now_ms), start_ms=None, end_ms=None)


def _provider(config: Config, named: Sequence[str]) -> str:
    """The configured provider that a notice names; UsageError when it is not clear whose windows these are."""
    known = {service.provider.casefold(): service.provider for service in config.services if service.provider}
    matching = {known[name.casefold()] for name in named if name.casefold() in known}
    if len(matching) != 1 or len(named) != 1:
        said = f"the file names {', '.join(named)}" if named else "the file names no provider"
        raise UsageError(f"whose windows are these? {said}; say so with --provider, --service or --check")
    return matching.pop()


def _content(name: str) -> bytes:
    from probe.config.calendar import SIZE_LIMIT

    try:
        if name == "-":
            return sys.stdin.buffer.read(SIZE_LIMIT + 1)
        with Path(name).open("rb") as file:
            return file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise UsageError(f"{name}: cannot be read: {error.strerror}") from error


def _submit(call: Call, config: Config, found: Notices) -> list[int]:
    """Hand the windows to the record, some whole events at a time; how many came, were there, went, and stay."""
    from probe import control
    from probe.store.changes import ImportWindows

    total = [0, 0, 0, 0]
    by = person()
    for events, windows in _batches(found):
        change = ImportWindows(at_ms=call.now_ms, by=by, windows=windows, events=events)
        answer = control.submit(config.storage.path, change)
        total = [before + more for before, more in zip(total, answer, strict=True)]
    return total


def _batches(found: Notices) -> Iterator[tuple[tuple[str, ...], tuple[Window, ...]]]:
    from probe.store.windows import OCCURRENCE

    of_event: dict[str, list[Window]] = {uid: [] for uid in found.events}
    for window in found.windows:
        of_event[(window.uid or "").partition(OCCURRENCE)[0]].append(window)
    events: list[str] = []
    windows: list[Window] = []
    for uid, mine in of_event.items():
        if events and len(windows) + len(mine) > BATCH:
            yield tuple(events), tuple(windows)
            events, windows = [], []
        events.append(uid)
        windows += mine
    if events:
        yield tuple(events), tuple(windows)


def _say(call: Call, found: Notices, counts: Sequence[int]) -> None:
    added, same, gone, kept = counts
    problems = [f"{call.options.file}: {problem}" for problem in found.problems]
    if call.options.json:
        said = {"added": added, "same": same, "removed": gone, "kept": kept}
        call.out.document({"schema": 1, **said, "left_out": list(found.left_out), "problems": problems})
        return
    call.out.note("\n".join(problems[:LISTED]))
    for line in found.left_out[:LISTED]:
        call.out.note(f"left out: {line}")
    past = f", {kept:,} past occurrence{'' if kept == 1 else 's'} kept" if kept else ""
    call.out.line(f"{added:,} added, {same:,} already there, {gone:,} removed{past}, {len(problems):,} not understood")

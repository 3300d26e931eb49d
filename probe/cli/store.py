"""The record itself: how large it is, whether it is sound and unchanged, sealing, backup, retention, making anew.

probe store stats
probe store check [--head HASH]
probe store seal
probe store backup copy.db
probe store prune
probe store rebuild

Each works beside a running agent. `check` names the first row that is not what was kept; exit code 1 says there is one.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from probe.cli.command import Call, deed, json_option
from probe.cli.exits import Exit

if TYPE_CHECKING:
    from probe.config.configuration import StorageSettings
    from probe.store.database import Connection

ASK_AGAIN_S: Final = 0.2


def arguments(parser: argparse.ArgumentParser) -> None:
    """One deed each."""
    deeds = parser.add_subparsers(dest="deed", metavar="stats|check|seal|backup|prune|rebuild", required=True)
    json_option(deed(deeds, "stats", "how large it is and what it is made of"))
    checking = deed(deeds, "check", "pages, checksums, chain, and whether spans and counts follow from the outcomes")
    checking.add_argument("--head", action="append", default=[], metavar="HASH", help="a head that somebody else holds")
    json_option(checking)
    deed(deeds, "seal", "seal the days that are over; the agent does it by itself after midnight UTC")
    copying = deed(deeds, "backup", "a whole copy of one moment, beside a running agent")
    copying.add_argument("file", type=Path, metavar="FILE", help="the new file")
    pruning = deed(deeds, "prune", "let outcomes go that are older than [storage] keep_outcomes")
    pruning.add_argument("--dry-run", action="store_true", help="only say how much that would be")
    deed(deeds, "rebuild", "make spans and counts anew from the outcomes")


def run(call: Call) -> Exit:
    """Do one of them."""
    return DEEDS[call.options.deed](call)


def _stats(call: Call) -> Exit:
    from probe.view.store import stats

    found = _figures(_place(call))
    if call.options.json:
        call.out.document({"schema": 1, **found})
    else:
        call.out.page(stats(found))
    return Exit.FINE


def _check(call: Call) -> Exit:
    from probe.store import looking

    path = _place(call)
    with _reading(path) as connection:
        series = len(looking.numbers(connection))
        with call.out.progress("checking", looking.PARTS + series) as advance:
            found = list(looking.check(connection, call.options.head, lambda: advance(1)))
    if call.options.json:
        problems = [one._asdict() for one in found]
        call.out.document({"schema": 1, "path": str(path), "is_sound": not found, "problems": problems})
    for one in () if call.options.json else found:
        call.out.line(f"{one.table} {one.row}: {one.what}")
    if not found and not call.options.json:
        call.out.line(f"{path}: pages, checksums, chain, heads, spans and counts are as they were kept")
    return Exit.FAILED if found else Exit.FINE


def _seal(call: Call) -> Exit:
    """Ask until it is done: a running agent works by itself, otherwise each question does a part."""
    from probe import control
    from probe.store.changes import Seal
    from probe.view.wording import count

    settings = _settings(call)
    path, key = settings.path, settings.sign_with
    before = _figures(path)
    change = Seal(at_ms=call.now_ms, sign_with=str(key) if key else None)
    sealed = control.submit(path, change)
    with call.out.progress("sealing") as advance:
        while not sealed["is_done"]:
            time.sleep(ASK_AGAIN_S)
            sealed = control.submit(path, replace(change, is_asking=True))
            advance(1)
    if sealed.get("unsigned"):
        call.out.note(f"warning: {sealed['unsigned']}")
    after = _figures(path)
    made = after["sealed_outcomes"] - before["sealed_outcomes"]
    said = f"{count(made, 'outcome')} sealed, {count(after['hot_outcomes'], 'outcome')} of recent days not yet"
    call.out.line(f"{said}; last closed day: {after['last_sealed_day'] or '—'}")
    return Exit.FINE


def _backup(call: Call) -> Exit:
    from probe.store.backup import backup
    from probe.view.store import size

    path = _place(call)
    with call.out.progress("copying"):
        length = backup(path, call.options.file)
    call.out.line(f"{call.options.file}: {size(length)}, looked at page by page")
    return Exit.FINE


def _prune(call: Call) -> Exit:
    from probe import control
    from probe.store.changes import Prune
    from probe.view.wording import count

    config = call.config()
    path, keep_ms = config.storage.path, config.storage.keep_outcomes_ms
    if keep_ms is None:
        call.out.line('[storage] keep_outcomes is "forever": nothing is let go')
        return Exit.FINE
    if call.options.dry_run:
        call.out.line(f"{count(_due(path, keep_ms, call.now_ms), 'block')} could go")
        return Exit.FINE
    change = Prune(keep_ms, call.now_ms)
    blocks = outcomes = 0
    with call.out.progress("pruning", _due(path, keep_ms, call.now_ms)) as advance:
        while (gone := control.submit(path, change))["blocks"]:
            blocks, outcomes = blocks + gone["blocks"], outcomes + gone["outcomes"]
            advance(gone["blocks"])
    call.out.line(f"{count(outcomes, 'outcome')} of {count(blocks, 'block')} let go; what failed is kept")
    return Exit.FINE


def _rebuild(call: Call) -> Exit:
    from probe import control
    from probe.store import looking
    from probe.store.changes import Rebuild
    from probe.view.wording import count

    path = _place(call)
    with _reading(path) as connection:
        series = looking.numbers(connection)
    with call.out.progress("making anew", len(series)) as advance:
        for number in series:
            control.submit(path, Rebuild(number))
            advance(1)
    call.out.line(f"the spans of {count(len(series), 'series', 'series')} are made anew from their outcomes")
    return _seal(call)


def _place(call: Call) -> Path:
    return _settings(call).path


def _settings(call: Call) -> StorageSettings:
    from probe.cli.opening import configuration

    return configuration(call).storage


@contextmanager
def _reading(path: Path) -> Iterator[Connection]:
    from probe.store import database

    database.look_at_file(path)
    with database.guarded(path), closing(database.open_anywhere(path)) as connection:
        database.look_at_version(path, connection)
        yield connection


def _figures(path: Path) -> dict[str, Any]:
    from probe.store.figures import figures

    with _reading(path) as connection:
        return figures(path, connection)


def _due(path: Path, keep_ms: int, now_ms: int) -> int:
    from probe.store import retention

    with _reading(path) as connection:
        return retention.due(connection, keep_ms, now_ms)


DEEDS: Final[Mapping[str, Callable[[Call], Exit]]] = {
    "stats": _stats,
    "check": _check,
    "seal": _seal,
    "backup": _backup,
    "prune": _prune,
    "rebuild": _rebuild,
}

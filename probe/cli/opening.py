"""The configuration and the record together, for commands that read.

The agent keeps its configuration in the record in a form that needs no TOML. It is used while it is what
the files still say; otherwise the files are read. Where those cannot be used, it stands in for them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from probe.cli.command import Call
from probe.errors import ConfigError, StoreError, TermsError
from probe.store.reader import open_reader

if TYPE_CHECKING:
    from probe.config import Config
    from probe.config.roster import Roster
    from probe.store.reader import Reader

SIZE_LIMIT: Final = 256 << 10
"""A larger probe.toml is left to the configuration's own reader, which refuses it."""
STORAGE: Final = re.compile(r"^\[storage\][^\n]*\n(?:[^\[\n][^\n]*\n?|\n)*", re.MULTILINE)
DEFAULT: Final = "storage/probe.db"


@contextmanager
def record(call: Call) -> Iterator[tuple[Config, Reader]]:
    """The configuration and its record, open for reading; closed at the end."""
    config = configuration(call)
    with open_reader(config.storage.path) as reader:
        yield config, reader


def configuration(call: Call) -> Config:
    """What the files say; where they cannot be used, what the agent kept, so that a half edited file blinds nobody.

    ConfigError, TermsError where nothing was kept.
    """
    path = call.config_path()
    config = _kept(path)
    if config is not None:
        return config
    from probe.config.loading import load

    try:
        return load(path)
    except (ConfigError, TermsError) as error:
        config = _kept(path, is_current=False)
        if config is None:
            raise
        _warn(call, len(error.problems))
        return config


def _warn(call: Call, problems: int) -> None:
    named = (
        "1 problem (`probe validate` names it)"
        if problems == 1
        else f"{problems} problems (`probe validate` names them)"
    )
    call.out.note(f"probe: the configuration has {named}; showing what the agent runs")


@contextmanager
def glance(call: Call) -> Iterator[tuple[Roster, Reader, Callable[[], Config]]]:
    """The roster and the record, for a look that starts fast; the third gives the whole configuration where needed."""
    path = call.config_path()
    place = _storage(path)
    reader, short = _roster(place, path) if place else (None, None)
    if reader is None or short is None:
        with record(call) as (config, opened):
            from probe.config import roster

            yield roster.roster(config), opened, lambda: config
        return
    with reader:
        yield short, reader, lambda: _kept(path) or call.config()


def _roster(place: Path, path: Path) -> tuple[Reader | None, Roster | None]:
    """The record at that place and the roster kept in it, where it is what the files still say."""
    from probe.config import roster

    try:
        reader = open_reader(place)
    except StoreError:
        return None, None
    try:
        kept = reader.config()
    except StoreError:
        kept = None
    short = None if kept is None else roster.current(kept.document, path)
    if short is None:
        reader.close()
        return None, None
    return reader, short


def _kept(path: Path, *, is_current: bool = True) -> Config | None:
    """The configuration that the agent kept of these files. is_current: only if it is what they still say."""
    from probe.config import compiled

    place = _storage(path)
    if place is None:
        return None
    try:
        with open_reader(place) as reader:
            kept = reader.config()
    except StoreError:
        return None  # said again, and better, once the files have been read
    if kept is None or is_current:
        return None if kept is None else compiled.current(kept.document, path)
    try:
        config = compiled.unpack(kept.document)
    except ValueError:
        return None
    return config if config.path == path.absolute() else None


def _storage(path: Path) -> Path | None:
    """Where probe.toml puts the record; None when only a full reading can tell.

    Only the table [storage] is parsed: a thousand services take TOML's reader longer than all the rest. What is
    found this way is trusted only as far as the configuration kept there is the one that the files still say.
    """
    try:
        if not path.is_file() or path.stat().st_size > SIZE_LIMIT:
            return None
        table = STORAGE.search(path.read_text(encoding="utf-8"))
        said = tomllib.loads(table[0])["storage"].get("path", DEFAULT) if table else DEFAULT
        return path.parent / said
    except (OSError, ValueError, RecursionError, AttributeError, TypeError):
        return None

"""What a command is handed, the options that all share, and how the values of options are read.

A command module has `arguments(parser)`, which declares its options, and `run(call)`, which does the
work and returns an Exit.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeVar

from probe.cli.exits import Exit
from probe.cli.output import Output
from probe.cli.times import instant_ms
from probe.clock import Clock
from probe.errors import UsageError

if TYPE_CHECKING:
    from datetime import tzinfo

    from _typeshed import SupportsWrite

    from probe.config import Config
    from probe.config.roster import Roster
    from probe.store.reader import Reader

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Call:
    """One invocation: the options as parsed, where to write, and what time it is."""

    options: argparse.Namespace
    out: Output
    clock: Clock

    @property
    def now_ms(self) -> int:
        """The present instant by the wall clock."""
        return self.clock.read().wall_ms

    def config_path(self) -> Path:
        """The configuration to use: --config, $PROBE_CONFIG, ./probe.toml, the user's, the system's."""
        import os

        from probe.config.place import find

        return find(self.options.config, os.environ)

    def config(self) -> Config:
        """The configuration, complete and valid."""
        from probe.config.loading import load

        return load(self.config_path())

    def reader(self, config: Config) -> Reader:
        """The record, opened for reading."""
        from probe.store.reader import open_reader

        return open_reader(config.storage.path)

    def zone(self) -> tzinfo:
        """The zone that a person at this machine thinks in; UTC in a pipe, so that output compares."""
        from datetime import UTC

        if not self.out.is_terminal:
            return UTC
        from dateutil.tz import tzlocal

        return tzlocal()


class Command(Protocol):
    """A module in this package that is one command."""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's options."""
        ...

    def run(self, call: Call) -> Exit:
        """Do it, show it, say how it ended."""
        ...


class Options(Protocol):
    """A parser, or a group of its options."""

    def add_argument(self, *names: str, **about: Any) -> Any:
        """Declare one option."""
        ...


class Parser(argparse.ArgumentParser):
    """argparse's parser, except that help which cannot be written is an error and not silence."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong; for an instant that begins with a minus, how it is written."""
        option = re.match(r"argument (?:-\w/)?(--[\w-]+).*expected one argument", message)
        takes_time = {name for action in self._actions if action.metavar == "TIME" for name in action.option_strings}
        if option and option[1] in takes_time:
            message += f"; write a time before now as {option[1]}=-1h"
        super().error(message)

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        if not message:
            return
        try:
            (file or sys.stderr).write(message)
        except OSError:
            if file is sys.stdout:
                raise


def shared(parser: argparse.ArgumentParser, *, is_top: bool = False) -> None:
    """The options that every command has; given before the command's name they hold as well."""
    absent = None if is_top else argparse.SUPPRESS
    group = parser.add_argument_group("options of all commands")
    group.add_argument("--config", type=Path, metavar="PATH", default=absent, help="the probe.toml to use")
    group.add_argument(
        "--no-color", action="store_true", default=False if is_top else absent, help="no colour on a terminal"
    )
    group.add_argument(
        "-v", "--verbose", action="count", default=0 if is_top else absent, help="log more; show tracebacks of bugs"
    )


def deed(deeds: argparse._SubParsersAction[Any], name: str, text: str) -> argparse.ArgumentParser:
    """A command within a command, with the options that every command has."""
    parser: argparse.ArgumentParser = deeds.add_parser(name, help=text, allow_abbrev=False)
    shared(parser)
    return parser


def json_option(parser: argparse.ArgumentParser, *, is_deed: bool = False) -> None:
    """`--json`, on all that reads. is_deed: what was given before the deed's name holds as well."""
    absent = argparse.SUPPRESS if is_deed else False
    parser.add_argument("--json", action="store_true", default=absent, help="print one JSON document")


def time_option(parser: Options, name: str, text: str) -> None:
    """An option that takes an instant; `at` reads it."""
    parser.add_argument(name, metavar="TIME", help=text)


def at(call: Call, option: str) -> int | None:
    """The instant that an option names, None when it was not given; UsageError for what is no instant."""
    given = getattr(call.options, option.lstrip("-").replace("-", "_"))
    return None if given is None else read(option, given, lambda text: instant_ms(text, call.now_ms))


def read(option: str, given: str, parse: Callable[[str], Value]) -> Value:
    """The value of an option; its ValueError becomes a UsageError that names the option."""
    try:
        return parse(given)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from error


def span_ms(option: str, given: str) -> int:
    """A span such as 30s, 2h or 1h30m in milliseconds."""
    from probe.config import values

    return read(option, given, values.span)


class Named(Protocol):
    """What names can mean: a check of the configuration, or a series on record."""

    @property
    def key(self) -> str:
        """Its key."""
        ...

    @property
    def name(self) -> str:
        """Its name, which two keys may share."""
        ...

    @property
    def service(self) -> str | None:
        """What it is part of."""
        ...


def keys_of(config: Config | Roster, names: Sequence[str]) -> list[str]:
    """The keys of the checks named: a name of family "both" is two keys, a service all of its checks'; all for none."""
    return _matching(config.checks, names)


def keys_on_record(config: Config, reader: Reader, names: Sequence[str]) -> list[str]:
    """The same, with the checks that only the record knows: removed from the configuration, or imported."""
    configured = {check.key for check in config.checks}
    series = reader.series(config.agent.vantage)
    others = [one for one in series if one.key not in configured]
    renamed = {former: one.key for one in series for former in one.former}
    return _matching([*config.checks, *others], names, renamed)


def _matching(checks: Iterable[Named], names: Sequence[str], renamed: Mapping[str, str] | None = None) -> list[str]:
    checks, now = list(checks), renamed or {}
    known = {name: None for check in checks for name in (check.key, check.name, check.service) if name}
    if unknown := [name for name in names if name not in known]:
        remedies = {
            name: f"its name is {now[name]!r} now" if name in now else nearest(name, [*known]) for name in unknown
        }
        raise UsageError("\n".join(f"no check {name!r}; {remedy}" for name, remedy in remedies.items()))
    wanted = set(names)
    return [check.key for check in checks if not wanted or wanted & {check.key, check.name, check.service}]


def nearest(name: str, known: list[str]) -> str:
    """A remedy for a name that is not known."""
    import difflib

    close = difflib.get_close_matches(name, known, 1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"there are: {', '.join(known[:10])}{' …' if len(known) > 10 else ''}" if known else "there is none"

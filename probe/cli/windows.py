"""A maintenance window from the options of the command line, read by the same rules as one in a file."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from probe.cli.times import instant_ms, moment
from probe.errors import UsageError
from probe.model import Window

if TYPE_CHECKING:
    from probe.config import Config
    from probe.config.files import Source

INSTANTS = ("start", "end", "announced_at")
DAYS = ("starts", "until")
WORDS = ("provider", "service", "every", "from", "lasts", "zone", "kind", "reason")


class Typed:
    """Stands where a file would: complaints name the option, or whatever `prefix` makes of it."""

    def __init__(self, prefix: str = "--") -> None:
        """Nothing is wrong yet."""
        self._prefix = prefix
        self.problems: list[str] = []

    def complain(self, _steps: Sequence[object], label: str, message: str) -> None:
        """Keep one problem under the option that it is about."""
        option = label
        if self._prefix == "--":
            option = "check" if label == "checks" else label.replace("_", "-")
        self.problems.append(f"{self._prefix}{option}: {message}" if option else message)


def window_of(options: argparse.Namespace, config: Config, now_ms: int) -> Window:
    """The window that the options describe; UsageError with every problem."""
    from probe.config.maintenance import Scope, read_window
    from probe.config.table import Table

    typed = Typed()
    content = _content(options, now_ms, typed.problems)
    scope = Scope(
        providers={service.provider for service in config.services if service.provider},
        services={service.name for service in config.services},
        checks={name for check in config.checks for name in (check.name, check.key)},
    )
    window = None if typed.problems else read_window(Table(cast("Source", typed), content), scope)
    if window is None or typed.problems:
        raise UsageError("\n".join(typed.problems))
    return window


def _content(options: argparse.Namespace, now_ms: int, problems: list[str]) -> dict[str, Any]:
    """The options as the table that a file would have."""
    given = {name: value for name, value in vars(options).items() if value is not None}
    content: dict[str, Any] = {name: given[name] for name in WORDS if name in given}
    if options.check:
        content["checks"] = options.check
    for name in (*INSTANTS, *DAYS):
        if name not in given:
            continue
        try:
            content[name] = moment(instant_ms(given[name], now_ms)) if name in INSTANTS else _day(given[name])
        except ValueError as error:
            problems.append(f"--{name.replace('_', '-')}: {error}")
    return content


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f'"{text[:40]}" is not a day; write it like 2026-01-11') from error

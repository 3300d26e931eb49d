"""Each outage: its earliest and latest possible start and end, its cause, severity and tickets, and the suspects.

Without --from, the last 30 days.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from probe.cli.command import Call, at, json_option, keys_on_record, time_option
from probe.cli.exits import Exit
from probe.errors import UsageError

if TYPE_CHECKING:
    from probe.config import Config
    from probe.store.reader import Reader

DAYS_30_MS: Final = 30 * 86_400_000


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which checks, and when."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="checks or services; all on record when none is given")
    time_option(parser, "--from", "the beginning of the time to look at (default: 30 days before its end)")
    time_option(parser, "--to", "its end (default: now)")
    json_option(parser)


def run(call: Call) -> Exit:
    """List the outages of a stretch of time."""
    from probe import judge
    from probe.cli.opening import record
    from probe.judge import reporting

    end_ms = at(call, "--to") or call.now_ms
    asked_ms = at(call, "--from")
    start_ms = end_ms - DAYS_30_MS if asked_ms is None else asked_ms
    if start_ms >= end_ms:
        raise UsageError("--from is not before --to; swap them")
    with record(call) as (config, reader):
        keys = _judged(config, reader, keys_on_record(config, reader, call.options.names))
        service_of = {series.key: series.service for series in reader.series(config.agent.vantage)}
        service_of |= {check.key: check.service for check in config.checks}
        all_of = judge.outages(config, reader, start_ms, end_ms, _beside(config, keys))
        marks = reporting.marks(config, all_of, reader)
        found = tuple(one for one in all_of if one.key in keys)
    if call.options.json:
        from probe.report.json import outages_document

        call.out.document(outages_document(found, service_of=service_of, marks=marks))
    else:
        from probe.view.outages import outages

        call.out.page(outages(found, zone=call.zone(), asked_ms=(start_ms, end_ms), marks=marks))
    return Exit.FINE


def _judged(config: Config, reader: Reader, keys: Sequence[str]) -> list[str]:
    """Those with a schedule, recorded or configured: without one nothing can be read from samples."""
    known = reader.settings_of_all(config.agent.vantage).keys() | {check.key for check in config.checks}
    return [key for key in keys if key in known]


def _beside(config: Config, keys: list[str]) -> list[str]:
    """The checks asked for, and those that share a service with them: how much of it was down is part of severity."""
    services = {check.service for check in config.checks if check.key in keys and check.service}
    others = [check.key for check in config.checks if check.service in services]
    return list(dict.fromkeys((*keys, *others)))

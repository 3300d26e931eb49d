"""Each outage: its earliest and latest possible start and end, its cause, and the failures that were not confirmed.

Without --from, the last 30 days.
"""

from __future__ import annotations

import argparse
from typing import Final

from probe.cli.command import Call, at, json_option, keys_on_record, time_option
from probe.cli.exits import Exit
from probe.errors import UsageError

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

    end_ms = at(call, "--to") or call.now_ms
    asked_ms = at(call, "--from")
    start_ms = end_ms - DAYS_30_MS if asked_ms is None else asked_ms
    if start_ms >= end_ms:
        raise UsageError("--from is not before --to; swap them")
    with record(call) as (config, reader):
        keys = keys_on_record(config, reader, call.options.names)
        service_of = {series.key: series.service for series in reader.series(config.agent.vantage)}
        service_of |= {check.key: check.service for check in config.checks}
        judged = reader.settings_of_all(config.agent.vantage).keys() | {check.key for check in config.checks}
        found = judge.outages(config, reader, start_ms, end_ms, tuple(key for key in keys if key in judged))
    if call.options.json:
        from probe.report.json import outages_document

        call.out.document(outages_document(found, service_of=service_of))
    else:
        from probe.view import wording
        from probe.view.outages import outages

        zone = call.zone()
        said = f"between {wording.instant(start_ms, zone)} and {wording.instant(end_ms, zone)}"
        call.out.page(outages(found, zone=zone, span_words=said))
    return Exit.FINE

"""The raw outcomes of a check: the way back from any figure to what was seen.

Without --around, the last 20; --last N shows more.
"""

from __future__ import annotations

import argparse

from probe.cli.command import Call, at, json_option, keys_on_record, read, time_option
from probe.cli.exits import Exit
from probe.errors import UsageError


def arguments(parser: argparse.ArgumentParser) -> None:
    """The check, and which of its outcomes."""
    parser.add_argument("name", metavar="NAME", help="the check, also one that is no longer configured")
    parser.add_argument("--last", metavar="N", default="20", help="how many outcomes (default: 20)")
    time_option(parser, "--around", "the outcomes on both sides of an instant instead of the last ones")
    json_option(parser)


def run(call: Call) -> Exit:
    """Show outcomes, oldest first."""
    from probe.cli.opening import record

    count = read("--last", call.options.last, _count)
    around_ms = at(call, "--around")
    with record(call) as (config, reader):
        keys = keys_on_record(config, reader, [call.options.name])
        if call.options.name in keys:  # a service may have the same name
            keys = [call.options.name]
        if len(keys) > 1:
            raise UsageError(f"{call.options.name!r} is more than one check; name one of {', '.join(keys)}")
        vantage = config.agent.vantage
        if around_ms is None:
            outcomes = list(reader.last(vantage, keys[0], count))
        else:
            outcomes = list(reader.around(vantage, keys[0], around_ms, count))
    outcomes.sort(key=lambda one: one.at_ms)
    if call.options.json:
        from probe.report.records import log_document

        call.out.document(log_document(outcomes, vantage=vantage, check=keys[0]))
    else:
        from probe.view.log import log

        call.out.page(log(outcomes, zone=call.zone()))
    return Exit.FINE


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
        raise ValueError(f'"{text[:40]}" is not a count; 1 to 1000000 is possible')
    return int(text)

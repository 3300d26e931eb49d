"""Stop probing a check for a while. The time counts as unknown, never as up, and the record keeps who and why."""

from __future__ import annotations

import argparse

from probe.cli.command import Call, keys_of, span_ms
from probe.cli.exits import Exit
from probe.cli.person import person


def arguments(parser: argparse.ArgumentParser) -> None:
    """What, for how long, and why."""
    parser.add_argument("name", metavar="NAME", help="a check, or a service with all of its checks")
    parser.add_argument("--for", dest="length", metavar="SPAN", help="30m, 2h, 1d; without it until `probe resume`")
    parser.add_argument("--reason", metavar="TEXT", default="", help="why, for the record")


def run(call: Call) -> Exit:
    """Record the pause; a running agent obeys at once."""
    from probe import control
    from probe.cli.opening import configuration
    from probe.store.changes import Pause
    from probe.view import wording

    length = None if call.options.length is None else span_ms("--for", call.options.length)
    config = configuration(call)
    keys = keys_of(config, [call.options.name])
    now_ms = call.now_ms
    until_ms = None if length is None else now_ms + length
    for key in keys:
        change = Pause(
            key=key,
            until_ms=until_ms,
            reason=call.options.reason,
            by=person(),
            at_ms=now_ms,
            vantage=config.agent.vantage,
        )
        control.submit(config.storage.path, change)
        until = "until `probe resume`" if until_ms is None else f"until {wording.instant(until_ms, call.zone())}"
        call.out.line(f"{key} is paused {until}")
    return Exit.FINE

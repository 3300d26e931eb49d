"""Probe a paused check again."""

from __future__ import annotations

import argparse

from probe.cli.command import Call, keys_of
from probe.cli.exits import Exit
from probe.cli.person import person


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to resume."""
    parser.add_argument("name", metavar="NAME", help="a check, or a service with all of its checks")


def run(call: Call) -> Exit:
    """End the pause; a running agent obeys at once."""
    from probe import control
    from probe.cli.opening import record
    from probe.store.changes import Resume

    now_ms = call.now_ms
    with record(call) as (config, reader):
        vantage = config.agent.vantage
        keys = keys_of(config, [call.options.name])
        paused = {one.key for one in reader.pauses(vantage) if one.holds_at(now_ms)}
    for key in keys:
        if key not in paused:
            call.out.line(f"{key} is not paused")
            continue
        control.submit(config.storage.path, Resume(key=key, by=person(), at_ms=now_ms, vantage=vantage))
        call.out.line(f"{key} is probed again")
    return Exit.FINE

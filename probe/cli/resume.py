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
    from probe.store.changes import Resume

    config = call.config()
    for key in keys_of(config, [call.options.name]):
        control.submit(
            config.storage.path, Resume(key=key, by=person(), at_ms=call.now_ms, vantage=config.agent.vantage)
        )
        call.out.line(f"{key} is probed again")
    return Exit.FINE

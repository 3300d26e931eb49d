"""Report for a check of kind push: that all is well, or with `--down` that it is not."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from probe.cli.command import Call, nearest
from probe.cli.exits import Exit
from probe.errors import UsageError

if TYPE_CHECKING:
    from probe.config import Config


def arguments(parser: argparse.ArgumentParser) -> None:
    """Of what, and whether it is down."""
    parser.add_argument("name", metavar="NAME", help="a check of kind push")
    parser.add_argument("--down", action="store_true", help="report that it is down")
    parser.add_argument("--reason", metavar="TEXT", default="", help="what is the matter, for the record")


def _reported(config: Config, name: str) -> str:
    """The key of a check that others report; for any other name, those that there are."""
    kinds = {check.key: check.kind for check in config.checks if name in {check.key, check.name}}
    for key, kind in kinds.items():
        if kind == "push":
            return key
        raise UsageError(f"{key} is of kind {kind}: it is probed, nobody reports it")
    pushed = [check.key for check in config.checks if check.kind == "push"]
    raise UsageError(f"no check {name!r} of kind push; {nearest(name, pushed)}")


def run(call: Call) -> Exit:
    """Hand the report to the running agent; it is recorded when this returns."""
    from probe import control
    from probe.cli.opening import configuration
    from probe.view import wording

    config = configuration(call)
    key = _reported(config, call.options.name)
    state = "down" if call.options.down else "up"
    sent_ms = call.clock.read().boot_ms
    message = {"do": "push", "key": key, "state": state, "reason": call.options.reason, "sent_ms": sent_ms}
    answer = control.request(config.storage.path, message)
    call.out.line(f"{key} is reported {state} at {wording.instant(answer['at_ms'], call.zone())}")
    return Exit.FINE

"""Report for a check of kind push: that all is well, or with `--down` that it is not."""

from __future__ import annotations

import argparse

from probe.cli.command import Call, keys_of
from probe.cli.exits import Exit
from probe.errors import UsageError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Of what, and whether it is down."""
    parser.add_argument("name", metavar="NAME", help="a check of kind push")
    parser.add_argument("--down", action="store_true", help="report that it is down")
    parser.add_argument("--reason", metavar="TEXT", default="", help="what is the matter, for the record")


def run(call: Call) -> Exit:
    """Hand the report to the running agent; it is recorded when this returns."""
    from probe import control
    from probe.cli.opening import configuration
    from probe.view import wording

    config = configuration(call)
    (key,) = keys_of(config, [call.options.name])[:1]
    check = next(check for check in config.checks if check.key == key)
    if check.kind != "push":
        raise UsageError(f"{key} is of kind {check.kind}: it is probed, nobody reports it")
    state = "down" if call.options.down else "up"
    sent_ms = call.clock.read().boot_ms
    message = {"do": "push", "key": key, "state": state, "reason": call.options.reason, "sent_ms": sent_ms}
    answer = control.request(config.storage.path, message)
    call.out.line(f"{key} is reported {state} at {wording.instant(answer['at_ms'], call.zone())}")
    return Exit.FINE

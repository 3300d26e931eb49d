"""Send a test message to each channel of the configuration, now, and say how each took it.

Exit code 1 when one did not. Nothing is recorded, quiet hours do not count, nothing is grouped.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from probe.cli.command import Call, deed, json_option, nearest
from probe.cli.exits import Exit
from probe.errors import UsageError

if TYPE_CHECKING:
    from probe.config.configuration import Channel


def arguments(parser: argparse.ArgumentParser) -> None:
    """`test` only."""
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="DEED")
    test = deed(deeds, "test", "a test message to each channel, or to those named")
    test.add_argument("channels", nargs="*", metavar="CHANNEL", help="names of [notify.NAME]; all when none is given")
    json_option(test, is_deed=True)


def run(call: Call) -> Exit:
    """Send, and show per channel what happened."""
    import asyncio

    from probe.notify.trial import trial

    channels = _wanted(call)
    problems = asyncio.run(trial(channels, call.clock))
    if getattr(call.options, "json", False):
        listed = [{"channel": name, "delivered": not problem, "problem": problem or None} for name, problem in problems]
        call.out.document({"schema": 1, "channels": listed})
    else:
        for name, problem in problems:
            call.out.line(f"{name}: {problem or 'delivered'}")
    return Exit.FAILED if any(problem for _, problem in problems) else Exit.FINE


def _wanted(call: Call) -> list[Channel]:
    from probe.notify.channels import missing_library

    known = {channel.name: channel for channel in call.config().channels}
    if not known:
        raise UsageError('no channel is configured; add [notify.NAME] with webhook = { env = "NAME" }')
    if unknown := [name for name in call.options.channels if name not in known]:
        raise UsageError("\n".join(f"no channel {name!r}; {nearest(name, list(known))}" for name in unknown))
    wanted = [known[name] for name in call.options.channels or known]
    if remedy := missing_library(wanted):
        raise UsageError(remedy)
    return wanted

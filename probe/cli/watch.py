"""The live screen: what is up, what is down and whose fault it is, with keys; `?` shows them.

It reads the record and nothing else: an agent may run, stop and start meanwhile, and none need run at all.
"""

from __future__ import annotations

import argparse

from probe.cli.command import Call
from probe.cli.exits import Exit
from probe.errors import UsageError


def arguments(_parser: argparse.ArgumentParser) -> None:
    """No options of its own."""


def run(call: Call) -> Exit:
    """Show the screen until the person leaves."""
    from probe.cli.watching import has_seat

    if not has_seat(call):
        raise UsageError("watch needs a terminal; `probe status` shows the same once, anywhere")
    from probe.cli.deployment import Deployment
    from probe.watch import Manner, watch

    call.config_path()  # said before the screen is taken
    out = call.out
    watch(Deployment(call), Manner(call.zone(), out.has_color, out.is_ascii))
    return Exit.FINE

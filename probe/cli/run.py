"""Run the agent: probe on schedule and record every outcome, until SIGTERM or Ctrl-C. SIGHUP reloads.

With --watch and a terminal the live screen of `probe watch` is shown; without a terminal one line an event is logged.
"""

from __future__ import annotations

import argparse

from probe.cli.command import Call
from probe.cli.exits import Exit


def arguments(parser: argparse.ArgumentParser) -> None:
    """`--watch` only."""
    parser.add_argument("--watch", action="store_true", help="show the live screen while the agent runs")


def run(call: Call) -> Exit:
    """Run until told to stop; the agent's own exit code is ours."""
    from probe import logs
    from probe.agent import run as run_agent
    from probe.cli.watching import Watch, has_seat

    path = call.config_path()
    if not (call.options.watch and has_seat(call)):
        logs.set_up(call.options.verbose)
        return Exit(run_agent(path, watch=None))
    with Watch(call) as watch:
        return Exit(run_agent(path, watch=watch.follow))

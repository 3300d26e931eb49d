"""Print the version."""

from __future__ import annotations

import argparse

from probe import __version__
from probe.cli.command import Call, json_option
from probe.cli.exits import Exit


def arguments(parser: argparse.ArgumentParser) -> None:
    """`--json` only."""
    json_option(parser)


def run(call: Call) -> Exit:
    """Print the version of the program."""
    if call.options.json:
        call.out.document({"schema": 1, "version": __version__})
    else:
        call.out.line(f"probe {__version__}")
    return Exit.FINE

"""Write a starter probe.toml and checks.d for this machine. Nothing that exists is overwritten."""

from __future__ import annotations

import argparse
from pathlib import Path

from probe.cli.command import Call
from probe.cli.exits import Exit


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where to."""
    parser.add_argument("directory", nargs="?", type=Path, default=Path(), metavar="DIR", help="where (default: here)")


def run(call: Call) -> Exit:
    """Ask this machine for its gateway and resolvers, and write the files."""
    from probe.config.starter import gather, starter

    written = starter(call.options.directory, gather())
    for path in written:
        call.out.line(f"wrote {path}")
    call.out.note(f"next: probe --config {written[0]} validate, then probe --config {written[0]} run --watch")
    return Exit.FINE

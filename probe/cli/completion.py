"""Print a completion script for a shell.

eval "$(probe completion bash)"
probe completion zsh > ~/.zfunc/_probe
"""

from __future__ import annotations

import argparse

from probe.cli.command import Call
from probe.cli.exits import Exit


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which shell."""
    parser.add_argument("shell", choices=("bash", "zsh", "tcsh"), help="the shell that will read it")


def run(call: Call) -> Exit:
    """Write the script that shtab makes of all commands and options."""
    import shtab

    call.out.write(shtab.complete(whole_parser(), shell=call.options.shell) + "\n")
    return Exit.FINE


def whole_parser() -> argparse.ArgumentParser:
    """One parser with every command in it; only completion needs it, calls are parsed one command at a time."""
    from probe.cli import COMMANDS, declare
    from probe.cli.command import Parser, shared

    parser = Parser(prog="probe", description="Probe endpoints and judge providers by their published SLA.")
    shared(parser, is_top=True)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, (_, text) in COMMANDS.items():
        declare(name, commands.add_parser(name, help=text))
    return parser

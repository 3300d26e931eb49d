"""Print a completion script for a shell.

eval "$(probe completion bash)"
probe completion zsh > ~/.zfunc/_probe

In bash and zsh the names of checks and services are completed as well, from the configuration that is used:
`names` prints them, one a line.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Final

from probe.cli.command import Call
from probe.cli.exits import Exit

NAMED: Final = frozenset({"NAME", "NAME|URL", "SERVICE"})
PREAMBLE: Final[Mapping[str, str]] = {
    "bash": '_probe_names() { compgen -W "$(probe completion names 2> /dev/null)" -- "$1"; }',
    "zsh": '_probe_names() { compadd -- ${(f)"$(probe completion names 2> /dev/null)"} }',
}
"""How each shell asks for names."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which shell."""
    parser.add_argument("shell", choices=("bash", "zsh", "tcsh", "names"), help="the shell that will read it")


def run(call: Call) -> Exit:
    """Write the script that shtab makes of all commands and options."""
    if call.options.shell == "names":
        config = call.config()
        for name in sorted({*(check.name for check in config.checks), *(one.name for one in config.services)}):
            call.out.line(name)
        return Exit.FINE
    import shtab

    script = shtab.complete(whole_parser(), shell=call.options.shell, preamble=PREAMBLE.get(call.options.shell, ""))
    call.out.write(script + "\n")
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
    _complete_names(parser)
    return parser


def _complete_names(parser: argparse.ArgumentParser) -> None:
    """Mark what is a check or a service, in a parser and the commands in it."""
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to what was declared
        if isinstance(action.choices, dict):
            for inner in action.choices.values():
                _complete_names(inner)
        elif action.metavar in NAMED and (
            not action.option_strings or {"--check", "--service"} & {*action.option_strings}
        ):
            action.complete = {"bash": "_probe_names", "zsh": "_probe_names"}  # type: ignore[attr-defined]

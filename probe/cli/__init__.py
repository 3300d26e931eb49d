"""The command line: finds the command, hands it its options, and turns every end into an exit code.

A command's module is imported when that command is called, and imports what is heavy inside `run`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Final, cast

from probe import __version__
from probe.cli.command import Call, Command, Parser, nearest, shared
from probe.cli.exits import Exit, OutputBroken, exit_of
from probe.cli.output import Output, stand_in
from probe.clock import Clock, SystemClock
from probe.errors import ProbeError

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "init": ("probe.cli.init", "write a starter probe.toml and checks.d for this machine"),
    "validate": ("probe.cli.validate", "find every problem in every configuration file"),
    "check": ("probe.cli.check", "probe once, now, and show all that was seen"),
    "run": ("probe.cli.run", "run the agent; --watch shows the live view"),
    "status": ("probe.cli.status", "what is up, what is down, whose fault, how much budget is left"),
    "watch": ("probe.cli.watch", "the same as status, live, with keys"),
    "log": ("probe.cli.log", "the raw outcomes of a check"),
    "outages": ("probe.cli.outages", "each outage: earliest and latest start and end, and its cause"),
    "report": ("probe.cli.report", "judge every service by its SLA over a period"),
    "claim": ("probe.cli.claim", "the evidence pack for one service and period, to hand over"),
    "verify": ("probe.cli.verify", "check a claim pack, anywhere"),
    "publish": ("probe.cli.publish", "write a static status page into a folder"),
    "plan": ("probe.cli.plan", "can this schedule decide these SLAs, and what interval would"),
    "maintenance": ("probe.cli.maintenance", "declare, list and remove maintenance windows"),
    "ticket": ("probe.cli.ticket", "what the provider was told about an outage, and when it answered"),
    "push": ("probe.cli.push", "report for a check that others report: up, or down and why"),
    "pause": ("probe.cli.pause", "stop probing a check for a while; the time counts as unknown"),
    "resume": ("probe.cli.resume", "probe a paused check again"),
    "import": ("probe.cli.import_", "take outcomes in, or another monitor's history or configuration"),
    "store": ("probe.cli.store", "the record itself: size, check, sealing, backup, retention"),
    "export": ("probe.cli.export", "write outcomes as JSON Lines, CSV or Parquet"),
    "notify": ("probe.cli.notify", "send a test message to each channel"),
    "sla": ("probe.cli.sla", "the catalogue of published SLAs, and the conformance vectors"),
    "doctor": ("probe.cli.doctor", "is this machine fit to measure, and how far are its times off"),
    "completion": ("probe.cli.completion", "print a completion script for a shell"),
    "version": ("probe.cli.version", "print the version"),
}
"""Every command: its module and its one line of help."""


def main(argv: Sequence[str] | None = None, *, clock: Clock | None = None) -> int:
    """Run one command line and return its exit code. Never raises, never shows a traceback unasked."""
    given = list(sys.argv[1:] if argv is None else argv)
    stand_in()
    return _quietly(lambda: _whole(given, clock or SystemClock()))


def _whole(given: list[str], clock: Clock) -> int:
    try:
        name, options = _split(given)
    except SystemExit as stop:  # argparse has said what there is to say
        sys.stdout.flush()
        return stop.code if isinstance(stop.code, int) else int(Exit.USAGE)
    return _run(name, options, Output(no_color=options.no_color), clock)


def _split(given: list[str]) -> tuple[str, argparse.Namespace]:
    """The command's name and all options, its own and those given before it."""
    top = top_parser()
    options = top.parse_args(given)
    if options.command is None:
        top.print_help(sys.stderr)
        top.exit(Exit.USAGE)
    if options.command not in COMMANDS:
        top.error(f"no command {options.command!r}; {nearest(options.command, list(COMMANDS))}")
    return options.command, command_parser(options.command).parse_args(options.rest, options)


def top_parser() -> Parser:
    """The parser of what stands before the command's name."""
    width = max(map(len, COMMANDS))
    listed = "\n".join(f"  {name:<{width}}  {text}" for name, (_, text) in COMMANDS.items())
    parser = Parser(
        prog="probe",
        usage="probe COMMAND [options]",
        description="Probe hosting, VPS and network endpoints, and judge each provider by the SLA that it published.",
        epilog=f"commands:\n{listed}\n\n`probe COMMAND --help` tells more.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"probe {__version__}")
    shared(parser, is_top=True)
    parser.add_argument("command", nargs="?", metavar="COMMAND", help=argparse.SUPPRESS)
    parser.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def command_parser(name: str) -> Parser:
    """The parser of one command; imports that command's module and no other."""
    parser = Parser(prog=f"probe {name}", allow_abbrev=False)
    declare(name, parser)
    return parser


def declare(name: str, parser: argparse.ArgumentParser) -> None:
    """Give a parser the description and the options of one command."""
    module = _module(name)
    parser.description = (import_module(COMMANDS[name][0]).__doc__ or "").strip().replace("%", "%%")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    module.arguments(parser)
    shared(parser)


def _module(name: str) -> Command:
    return cast("Command", import_module(COMMANDS[name][0]))


def _run(name: str, options: argparse.Namespace, out: Output, clock: Clock) -> Exit:
    """The command itself; every error becomes one clear line and a code."""
    try:
        found = _module(name).run(Call(options, out, clock))
    except ProbeError as error:
        _explain(out, str(error), options.verbose)
        return exit_of(error)
    except OutputBroken:
        raise
    except OSError as error:
        _explain(out, _os_words(error), options.verbose)
        return Exit.AGENT
    except Exception as error:  # noqa: BLE001 - a bug of ours is one line and a code, not a traceback
        _explain(
            out, f"internal error: {type(error).__name__}: {error}; please report it (-v shows more)", options.verbose
        )
        return Exit.AGENT
    out.flush()
    return found


def _explain(out: Output, text: str, verbosity: int) -> None:
    out.note("\n".join(f"probe: {line}" for line in text.splitlines() or ["failed"]))
    if verbosity:
        import traceback

        out.note(traceback.format_exc())


def _os_words(error: OSError) -> str:
    where = "" if error.filename is None else f"{error.filename}: "
    return f"{where}{error.strerror or error}"


def _quietly(work: Callable[[], int]) -> int:
    """Run to the exit code; a vanished reader, a full device and Ctrl-C end without a traceback."""
    try:
        return int(work())
    except OutputBroken as broken:
        return _give_up(broken)
    except OSError as error:  # from writing help or a version
        return _give_up(OutputBroken(error))
    except KeyboardInterrupt:
        return int(Exit.INTERRUPTED)


def _give_up(broken: OutputBroken) -> int:
    _silence()
    if broken.exit_code is not Exit.PIPE:
        with suppress(OSError):
            sys.stderr.write(f"probe: {broken}\n")
    return int(broken.exit_code)


def _silence() -> None:
    """Point stdout nowhere, so that the interpreter's last flush has nothing to complain about."""
    import os

    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        return

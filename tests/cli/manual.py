"""The manual page, made of the parsers, the commands' docstrings and the exit codes: nothing is written twice."""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Final

from probe import __version__
from probe.cli import COMMANDS, command_parser, top_parser
from probe.cli.exits import MEANINGS

DATED: Final = "2026-11-22"
"""The day of this version's manual; man shows it below."""
ENVIRONMENT: Final[Mapping[str, str]] = {
    "PROBE_CONFIG": "The probe.toml to use where --config does not name one.",
    "XDG_CONFIG_HOME": "Where probe/probe.toml of a user lies; without it ~/.config. A relative path is ignored.",
    "NO_COLOR, FORCE_COLOR, TTY_COMPATIBLE": "Colour never; colour also in a pipe; what the terminal understands.",
    "COLUMNS": "How wide the output may be. Piped output is never cut.",
}
FILES: Final[Mapping[str, str]] = {
    "./probe.toml, ~/.config/probe/probe.toml, /etc/probe/probe.toml": (
        "The configuration: the first that exists, where neither --config nor $PROBE_CONFIG names one."
    ),
    "checks.d/*.toml": "What is tested; beside the probe.toml that is used.",
    "/var/lib/probe/probe.db": "The record of a deployment, where [storage] path says so.",
}
FORMS: Final[Mapping[str, str]] = {
    "TIME": "now, +2h, -30m (with an equals sign: --from=-30m) or an instant with its offset, 2026-10-03T04:10:00Z.",
    "SPAN": "250ms, 30s, 5m, 1h30m, 400d.",
}
SIGNALS: Final[Mapping[str, str]] = {
    "SIGHUP": "The agent reads its files again; with a mistake in one it keeps what it has.",
    "SIGTERM, SIGINT": "The agent ends in good order.",
}


def page() -> str:
    """The whole page, as man(7) has it."""
    top = top_parser()
    lines = [
        '.\\" Made of the parsers; a test compares, UPDATE_GOLDEN=1 writes it anew.',
        f'.TH PROBE 1 {DATED} "probe {__version__}" "User Commands"',
        ".nh",
        ".ad l",
        ".SH NAME",
        "probe \\- probe endpoints, and judge each provider by the SLA that it published",
        ".SH SYNOPSIS",
        ".B probe",
        ".I COMMAND",
        "[options]",
        ".SH OPTIONS OF ALL COMMANDS",
        *_options(top),
        ".SH COMMANDS",
    ]
    for name in COMMANDS:
        lines += _command(name)
    titled = {"FORMS": FORMS, "ENVIRONMENT": ENVIRONMENT, "FILES": FILES, "SIGNALS": SIGNALS}
    titled["EXIT STATUS"] = {str(int(code)): f"{text[0].upper()}{text[1:]}." for code, text in MEANINGS.items()}
    for title, rows in titled.items():
        lines += [f".SH {title}", *_tagged(rows)]
    return "\n".join([*lines, ".SH SEE ALSO", escaped("systemd(1), sqlite3(1), crontab(5)"), ""])


def filled(text: str) -> list[str]:
    """A paragraph in lines that an editor shows whole; escaped."""
    wrapped = textwrap.wrap(escaped(text), 78, break_long_words=False, break_on_hyphens=False)
    return [f"\\&{line}" if line.startswith(".") else line for line in wrapped]


def escaped(text: str) -> str:
    """Text that no formatter takes for a request, in ASCII."""
    text = text.replace("\\", "\\[rs]").replace("-", "\\-").replace("`", "\\(ga").replace("^", "\\(ha")
    text = text.replace("~", "\\(ti").replace("'", "\\(aq")
    return "".join(one if one.isascii() else f"\\[u{ord(one):04X}]" for one in text)


def _command(name: str) -> Iterator[str]:
    """One command: how it is called, what it does, its options, and the commands in it."""
    parser = command_parser(name)
    yield f'.SS "{escaped(" ".join([parser.prog, *_operands(parser)]))}"'
    yield from _description((parser.description or "").replace("%%", "%"))
    yield from _options(parser)
    for deed, text in _deeds(parser):
        yield from (".TP", f".B {escaped(' '.join([deed.prog, *_operands(deed)]))}", *filled(text))
        inner = list(_options(deed))
        yield from (".RS", *inner, ".RE") if inner else ()


def _description(text: str) -> Iterator[str]:
    """Paragraphs; one of command lines stays as it is."""
    for number, paragraph in enumerate(text.split("\n\n")):
        if number:
            yield ".PP"
        if re.match(r" *(probe|eval) ", paragraph):
            yield from (".nf", *map(escaped, paragraph.splitlines()), ".fi")
        else:
            yield from filled(" ".join(paragraph.split()))


def _operands(parser: argparse.ArgumentParser) -> Iterator[str]:
    """What a command takes beside options: `[NAME …]`."""
    for action in parser._actions:
        if action.option_strings or isinstance(action, argparse._SubParsersAction):
            continue
        shown = _metavar(action)
        yield {"*": f"[{shown} …]", "+": f"{shown} …", "?": f"[{shown}]"}.get(str(action.nargs), shown)


def _metavar(action: argparse.Action) -> str:
    if action.metavar is None and action.choices is not None:
        return "|".join(map(str, action.choices))
    return str(action.metavar or action.dest.upper())


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Every option and operand that has a word of help; those of all commands have a section of their own."""
    common = {name for action in top_parser()._actions for name in action.option_strings}
    for action in parser._actions:
        is_common = parser.prog != "probe" and common & set(action.option_strings)
        if is_common or not action.help or action.help == argparse.SUPPRESS or action.dest == "help":
            continue
        value = "" if action.nargs == 0 or not action.option_strings else f" {_metavar(action)}"
        names = ", ".join(action.option_strings) or _metavar(action)
        yield from (".TP", f"\\fB{escaped(names)}\\fR{escaped(value)}", *filled(_helped(action, parser)))


def _helped(action: argparse.Action, parser: argparse.ArgumentParser) -> str:
    return str(action.help) % {**vars(action), "prog": parser.prog}


def _deeds(parser: argparse.ArgumentParser) -> Iterator[tuple[argparse.ArgumentParser, str]]:
    """The commands within a command, each with its line of help."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            texts = {one.dest: one.help or "" for one in action._choices_actions}
            yield from ((inner, texts[name]) for name, inner in action.choices.items())


def _tagged(rows: Mapping[str, str]) -> Iterator[str]:
    for term, text in rows.items():
        yield from (".TP", f"\\fB{escaped(term)}\\fR", *filled(text))

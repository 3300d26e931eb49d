"""Find every problem in every configuration file at once: file, key, what is wrong, what would be right."""

from __future__ import annotations

import argparse

from probe.cli.command import Call, json_option
from probe.cli.exits import Exit
from probe.errors import ConfigError, TermsError


def arguments(parser: argparse.ArgumentParser) -> None:
    """`--json` only."""
    json_option(parser)


def run(call: Call) -> Exit:
    """Read everything; exit code 2 when the agent would refuse to start with it."""
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    said = ""
    try:
        config = call.config()
    except (ConfigError, TermsError) as error:
        problems = error.problems
    else:
        from probe.config.channels import exposed
        from probe.view.wording import count, counted

        warnings = (*config.warnings, *(f"{config.path}: {one}" for one in exposed(config.web, config.push)))
        tested = f"{counted(one.role for one in config.checks)}, {count(len(config.services), 'service')}"
        said = f"{config.path}: {tested}, vantage {config.agent.vantage}: fine"
    if call.options.json:
        from probe.report.records import validation_document

        call.out.document(validation_document(problems, warnings))
    else:
        _say(call, problems, warnings, said)
    return Exit.USAGE if problems else Exit.FINE


def _say(call: Call, problems: tuple[str, ...], warnings: tuple[str, ...], said: str) -> None:
    from probe.view.wording import count

    for problem in problems:
        call.out.line(problem)
    for warning in warnings:
        call.out.line(f"warning: {warning}")
    call.out.line(count(len(problems), "problem") if problems else said)

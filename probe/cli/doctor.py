"""Is this machine fit to measure: permissions, clock, resolver, limits, disk, record, files, and its timing error."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from probe.cli.command import Call, json_option
from probe.cli.exits import Exit
from probe.errors import ConfigError, ProbeError, TermsError

if TYPE_CHECKING:
    from pathlib import Path

    from probe.clock import Clock
    from probe.view.doctor import Diagnosis, Error, Symptom

LATE_MS: Final = 1_000


def arguments(parser: argparse.ArgumentParser) -> None:
    """`--json`, and whether to leave the calibration out."""
    parser.add_argument("--quick", action="store_true", help="do not measure the timing error against loopback")
    json_option(parser)


def run(call: Call) -> Exit:
    """Look at everything; exit code 2 for the configuration, 3 for storage or permission, 1 for the rest."""
    from probe.view.doctor import Diagnosis, doctor

    symptoms = _symptoms(call)
    errors: tuple[Error, ...] = ()
    if not call.options.quick:
        errors, more = _errors(call.clock)
        symptoms += more
    found = Diagnosis(tuple(symptoms), errors)
    code = _exit(found)
    if call.options.json:
        from probe.report.doctor import doctor_document

        call.out.document(doctor_document(found, int(code)))
    else:
        call.out.page(doctor(found))
    return code


def _symptoms(call: Call) -> list[Symptom]:
    from probe.judge.fitness import examine

    try:
        path = call.config_path()
    except ConfigError:
        return list(examine(None, call.clock))
    found = list(examine(path, call.clock))
    try:
        config = call.config()
    except (ConfigError, TermsError):
        return found
    from probe.judge.resolving import resolving

    return [*found, *resolving(config, call.clock), _agent(config.storage.path)]


def _errors(clock: Clock) -> tuple[tuple[Error, ...], list[Symptom]]:
    """The timing errors; where nothing can be measured here, a symptom that says why."""
    from probe.judge.calibration import calibrate
    from probe.view.doctor import Level, Symptom

    try:
        return calibrate(clock), []
    except (OSError, ValueError) as error:
        says = f"the timing error cannot be measured: {error}"
        return (), [Symptom("timing", Level.WARNING, says, "ulimit -n 1024; ip link set lo up; or doctor --quick")]


def _agent(path: Path) -> Symptom:
    """How the running agent fares."""
    from probe import control
    from probe.view.doctor import Level, Symptom

    try:
        health = control.request(path, {"do": "health"})
    except control.NotRunning:
        return Symptom("agent", Level.WARNING, "not running", "probe run, or systemctl start probe")
    except ProbeError as error:
        return Symptom("agent", Level.BROKEN, str(error), "systemctl restart probe")
    condition, lost, late_ms = health["storage"]["condition"], health["refused"], health["lag_ms"]
    if condition != "well" or lost:
        says = f"storage {condition}, {lost} outcomes lost"
        return Symptom("agent", Level.BROKEN, says, "look at the agent's log: disk, permissions")
    says = f"running, pid {health['pid']}; {health['in_flight']} attempts in flight, ticks at most {late_ms} ms late"
    if late_ms <= LATE_MS:
        return Symptom("agent", Level.FINE, says)
    return Symptom("agent", Level.WARNING, says, "give the agent more of the machine (CPUWeight=, less concurrency)")


def _exit(found: Diagnosis) -> Exit:
    from probe.view.doctor import Level

    levels = {one.level for one in found.symptoms}
    codes = {Level.USAGE: Exit.USAGE, Level.BROKEN: Exit.AGENT, Level.FAILED: Exit.FAILED}
    return next((code for level, code in codes.items() if level in levels), Exit.FINE)

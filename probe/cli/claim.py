"""Write the evidence pack of one service and period: a letter, and everything that stands behind it, in one zip.

probe claim shop --period 2026-10
probe claim shop -o shop.zip --sign ~/.ssh/id_ed25519
probe verify shop.zip

The letter begins with what is missing before it can be sent. A pack in which no miss is proven is written only with
--anyway. The same record, period and instant give the same bytes. Nothing is sent to anybody.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from probe.cli.command import Call, json_option, nearest, time_option
from probe.cli.exits import Exit
from probe.errors import UsageError

if TYPE_CHECKING:
    from probe.config import Config
    from probe.judge.reporting import Reported
    from probe.sla.service import Service

NAMED: Final = 3
"""Verdicts named where nothing is missed."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which service, which period, where to."""
    parser.add_argument("service", metavar="SERVICE", help="the service that the claim is about")
    parser.add_argument(
        "--period", metavar="PERIOD", help="2026-10, 2026-Q3, 2026, or 30d (default: the last full one)"
    )
    time_option(parser, "--from", "judge from this instant on (with --to)")
    time_option(parser, "--to", "judge until this instant (default: now)")
    parser.add_argument(
        "--output", "-o", type=Path, metavar="FILE", help="a new file (default: claim-SERVICE-PERIOD.zip)"
    )
    parser.add_argument("--anyway", action="store_true", help="also when the verdict is not `missed`")
    parser.add_argument("--sign", type=Path, metavar="KEY", help="sign the manifest with this key of OpenSSH")
    parser.add_argument(
        "--whole-chain",
        action="store_true",
        help="enclose rows about other services too, so that the chain links whole",
    )
    json_option(parser)


def run(call: Call) -> Exit:
    """Judge, gather, pack, look at the pack as its reader will, and only then put it in its place."""
    from probe import html
    from probe.claim import contents, pack
    from probe.cli import pages
    from probe.cli.opening import record
    from probe.cli.report import TREND, period_choice
    from probe.judge import reporting

    html.require()
    choice = period_choice(call)
    with record(call) as (config, reader):
        service = _service(config, call.options.service)
        ask = reporting.Ask(choice=choice, services=frozenset({service.name}), before=TREND, has_quality=True)
        found = reporting.report(config, reader, call.now_ms, ask)
        _look(found, service, is_wanted=call.options.anyway)
        path = call.options.output or _path(service.name, found[0].assessment.period.label)
        pack.free(path)
        page = pages.drawn(call, reader, [(config, found)])
        claim = contents.Claim(config, reader, service, call.now_ms, found, call.options.whole_chain)
        with call.out.progress("gathering") as advance:
            files = contents.files(claim, page, advance)
    data = pack.packed(files, call.options.sign)
    hashed = pack.looked_at(data)
    pack.write(path, data)
    _say(call, path, files, hashed)
    return Exit.FINE


def _service(config: Config, name: str) -> Service:
    known = {service.name: service for service in config.services}
    if name not in known:
        raise UsageError(f"no service {name!r}; {nearest(name, list(known))}")
    return known[name]


def _look(found: Sequence[Reported], service: Service, *, is_wanted: bool) -> None:
    """UsageError where there is nothing to claim, unless that is wanted all the same."""
    if not found:
        raise UsageError(f"{service.name}: it has no check, so there is nothing to judge")
    if is_wanted or any(one.verdict == "missed" for one, _ in found):
        return
    from probe.view.wording import WHYS

    said = [
        f"{one.check or service.name}: {one.verdict}" + (f", since {WHYS[one.reason]}" if one.reason else "")
        for one, _ in found
    ]
    more = [f"and {len(said) - NAMED} more"] if len(said) > NAMED else []
    raise UsageError(
        f"{service.name}, {found[0].assessment.period.label}: no miss is proven, so there is nothing to claim"
        f" ({'; '.join([*said[:NAMED], *more])}); --anyway writes the pack all the same"
    )


def _path(service: str, label: str) -> Path:
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", f"claim-{service}-{label}").strip("-.")
    return Path(f"{name[:120]}.zip")


def _say(call: Call, path: Path, files: dict[str, str], hashed: str) -> None:
    """What is in it; what is missing first."""
    import json

    said = json.loads(files["claim.json"])
    if call.options.json:
        names = [*sorted(files), "manifest.json", *(["manifest.json.sig"] if call.options.sign else [])]
        call.out.document(
            {"schema": 1, "path": str(path), "manifest_sha256": hashed, "missing": said["missing"], "files": names}
        )
        return
    call.out.line(f"missing before {path} can be sent:")
    for each in said["missing"]:
        call.out.line(f"  - {each}")
    number = len(files) + 1 + bool(call.options.sign)
    call.out.line(f"{path}: {number} files; `probe verify {path}` or the enclosed verify.py checks it")
    call.out.line(f"manifest SHA-256 {hashed}: tell it to the other side by another way, or sign it with --sign")

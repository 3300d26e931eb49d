"""`probe report --html FILE`: the report as one page, with a bar on a terminal while it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from probe.cli.command import Call
from probe.cli.report import STDOUT
from probe.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from probe.config import Config
    from probe.html.report import Exhibit
    from probe.judge.reporting import Reported
    from probe.store.reader import Reader

    Part = tuple[Config, Sequence[Reported]]
    """What was judged from one configuration."""


def allowed(options: argparse.Namespace) -> None:
    """UsageError where a page cannot be made, before anything is judged."""
    from probe import html

    html.require()
    if options.compare:
        raise UsageError("--html and --compare exclude each other; a page shows services under one set of rules")
    if options.html == STDOUT:
        return
    if not options.html.parent.is_dir():
        raise UsageError(f"--html {options.html}: there is no folder {options.html.parent}")
    if options.html.exists() and not options.html.is_file():
        raise UsageError(f"--html {options.html}: is no plain file, and is not replaced; name another file")


def write(call: Call, reader: Reader, parts: Sequence[Part]) -> None:
    """Draw the page of what was judged and write it whole, `-` is stdout."""
    from probe.html.pages import write_report

    page = drawn(call, reader, parts)
    if call.options.html == STDOUT:
        call.out.write(page)
        return
    write_report(call.options.html, page)
    call.out.note(f"wrote {call.options.html}")


def drawn(call: Call, reader: Reader, parts: Sequence[Part]) -> str:
    """The page of what was judged, each part by its own configuration."""
    from probe.html.report import report_html
    from probe.report.json import report_header

    found = [one for _, part in parts for one, _ in part]
    tzdata = next((one.parameters["tzdata"] for one in found if "tzdata" in one.parameters), "")
    header = report_header(generated_at_ms=call.now_ms, vantage=parts[0][0].agent.vantage, tzdata=tzdata)
    with call.out.progress("drawing", 2 * len(found)) as advance:
        exhibits = [each for part in parts for each in _exhibits(call.now_ms, reader, part, advance)]
        return report_html(header, exhibits, advance)


def _exhibits(now_ms: int, reader: Reader, part: Part, advance: Callable[[int], None]) -> list[Exhibit]:
    from probe.html.report import Exhibit
    from probe.judge.pictures import pictures
    from probe.report.json import assessment_document
    from probe.view import sla

    config, found = part
    made = pictures(config, reader, now_ms, [one.assessment for one in found], advance)
    return [
        Exhibit(
            assessment_document(one.assessment, one.beside),
            picture,
            sla.in_words(terms) if terms else (),
            sla.sources_in_words(terms) if terms else (),
        )
        for one, (picture, terms) in zip(found, made, strict=True)
    ]

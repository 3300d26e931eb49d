"""Write a static status page into a folder: an index, a page for each service, the same as JSON.

Unknown time is shown as unknown, never as up. Nothing outside the folder is touched, and nothing in it that an
earlier `probe publish` did not write. Run it from a timer; each file appears whole or not at all.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from probe.cli.command import Call
from probe.cli.exits import Exit
from probe.errors import UsageError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Into which folder."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="where the pages go; made if it is not there")


def run(call: Call) -> Exit:
    """Look at the record once and write every page."""
    from probe import html

    html.require()
    if call.options.folder == Path("-"):
        raise UsageError("publish writes a folder of files, which stdout is not; name a folder")
    from probe.cli.opening import record
    from probe.html import folder
    from probe.html.site import site
    from probe.judge import publishing
    from probe.report.publishing import status_page_document

    with record(call) as (config, reader), call.out.progress("publishing", len(config.services)) as advance:
        seen, services = publishing.shown(config, reader, call.now_ms, advance)
    files = site(status_page_document(seen, services, publishing.DAYS))
    folder.publish(call.options.folder, files)
    call.out.note(f"wrote {len(files)} files to {call.options.folder}")
    return Exit.FINE

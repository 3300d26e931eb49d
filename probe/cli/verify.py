"""Check a claim pack, the zip or its unpacked folder: the same code that is enclosed in it as verify.py.

Every file, the chain, the outcomes, the figures that follow from them, signatures. Exit code 1 names what is not as it
was made. Needs no configuration and no record.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from probe.cli.command import Call, json_option
from probe.cli.exits import Exit
from probe.errors import UsageError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which pack."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a claim pack, or the folder that it was unpacked into")
    json_option(parser)


def run(call: Call) -> Exit:
    """Look at it and say what was found."""
    from probe.claim import verifier

    path: Path = call.options.file
    if not path.exists():
        raise UsageError(f"{path}: there is no such file")
    if call.options.json:
        problems, notes = verifier.verify(path)
        wrong = [{"place": place, "what": what} for place, what in problems]
        call.out.document({"schema": 1, "path": str(path), "is_sound": not problems, "problems": wrong, "notes": notes})
        return Exit.FAILED if problems else Exit.FINE
    from probe.view.page import Piece, Tone, paragraph

    (*said, verdict), is_sound = verifier.told(path)
    tone = Tone.GOOD if is_sound else Tone.BAD
    call.out.page((*map(paragraph, said), paragraph(Piece(verdict, tone))))
    return Exit.FINE if is_sound else Exit.FAILED

"""The catalogue of published SLAs, and the conformance vectors.

probe sla list
probe sla show digitalocean/droplet
probe sla vectors [FILE]              exit code 1 if any vector comes out differently
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from probe.cli.command import Call, deed, json_option, nearest
from probe.cli.exits import Exit
from probe.errors import UsageError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Three deeds, each with its own options."""
    deeds = parser.add_subparsers(dest="deed", metavar="list|show|vectors", required=True)
    json_option(parser)
    json_option(deed(deeds, "list", "every published version in the catalogue"), is_deed=True)
    show = deed(deeds, "show", "one agreement in plain words")
    show.add_argument("id", metavar="ID", help="such as digitalocean/droplet")
    json_option(show, is_deed=True)
    vectors = deed(deeds, "vectors", "run conformance vectors")
    vectors.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="a JSON file (default: those that come along)"
    )
    json_option(vectors, is_deed=True)


def run(call: Call) -> Exit:
    """Do one of the three."""
    return DEEDS[call.options.deed](call)


def _list(call: Call) -> Exit:
    from probe.config import catalogue

    published = catalogue.published()
    if call.options.json:
        from probe.report.records import catalogue_document

        call.out.document(catalogue_document(published))
    else:
        from probe.view import sla

        call.out.page(sla.catalogue(published))
    return Exit.FINE


def _show(call: Call) -> Exit:
    from probe.config import catalogue

    known = list(catalogue.ids())
    if call.options.id not in known:
        raise UsageError(f"no agreement {call.options.id!r}; {nearest(call.options.id, known)}")
    versions = catalogue.versions(call.options.id)
    if call.options.json:
        from probe.report.records import agreement_document

        call.out.document(agreement_document(call.options.id, catalogue.tables(call.options.id)))
    else:
        from probe.view import sla

        call.out.page(sla.agreement(versions))
    return Exit.FINE


def _vectors(call: Call) -> Exit:
    given = _read(call.options.file)
    results = [(_id(vector), _differences(vector)) for vector in given]
    failed = sum(bool(differences) for _, differences in results)
    if call.options.json:
        from probe.report.records import vectors_document

        call.out.document(vectors_document(results))
    else:
        for vector, (name, differences) in zip(given, results, strict=True):
            for line in differences or (f"{name} as expected: {vector.get('title', '')}",):
                call.out.line(line)
        call.out.line(f"{len(results) - failed} of {len(results)} vectors as expected")
    return Exit.FAILED if failed else Exit.FINE


def _read(path: Path | None) -> list[Mapping[str, Any]]:
    """The vectors in a file, or those inside the package."""
    import json
    from importlib.resources import files

    shown = "the vectors of the package" if path is None else str(path)
    try:
        text = (files("probe.sla") / "vectors" / "timeline.json" if path is None else path).read_text(encoding="utf-8")
        found = json.loads(text)
    except OSError as error:
        raise UsageError(f"{shown}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{shown}: not JSON: {error}") from error
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise UsageError(f"{shown}: a list of vectors is expected")
    return found


def _id(vector: Mapping[str, Any]) -> str:
    return str(vector.get("id", "?"))


def _differences(vector: Mapping[str, Any]) -> tuple[str, ...]:
    from probe.sla.vectors import differences

    alone: Iterable[Mapping[str, Any]] = (vector,)
    try:
        return differences(alone)
    except (KeyError, ValueError, TypeError, AttributeError, ArithmeticError, IndexError) as error:
        return (f"{_id(vector)}: not a vector: {type(error).__name__}: {error}",)


DEEDS: Final[Mapping[str, Callable[[Call], Exit]]] = {"list": _list, "show": _show, "vectors": _vectors}

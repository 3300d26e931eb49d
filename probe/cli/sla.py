"""The catalogue of published SLAs, and the conformance vectors.

probe sla list [--class vps] [--provider ovh]
probe sla show digitalocean/droplet --interval 60s
probe sla check own-terms.toml
probe sla vectors [FILE]              exit code 1 if any vector comes out differently
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from probe.cli.command import Call, deed, json_option, nearest, span_ms
from probe.cli.exits import Exit
from probe.errors import TermsError, UsageError
from probe.sla.vocabulary import CLASSES

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from probe.sla.terms import Terms


def arguments(parser: argparse.ArgumentParser) -> None:
    """Four deeds, each with its own options."""
    deeds = parser.add_subparsers(dest="deed", metavar="list|show|check|vectors", required=True)
    json_option(parser)
    listed = deed(deeds, "list", "every published version in the catalogue")
    listed.add_argument("--class", dest="service_class", metavar="CLASS", choices=CLASSES, help=", ".join(CLASSES))
    listed.add_argument("--provider", metavar="TEXT", help="providers whose name or id holds the text")
    json_option(listed, is_deed=True)
    show = deed(deeds, "show", "one agreement in plain words, with its traps")
    show.add_argument("id", metavar="ID", help="such as digitalocean/droplet")
    check = deed(deeds, "check", "all that is wrong or unstated in a terms file")
    check.add_argument("file", type=Path, metavar="FILE", help="a .toml file of your own")
    for one in (show, check):
        one.add_argument("--interval", metavar="SPAN", default="60s", help="how often you probe (default: 60s)")
        json_option(one, is_deed=True)
    vectors = deed(deeds, "vectors", "run conformance vectors")
    vectors.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="a JSON file (default: those that come along)"
    )
    json_option(vectors, is_deed=True)


def run(call: Call) -> Exit:
    """Do one of the four."""
    return DEEDS[call.options.deed](call)


def _list(call: Call) -> Exit:
    from probe.config import catalogue

    wanted, text = call.options.service_class, (call.options.provider or "").casefold()
    found = [
        one
        for versions in catalogue.published().values()
        for one in versions
        if wanted in (None, one.service_class) and text in f"{one.provider} {one.id}".casefold()
    ]
    if call.options.json:
        from probe.report.agreements import catalogue_document

        call.out.document(catalogue_document(found))
    else:
        from probe.view import sla

        call.out.page(sla.catalogue(found))
    return Exit.FINE


def _show(call: Call) -> Exit:
    from probe.config import catalogue

    known = list(catalogue.ids())
    if call.options.id not in known:
        raise UsageError(f"no agreement {call.options.id!r}; {nearest(call.options.id, known)}")
    versions, interval_ms = catalogue.versions(call.options.id), span_ms("--interval", call.options.interval)
    if call.options.json:
        from probe.report.agreements import agreement_document

        raw = catalogue.tables(call.options.id)
        call.out.document(agreement_document(call.options.id, raw, versions, interval_ms))
    else:
        from probe.view import sla

        call.out.page(sla.agreement(versions, interval_ms))
    return Exit.FINE


def _check(call: Call) -> Exit:
    from probe.config import catalogue

    interval_ms = span_ms("--interval", call.options.interval)
    problems: list[str] = []
    versions: tuple[Terms, ...] = ()
    try:
        versions = catalogue.parse_all(catalogue.own_file(call.options.file, problems), str(call.options.file))
    except TermsError as error:
        problems += error.problems
    if call.options.json:
        from probe.report.agreements import check_document

        call.out.document(check_document(problems, versions, interval_ms))
    else:
        from probe.view import sla

        call.out.page(sla.checked(str(call.options.file), problems, versions, interval_ms))
    return Exit.USAGE if problems else Exit.FINE


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
    from importlib.resources import files

    if path is None:
        shipped = files("probe.sla") / "vectors"
        return [one for name in SHIPPED for one in _listed(shipped / name, "the vectors of the package")]
    return _listed(path, str(path))


def _listed(file: Path | Traversable, shown: str) -> list[Mapping[str, Any]]:
    import json

    try:
        found = json.loads(file.read_text(encoding="utf-8"))
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
    from probe.config import catalogue
    from probe.sla.vectors import differences

    alone: Iterable[Mapping[str, Any]] = (vector,)
    try:
        return differences(alone, catalogue.version_tables)
    except TermsError as error:
        return tuple(f"{_id(vector)}: {problem}" for problem in error.problems)
    except (KeyError, ValueError, TypeError, AttributeError, ArithmeticError, IndexError) as error:
        return (f"{_id(vector)}: not a vector: {type(error).__name__}: {error}",)


SHIPPED: Final = ("timeline.json", "agreements.json", "catalogue.json")
DEEDS: Final[Mapping[str, Callable[[Call], Exit]]] = {
    "list": _list,
    "show": _show,
    "check": _check,
    "vectors": _vectors,
}

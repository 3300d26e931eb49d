"""A place in a JSON body: keys with dots between them, elements by their number in brackets, as in `nodes[0].alive`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from probe.model import Assertion, Reason
from probe.probers.attempting import Judged
from probe.probers.net.clean import clean

if TYPE_CHECKING:
    from probe.probers.net.http_expect import Answer

PATH: Final = re.compile(r"(?:[^.\[\]]+|\[\d{1,6}\])(?:\.[^.\[\]]+|\[\d{1,6}\])*")
STEP: Final = re.compile(r"[^.\[\]]+|\[\d+\]")
AT_ONCE: Final = 64 * 1024
"""Bytes of JSON that are read without a thread."""
JSON_LIMIT: Final = 4 << 20
"""Bytes of JSON that are read at all: a larger one would hold back every other check."""
NOT_THERE: Final = object()


def find_path_problem(path: str) -> str | None:
    """Why this is not a path; None when it is one."""
    return None if PATH.fullmatch(path) else f'"{path}" is not a path; write it as in "nodes[0].alive"'


async def judge_json(path: str, wanted: str | int | bool, answer: Answer) -> Judged:
    """Whether the body is JSON and holds this value there; `1` and `true` are two values."""
    expectation = f"JSON {clean(path)} is {_shown(wanted)}"
    try:
        document = await _document(answer)
    except ValueError as error:
        return Reason.BODY, Assertion(expectation, clean(str(error)), held=False)
    seen = find(document, path)
    held = type(seen) is type(wanted) and seen == wanted
    return Reason.BODY, Assertion(expectation, "not there" if seen is NOT_THERE else _shown(seen), held)


def find(document: Any, path: str) -> Any:
    """What stands at the path, NOT_THERE when nothing does."""
    here = document
    for step in STEP.findall(path):
        if step.startswith("[") and isinstance(here, list) and int(step[1:-1]) < len(here):
            here = here[int(step[1:-1])]
        elif isinstance(here, dict) and step in here:
            here = here[step]
        else:
            return NOT_THERE
    return here


async def _document(answer: Answer) -> Any:
    if answer.is_cut or len(answer.body) > JSON_LIMIT:
        raise ValueError(f"more than {min(len(answer.body), JSON_LIMIT)} bytes are not read as JSON")
    if len(answer.body) <= AT_ONCE:
        return _decode(answer.body)
    import asyncio

    return await asyncio.to_thread(_decode, answer.body)


def _decode(body: bytes) -> Any:
    import msgspec

    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ValueError(f"not JSON: {error}") from error


def _shown(value: object) -> str:
    if isinstance(value, dict | list):
        return f"{'an object' if isinstance(value, dict) else 'an array'} of {len(value)}"
    if isinstance(value, str):
        return f'"{clean(value)}"'
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else clean(str(value))

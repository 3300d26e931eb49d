"""Reading configuration files: regular, small, short-lined, valid TOML, or a located problem; never a hang.

What TOML allows but no setting can mean (control characters, nan, inf, integers beyond 64 bits) is
refused here too. `Source` remembers the text, to find the line of a key once there is a problem.
"""

from __future__ import annotations

import math
import os
import re
import stat
from pathlib import Path
from typing import Any, Final

from probe.config.values import control_character

FILE_LIMIT: Final = 256 * 1024
LINE_LIMIT: Final = 1024
"""tomllib needs square time for long dotted keys and recursion for nesting; short lines bound both."""

DEPTH_LIMIT: Final = 32
MULTILINE_KEYS: Final = frozenset({"body", "send"})
"""Settings whose text is sent as it is, so that line ends and tabs belong in it."""

Steps = tuple[str | int, ...]
"""The way to a value: table keys and places in lists."""

_LINE_OF_ERROR: Final = re.compile(r"(.*) \(at line (\d+), column (\d+)\)", re.DOTALL)
_HEADER: Final = re.compile(r"\s*(\[\[?)([^\[\]=]+)\]")
_KEY: Final = re.compile(r"""\s*([\w\-."' ]+?)\s*=""")


class Refused:
    """Stands in the table for a value that was refused already, so that it is complained of once."""


REFUSED: Final = Refused()


class Source:
    """One file: its name as shown, its text, and its table, {} when it could not be read."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        """Read and parse; whatever is wrong is added to `problems`."""
        self.shown = str(path)
        self.table: dict[str, Any] = {}
        self.is_read = False
        self._problems = problems
        self._text = ""
        self._lines: dict[Steps, int] | None = None
        try:
            self._text = _decode(read_bytes(path))
            self.table = _parse(self._text)
            self.is_read = True
        except OSError as error:
            self.complain((), "", f"cannot be read: {error.strerror or error}; mend it or name another file")
        except ValueError as error:
            problems.append(f"{self.shown}{_located(str(error))}")
        self._refuse_poison(self.table, ())

    def complain(self, steps: Steps, label: str, message: str) -> None:
        """Add `FILE:LINE: label: message`."""
        line = self._line_of(steps)
        where = f"{self.shown}:{line}" if line else self.shown
        self._problems.append(f"{where}: {label}: {message}" if label else f"{where}: {message}")

    def _line_of(self, steps: Steps) -> int | None:
        if self._lines is None:
            self._lines = _scan(self._text)
        while steps:
            if steps in self._lines:
                return self._lines[steps]
            steps = steps[:-1]
        return None

    def _refuse_poison(self, table: dict[str, Any], steps: Steps) -> None:
        for key, value in list(table.items()):
            here = (*steps, key)
            found = _poison(key, "key") or self._poison_of(value, here)
            if found:
                self.complain(here, label_of(here), found)
                table[key] = REFUSED

    def _poison_of(self, value: Any, steps: Steps) -> str | None:
        if len(steps) > DEPTH_LIMIT:
            return f"nested deeper than {DEPTH_LIMIT}; no setting is"
        if isinstance(value, dict):
            self._refuse_poison(value, steps)
            return None
        if isinstance(value, list):
            return next(filter(None, (self._poison_of(one, (*steps, i)) for i, one in enumerate(value))), None)
        return _poison(value, str(next((step for step in reversed(steps) if isinstance(step, str)), "")))


def read_bytes(path: Path) -> bytes:
    """The content of a regular file of at most 256 KiB; OSError or ValueError otherwise. Never blocks on a FIFO."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            what = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
            raise ValueError(f"{what}; name a TOML file")
        content = os.read(descriptor, FILE_LIMIT + 1)
    finally:
        os.close(descriptor)
    if len(content) > FILE_LIMIT:
        raise ValueError(f"larger than {FILE_LIMIT // 1024} KiB; split it")
    return content


def label_of(steps: Steps) -> str:
    """`references.targets[1].address`: steps as people write them."""
    label = ""
    for step in steps:
        label += f"[{step + 1}]" if isinstance(step, int) else f".{printable(step)}"
    return label.removeprefix(".")


def printable(value: str) -> str:
    """Text that is safe in a message: at most 60 characters, control characters shown as escapes."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in value[:60])


def _decode(content: bytes) -> str:
    if content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise ValueError("begins with a byte order mark; save it as UTF-8 without BOM")
    try:
        decoded = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"not UTF-8 text; save it as UTF-8 (at line {line}, column 1)") from error
    for number, line_text in enumerate(decoded.split("\n"), 1):
        if len(line_text.encode()) > LINE_LIMIT:
            raise ValueError(f"longer than {LINE_LIMIT} bytes; break the line (at line {number}, column 1)")
    return decoded


def _parse(decoded: str) -> dict[str, Any]:
    import tomllib  # what is packed needs no parser

    try:
        return tomllib.loads(decoded)
    except ValueError as error:  # TOMLDecodeError, and what it lets through
        match = _LINE_OF_ERROR.fullmatch(str(error))
        what, where = (match[1], f" (at line {match[2]}, column {match[3]})") if match else (str(error), "")
        raise ValueError(f"not valid TOML: {what}; see https://toml.io{where}") from error
    except (RecursionError, MemoryError) as error:
        raise ValueError("nested too deeply; no setting is") from error


def _located(message: str) -> str:
    match = _LINE_OF_ERROR.fullmatch(message)
    return f":{match[2]}:{match[3]}: {match[1]}" if match else f": {message}"


def _poison(value: object, key: str) -> str | None:
    if isinstance(value, str):
        allowed = "\t\r\n" if key in MULTILINE_KEYS else ""
        bad = control_character(value, allowed)
        return None if bad is None else f"holds the control character {bad!a}; leave it out"
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value} is not a number that can be used; give a finite one"
    if isinstance(value, int) and abs(value) >= 2**63:
        return "a number beyond 64 bits; give a smaller one"
    return None


def _scan(content: str) -> dict[Steps, int]:
    """Line of each table header and key: exact for files written one key a line, near enough elsewhere."""
    lines: dict[Steps, int] = {}
    counts: dict[Steps, int] = {}
    table: Steps = ()
    for number, line in enumerate(content.split("\n"), 1):
        if header := _HEADER.match(line):
            table = _split(header[2])
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            else:
                table = _inside(table, counts)
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            path = (*table, *_split(key[1]))
            for depth in range(len(table) + 1, len(path) + 1):
                lines.setdefault(path[:depth], number)
    return lines


def _inside(table: Steps, counts: dict[Steps, int]) -> Steps:
    """[check.http] after [[check]] belongs to the last check."""
    head = table[:1]
    return (*head, counts[head], *table[1:]) if len(table) > 1 and head in counts else table


def _split(dotted: str) -> Steps:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))

"""Whether the configuration's files changed since they were read: their names, times and sizes, nothing parsed."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Final

from probe import __version__
from probe.config.dropins import drop_ins

DROP_INS: Final = "checks.d"


def fingerprint(path: Path, agreements: Iterable[Path] = ()) -> str:
    """Digest of probe.toml, its drop-ins, the given terms files and the version of this program."""
    return digest([*stamps(path), *(stamp(file) for file in agreements)])


def stamps(path: Path) -> list[str]:
    """One line for `path` and each of its drop-ins."""
    return [stamp(file) for file in (path, *drop_ins(path.parent / DROP_INS, []))]


def stamp(file: Path) -> str:
    """Name, time of the last change and size; just the name when there is no such file."""
    try:
        status = file.stat()
    except OSError:
        return f"{file.absolute()} -"
    return f"{file.absolute()} {status.st_mtime_ns} {status.st_size}"


def digest(lines: list[str]) -> str:
    """32 hexadecimal digits of the lines, in any order, and the program's version."""
    return sha256("\n".join([__version__, *sorted(lines)]).encode("utf-8", "surrogateescape")).hexdigest()[:32]

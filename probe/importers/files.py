"""A text file of somebody else's, read whole and bounded."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from probe.errors import UsageError

SIZE_LIMIT: Final = 4 << 20


def text_in(path: Path) -> str:
    """The text of a file. UsageError with one line when it cannot be read, is too large, or is no text."""
    try:
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    if len(content) > SIZE_LIMIT:
        raise UsageError(f"{path}: is larger than {SIZE_LIMIT >> 20} MiB; name the configuration itself")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: is not UTF-8 at byte {error.start}; convert it first") from error
    if "\0" in text:
        raise UsageError(f"{path}: is no text file")
    return text

"""Files that appear whole or not at all, however the writing ends."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex
from typing import TypeVar

T = TypeVar("T")


def put(path: Path, write: Callable[[Path], T]) -> T:
    """Let `write` make a new file beside this one, and put it in its place once it is on the disk.

    What is at `path` is replaced; whoever must not, looks before. Raises OSError and what `write` raises,
    and then nothing is left behind.
    """
    part = path.with_name(f".{path.name}.{token_hex(4)}.part")
    try:
        done = write(part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return done

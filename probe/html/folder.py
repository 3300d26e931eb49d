"""The folder of a status page: files of our own are replaced one by one, all others are left alone.

What was written is kept in a list beside the pages. A file that is not in it is somebody else's: it is
neither replaced nor removed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from probe.errors import UsageError
from probe.html.pages import write_whole

LIST: Final = ".probe-publish.json"
OURS: Final = re.compile(r"index\.html|status\.json|service-[a-z0-9-]+\.html")
"""The names that we give; a list that says others is not believed."""


def publish(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files in their order, then remove what an earlier call wrote and this one did not.

    UsageError for a folder that cannot be used or holds a file of somebody else under a name of ours.
    """
    try:
        folder.mkdir(exist_ok=True)
        before = _written(folder)
        foreign = sorted(name for name in files if name not in before and os.path.lexists(folder / name))
        if foreign:
            lines = (f"{folder / name}: was not written by `probe publish`; move it away" for name in foreign)
            raise UsageError("\n".join(lines))
        _keep(folder, before | set(files))
        for name, text in files.items():
            write_whole(folder / name, text)
        for name in before - set(files):
            (folder / name).unlink(missing_ok=True)
        _keep(folder, set(files))
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written: {error.strerror}") from error


def _written(folder: Path) -> set[str]:
    """The files that are ours; none where there is no list."""
    try:
        named = json.loads((folder / LIST).read_text(encoding="utf-8"))["files"]
        return {name for name in named if OURS.fullmatch(name)}
    except FileNotFoundError:
        return set()
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(f"{folder / LIST}: is no list of `probe publish`; move it away") from error


def _keep(folder: Path, names: set[str]) -> None:
    write_whole(folder / LIST, json.dumps({"schema": 1, "files": sorted(names)}, indent=1) + "\n")

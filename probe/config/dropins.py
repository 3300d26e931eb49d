"""Which files of a drop-in folder are read."""

from __future__ import annotations

from pathlib import Path


def drop_ins(folder: Path, problems: list[str]) -> list[Path]:
    """The *.toml files of a drop-in folder in name order; dot files are skipped, a missing folder has none."""
    try:
        names = sorted(path.name for path in folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        problems.append(f"{folder}: cannot be read: {error.strerror}; it must be a folder of TOML files")
        return []
    found = []
    for entry in names:
        if entry.startswith(".") or not entry.endswith(".toml"):
            continue
        if entry.isprintable():
            found.append(folder / entry)
        else:
            problems.append(f"{folder}: {entry!a}: the file's name is not printable text; rename it")
    return found

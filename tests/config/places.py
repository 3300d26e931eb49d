"""Folders with configurations in them, for the tests of this room."""

from __future__ import annotations

from pathlib import Path

from probe.config import Config, load
from probe.errors import ConfigError

NO_ROUTES = Path("/nonexistent")

CHECK = """
[[check]]
name = "shop"
kind = "http"
target = "https://shop.example.net/"
"""


def write(folder: Path, main: str, **drop_ins: str) -> Path:
    """probe.toml with `main` in it, and a drop-in for each further argument."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "probe.toml").write_text(main)
    for name, text in drop_ins.items():
        (folder / "checks.d").mkdir(exist_ok=True)
        (folder / "checks.d" / f"{name}.toml").write_text(text)
    return folder / "probe.toml"


def loaded(folder: Path, main: str, **drop_ins: str) -> Config:
    """What these files say, on a machine without routes."""
    return load(write(folder, main, **drop_ins), NO_ROUTES)


def problems(path: Path) -> list[str]:
    """Every problem of a configuration, with paths beginning at its folder."""
    try:
        load(path, NO_ROUTES)
    except ConfigError as error:
        return [one.replace(f"{path.parent}/", "") for one in error.problems]
    return []

"""Which edition of the time zone database decides where months begin; part of every verdict."""

from __future__ import annotations

import zoneinfo
from functools import cache
from pathlib import Path


@cache
def tzdata_version() -> str:
    """The edition, such as "2026f", that zoneinfo reads here: the system's, else the packaged one."""
    for folder in map(Path, zoneinfo.TZPATH):
        try:
            with (folder / "tzdata.zi").open(encoding="utf-8") as file:
                return file.readline().removeprefix("# version ").strip()
        except OSError:
            if (folder / "UTC").exists():
                return "unknown"
    import tzdata

    return str(tzdata.IANA_VERSION)

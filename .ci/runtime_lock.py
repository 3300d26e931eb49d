"""Print the part of requirements.lock that the program needs at run time, hashes kept.

Walks the dependencies of pyproject.toml through the metadata installed in this environment, so the
wheel is tried with what its users get and without the development tools.
"""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import requires
from pathlib import Path

NAME = re.compile(r"[A-Za-z0-9._-]+")
ASKED = re.compile(r"([A-Za-z0-9._-]+)\s*(?:\[([^]]*)\])?")


def normal(name: str) -> str:
    """The name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def needed(roots: list[str]) -> set[str]:
    """Every distribution reachable from the roots, with the extras that are asked for and no others."""
    found: set[tuple[str, str]] = set()
    waiting = [one for root in roots for one in asked(root)]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in found:
            continue
        found.add((name, extra))
        for line in requires(name) or []:
            marker = re.search(r"extra == ['\"]([^'\"]+)['\"]", line)
            if (marker[1] if marker else "") == extra and installed(line):
                waiting += asked(line)
    return {name for name, _ in found}


def asked(line: str) -> list[tuple[str, str]]:
    """The distribution of a requirement without an extra, and once more for each extra."""
    match = ASKED.match(line)
    extras = [extra.strip() for extra in (match[2] or "").split(",") if extra.strip()]
    return [(normal(match[1]), extra) for extra in ("", *extras)]


def installed(line: str) -> bool:
    """Whether this platform installed the requirement (markers are decided by what is there)."""
    try:
        requires(normal(NAME.match(line)[0]))
    except ImportError:
        return False
    return True


def main() -> None:
    """Print the blocks of the lock whose distribution is needed."""
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    wanted = needed(project["dependencies"])
    keep = False
    for line in Path(sys.argv[1]).read_text().splitlines():
        if match := re.match(r"([A-Za-z0-9._-]+)(\[.*\])?==", line):
            keep = normal(match[1]) in wanted
        if keep and not line.lstrip().startswith("#"):
            sys.stdout.write(line + "\n")


main()

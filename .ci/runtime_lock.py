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


def normal(name: str) -> str:
    """The name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def needed(roots: list[str]) -> set[str]:
    """Every distribution reachable from the roots without an extra."""
    found: set[str] = set()
    waiting = [normal(NAME.match(root)[0]) for root in roots]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        waiting += [
            normal(NAME.match(line)[0]) for line in requires(name) or [] if "extra ==" not in line and installed(line)
        ]
    return found


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

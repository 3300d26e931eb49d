"""The configuration: probe.toml and checks.d as frozen values, or every problem in them at once.

load reads, find says which file; Config is what comes out, changes compares two of them. What only
reading needs is imported when something is read: most commands get along with the packed form.
"""

from __future__ import annotations

from pathlib import Path

from probe.config.configuration import AgentSettings, Changes, Config, StorageSettings, changes
from probe.config.find import find
from probe.config.machine import ROUTES

__all__ = ["AgentSettings", "Changes", "Config", "StorageSettings", "changes", "find", "load"]


def load(path: Path, routes: Path = ROUTES) -> Config:
    """Read `path` and checks.d beside it. Raises ConfigError with every located problem.

    routes: where the kernel shows its routes, for the gateway "auto".
    """
    from probe.config import loading

    return loading.load(path, routes)

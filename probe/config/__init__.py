"""The configuration: probe.toml and checks.d as frozen values, or every problem in them at once.

load reads, find says which file; Config is what comes out, changes compares two of them. What only
reading needs is imported when something is read: most commands get along with the packed form.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from probe.config.configuration import AgentSettings, Changes, Config, StorageSettings, changes
    from probe.config.loading import load
    from probe.config.place import find

__all__ = ["AgentSettings", "Changes", "Config", "StorageSettings", "changes", "find", "load"]

HOMES: Final = {"find": "probe.config.place", "load": "probe.config.loading"}


def __getattr__(name: str) -> Any:
    """Import the part of the package that a name lives in, when it is asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(HOMES.get(name, "probe.config.configuration")), name)

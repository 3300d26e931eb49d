"""The configuration: probe.toml and checks.d as frozen values, or every problem in them at once.

load reads, find says which file; Config is what comes out, changes compares two of them.
"""

from __future__ import annotations

from probe.config.configuration import AgentSettings, Changes, Config, StorageSettings, changes
from probe.config.find import find
from probe.config.loading import load

__all__ = ["AgentSettings", "Changes", "Config", "StorageSettings", "changes", "find", "load"]

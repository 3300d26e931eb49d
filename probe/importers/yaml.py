"""YAML that others wrote, bounded; the one home of PyYAML, which comes with the extra `yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from probe.errors import UsageError
from probe.importers.files import text_in

REMEDY: Final = "YAML needs PyYAML: pip install 'sla-probe[yaml]'"
ALIASES: Final = 1_000
"""References to anchors that are followed: more of them is a bomb, not a configuration."""

DEPTH: Final = 50


def mapping_in(path: Path) -> dict[Any, Any]:
    """The mapping that a file holds. UsageError with one line for whatever is wrong with it."""
    try:
        import yaml
    except ImportError as error:
        raise UsageError(REMEDY) from error
    text = text_in(path)
    try:
        _bound(path, yaml, text)
        content = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UsageError(f"{path}: is not YAML: {_where(error)}") from error
    if not isinstance(content, dict):
        raise UsageError(f"{path}: holds no mapping; is it the right file?")
    return content


def _bound(path: Path, yaml: Any, text: str) -> None:
    """Look at the events before anything is made of them."""
    aliases = depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        aliases += isinstance(event, yaml.AliasEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if aliases > ALIASES:
            raise UsageError(f"{path}: refers to anchors more than {ALIASES} times")
        if depth > DEPTH:
            raise UsageError(f"{path}: is nested deeper than {DEPTH} times")


def _where(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or type(error).__name__
    return f"line {mark.line + 1}: {what}" if mark is not None else str(what)

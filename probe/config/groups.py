"""[group.NAME] tables: what services have in common, nested as companies, customers and sites are.

A group holds keys of a service and may inherit from another group; a service that inherits from a group has
all its keys, and those of the groups above it, unless it says otherwise itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from probe.config import values
from probe.config.services import Agreements, read_service
from probe.config.table import Table


class Groups:
    """The groups of all files by name. Each is judged once, by the rules of a service."""

    def __init__(self, agreements: Agreements) -> None:
        """No group yet."""
        self._agreements = agreements
        self._tables: dict[str, Table] = {}
        self._unsound: set[str] = set()

    def read(self, tables: Iterable[Table]) -> None:
        """Take the groups in; problems are added to their files."""
        for table in tables:
            name = str(table.steps[-1])
            self._tables[name] = table
            if read_service(table, (), self._agreements) is None:
                self._unsound.add(name)
            self._agreements.of_service.pop(name, None)
        for table in self._tables.values():
            self.over(table)

    def over(self, table: Table) -> tuple[Mapping[str, Any], tuple[str, ...]]:
        """What a group or service inherits, and from which groups, the widest first; a problem is added to it."""
        content: dict[str, Any] = {}
        path: list[str] = []
        wanted = table.content.get("inherits")
        while isinstance(wanted, str):
            if wanted not in self._tables and path:
                break  # said where it stands
            if wanted not in self._tables:
                table.complain("inherits", f'"{wanted[:60]}" does not exist; {values.suggestion(wanted, self._tables)}')
                break
            if wanted in path or wanted == self._name(table):
                if self._name(table):
                    table.complain("inherits", "goes round in a circle; end it at a group without inherits")
                break
            path.append(wanted)
            above = self._tables[wanted].content
            if wanted not in self._unsound:
                content = {**above, **content}
            wanted = above.get("inherits")
        return {key: value for key, value in content.items() if key != "inherits"}, tuple(reversed(path))

    def _name(self, table: Table) -> str | None:
        """The name of a group; None for a service, which may be called like one."""
        name = str(table.steps[-1])
        return name if self._tables.get(name) is table else None

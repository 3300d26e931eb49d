"""Checks of kind group against the other checks: do all of them exist, and is nothing counted twice?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from probe.config import values
from probe.config.table import Table
from probe.model import Check

KIND = "group"


def judge_groups(checks: Iterable[Check], tables: Mapping[str, Table]) -> None:
    """Complain at each group whose checks are missing, are groups, or are part of the group's own service."""
    known = {check.key: check for check in checks}
    for check in known.values():
        if check.kind == KIND:
            for key in check.settings.of:
                _judge(check, key, known, tables[check.key])


def _judge(group: Check, key: str, known: Mapping[str, Check], table: Table) -> None:
    member = known.get(key)
    if member is None:
        families = [name for name in (f"{key}/4", f"{key}/6") if name in known]
        remedy = f"write {families}" if families else values.suggestion(key, known)
        table.complain("group.of", f'"{key}" does not exist; {remedy}')
    elif member.kind == KIND:
        table.complain("group.of", f'"{key}" is a group itself; name its checks')
    elif group.service is not None and member.service == group.service:
        why = f'"{key}" is part of the service "{group.service}" as the group is: its failures would count twice'
        table.complain("group.of", f"{why}; take `service` away from one of them")

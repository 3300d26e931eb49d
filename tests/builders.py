"""Checks and configurations made by hand for the tests of the recording way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from probe.model import Check

PLAIN = Check(
    name="shop",
    key="shop",
    kind="tcp",
    target="127.0.0.1:1",
    settings=None,
    interval_ms=60_000,
    timeout_ms=5_000,
    recheck_ms=5_000,
    g_max_ms=90_000,
    allow_private=True,
    revision="r1",
    meaning="{}",
)


def a_check(key: str = "shop", **changes: Any) -> Check:
    """A check with everything ordinary but what is named; g_max follows the interval."""
    if "interval_ms" in changes:
        changes.setdefault("g_max_ms", changes["interval_ms"] * 3 // 2)
    return replace(PLAIN, name=key, key=key, **changes)


def configuration(reference: int | None = None, *, confirm: int = 3, more: str = "") -> str:
    """probe.toml of an agent that asks every two seconds; its reference, if any, is a port on loopback."""
    text = f"""
[agent]
vantage = "here"
[storage]
path = "probe.db"
[defaults]
interval = "2s"
timeout = "1s"
recheck = "1s"
confirm = {confirm}
[references]
gateway = "none"
"""
    if reference is not None:
        target = f'{{ address = "tcp://127.0.0.1:{reference}", allow_private = true }}'
        text += f'interval = "2s"\ntimeout = "1s"\ntargets = [{target}]\n'
    return text + more


def port_checks(*ports: tuple[str, int], more: str = "") -> str:
    """A drop-in: checks by name, each of a port on loopback."""
    return "".join(
        f'[[check]]\nname = "{name}"\nkind = "tcp"\ntarget = "127.0.0.1:{port}"\nallow_private = true\n{more}'
        for name, port in ports
    )

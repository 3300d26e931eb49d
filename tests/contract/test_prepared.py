"""An attempt loads nothing: that would hold up all others, and needs descriptors that there may not be."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.peers import closed_port

SCRIPT = """
import asyncio, json, sys
from dataclasses import replace
from tests.probers.attempts import a_check
from probe.clock import SystemClock
from probe.probers import PROBERS
from probe.runner import attempt, launch

kind, target, keys = json.loads(sys.argv[1])

async def main():
    prober, check = PROBERS[kind](), a_check(kind, target, timeout_ms=1000, **keys)
    prober.prepare(check)
    landed = asyncio.get_running_loop().create_future()
    before = set(sys.modules)
    stop = launch(check, prober, SystemClock(), lambda *found: landed.set_result(found))
    await (landed if stop else attempt(check, prober, SystemClock()))
    print(sorted(name for name in set(sys.modules) - before))
    await prober.aclose()

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("kind", "scheme", "keys"),
    [
        ("http", "http://", {}),
        ("http", "http://", {"expect_json": {"a": 1}, "expect_body_regex": "a"}),
        ("http", "https://", {"http2": True}),
        ("tcp", "", {}),
        ("tcp", "", {"preset": "smtp"}),
        ("tls", "", {}),
        ("dns", "", {"name": "shop.example"}),
        ("dns", "", {"name": "shop.example", "type": "TLSA"}),
        ("dns", "", {"name": "shop.example", "transport": "tls"}),
    ],
)
def test_a_prepared_attempt_loads_nothing(kind: str, scheme: str, keys: dict[str, Any]) -> None:
    """What it needs was loaded when the configuration was."""
    told = json.dumps([kind, f"{scheme}127.0.0.1:{closed_port()}", keys])
    ended = subprocess.run([sys.executable, "-c", SCRIPT, told], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"

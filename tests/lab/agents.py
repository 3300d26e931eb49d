"""The real agent as a process of its own, and the commands beside it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from probe.control import request
from probe.errors import AgentError

ROOT = Path(__file__).parents[2]


def environment() -> dict[str, str]:
    """A plain one: no colour, no configuration of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PROBE_", "COV_"))}
    return kept | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "PYTHONWARNINGS": "ignore"}


def wait_until(is_so: Callable[[], object], seconds: float, what: str) -> None:
    """Look again and again; AssertionError when it is not so in time."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)


class RealAgent:
    """`python -m probe run` on a configuration."""

    def __init__(self, config: Path, prefix: Sequence[str] = ()) -> None:
        self.config, self.prefix = config, tuple(prefix)
        self.database = config.parent / "probe.db"
        self.log = config.parent / "agent.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it is not yet recording."""
        words = [*self.prefix, sys.executable, "-m", "probe", "run", "--config", str(self.config)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log, env=environment(), cwd=self.config.parent)

    def health(self) -> dict[str, Any] | None:
        """Its gauges, None while it does not answer."""
        try:
            answer: dict[str, Any] = request(self.database, {"do": "health"}, timeout=5)
        except AgentError:
            return None
        return answer

    def acknowledged(self) -> int:
        """How many outcomes it says are safe; 0 while it does not answer."""
        health = self.health()
        return int(health["acknowledged"]) if health else 0

    def wait_for(self, outcomes: int, seconds: float = 20) -> None:
        """Until so many outcomes are safe."""
        wait_until(lambda: self.is_running() and self.acknowledged() >= outcomes, seconds, self.log.read_text())

    def is_running(self) -> bool:
        """Whether the process lives."""
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """SIGKILL, as a power cut would for this process."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(20)

    def stop(self) -> int:
        """SIGTERM and wait; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def __enter__(self) -> RealAgent:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.is_running():
            self.kill()

    def ask(self, *words: str) -> str:
        """Another command on the same configuration; its standard output."""
        done = subprocess.run(
            [*self.prefix, sys.executable, "-m", "probe", "--config", str(self.config), *words],
            capture_output=True,
            text=True,
            timeout=60,
            env=environment(),
            check=False,
        )
        assert done.returncode in {0, 1}, done.stderr
        return done.stdout

    def ask_json(self, *words: str) -> Any:
        """The same for a command with --json."""
        return json.loads(self.ask(*words, "--json"))

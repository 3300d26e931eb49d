"""A kind from outside the package: its file, its line in the table, its test, its section in the README; no more."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from probe.agent.agent import Agent
from probe.clock import SystemClock
from probe.config import load
from probe.errors import ConfigError
from probe.model import Assertion, Check, Finding, Reason, State
from probe.probers import PROBERS
from probe.store.reader import open_reader


@dataclass(frozen=True, slots=True, kw_only=True)
class ToySettings:
    """The keys under `toy.`."""

    at_most: int = 10
    """Bytes that the file may have."""

    def __post_init__(self) -> None:
        if self.at_most < 0:
            raise ValueError("at_most: not below 0")


class ToyProber:
    """Kind "toy": is a file small enough?"""

    Settings = ToySettings

    @staticmethod
    def target(text: str) -> str:
        if not text.startswith("/"):
            raise ValueError(f'"{text}" is not an absolute path')
        return text

    def prepare(self, check: Check) -> None:
        """Nothing is shared."""

    async def probe(self, check: Check) -> Finding:
        size = len(await asyncio.to_thread(Path(check.target).read_bytes))
        held = size <= check.settings.at_most
        assertion = Assertion(f"at_most {check.settings.at_most}", str(size), held)
        if held:
            return Finding(state=State.UP, facts={"size": size}, assertions=(assertion,))
        return Finding(state=State.DOWN, reason=Reason.TOO_LARGE, facts={"size": size}, assertions=(assertion,))

    async def aclose(self) -> None:
        """Nothing is kept."""


KINDS = {**PROBERS, "toy": ToyProber}
MAIN = '[agent]\nvantage = "here"\n[storage]\npath = "probe.db"\n[references]\ngateway = "none"\n'


def write(folder: Path, more: str) -> Path:
    (folder / "checks.d").mkdir()
    (folder / "file").write_text("twelve bytes")
    (folder / "probe.toml").write_text(MAIN)
    check = f'[[check]]\nname = "small"\nkind = "toy"\ntarget = "{folder / "file"}"\n{more}\n'
    (folder / "checks.d" / "toy.toml").write_text(check)
    return folder / "probe.toml"


@pytest.mark.parametrize(("more", "state"), [("toy.at_most = 12", State.UP), ("", State.DOWN)])
def test_a_kind_in_the_table_is_configured_scheduled_and_recorded(tmp_path: Path, more: str, state: State) -> None:
    """From its settings in a file to its facts in the record, with the table as the only thing that knows it."""
    path = write(tmp_path, more)

    async def main() -> None:
        agent = Agent(load(path, kinds=KINDS), SystemClock(), kinds=KINDS)
        task = asyncio.create_task(agent.run())
        async with asyncio.timeout(8):
            while not agent._record.recorder.acknowledged:  # noqa: ASYNC110 - what is waited for is the disk
                await asyncio.sleep(0.01)
            assert await agent.reload() == []
        agent.stop()
        assert await task == 0

    asyncio.run(main())
    with open_reader(tmp_path / "probe.db") as reader:
        first = next(reader.outcomes("here", "small", 0, 1 << 60))
    assert (first.state, first.finding.facts) == (state, {"size": 12})


def test_its_settings_are_judged_like_any_others(tmp_path: Path) -> None:
    """Each problem names the file, the key and the remedy."""
    path = write(tmp_path, "toy.at_mist = 3\ntoy.at_most = -1")
    with pytest.raises(ConfigError) as refused:
        load(path, kinds=KINDS)
    assert any('did you mean "at_most"' in problem for problem in refused.value.problems)


def test_without_its_line_in_the_table_it_does_not_exist(tmp_path: Path) -> None:
    """Nothing registers itself."""
    with pytest.raises(ConfigError, match=r'"toy" is unknown|2 problems|problem'):
        load(write(tmp_path, ""))

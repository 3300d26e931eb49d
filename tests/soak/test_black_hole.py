"""Nine of ten targets swallow every packet: the others must not feel it, and the agent must not grow.

10,000 checks, of which 9,000 lead nowhere: `short` is five minutes, for CI, `long` half an hour.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from probe.model import Origin, Outcome, Reason, State
from probe.store.reader import Reader, open_reader
from tests.lab.agents import RealAgent, wait_until
from tests.lab.needs import need
from tests.soak.desert import NEEDED, OASIS, REFERENCES, desert, lost

pytestmark = [pytest.mark.lab, pytest.mark.soak]

GOAL_MS: Final = 100
LAG_MS: Final = 1_000
KINDS: Final = ("http", "tcp", "icmp")


class Size(NamedTuple):
    """How many checks, how often, for how long, and how many rechecks a second are allowed."""

    checks: int
    interval_s: int
    seconds: int
    recheck_rate: int

    @property
    def healthy(self) -> int:
        """Every tenth check has a target that answers."""
        return self.checks // 10


SIZES: Final = {"short": Size(10_000, 60, 300, 200), "long": Size(10_000, 60, 1_800, 200)}
RECHECK_S: Final = 2
"""Asked for; the rate allows one in 45 s only, in both sizes."""
CONFIG: Final = """
[agent]
vantage = "soak"
recheck_rate = {rate}
[storage]
path = "probe.db"
[defaults]
interval = "{interval}s"
timeout = "3.5s"
recheck = "{recheck}s"
confirm = 3
[references]
gateway = "{oasis}"
interval = "10s"
timeout = "3.5s"
targets = [
  {{ address = "icmp://{one}", network = "net A", allow_private = true }},
  {{ address = "icmp://{two}", network = "net B", allow_private = true }},
]
"""


class Sample(NamedTuple):
    """What the kernel says of the agent at one moment."""

    seconds: float
    resident: int
    descriptors: int
    cpu_s: float


class Soak(NamedTuple):
    """What there is to look at after the run."""

    size: Size
    samples: list[Sample]
    healthy: list[Outcome]
    lost: list[list[Outcome]]
    rechecks: dict[int, int]
    exit_code: int
    log: str


@pytest.fixture(scope="module", params=SIZES)
def soak(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Soak:
    """One run of one size, for all tests here; its figures are left in figures.json."""
    need("the desert", NEEDED)
    size, folder = SIZES[request.param], tmp_path_factory.mktemp(request.param)
    write_configuration(folder, size)
    with desert(folder) as inside, RealAgent(folder / "probe.toml", inside) as agent:
        await_first(agent, size.checks)
        samples = observe(agent, size.seconds)
        code = agent.stop()
    with open_reader(agent.database) as reader:
        found = look(reader, size, samples, code, agent.log.read_text())
    figures = json.dumps(summary(found), indent=1)
    (folder / "figures.json").write_text(figures)
    sys.stdout.write(f"\n{request.param}: {figures}\n")
    return found


def write_configuration(folder: Path, size: Size) -> None:
    """The checks in turn over the kinds; every tenth leads to the server, the others into the desert."""
    words = {"rate": size.recheck_rate, "interval": size.interval_s, "recheck": RECHECK_S, "oasis": OASIS}
    (folder / "probe.toml").write_text(CONFIG.format(**words, one=REFERENCES[0], two=REFERENCES[1]))
    (folder / "checks.d").mkdir()
    for number in range(size.checks):
        is_healthy, kind = number % 10 == 0, KINDS[number // 10 % 3]
        host = OASIS if is_healthy else lost(number)
        target = {"http": f"http://{host}/", "tcp": f"{host}:80", "icmp": host}[kind]
        name = f"{'healthy' if is_healthy else 'lost'}-{number}"
        with (folder / "checks.d" / f"{number // 1000}.toml").open("a") as file:
            file.write(f'[[check]]\nname = "{name}"\nkind = "{kind}"\ntarget = "{target}"\nallow_private = true\n')


def await_first(agent: RealAgent, outcomes: int) -> None:
    """Until so many outcomes are safe, or the agent has ended."""
    wait_until(lambda: not agent.is_running() or agent.acknowledged() >= outcomes, 180, "as many outcomes as checks")
    assert agent.is_running(), agent.log.read_text()[-2000:]


def observe(agent: RealAgent, seconds: int) -> list[Sample]:
    """Let it work; look at it sixty times."""
    began, samples = time.monotonic(), []
    for number in range(1, 61):
        until = began + seconds * number / 60
        wait_until(lambda until=until: time.monotonic() >= until, seconds + 5, "time passes")  # type: ignore[misc]
        assert agent.is_running(), agent.log.read_text()[-2000:]
        samples.append(sample(agent_pid(agent), time.monotonic() - began))
    return samples


def agent_pid(agent: RealAgent) -> int:
    """The process itself: `ip netns exec` becomes it."""
    assert agent.process is not None
    return agent.process.pid


def sample(pid: int, seconds: float) -> Sample:
    """Resident bytes without the mapped files, open descriptors, and CPU time so far."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    cpu_s = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    resident = int(status["RssAnon"].split()[0]) * 1024
    return Sample(seconds, resident, len(list(Path(f"/proc/{pid}/fd").iterdir())), cpu_s)


def look(reader: Reader, size: Size, samples: list[Sample], code: int, log: str) -> Soak:
    """All that the record has of the healthy ones, and of a hundred of the others."""
    names = [f"{'healthy' if number % 10 == 0 else 'lost'}-{number}" for number in range(size.checks)]
    some = [name for name in names if name.startswith("lost")][:: size.checks // 110]
    sent = reader.ask(
        lambda record: record.execute("SELECT at_ms / 1000, count(*) FROM hot WHERE origin = 1 GROUP BY 1")
    )
    return Soak(
        size=size,
        samples=samples,
        healthy=[one for name in names if name.startswith("healthy") for one in outcomes(reader, name)],
        lost=[outcomes(reader, name) for name in some],
        rechecks=dict(sent.fetchall()),
        exit_code=code,
        log=log,
    )


def outcomes(reader: Reader, key: str) -> list[Outcome]:
    """All of one check."""
    return list(reader.outcomes("soak", key, 0, 1 << 60))


def lags(soak: Soak) -> list[int]:
    """How long after its due time each grid attempt of the healthy was sent, ms."""
    return sorted(one.at_ms - one.due_ms for one in soak.healthy if one.due_ms is not None)


def spacings(soak: Soak) -> list[int]:
    """From one attempt to the next of a check that leads nowhere, ms, the first three left out."""
    found = (pair for each in soak.lost for pair in pairwise(each[3:]))
    return sorted(after.at_ms - before.at_ms for before, after in found)


def summary(soak: Soak) -> dict[str, object]:
    """The figures of a run."""
    late, apart = lags(soak), spacings(soak)
    last = soak.samples[-1]
    return {
        "checks": soak.size.checks,
        "seconds": soak.size.seconds,
        "outcomes of the healthy": len(soak.healthy),
        "their states": dict(Counter(str(one.finding.state) for one in soak.healthy)),
        "lag ms p50, p99, max": [late[len(late) // 2], late[len(late) * 99 // 100], late[-1]],
        "goal of 0.1 s met": late[len(late) * 99 // 100] <= GOAL_MS,
        "rechecks a second, most": max(soak.rechecks.values()),
        "spacing of the lost ms p50, p90": [apart[len(apart) // 2], apart[len(apart) * 9 // 10]],
        "anonymous MiB": [round(one.resident / 2**20, 1) for one in soak.samples[4::5]],
        "descriptors": [one.descriptors for one in soak.samples[4::5]],
        "CPU of one core": round((last.cpu_s - soak.samples[0].cpu_s) / (last.seconds - soak.samples[0].seconds), 3),
    }


def stalls(soak: Soak) -> set[Reason]:
    """What may be said of any check where the machine took the cores away, which the agent has noted then."""
    return {Reason.STALL} if "event=stall" in soak.log else set()


def test_none_of_the_healthy_is_said_to_fail(soak: Soak) -> None:
    """Every outcome of a target that answers is up: none down, none an overrun, none unknown but by a stall of ours."""
    wrong = [
        (one.key, one.finding.reason, one.finding.detail)
        for one in soak.healthy
        if one.finding.state is not State.UP and one.finding.reason not in stalls(soak)
    ]
    assert len(soak.healthy) >= soak.size.healthy * (soak.size.seconds // soak.size.interval_s - 1)
    assert wrong == []


def test_the_healthy_keep_their_grid(soak: Soak) -> None:
    """No healthy check misses a tick, and 99 of 100 are sent within a second of their due time."""
    late = lags(soak)
    assert len(late) == len(soak.healthy), "an attempt that is no tick"
    assert late[len(late) * 99 // 100] <= LAG_MS
    by_key = Counter(one.key for one in soak.healthy)
    assert min(by_key.values()) >= soak.size.seconds // soak.size.interval_s - 1


def test_what_leads_nowhere_is_down_and_nothing_else(soak: Soak) -> None:
    """A target that swallows packets is down by timeout, never unknown: stretched rechecks are no overrun."""
    seen = Counter(one.finding.reason for each in soak.lost for one in each)
    assert set(seen) - stalls(soak) == {Reason.TIMEOUT}


def test_rechecks_stretch(soak: Soak) -> None:
    """The rate bounds the rechecks of all, so each check's are far wider apart than asked, at most its interval."""
    apart = spacings(soak)
    most = soak.size.recheck_rate * 1.1 + 2
    assert statistics.fmean(soak.rechecks.values()) <= most
    assert max(soak.rechecks.values()) <= 2 * most
    assert apart[len(apart) // 2] > 2 * RECHECK_S * 1000
    assert apart[-1] <= soak.size.interval_s * 1100 + LAG_MS
    assert any(one.origin is Origin.RECHECK for each in soak.lost for one in each)


def test_memory_is_flat(soak: Soak) -> None:
    """In the last third the agent holds no more memory of its own than in the middle, but for a twentieth."""
    third = len(soak.samples) // 3
    middle, last = soak.samples[third : 2 * third], soak.samples[-third:]
    grown = statistics.median(one.resident for one in last) - statistics.median(one.resident for one in middle)
    assert grown <= 0.05 * middle[0].resident


def test_no_descriptor_is_left_behind(soak: Soak) -> None:
    """In the last third no more descriptors are open than in the middle, and far from what the kernel allows."""
    third = len(soak.samples) // 3
    middle, last = soak.samples[third : 2 * third], soak.samples[-third:]
    most = max(one.descriptors for one in middle)
    assert statistics.median(one.descriptors for one in last) <= most
    assert max(one.descriptors for one in soak.samples) <= soak.size.checks


def test_the_agent_ends_well(soak: Soak) -> None:
    """It stops in good order, and has not complained."""
    assert soak.exit_code == 0
    assert '"level": "ERROR"' not in soak.log
    assert "a bug" not in soak.log

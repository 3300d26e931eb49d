"""A real run: Debian's servers, a real outage, a real cut of our own line, and what the report makes of them."""

from __future__ import annotations

import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.lab import net, servers
from tests.lab.agents import RealAgent, wait_until
from tests.lab.net import Lab

pytestmark = pytest.mark.lab

CONFIG = f"""
[agent]
vantage = "lab"
[storage]
path = "probe.db"
[defaults]
interval = "5s"
timeout = "3.5s"
recheck = "2s"
confirm = 3
[references]
gateway = "{net.GATEWAY}"
interval = "5s"
timeout = "3.5s"
recheck = "2s"
targets = [
  {{ address = "icmp://{net.REFERENCES[0]}", network = "net A", allow_private = true }},
  {{ address = "icmp://{net.REFERENCES[1]}", network = "net A", allow_private = true }},
  {{ address = "icmp://{net.REFERENCES[2]}", network = "net B", allow_private = true }},
]
[service.web]
provider = "the host"
objective = "90 %"
[service.shell]
provider = "the host"
objective = "90 %"
[service.names]
provider = "the host"
objective = "90 %"
"""
CHECKS = f"""
[[check]]
name = "web"
kind = "http"
target = "http://{net.TARGET}/"
service = "web"
allow_private = true
http.expect_body = "all is well"
[[check]]
name = "shell"
kind = "tcp"
target = "{net.TARGET}:22"
service = "shell"
allow_private = true
tcp.expect = "^SSH-2.0"
[[check]]
name = "names"
kind = "dns"
target = "{net.TARGET}:53"
service = "names"
allow_private = true
dns.name = "www.shop.test"
"""
SETTLE_S, OUTAGE_S, BETWEEN_S, CUT_S, AFTER_S = 12, 40, 20, 30, 18


class Truth(NamedTuple):
    """What really happened, wall-clock ms: each edge as (not before, not after)."""

    start: int
    end: int
    down: tuple[int, int]
    up: tuple[int, int]
    window: tuple[int, int]
    cut: tuple[int, int]
    mended: tuple[int, int]


class Run(NamedTuple):
    """The truth and what the commands said."""

    truth: Truth
    report: dict[str, dict[str, Any]]
    outages: list[dict[str, Any]]
    log: str
    exit_code: int
    config: Path


@pytest.fixture(scope="module")
def run(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Two minutes of real time, once for all tests here."""
    folder = tmp_path_factory.mktemp("real")
    config = folder / "probe.toml"
    config.write_text(CONFIG)
    (folder / "checks.d").mkdir()
    (folder / "checks.d" / "lab.toml").write_text(CHECKS)
    with serving(lab, folder) as web, RealAgent(config, lab.inside("agent")) as agent:
        agent.wait_for(7 * 2)
        truth = _story(lab, agent, web)
        code = agent.stop()
    choice = ("--from", iso(truth.start), "--to", iso(truth.end))
    report = agent.ask_json("report", *choice)
    outages = agent.ask_json("outages", *choice)
    by_service = {each["service"]: each for each in report["assessments"]}
    return Run(truth, by_service, outages["outages"], agent.log.read_text(), code, config)


@contextmanager
def serving(lab: Lab, folder: Path) -> Iterator[servers.Server]:
    """All three servers at the provider; the web server is handed out."""
    inside, started = lab.inside("provider"), []
    makers = (("web", servers.web, 80), ("names", servers.names, 53), ("shell", servers.shell, 22))
    try:
        for name, make, port in makers:
            home = folder / name
            home.mkdir()
            started.append(make(inside, home, net.TARGET, servers.accepts(inside, net.TARGET, port)))
            started[-1].start()
        yield started[0]
    finally:
        for server in started:
            server.stop()


def _story(lab: Lab, agent: RealAgent, web: servers.Server) -> Truth:
    start = servers.wall_ms()
    pause(SETTLE_S)
    down = web.stop()
    window = (down[0] + 20_000, down[0] + 60_000)
    agent.ask("maintenance", "add", "--service", "web", "--start", iso(window[0]), "--end", iso(window[1]),
              "--announced-at", iso(start), "--reason", "new disks")  # fmt: skip
    pause(OUTAGE_S - (servers.wall_ms() - down[0]) / 1000)
    up = web.start()
    pause(BETWEEN_S)
    cut = around(lab.cut)
    pause(CUT_S)
    mended = around(lab.mend)
    pause(AFTER_S)
    return Truth(start, servers.wall_ms(), down, up, window, cut, mended)


def pause(seconds: float) -> None:
    """Real time must pass: the agent under test lives in it."""
    end = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() >= end, seconds + 5, "time passes")


def around(deed: Any) -> tuple[int, int]:
    """The wall clock before and after a deed."""
    before = servers.wall_ms()
    deed()
    return before, servers.wall_ms()


def iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def seconds(text: str) -> Fraction:
    return Fraction(text)


def test_the_bounds_contain_the_true_downtime(run: Run) -> None:
    """Proven downtime is never more than was, the highest never less, and the proven part is most of it."""
    truth, raw = run.truth, run.report["web"]["raw_downtime"]
    least, most = Fraction(truth.up[0] - truth.down[1], 1000), Fraction(truth.up[1] - truth.down[0], 1000)
    assert seconds(raw["low"]) <= most
    assert seconds(raw["observed_high"]) >= least
    assert seconds(raw["high"]) >= least
    assert seconds(raw["low"]) >= least - 15
    assert seconds(raw["low"]) <= seconds(raw["point"]) <= seconds(raw["observed_high"]) <= seconds(raw["high"])


def test_the_outage_is_found_where_it_was(run: Run) -> None:
    """Earliest and latest possible start and end enclose the server's own stop and start times."""
    truth = run.truth
    outage = next(o for o in run.outages if o["check"] == "web" and o["cause"] == "provider_or_path")
    assert ms(outage["start"]["earliest"]) <= truth.down[1]
    assert ms(outage["start"]["latest"]) >= truth.down[0]
    assert ms(outage["end"]["earliest"]) <= truth.up[1]
    assert ms(outage["end"]["latest"]) >= truth.up[0]
    assert ms(outage["start"]["latest"]) - ms(outage["start"]["earliest"]) <= 7_500
    assert ms(outage["end"]["latest"]) - ms(outage["end"]["earliest"]) <= 7_500


def test_the_cut_of_our_line_is_nobodys_outage(run: Run) -> None:
    """While the gateway dropped everything nothing is charged to the provider; the cause is our own network."""
    truth = run.truth
    for service in ("shell", "names"):
        assessment = run.report[service]
        assert seconds(assessment["downtime"]["low"]) == 0
        assert seconds(assessment["unknown"]) >= 15
    charged = [o for o in run.outages if o["cause"] == "provider_or_path"]
    assert [o["check"] for o in charged] == ["web"]
    for check in ("web", "shell", "names"):
        inside = [
            o
            for o in run.outages
            if o["check"] == check
            and ms(o["start"]["latest"]) >= truth.cut[0]
            and ms(o["start"]["earliest"]) <= truth.mended[1]
        ]
        assert [o["cause"] for o in inside] == ["own_network"], check


def test_a_timeout_outage_of_our_own_line_is_fully_seen(run: Run) -> None:
    """Rechecks never become overruns: thirty seconds of time-outs are linked failures, not gaps."""
    cut = next(o for o in run.outages if o["check"] == "shell")
    assert cut["attempts"] >= 6
    assert "overrun" not in run.log


def test_the_window_is_subtracted_and_listed(run: Run) -> None:
    """Half of the outage lay in declared maintenance; the report says what that forgave."""
    truth, web = run.truth, run.report["web"]
    listed = [e for e in web["exclusions"] if e["refused"] is None]
    assert [(ms(e["start"]), ms(e["end"])) for e in listed] == [truth.window]
    forgiven = seconds(listed[0]["forgiven"])
    assert 10 <= forgiven <= 21
    assert seconds(web["downtime"]["low"]) == seconds(web["raw_downtime"]["low"]) - forgiven
    assert seconds(web["downtime"]["low"]) <= Fraction(truth.window[0] - truth.down[0], 1000) + Fraction(1, 10)


def test_a_claim_of_the_real_run_passes_on_a_bare_python(run: Run, tmp_path: Path) -> None:
    """The outage of the web server, its samples and its witnesses, counted anew by the enclosed verifier alone."""
    path, words = tmp_path / "web.zip", ("--from", iso(run.truth.start), "--to", iso(run.truth.end))
    RealAgent(run.config).ask("claim", "web", *words, "--anyway", "-o", str(path))
    with zipfile.ZipFile(path) as pack:
        pack.extractall(tmp_path)
    code = [sys.executable, "-I", "-S", str(tmp_path / "verify.py"), str(path)]
    done = subprocess.run(code, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    raw = seconds(run.report["web"]["raw_downtime"]["low"])
    assert f"web / web: {float(raw):.3f} s proven by the samples, {float(raw):.3f} s stated" in done.stdout


def test_the_log_tells_the_story_in_a_few_lines(run: Run) -> None:
    """Transitions and own troubles, one line each; an orderly end is exit code 0."""
    assert run.exit_code == 0
    assert run.log.count("outage began check=web") >= 1
    assert "our own line is down" in run.log
    assert "our own line is up again" in run.log
    assert "Traceback" not in run.log
    assert len(run.log.splitlines()) <= 60

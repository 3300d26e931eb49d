"""The real agent asked by other programs: figures, health and documents; and by Prometheus itself."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest

from probe.agent.answers import Face
from probe.agent.exposition import Seen, exposition
from probe.agent.record import Record
from probe.clock import SystemClock
from probe.config import load
from probe.config.configuration import WebSettings
from probe.judge import PeriodChoice, assess
from probe.secrets import Secret
from probe.store.reader import open_reader
from tests.builders import configuration, port_checks
from tests.lab.agents import RealAgent, wait_until

ROOT: Final = Path(__file__).parents[2]
MORE: Final = """
[service.shop]
objective = "99.9 %"
[web]
listen = "127.0.0.1:{web}"
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


class Site:
    """An agent with a check that is up and one that is down, and where it listens."""

    def __init__(self, folder: Path, port: int, reference: int) -> None:
        self.web, self.folder = free_port(), folder
        main = configuration(reference, confirm=1, more=MORE.format(web=self.web))
        (folder / "probe.toml").write_text(main)
        (folder / "checks.d").mkdir()
        self.checks(port)
        self.agent = RealAgent(folder / "probe.toml")

    def checks(self, port: int) -> None:
        text = port_checks(("good", port), ("bad", free_port()), more='service = "shop"\n')
        (self.folder / "checks.d" / "all.toml").write_text(text)

    def get(self, path: str, host: str = "127.0.0.1") -> tuple[int, str]:
        peer = HTTPConnection("127.0.0.1", self.web, timeout=10)
        try:
            peer.request("GET", path, headers={"Host": host})
            answer = peer.getresponse()
            return answer.status, answer.read().decode()
        finally:
            peer.close()

    def documents(self, path: str) -> Any:
        status, body = self.get(path)
        assert status == 200
        return json.loads(body)


@contextmanager
def at_work(folder: Path) -> Iterator[tuple[Site, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_server(("127.0.0.1", 0)) as reference:
        site = Site(folder, server.getsockname()[1], reference.getsockname()[1])
        site.agent.start()
        try:
            site.agent.wait_for(8)
            yield site, server
        finally:
            site.agent.kill()


def samples(text: str, name: str) -> dict[str, float]:
    """Value by the label `check` of one metric."""
    found = {}
    for line in text.splitlines():
        if line.startswith(name + "{"):
            labels, _, value = line.removeprefix(name).rpartition(" ")
            found[labels.partition('check="')[2].partition('"')[0]] = float(value)
    return found


def test_other_programs_get_figures_health_and_documents(tmp_path: Path) -> None:
    """What a dashboard (ours names only what exists), a load balancer and a script ask for; all of it reads."""
    with at_work(tmp_path) as (site, _):
        status, figures = site.get("/metrics")
        assert status == 200
        success = samples(figures, "probe_success")
        assert (success["good"], success["bad"]) == (1, 0)
        assert "good" in samples(figures, "probe_duration_seconds")
        assert "bad" not in samples(figures, "probe_duration_seconds")
        assert "probe_own_line_up 1.0" in figures
        assert "probe_agent_info{" in figures
        assert site.get("/healthz") == (200, "ok\n")
        assert {one["name"] for one in site.documents("/api/status")["checks"]} >= {"good", "bad"}
        assert [one["check"] for one in site.documents("/api/outages")["outages"]] == ["bad"]
        assert site.documents("/api/report")["assessments"][0]["service"] == "shop"
        assert site.get("/metrics", "evil.example")[0] == 421
        assert site.get("/probe?target=x")[0] == 404
        lint(figures)
    known = {line.split()[2] for line in figures.splitlines() if line.startswith("# TYPE ")}
    names = metrics_of_the_dashboard()
    assert len(names) >= 8
    assert names - known == set()


def lint(figures: str) -> None:
    """promtool has nothing to say."""
    if (tool := program("promtool")) is not None:
        done = subprocess.run([tool, "check", "metrics"], input=figures, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout + done.stderr) == (0, "")


def program(name: str) -> str | None:
    found = shutil.which(name)
    assert found is not None or "CI" not in os.environ, f"CI must have {name}: apt-get install prometheus"
    return found


def metrics_of_the_dashboard() -> set[str]:
    """Every name that begins with probe_ in the expressions of the dashboard."""
    document = json.loads((ROOT / "deploy" / "grafana.json").read_text(encoding="utf-8"))
    texts = [target["expr"] for panel in document["panels"] for target in panel.get("targets", [])]
    texts += [str(one.get("query", "")) for one in document["templating"]["list"]]
    return {name for text in texts for name in re.findall(r"\bprobe_\w+", text)}


@contextmanager
def prometheus(folder: Path, target: int) -> Iterator[int]:
    """Prometheus from Debian, scraping every second; its port."""
    tool = program("prometheus")
    if tool is None:
        pytest.skip("prometheus is not installed: apt-get install prometheus")
    port = free_port()
    (folder / "prometheus.yml").write_text(
        "global: {scrape_interval: 500ms}\n"
        f"scrape_configs: [{{job_name: probe, static_configs: [{{targets: ['127.0.0.1:{target}']}}]}}]\n"
    )
    words = [tool, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/tsdb"]
    words.append(f"--web.listen-address=127.0.0.1:{port}")
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, cwd=folder)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(20)


def asked(port: int, query: str) -> list[Any]:
    """What Prometheus answers to an instant query; nothing while it starts."""
    peer = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        peer.request("GET", f"/api/v1/query?query={quote(query)}")
        answer = peer.getresponse()
        body = answer.read()
    except OSError:
        return []
    finally:
        peer.close()
    result: list[Any] = json.loads(body)["data"]["result"] if answer.status == 200 else []
    return result


def test_prometheus_scrapes_it_and_its_availability_agrees_with_ours(tmp_path: Path) -> None:
    """The share of good scrapes lies within our bounds, give or take the cache, an interval and a scrape."""
    with at_work(tmp_path) as (site, server), prometheus(tmp_path, site.web) as port:
        count = 'count_over_time(probe_success{check="good"}[1m])'
        wait_until(lambda: (found := asked(port, count)) and int(found[0]["value"][1]) >= 3, 30, "scraped")
        start_ms = time.time_ns() // 1_000_000
        server.close()
        wait_until(lambda: asked(port, 'probe_success{check="good"} == 0'), 20, "seen down")
        wait_until(lambda: time.time_ns() // 1_000_000 - start_ms > 5_000, 20, "some time down")
        end_ms = time.time_ns() // 1_000_000
        seconds = (end_ms - start_ms) // 1000 + 4
        answer = asked(port, f'avg_over_time(probe_success{{check="good"}}[{seconds}s])')
        share = Fraction(answer[0]["value"][1])
        choice = PeriodChoice(start_ms=end_ms - seconds * 1000, end_ms=end_ms)
        with open_reader(site.agent.database) as reader:
            found = assess(load(tmp_path / "probe.toml"), reader, choice, end_ms)
        (bounds,) = [one.availability for one in found if one.check == "good"]
        assert bounds is not None
        slack = Fraction(5 + 2 + 1, seconds)
        assert bounds.low - slack <= share <= bounds.high + slack
        assert 0 < share < 1


def test_nothing_is_known_of_nothing() -> None:
    """A look without a check or a service gives the agent's figures and no others."""
    from tests.view.test_nagios import a_snapshot

    health = dict.fromkeys(("checks", "paused", "in_flight", "waiting", "failing", "tasks", "descriptors"), 0)
    health |= dict.fromkeys(("wal_bytes", "lag_ms", "memory_kib", "started_ms", "acknowledged", "refused"), 0)
    storage: Any = {"is_degraded": False, "spooled": 0}
    words: dict[str, Any] = {"version": "1", "vantage": "office", "storage": storage}
    text = exposition(Seen(a_snapshot(), {}, {**health, **words}, {})).decode()
    assert samples(text, "probe_success") == {}
    assert "probe_outcomes_recorded_total 0.0" in text


class Quiet:
    """A face without an agent behind it, and the log of what it says."""

    def __init__(self, folder: Path, ails: str = "") -> None:
        (folder / "probe.toml").write_text('[agent]\nvantage = "here"\n[references]\ngateway = "none"\n')
        clock = SystemClock()
        self.record = Record(load(folder / "probe.toml"), clock)
        desk: Any = None
        self.face = Face(clock, self.record, desk, lambda: ails)

    async def ask(self, path: str) -> str:
        assert self.face.port is not None
        reader, writer = await asyncio.open_connection("127.0.0.1", self.face.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        await writer.wait_closed()
        return answer.decode()


def test_an_ill_agent_says_what_ails_it(tmp_path: Path) -> None:
    """503 takes it out of service; a record that is not there is said too."""

    async def story() -> tuple[str, str]:
        quiet = Quiet(tmp_path, "the loop is late")
        await quiet.face.follow(WebSettings(host="127.0.0.1", port=free_port()))
        try:
            return await quiet.ask("/healthz"), await quiet.ask("/api/status")
        finally:
            await quiet.face.stop()

    health, status = asyncio.run(story())
    assert health.startswith("HTTP/1.1 503 ")
    assert health.endswith("the loop is late\n")
    assert status.startswith("HTTP/1.1 503 ")
    assert "there is no database at" in status


def test_the_listener_follows_the_configuration(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It opens, stays where nothing changed, moves, closes; what hinders it is one line and never the agent's end."""
    first, second = free_port(), free_port()
    (tmp_path / "token").write_text("right")

    async def story() -> None:
        face = Quiet(tmp_path).face
        await face.follow(None)
        assert face.port is None
        await face.follow(WebSettings(host="127.0.0.1", port=first))
        server = face._server
        await face.follow(WebSettings(host="127.0.0.1", port=first))
        assert face._server is server
        await face.follow(WebSettings(host="127.0.0.1", port=second, token=Secret(file=str(tmp_path / "token"))))
        assert face.port == second
        with socket.create_server(("127.0.0.1", first)):
            await face.follow(WebSettings(host="127.0.0.1", port=first))
            assert face.port is None
        await face.follow(WebSettings(host="127.0.0.1", port=first))
        assert face.port == first, "tried again although the settings are the same"
        await face.follow(WebSettings(host="127.0.0.1", port=first, token=Secret(file=str(tmp_path / "none"))))
        assert face.port is None
        await face.follow(None)

    asyncio.run(story())
    problems = [vars(one)["problem"] for one in caplog.records if one.levelname == "ERROR"]
    assert len(problems) == 2
    assert f"cannot listen on 127.0.0.1:{first}" in problems[0]
    assert problems[1].startswith("secret in file ")


def test_what_was_made_a_moment_ago_is_given_again(tmp_path: Path) -> None:
    """Whoever asks often costs no more than whoever asks once."""
    made: list[int] = []

    async def story() -> None:
        face = Quiet(tmp_path).face
        face._read = lambda make: make(face._record.config, None, 0)  # type: ignore[arg-type,method-assign]

        def make(*_: object) -> bytes:
            made.append(1)
            return b"x"

        await asyncio.gather(*(face._kept("/x", "text/plain", make) for _ in range(5)))

    asyncio.run(story())
    assert len(made) == 1

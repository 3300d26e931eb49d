"""Every kind against the servers that people run, and beside the tools that people trust, in one namespace."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any, Final, NamedTuple

import pytest

from probe.clock import NS_PER_MS, SystemClock
from probe.model import Finding, Reason, State
from probe.secrets import Secret
from tests.lab.house import House, open_house
from tests.lab.needs import need
from tests.lab.recipes import POSTGRES, RECIPES
from tests.lab.tools import BESIDE
from tests.lab.tools import NEEDED as TOOLS
from tests.probers.attempts import a_resolver, find

pytestmark = pytest.mark.lab

NEEDED: Final = (
    *("ip", "nginx", "apache2", "haproxy", "named", "nsd", "postfix", "dovecot", "sshd", "vsftpd", "mariadbd"),
    *("mariadb-install-db", "redis-server", f"{POSTGRES}/postgres", *TOOLS),
)


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """All servers at once, in a namespace with nothing but a loopback."""
    need("the house", NEEDED)
    with open_house(RECIPES) as opened:
        yield opened


def probe(house: House, kind: str, target: str, **keys: Any) -> Finding:
    """One attempt from inside the house, its authority trusted where the kind knows one."""
    if kind in {"http", "tls"} and (kind == "tls" or target.startswith("https")):
        keys = {"ca_file": house.authority} | keys
    resolver = None
    if kind == "dns" and keys.get("servers") == "all":
        resolver = a_resolver(house.folder, conf="nameserver 127.0.0.1\n")
    return house.run(lambda: find(kind, target, resolver, **{"timeout_ms": 5000} | keys))


class Case(NamedTuple):
    """A check, and what must come of it."""

    kind: str
    target: str
    keys: Mapping[str, Any] = {}
    reason: Reason | None = None


CASES: Final[dict[str, Case]] = {
    "nginx": Case("http", "http://127.0.0.1/", {"expect_body": "all is well"}),
    "nginx TLS": Case("http", "https://127.0.0.1/", {"min_days_left": 50, "min_tls": "1.3"}),
    "nginx HTTP/2": Case("http", "https://127.0.0.1/", {"http2": True}),
    "nginx JSON": Case("http", "http://127.0.0.1/json", {"expect_json": {"status": "ok", "nodes[0].alive": True}}),
    "nginx redirect": Case("http", "http://127.0.0.1/hop", {"expect_final_url": "http://127.0.0.1/landed"}),
    "nginx 503": Case("http", "http://127.0.0.1/busy", {}, Reason.STATUS),
    "nginx, certificate too old": Case("http", "https://127.0.0.1:8443/", {}, Reason.TLS_EXPIRED),
    "nginx, unknown authority": Case("http", "https://127.0.0.1/", {"ca_file": None}, Reason.TLS_UNTRUSTED),
    "Apache": Case("http", "http://127.0.0.1:8080/", {"expect_body_regex": "<title>It w"}),
    "Apache, password": Case(
        "http",
        "http://127.0.0.1:8080/private/",
        {"auth_user": "ann", "auth_password": Secret(env="HOUSE_WORD"), "expect_status": (200,)},
    ),
    "Apache, no password": Case("http", "http://127.0.0.1:8080/private/", {}, Reason.STATUS),
    "HAProxy": Case("http", "http://127.0.0.1:8081/", {"expect_body": "all is well"}),
    "HAProxy, nobody behind": Case("http", "http://127.0.0.1:8082/", {}, Reason.STATUS),
    "BIND": Case("dns", "127.0.0.1", {"name": "www.shop.test", "expect_records": ("192.0.2.10",), "expect_aa": True}),
    "BIND by TCP": Case("dns", "127.0.0.1", {"name": "www.shop.test", "transport": "tcp"}),
    "BIND by TLS": Case(
        "dns", "127.0.0.1:853", {"name": "www.shop.test", "transport": "tls", "tls_name": "localhost", "verify": False}
    ),
    "BIND, no such name": Case("dns", "127.0.0.1", {"name": "gone.shop.test"}, Reason.NAME_NOT_FOUND),
    "nsd": Case("dns", "127.0.0.2", {"name": "www.shop.test", "expect_records": ("192.0.2.10",)}),
    "all name servers": Case(
        "dns", "shop.test", {"name": "www.shop.test", "servers": "all", "serials_agree": True, "expect_aa": True}
    ),
    "Postfix": Case("tcp", "127.0.0.1:25", {"preset": "smtp"}),
    "Postfix STARTTLS": Case("tls", "127.0.0.1:25", {"starttls": "smtp"}),
    "Postfix submission": Case("tcp", "127.0.0.1:587", {"preset": "submission"}),
    "Dovecot IMAP": Case("tcp", "127.0.0.1:143", {"preset": "imap"}),
    "Dovecot IMAP STARTTLS": Case("tls", "127.0.0.1:143", {"starttls": "imap"}),
    "Dovecot IMAPS": Case("tls", "127.0.0.1:993"),
    "Dovecot POP3": Case("tcp", "127.0.0.1:110", {"preset": "pop3"}),
    "Dovecot POP3 STARTTLS": Case("tls", "127.0.0.1:110", {"starttls": "pop3"}),
    "OpenSSH": Case("tcp", "127.0.0.1:22", {"preset": "ssh"}),
    "vsftpd": Case("tcp", "127.0.0.1:21", {"preset": "ftp"}),
    "vsftpd AUTH TLS": Case("tls", "127.0.0.1:21", {"starttls": "ftp"}),
    "MariaDB": Case("tcp", "127.0.0.1:3306", {"preset": "mysql"}),
    "MariaDB TLS": Case("tls", "127.0.0.1:3306", {"starttls": "mysql"}),
    "PostgreSQL": Case("tcp", "127.0.0.1:5432", {"preset": "postgres"}),
    "PostgreSQL TLS": Case("tls", "127.0.0.1:5432", {"starttls": "postgres"}),
    "Redis": Case("tcp", "127.0.0.1:6379", {"preset": "redis"}),
    "SMTP is not IMAP": Case("tcp", "127.0.0.1:25", {"preset": "imap"}, Reason.BANNER),
    "IMAP is not SMTP": Case("tcp", "127.0.0.1:143", {"preset": "smtp"}, Reason.BANNER),
    "ping": Case("icmp", "127.0.0.1"),
    "route": Case("trace", "127.0.0.1"),
    "nobody there": Case("tcp", "127.0.0.1:9", {}, Reason.REFUSED),
}


ELSEWHERE: Final = {"HAProxy, nobody behind", "nsd", "all name servers"}
"""Those that listen on IPv4 only."""


def by_ipv6(case: Case) -> Case:
    """The same check of the same server, reached by the other family."""

    def turned(text: str) -> str:
        return text.replace("127.0.0.1", "[::1]")

    keys = {key: turned(value) if isinstance(value, str) else value for key, value in case.keys.items()}
    bare = case.kind in {"icmp", "trace"} or (case.kind == "dns" and ":" not in case.target)
    return case._replace(target="::1" if bare else turned(case.target), keys=keys)


ALL: Final = CASES | {f"{name} by IPv6": by_ipv6(case) for name, case in CASES.items() if name not in ELSEWHERE}


@pytest.mark.parametrize("name", ALL)
def test_a_real_server_is_found_as_it_is(house: House, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What people run is up when it is up, and the reason is the right one when it is not."""
    monkeypatch.setenv("HOUSE_WORD", "test")
    case = ALL[name]
    finding = probe(house, case.kind, case.target, **case.keys)
    assert finding.reason == case.reason, finding.detail
    assert (finding.state is State.UP) == (case.reason is None)
    assert case.kind == "trace" or case.reason is not None or finding.latency_us is not None
    by_six = (finding.address or "").startswith(("::1", "[::1]"))
    assert name.endswith("by IPv6") == by_six or case.keys.get("servers") == "all"  # the slowest server's address


def test_a_certificate_that_is_too_old_is_shown(house: House) -> None:
    """Whoever looks at the failure sees since when."""
    for kind, target in (("http", "https://127.0.0.1:8443/"), ("tls", "127.0.0.1:8443")):
        finding = probe(house, kind, target)
        assert finding.reason is Reason.TLS_EXPIRED
        assert finding.facts["certificate"]["not_after_ms"] < SystemClock().read().wall_ns // NS_PER_MS


ROUNDS, MOST_ROUNDS = 5, 40
ERROR_MS: Final = 1.0
"""What our own time may hold beyond the answer: the work of one attempt made alone, with nothing shared yet."""


@pytest.mark.parametrize("name", BESIDE)
def test_an_independent_tool_says_the_same(
    house: House, name: str, record_property: Callable[[str, object], None]
) -> None:
    """The state agrees every time; where the tool tells its time, ours comes as low as that within the stated error.

    Best against best, in turns, until that holds: what is above the best is the machine's noise on either side.
    """
    case = BESIDE[name]
    words = [word.replace("{ca}", house.authority) for word in case.words]
    ours, theirs = [], []
    for _ in range(MOST_ROUNDS if case.ms else 1):
        finding = probe(house, case.kind, case.target, **case.keys)
        told = house.command(*words)
        assert (finding.state is State.UP) == (told.returncode == 0), (finding.detail, told.stdout, told.stderr)
        taken_us = finding.phases_us.get(case.phase) if case.phase else finding.latency_us
        if case.ms and taken_us is not None:
            ours.append(taken_us / 1000)
            theirs.append(case.ms(told.stdout + told.stderr))
            if len(ours) >= ROUNDS and min(ours) <= min(theirs) + ERROR_MS:
                break
    if case.ms:
        record_property("ours_ms", round(min(ours), 3))
        record_property("theirs_ms", round(min(theirs), 3))
        assert min(ours) <= min(theirs) + ERROR_MS, (ours, theirs)


def test_a_server_that_stops_is_refused_and_comes_back(house: House) -> None:
    """Down is what is down, from the first attempt on."""
    assert probe(house, "tcp", "127.0.0.1:6379", preset="redis").state is State.UP
    house.end("redis-server")
    stopped = probe(house, "tcp", "127.0.0.1:6379", preset="redis")
    assert (stopped.state, stopped.reason) == (State.DOWN, Reason.REFUSED)
    house.begin(RECIPES["redis-server"])
    house.await_answers(RECIPES["redis-server"])
    assert probe(house, "tcp", "127.0.0.1:6379", preset="redis").state is State.UP


SPEED: Final = {"duration_ms": 600, "ramp_ms": 200, "connections": 2, "max_bytes": 10**9, "max_other": Fraction(9)}
LINE: Final = 'throughput = { duration = "300ms", ramp = "50ms", max_bytes = 10000000000, max_other = "100 %" }'
BOTH: Final = {
    "web": ("http", "http://localhost/", ""),
    "shop": ("http", "https://localhost/", 'http.ca_file = "{ca}"'),
    "mail": ("tcp", "localhost:25", 'tcp.preset = "smtp"'),
    "imap": ("tls", "localhost:143", 'tls = { starttls = "imap", ca_file = "{ca}" }'),
    "names": ("dns", "localhost", 'dns.name = "www.shop.test"'),
    "names-tls": ("dns", "localhost:853", 'dns = { name = "www.shop.test", transport = "tls", verify = false }'),
    "host": ("icmp", "localhost", ""),
    "route": ("trace", "localhost", 'trace.protocol = "udp"'),
    "line": ("throughput", "http://localhost/zeros", LINE),
    "one": ("tcp", "localhost:5201", ""),
}


def test_both_families_are_two_series_of_every_kind(house: House) -> None:
    """Each is asked by its own address, and one of them can be down alone."""
    text = '[references]\ngateway = "none"\n'
    for name, (kind, target, more) in BOTH.items():
        text += f'[[check]]\nname = "{name}"\nkind = "{kind}"\ntarget = "{target}"\nfamily = "both"\n'
        text += "allow_private = true\n" + more.replace("{ca}", house.authority) + "\n"
    path = house.folder / "both.toml"
    path.write_text(text)
    (house.folder / "hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
    with_hosts = f'mount --bind {house.folder}/hosts /etc/hosts && exec "$@"'
    words = (sys.executable, "-m", "probe", "--config", str(path), "check", "--json", *BOTH)
    told = house.command("unshare", "-m", "sh", "-c", with_hosts, "sh", *words)
    found = {one["check"]: one for one in json.loads(told.stdout)["checks"]}
    assert found.keys() == {f"{name}/{family}" for name in BOTH for family in "46"}
    assert {key: (one["reason"], one["detail"]) for key, one in found.items() if one["state"] != "up"} == {
        "one/6": ("refused", "ECONNREFUSED: Connection refused")
    }
    for key, one in found.items():
        assert ("::1" in one["address"], "127.0.0.1" in one["address"]) == (key[-1] == "6", key[-1] == "4")


SHAPED: Final = (
    "tc",
    "qdisc",
    "add",
    "dev",
    "lo",
    "root",
    "tbf",
    "rate",
    "40mbit",
    "burst",
    "256k",
    "latency",
    "100ms",
)


def speeds(house: House) -> dict[str, float]:
    """What we, curl and iperf3 say of the line, Mbit/s."""
    finding = probe(house, "throughput", "http://127.0.0.1/zeros", **SPEED)
    says = "%{size_download} %{time_starttransfer} %{time_total}"
    curled = house.command("curl", "-sS", "-o", "/dev/null", "-w", says, "http://127.0.0.1/zeros")
    size, began_s, ended_s = (float(word) for word in curled.stdout.split())
    told = house.command("iperf3", "-c", "127.0.0.1", "-t", "1", "-R", "-J")
    return {
        "ours": finding.facts["down_bps"] / 1e6,
        "curl": size * 8 / (ended_s - began_s) / 1e6,
        "iperf3": json.loads(told.stdout)["end"]["sum_received"]["bits_per_second"] / 1e6,
    }


def test_a_speed_is_that_of_curl_and_iperf3(house: House, record_property: Callable[[str, object], None]) -> None:
    """On a line of 40 Mbit/s, which the payload never has whole: we and iperf3 tell the same within 15 %.

    Each tells the most of three: other work on the machine takes speed from whoever measures, the line gives none.
    curl has one connection and 1.7 s: one packet lost late in it costs 0.2 s, so it may differ by a quarter.
    """
    assert house.command(*SHAPED).returncode == 0
    try:
        told = [speeds(house) for _ in range(3)]
    finally:
        house.command("tc", "qdisc", "del", "dev", "lo", "root")
    rates = {name: max(one[name] for one in told) for name in told[0]}
    record_property("mbits", rates)
    assert rates["ours"] == pytest.approx(rates["iperf3"], rel=0.15)
    assert rates["ours"] == pytest.approx(rates["curl"], rel=0.25)

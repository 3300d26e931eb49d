"""Is this machine fit: what is wrong comes first, with its remedy and its exit code."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import dns.message
import dns.rcode
import pytest

from probe.cli import main
from probe.clock import SystemClock
from probe.config import load
from probe.errors import StoreError
from probe.judge import fitness
from probe.judge.calibration import calibrate, error_of, quantile
from probe.judge.resolving import resolving
from probe.model import Event, EventKind
from probe.probers.net.resolver import Resolver
from probe.store.fitness import page_problems, resets_wal_safely
from probe.store.writer import Writer
from probe.view.doctor import Diagnosis, Error, Level, Symptom, doctor
from probe.view.plain import text
from tests.cli.office import NOW, VANTAGE, Office
from tests.peers import dns_peer
from tests.probers.attempts import needs_root, without_rights
from tests.test_control import serving


def symptoms(office: Office) -> dict[str, list[dict[str, Any]]]:
    """What the doctor says of each area."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in office.probe("doctor", "--quick", "--json").document["symptoms"]:
        found.setdefault(one["area"], []).append(one)
    return found


def test_every_area_is_looked_at(empty: Office) -> None:
    """And a machine that only has no agent running and hosts that cannot be asked has no broken record."""
    found = symptoms(empty)
    assert {"program", "configuration", "clock", "icmp", "files", "sqlite", "disk", "record", "agent"} <= found.keys()
    assert "the agent makes it" in found["record"][0]["says"]
    assert found["configuration"][0]["says"].endswith("probe.toml: 4 checks, 3 references")
    assert (found["agent"][0]["level"], found["agent"][0]["fix"][:9]) == ("warning", "probe run")


def test_a_wrong_configuration_is_2_with_every_problem(empty: Office) -> None:
    """Also without --json, and without a configuration at all."""
    empty.config.write_text("[agnet]\nvantage = 3\n")
    said = empty.probe("doctor", "--quick")
    assert said.code == 2
    assert said.out.startswith("wrong  configuration: ")
    assert "fix: probe validate" in said.out


@pytest.mark.usefixtures("nowhere")
def test_no_configuration_is_2(capsys: Any) -> None:
    """The remedy is `probe init`."""
    assert main(["doctor", "--quick"]) == 2
    assert "fix: probe init" in capsys.readouterr().out


def test_a_damaged_record_is_told_and_kept(office: Office) -> None:
    """Pages that are not sound, or no record at all."""
    with closing(sqlite3.connect(office.database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert page_problems(office.database) == []
    assert symptoms(office)["record"][0]["level"] == "fine"
    content = bytearray(office.database.read_bytes())
    for page in range(3, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    office.database.write_bytes(content)
    assert {one["level"] for one in symptoms(office)["record"]} & {"failed", "broken"}
    assert office.probe("doctor", "--quick").code in {1, 3}
    office.database.write_bytes(b"something else")
    said = office.probe("doctor", "--quick")
    assert (said.code, "broken  record" in said.out) == (3, True)
    with pytest.raises(StoreError):
        page_problems(office.database)


def test_files_that_others_may_write_or_read_are_told(office: Office) -> None:
    """With the command that mends each."""
    office.config.chmod(0o666)
    office.database.chmod(0o644)
    found = symptoms(office)
    assert any(one["fix"] == f"chmod o-w {office.config}" for one in found["configuration"])
    assert any(one["fix"] == f"chmod o= {office.database}" for one in found["record"])


def test_secrets_are_tried_and_never_shown(empty: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing, readable by others, and well; by their reference only."""
    loose, tight = empty.folder / "loose", empty.folder / "tight"
    for path, mode in ((loose, 0o644), (tight, 0o600)):
        path.write_text("canary-5e1f")
        path.chmod(mode)
    monkeypatch.delenv("NOT_SET", raising=False)
    text_of = "\n".join(
        f'[[check]]\nname = "s{place}"\nkind = "http"\ntarget = "http://192.0.2.1/"\nhttp.auth_bearer = {{ {where} }}'
        for place, where in enumerate((f'file = "{loose}"', f'file = "{tight}"', 'env = "NOT_SET"'))
    )
    (empty.folder / "checks.d" / "90-secret.toml").write_text(text_of)
    said = empty.probe("doctor", "--quick", "--json")
    assert "canary" not in said.out + said.err
    found = {one["says"]: one for one in said.document["symptoms"] if one["area"] == "secrets"}
    assert [one["level"] for one in found.values()] == ["warning", "fine", "warning"]
    assert any(one["fix"] == f"chmod 600 {loose}" for one in found.values())


@pytest.mark.parametrize(
    ("version", "is_safe"),
    [
        ("3.6.23", True),
        ("3.40.1", False),
        ("3.44.6", True),
        ("3.44.5", False),
        ("3.50.7", True),
        ("3.51.2", False),
        ("3.51.3", True),
        ("3.52.0", True),
    ],
)
def test_sqlite_versions_are_judged(version: str, is_safe: bool) -> None:
    """Each branch has its first mended one."""
    assert resets_wal_safely(version) is is_safe


def test_the_resolver_is_asked_for_the_names_of_the_checks(tmp_path: Path) -> None:
    """One that stays silent fails the machine; where checks name addresses, nobody is asked."""
    (tmp_path / "checks.d").mkdir()
    (tmp_path / "probe.toml").write_text('[references]\ngateway = "none"\n')
    check = '[[check]]\nname = "a"\nkind = "tcp"\ntarget = "{}:80"\n'
    (tmp_path / "checks.d" / "a.toml").write_text(check.format("localhost"))
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    (tmp_path / "hosts").write_text("192.0.2.1 localhost\n")
    config = load(tmp_path / "probe.toml")
    known = Resolver(resolv_conf=tmp_path / "resolv.conf", hosts=tmp_path / "hosts", port=1)
    assert [one.level for one in resolving(config, SystemClock(), known)] == [Level.FINE]
    unknown = Resolver(resolv_conf=tmp_path / "resolv.conf", hosts=tmp_path / "none", port=1)
    (tmp_path / "checks.d" / "a.toml").write_text(check.format("shop.example"))
    (one,) = resolving(load(tmp_path / "probe.toml"), SystemClock(), unknown)
    assert (one.level, one.area) == (Level.FAILED, "resolver")
    (tmp_path / "checks.d" / "a.toml").write_text(check.format("192.0.2.1"))
    assert list(resolving(load(tmp_path / "probe.toml"), SystemClock(), unknown)) == []


def test_a_machine_without_room_or_permission_is_broken(monkeypatch: pytest.MonkeyPatch, empty: Office) -> None:
    """Storage and permission are exit code 3."""
    sizes = os.statvfs(empty.folder)
    free = 50 * fitness.MIB // sizes.f_frsize
    full = os.statvfs_result((*sizes[:4], free, *sizes[5:10]))
    monkeypatch.setattr(os, "statvfs", lambda _: full)
    said = empty.probe("doctor", "--quick")
    assert said.code == 3
    assert "50 MiB free" in said.out


def test_the_timing_error_is_measured_against_loopback(empty: Office) -> None:
    """Every kind that may be tried here, and the loop's timers; the median is no more than p99."""
    found = calibrate(SystemClock(), 20)
    assert [one.kind for one in found] == ["http", "tcp", "tls", "dns", "icmp", "trace", "timer"]
    tried = [one for one in found if not one.says]
    assert {"http", "tcp", "dns", "trace", "timer"} <= {one.kind for one in tried}
    for one in tried:
        assert 0 < one.attempts <= 20
        assert 0 <= (one.systematic_us or 0) <= (one.p99_us or 0)
        assert one.random_us is not None
    (tcp,) = (one for one in found if one.kind == "tcp")
    assert tcp.beyond_us is not None  # from a bare connect, which a program times for itself
    assert 0 < tcp.beyond_us[0] <= tcp.beyond_us[1]
    document = empty.probe("doctor", "--json").document
    assert {one["kind"] for one in document["timing_errors"]} == {one.kind for one in found}
    first = document["timing_errors"][0]
    assert first["p50_ms"] == first["systematic_ms"]
    assert {"random_95_ms", "p99_ms", "beyond_kernel_p99_ms"} <= first.keys()


NETWORK = """
from probe.clock import SystemClock
from probe.judge.fitness import examine
for one in examine(None, SystemClock()):
    if one.area == "network": print(one.level, one.says, one.fix, sep="|")
"""


@needs_root
@pytest.mark.parametrize(
    ("set_up", "said"),
    [
        (
            "ip addr flush dev lo && ip link set lo down",
            ["broken|the loopback interface is down|ip link set lo up", "warning|IPv4: no route"],
        ),
        ("true", ["warning|IPv4: no route leads out", "fine|IPv6: no route leads out"]),
        (
            "ip link add far type veth peer name near && ip link set near up && ip link set far up"
            " && ip addr add 192.0.2.9/24 dev far && ip route add default dev far",
            ["fine|IPv4: packets leave from 192.0.2.9", "fine|IPv6: no route leads out"],
        ),
    ],
    ids=["nothing", "loopback alone", "a way out"],
)
def test_a_machine_without_a_way_out_is_told(set_up: str, said: list[str]) -> None:
    """Nothing is sent: what the routing table says is enough."""
    lines = without_rights(NETWORK, set_up).splitlines()
    for line, expected in zip(lines, said, strict=False):
        assert line.startswith(expected)


@needs_root
def test_a_family_that_checks_demand_is_missed(tmp_path: Path) -> None:
    """Where nothing is asked by IPv6, nothing is wrong without it; a check that is asks for it."""
    (tmp_path / "probe.toml").write_text(
        '[references]\ngateway = "none"\n'
        '[[check]]\nname = "a"\nkind = "tcp"\ntarget = "shop.example:80"\nfamily = "both"\n'
    )
    script = NETWORK.replace("examine(None,", f"examine(__import__('pathlib').Path({str(tmp_path / 'probe.toml')!r}),")
    assert without_rights(script).splitlines()[1].startswith("warning|IPv6: no route leads out")


@pytest.mark.parametrize("script", [None, "#!/bin/sh\nexit 1\n"], ids=["absent", "fails"])
def test_tls_is_not_tried_where_no_certificate_can_be_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str | None
) -> None:
    """Without the program that makes one the others are measured all the same, and it says why."""
    if script is not None:
        (tmp_path / "openssl").write_text(script)
        (tmp_path / "openssl").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = {one.kind: one for one in calibrate(SystemClock(), 1)}
    assert (found["tls"].attempts, found["tls"].systematic_us) == (0, None)
    assert found["tcp"].attempts == 1
    lines = text(doctor(Diagnosis((), (found["tls"],)))).splitlines()
    assert ["tls", "0", "—", "—", "—", "—"] in [line.split() for line in lines]
    assert any(line.startswith("not tried  tls: the program openssl") for line in lines)


@needs_root
def test_without_the_right_to_ping_the_rest_is_calibrated() -> None:
    """ICMP says what it needs; a route is taken by UDP, which needs no right."""
    script = (
        "from probe.clock import SystemClock; from probe.judge.calibration import calibrate\n"
        "for one in calibrate(SystemClock(), 10): print(one.kind, one.attempts, one.says)"
    )
    said = without_rights(script)
    assert "icmp 0 not allowed to send echo requests" in said
    assert "trace 10 \n" in said


def test_the_error_is_what_is_always_there_and_what_comes_and_goes() -> None:
    """RFC 7679 §3.7.3: the bias, and a bound that 95 % of the values keep, to either side."""
    seen = [*range(1, 101)]
    assert error_of("x", seen) == Error("x", 100, 50, 99, 48)
    assert error_of("x", [10] * 99 + [500]).random_us == 0
    assert error_of("x", [5], [3]) == Error("x", 1, 5, 5, 0, (3, 3))


def test_quantiles_are_values_that_were_seen() -> None:
    """The smallest that so many do not exceed."""
    assert [quantile(range(1, 101), permille) for permille in (25, 500, 990, 1000)] == [3, 50, 99, 100]
    assert quantile([7], 990) == 7


def test_the_screen_has_the_worst_first_and_the_errors_last() -> None:
    """Level, area, what is wrong, and below it what mends it."""
    found = Diagnosis(
        (Symptom("disk", Level.FINE, "much"), Symptom("icmp", Level.BROKEN, "not allowed", "sysctl")),
        (Error("tcp", 10, 100, 1900, 700, (50, 400)), Error("timer", 10, 80, 1000, 60)),
    )
    lines = text(doctor(found)).splitlines()
    assert lines[:3] == ["broken  icmp: not allowed", "         fix: sysctl", "fine  disk: much"]
    assert any(line.split() == ["tcp", "10", "100", "µs", "±", "700", "µs", "1.9", "ms", "50", "µs"] for line in lines)


@pytest.mark.parametrize(("code", "says"), [("NXDOMAIN", "does not exist"), ("NOERROR", "has no address")])
def test_a_name_that_leads_nowhere_is_the_checks_matter(tmp_path: Path, code: str, says: str) -> None:
    """The resolver answered. The name of a zone needs no address, so nobody asks for one."""
    (tmp_path / "checks.d").mkdir()
    (tmp_path / "probe.toml").write_text('[references]\ngateway = "none"\n')
    zone = '[[check]]\nname = "z"\nkind = "dns"\ntarget = "zone.example"\n'
    zone += 'dns = { name = "a.zone.example", servers = "all" }\n'
    host = '[[check]]\nname = "a"\nkind = "tcp"\ntarget = "no.example:80"\n'
    (tmp_path / "checks.d" / "a.toml").write_text(zone + host)
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.1\n")

    def denies(question: dns.message.Message) -> dns.message.Message:
        answer = dns.message.make_response(question)
        answer.set_rcode(dns.rcode.from_text(code))
        return answer

    async def main() -> list[Symptom]:
        async with dns_peer(denies) as (_, port):
            resolver = Resolver(resolv_conf=tmp_path / "resolv.conf", hosts=tmp_path / "none", port=port)
            config = load(tmp_path / "probe.toml")
            return await asyncio.to_thread(lambda: list(resolving(config, SystemClock(), resolver)))

    (one,) = asyncio.run(main())
    assert (one.level, one.says) == (Level.WARNING, f"no.example: the name {says}")
    assert one.fix == "mend the check's target"


def test_a_loop_that_stood_still_is_told(office: Office) -> None:
    """What was measured then is unknown, and somebody should know why."""
    clock = SystemClock()
    writer = Writer(office.database, VANTAGE, clock)
    writer.start()
    segment = writer.open_clock(boot_id="other", offset_ms=0, is_synced=True, at_ms=NOW)
    for lasted_ms in (700, 900):
        writer.event(Event(NOW - 60_000 - lasted_ms, segment, EventKind.STALL, lasted_ms, {})).result()
    writer.close()
    (one,) = symptoms(office)["loop"]
    assert one["says"].startswith("2 × stall in the last day, the longest 900 ms")


@pytest.mark.parametrize(
    ("more", "level", "says"),
    [
        ({}, "fine", "running, pid 7; 3 attempts in flight, ticks at most 12 ms late"),
        ({"lag_ms": 5_000}, "warning", "ticks at most 5000 ms late"),
        ({"refused": 4}, "broken", "storage well, 4 outcomes lost"),
        ({"storage": {"condition": "full"}}, "broken", "storage full, 0 outcomes lost"),
    ],
)
def test_a_running_agent_is_asked_how_it_fares(empty: Office, more: dict[str, Any], level: str, says: str) -> None:
    """Late, full or losing outcomes: each has its level."""
    empty.database.parent.mkdir(exist_ok=True)
    health = {"pid": 7, "in_flight": 3, "lag_ms": 12, "refused": 0, "storage": {"condition": "well"}} | more
    with serving(empty.database, lambda _: health):
        (agent,) = symptoms(empty)["agent"]
    assert agent["level"] == level
    assert says in agent["says"]


def test_an_agent_that_gives_no_answer_is_broken(empty: Office) -> None:
    """What it says instead is shown."""
    empty.database.parent.mkdir(exist_ok=True)

    def refuse(_: object) -> None:
        raise StoreError("the disk is gone")

    with serving(empty.database, refuse):
        (agent,) = symptoms(empty)["agent"]
    assert (agent["level"], agent["fix"]) == ("broken", "systemctl restart probe")


def test_few_descriptors_are_told_and_end_nothing(tmp_path: Path) -> None:
    """What cannot be measured then is said beside what can be looked at."""
    command = 'ulimit -n 12; cd "$1" && exec "$0" -m probe doctor'
    words = ["sh", "-c", command, sys.executable, str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": str(Path.cwd()), "HOME": str(tmp_path)}
    told = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
    assert "warning  timing: the timing error cannot be measured: [Errno 24]" in told.stdout
    assert "12 files may be open" in told.stdout
    assert told.stderr == ""


@needs_root
def test_a_loopback_that_swallows_packets_says_so_in_time() -> None:
    """Each kind gives up after a second, with what its attempts saw."""
    swallow = "ip link set lo up && tc qdisc add dev lo root tbf rate 8bit burst 40 limit 40"
    script = (
        "from probe.clock import SystemClock; from probe.judge.calibration import calibrate\n"
        "for one in calibrate(SystemClock(), 1): print(one.kind, one.attempts, one.says)"
    )
    said = without_rights(script, swallow).splitlines()
    assert [line.split()[:2] for line in said] == [
        *([kind, "0"] for kind in ("http", "tcp", "tls", "dns", "icmp", "trace")),
        ["timer", "1"],
    ]
    assert all("timeout in connect after 1000 ms" in line for line in said[:3])
    assert all(len(line.split()) > 2 for line in said[:-1])

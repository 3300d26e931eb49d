"""Configurations of other monitors: what is written is valid, and what could not be carried is said."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from tests.cli.office import Office, Said
from tests.importers.kuma import kuma_db

GATUS: Final = """\
storage: {type: sqlite}
endpoints:
  - name: front-end
    group: core
    url: "https://twin.sh/health"
    interval: 1m30s
    method: POST
    body: "{}"
    headers: {Accept: text/plain, Authorization: "Bearer secret"}
    conditions:
      - "[STATUS] == 200"
      - "[BODY].status == UP"
      - "[BODY].n == 5"
      - "[BODY] == pat(*fine*)"
      - "[RESPONSE_TIME] < 150"
      - "[CERTIFICATE_EXPIRATION] > 48h"
      - "len([BODY].users) > 3"
    alerts: [{type: slack}]
    enabled: false
    client: {insecure: true, timeout: 10s, ignore-redirect: true, proxy-url: x}
  - {name: ping, url: "icmp://example.org", conditions: ["[CONNECTED] == true", "[STATUS] == 5"]}
  - {name: any, url: "http://example.org", conditions: ["[STATUS] == any(200, 429)"]}
  - {name: class, url: "http://example.org", conditions: ["[STATUS] < 300", "[DNS_RCODE] == NOERROR", 7]}
  - {name: dns, url: "8.8.8.8", dns: {query-name: example.org, query-type: A},
     conditions: ["[DNS_RCODE] == NOERROR", "[BODY] == 192.0.2.1"]}
  - {name: ssh, url: "ssh://example.com"}
  - {name: post, url: "starttls://mail.example.com:587"}
  - {name: port, url: "tcp://example.com:80", conditions: ["[RESPONSE_TIME] < 10"]}
  - {name: port, url: "tls://example.com:443"}
  - {name: grpc, url: "grpc://example.com:50051"}
  - {name: bad, url: "http://exa mple"}
  - 5
"""
BLACKBOX: Final = """\
modules:
  http_2xx:
    {prober: http, timeout: 5s, http: {valid_status_codes: [200], fail_if_ssl: true, method: HEAD,
     follow_redirects: false,
     preferred_ip_protocol: ip4, ip_protocol_fallback: false, tls_config: {insecure_skip_verify: true, ca_file: /x}}}
  smtp: {prober: tcp, tcp: {query_response: [{expect: "^220"}, {send: QUIT, starttls: true}]}}
  imaps: {prober: tcp, tcp: {tls: true, query_response: [{expect: OK}]}}
  ping: {prober: icmp, icmp: {payload_size: 100, dont_fragment: true}}
  soa: {prober: dns, dns: {query_name: example.com, query_type: SOA, transport_protocol: tcp, valid_rcodes: [NOERROR]}}
  soas: {prober: dns, dns: {query_name: example.com, valid_rcodes: [NOERROR, NXDOMAIN]}}
  grpc: {prober: grpc}
"""
JOB: Final = """
- {{job_name: {0}, metrics_path: /probe, scrape_interval: 30s, params: {{module: [{0}]}},
   static_configs: [{{targets: ["{1}"]}}]}}"""
NAGIOS: Final = """\
# objects
define host{
  name generic-host
  max_check_attempts 3
}
define host{
  use generic-host
  host_name web1
  address 192.0.2.10
}
define service{
  name generic-service
  check_interval 5
  register 0
}
define service{
  use generic-service ; its template
  host_name web1,web2
  service_description HTTPS
  check_command check_http!-S -u /health -s OK -w 5 -e 200,301
}
define service{
  use generic-service
  host_name web1
  service_description PING
  check_command check_ping!100.0,20%!500.0,60%
  notification_interval 30
}
define service{
  host_name web1
  service_description SSH
  check_command check_ssh
}
define service{
  host_name web1
  service_description App
  check_command check_tcp!8080
}
define service{
  host_name web1
  service_description DNS
  check_command check_dns!-H example.com
}
define service{
  host_name web1
  service_description Disk
  check_command check_nrpe!check_disk
}
define service{
  host_name web1
  service_description Quote
  check_command check_http!-s "open
}
define service{
  hostgroup_name all
  service_description Group
  check_command check_ssh
}
define contact{
  contact_name a
}
stray
define service{
  host_name web1
"""
SMOKEPING: Final = """\
*** General ***
owner = me
*** Database ***
step = 60
*** Targets ***
probe = FPing
menu = Top
+ World
menu = World
++ James
host = example.\\
org
alerts = someloss
+ Dns
probe = DNS
++ google
host = 8.8.8.8
lookup = example.com
++ odd
host = /World/James
+ Web
probe = Curl
host = example.net
urlformat = https://%host%/x
+ Ssh
probe = SSH
host = example.net
+ Radius
probe = Radius
host = example.net
what is this
@include more
"""
MONITORS: Final[list[dict[str, object]]] = [
    {"id": 1, "name": "Shop", "type": "http", "interval": 60, "url": "https://a.example/", "ignore_tls": 1,
     "accepted_statuscodes_json": '["200-299", "404"]', "method": "HEAD", "basic_auth_user": "me", "timeout": 48.0},
    {"id": 2, "name": "Shop", "type": "keyword", "interval": 60, "url": "https://a.example/", "keyword": "fine",
     "maxredirects": 0, "body": "x", "active": 0},
    {"id": 3, "name": "not there", "type": "keyword", "interval": 60, "url": "https://a.example/", "keyword": "no",
     "invert_keyword": 1, "upside_down": 1, "accepted_statuscodes_json": '["200-204"]'},
    {"id": 4, "name": "json", "type": "json-query", "interval": 60, "url": "https://a.example/",
     "accepted_statuscodes_json": "["},
    {"id": 5, "name": "ping", "type": "ping", "interval": 20, "hostname": "example.org", "packet_size": 100},
    {"id": 6, "name": "port", "type": "port", "interval": 20, "hostname": "2001:db8::1", "port": 443},
    {"id": 7, "name": "dns", "type": "dns", "interval": 60, "hostname": "example.org", "dns_resolve_type": "AAAA",
     "dns_resolve_server": "1.1.1.1, 8.8.8.8"},
    {"id": 8, "name": "job", "type": "push", "interval": 3600},
    {"id": 9, "name": "steam", "type": "steam", "interval": 60},
    {"id": 10, "name": "nowhere", "type": "port", "interval": 60},
    {"id": 11, "name": "nameless", "type": "dns", "interval": 60},
    {"id": 12, "name": "hostless", "type": "ping", "interval": 60},
    {"id": 13, "name": "urlless", "type": "keyword", "interval": 60},
    {"id": 15, "name": "router", "type": "ping", "interval": 60, "hostname": "192.168.1.1"},
    {"id": 16, "name": "nas", "type": "http", "interval": 60, "url": "http://nas.local:8080/"},
    {"id": 17, "name": "own ns", "type": "dns", "interval": 60, "hostname": "a.example",
     "dns_resolve_server": "10.0.0.53"},
    {"id": 14, "name": "=cmd\x1b[2J", "type": "http", "interval": 60, "url": "ftp://x"},
]  # fmt: skip


def drafted(office: Office, *argv: str | Path) -> tuple[dict[str, dict[str, Any]], Said]:
    """The checks written, by name; the deployment that they were written into is valid with them."""
    new = office.folder / "checks.d" / "50-new.toml"
    said = office.probe("import", *argv, "--to", new)
    checks = {check["name"]: check for check in tomllib.loads(new.read_text())["check"]}
    assert office.probe("validate").code == 0
    assert str(len(checks)) in said.out
    assert all(line.startswith(f"{argv[1]}: not carried: ") for line in said.err.splitlines()[:-1])
    assert "\x1b" not in said.err + new.read_text()
    return checks, said


def test_gatus(office: Office, tmp_path: Path) -> None:
    """Conditions become expectations where these mean the same."""
    path = tmp_path / "config.yaml"
    path.write_text(GATUS)
    checks, said = drafted(office, "gatus", path)
    assert checks["core-front-end"] == {
        "name": "core-front-end",
        "kind": "http",
        "target": "https://twin.sh/health",
        "interval": "1m30s",
        "timeout": "10s",
        "http": {
            "method": "POST",
            "body": "{}",
            "headers": {"Accept": "text/plain"},
            "verify": False,
            "follow_redirects": False,
            "expect_status": [200],
            "expect_json": {"status": "UP", "n": 5},
            "expect_body": "fine",
            "max_time": "150ms",
            "min_days_left": 2,
        },
    }
    assert list(checks) == ["core-front-end", "ping", "any", "class", "dns", "ssh", "post", "port", "port-2"]
    assert checks["any"]["http"] == {"expect_status": [200, 429]}
    assert checks["dns"]["dns"]["expect_records"] == ["192.0.2.1"]
    assert (checks["ssh"]["target"], checks["post"]["tls"]) == ("example.com:22", {"starttls": "smtp"})
    for remark in (
        "storage: has no counterpart",
        "endpoint 1 (front-end): condition len([BODY].users) > 3",
        "endpoint 1 (front-end): client.proxy-url",
        "endpoint 1 (front-end): the header Authorization",
        "endpoint 1 (front-end): it is not enabled there",
        "endpoint 2 (ping): condition [STATUS] == 5",
        "endpoint 10 (grpc): grpc://example.com:50051: no kind here tests that",
        "not carried: bad: ",
        "endpoint 12: is no mapping",
    ):
        assert remark in said.err
    assert "secret" not in said.err.replace("a secret belongs", "")
    assert said.code == 1


def test_blackbox(office: Office, tmp_path: Path) -> None:
    """Targets of prometheus.yml, each tested as its module says."""
    modules, main = tmp_path / "blackbox.yml", tmp_path / "prometheus.yml"
    modules.write_text(BLACKBOX)
    targets = {
        "http_2xx": "example.com", "smtp": "mail.example.com:25", "imaps": "mail.example.com:993",
        "ping": "example.org", "soa": "192.0.2.53", "soas": "192.0.2.53",
        "grpc": "example.org:1", "gone": "example.org",
    }  # fmt: skip
    jobs = "".join(JOB.format(module, target) for module, target in targets.items())
    extra = (
        "\n- {job_name: sd, metrics_path: /probe, params: {module: [ping]}, dns_sd_configs: []}\n- {job_name: node}\n"
    )
    main.write_text(f"scrape_configs:{jobs}{extra}")
    checks, said = drafted(office, "blackbox", main, "--modules", modules)
    assert checks["http_2xx-example.com"] == {
        "name": "http_2xx-example.com",
        "kind": "http",
        "target": "http://example.com",
        "interval": "30s",
        "timeout": "5s",
        "family": "4",
        "http": {"expect_status": [200], "method": "HEAD", "follow_redirects": False, "verify": False},
    }
    assert checks["smtp-mail.example.com-25"]["tcp"] == {"steps": [{"expect": "^220"}, {"send": "QUIT\n"}]}
    assert checks["imaps-mail.example.com-993"]["kind"] == "tls"
    assert checks["ping-example.org"]["icmp"] == {"size": 100, "dont_fragment": True}
    assert checks["soa-192.0.2.53"]["dns"]["transport"] == "tcp"
    for remark in ("http.fail_if_ssl", "tls_config.ca_file", "query_response: starttls", "valid_rcodes: more than one",
                   "what grpc does", "the module gone is not known", "dns_sd_configs: what is discovered"):  # fmt: skip
        assert remark in said.err


def test_blackbox_without_its_modules_says_what_it_takes_them_for(office: Office, tmp_path: Path) -> None:
    """The names of the exporter's example are known; its own file has no targets."""
    main = tmp_path / "prometheus.yml"
    main.write_text("scrape_configs:" + JOB.format("ssh_banner", "example.com:22"))
    checks, said = drafted(office, "blackbox", main)
    assert checks["ssh_banner-example.com-22"]["tcp"] == {"steps": [{"expect": "^SSH-2.0-"}]}
    assert "is taken to be the exporter's example" in said.err
    main.write_text(BLACKBOX)
    refused = office.probe("import", "blackbox", main, "--to", office.folder / "x.toml")
    assert (refused.code, "has no scrape_configs" in refused.err) == (2, True)


def test_nagios(office: Office, tmp_path: Path) -> None:
    """Templates are followed, every line that is not carried is named."""
    path = tmp_path / "objects.cfg"
    path.write_text(NAGIOS)
    checks, said = drafted(office, "nagios", path)
    assert checks["web1-HTTPS"] == {
        "name": "web1-HTTPS",
        "kind": "http",
        "target": "https://192.0.2.10/health",
        "interval": "5m",
        "http": {"expect_body": "OK", "expect_status": [200, 301]},
    }
    assert checks["web2-HTTPS"]["target"] == "https://web2/health"
    assert checks["web1-App"]["target"] == "192.0.2.10:8080"
    assert checks["web1-DNS"]["dns"] == {"name": "example.com"}
    assert list(checks) == ["web1-HTTPS", "web2-HTTPS", "web1-PING", "web1-SSH", "web1-App", "web1-DNS"]
    for remark in ("line 16: HTTPS on web1: the arguments -w 5", "the threshold 100.0,20%", "notification_interval",
                   "Disk: check_nrpe!check_disk: no kind here tests that", 'check_http!-s "open', "name them",
                   "define contact", "is outside of any define", "the file is cut off"):  # fmt: skip
        assert remark in said.err


def test_smokeping(office: Office, tmp_path: Path) -> None:
    """The tree of targets with what it inherits."""
    path = tmp_path / "config"
    path.write_text(SMOKEPING)
    checks, said = drafted(office, "smokeping", path)
    assert {name: (check["kind"], check["target"], check["interval"]) for name, check in checks.items()} == {
        "World-James": ("icmp", "example.org", "1m"),
        "Dns-google": ("dns", "8.8.8.8", "1m"),
        "Web": ("http", "https://example.net/x", "1m"),
        "Ssh": ("tcp", "example.net:22", "1m"),
    }
    for remark in ("20 pings in a round", "alerts: has no counterpart", "the host /World/James", "the probe Radius",
                   "what is this: is not understood", "@include more"):  # fmt: skip
        assert remark in said.err


def test_kuma(office: Office, tmp_path: Path) -> None:
    """Monitors under the names that their history has."""
    checks, said = drafted(office, "kuma", kuma_db(tmp_path / "kuma.db", MONITORS, {}))
    names = ["Shop", "Shop-2", "not-there", "json", "ping", "port", "dns", "job", "router", "nas", "own-ns"]
    assert list(checks) == names
    assert [name for name, check in checks.items() if check.get("allow_private")] == ["router", "nas", "own-ns"]
    assert checks["Shop"]["http"] == {"expect_status": ["2xx", 404], "verify": False, "method": "HEAD"}
    assert checks["Shop-2"]["http"]["expect_body"] == "fine"
    assert (checks["port"]["target"], checks["job"]["push"]) == ("[2001:db8::1]:443", {"late_after": "3600s"})
    for remark in ("Shop: its authentication", "Shop-2: it is paused there", "not-there: the keyword no must not",
                   "not-there: upside down", 'not-there: accepted status codes ["200-204"]', "json: the JSON query",
                   "dns: its other name server 8.8.8.8", "steam: type steam", "nowhere: type port"):  # fmt: skip
        assert remark in said.err


def test_nothing_is_written_over(office: Office, tmp_path: Path) -> None:
    """A file that exists stays as it is."""
    there = office.folder / "checks.d" / "10-web.toml"
    before = there.read_text()
    said = office.probe("import", "kuma", tmp_path / "kuma.db", "--to", there)
    assert (said.code, said.err) == (2, f"probe: {there}: exists; name another file or move it away\n")
    assert there.read_text() == before


def test_the_json_lists_what_was_written_and_left(office: Office, tmp_path: Path) -> None:
    """For scripts."""
    new = office.folder / "new.toml"
    path = kuma_db(tmp_path / "kuma.db", MONITORS[4:6], {})
    document = office.probe("import", "kuma", path, "--to", new, "--json").document
    assert document == {"schema": 1, "file": str(new), "checks": ["ping", "port"], "left_out": []}


@pytest.mark.parametrize(
    ("argv", "problem"),
    [
        (["gatus", "x.yaml"], "gatus keeps no history that can be read; --to checks.d/NAME.toml"),
        (["x.jsonl", "--to", "new.toml"], "--to writes a configuration; say whose it is: gatus, kuma"),
        (["kuma", "x.db", "--modules", "m.yml"], "--modules is for `probe import blackbox`"),
        (["kuma", "x.db", "--to", "new.txt"], "the name of a file of checks ends with .toml"),
        (["prometheus", "x.json", "--to", "new.toml"], "prometheus has no checks; its targets: probe import blackbox"),
    ],
)
def test_what_makes_no_sense_is_refused(office: Office, argv: list[str], problem: str) -> None:
    """With the remedy."""
    said = office.probe("import", *argv)
    assert (said.code, problem in said.err) == (2, True)


@pytest.mark.parametrize("form", ["gatus", "blackbox", "nagios", "smokeping"])
@pytest.mark.parametrize(
    "content",
    [
        b"", b"\0\0", b"\xff\xfe", b"a: [", b"- 1", b"a: " + b"[" * 5000, b"x" * (5 << 20), b"endpoints: 7",
        b"define service{", b"*** Targets ***\n++++++++ x\nhost = \n", b"a: 2026-99-99T00:00:00Z",
        b"scrape_configs: [1, {metrics_path: /probe, static_configs: 5, params: {module: 7}}]",
    ],
)  # fmt: skip
def test_hostile_files_are_told_and_nothing_is_written(
    office: Office, tmp_path: Path, form: str, content: bytes
) -> None:
    """Empty, binary, cut off, huge, of wrong types: lines that name the file, never a traceback."""
    path, new = tmp_path / "hostile", tmp_path / "new.toml"
    path.write_bytes(content)
    said = office.probe("import", form, path, "--to", new)
    assert (said.code, new.exists()) == (2, False)
    assert said.err.splitlines()[-1].startswith(f"probe: {path}: ")


def test_a_bomb_of_anchors_is_refused(office: Office, tmp_path: Path) -> None:
    """A kilobyte must not become a gigabyte."""
    path = tmp_path / "bomb.yaml"
    path.write_text("a: &a [x]\nendpoints: [" + "*a, " * 2_000 + "1]\n")
    said = office.probe("import", "gatus", path, "--to", tmp_path / "new.toml")
    assert (said.code, "refers to anchors more than 1000 times" in said.err) == (2, True)

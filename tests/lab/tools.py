"""The tools that people trust: each on the same target as a check, and how to read its state and its time."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from tests.lab.recipes import POSTGRES

PLUGINS: Final = "/usr/lib/nagios/plugins"
NEEDED: Final = (
    *("iperf3", "curl", "openssl", "dig", "fping", "mtr", "traceroute", "tc"),
    *("redis-cli", "mariadb-admin", f"{POSTGRES}/pg_isready"),
    *(f"{PLUGINS}/check_{name}" for name in ("http", "tcp", "ping", "dns", "smtp", "ssh", "imap", "pop", "ftp")),
)
"""What must be installed."""


class Beside(NamedTuple):
    """A check and an independent tool on the same target, and how to read the tool's time in ms.

    phase: the phase of ours that the tool's time is compared with; None: the latency.
    """

    kind: str
    target: str
    keys: Mapping[str, Any]
    words: tuple[str, ...]
    ms: Callable[[str], float] | None = None
    phase: str | None = None


def number(pattern: str, factor: float = 1.0) -> Callable[[str], float]:
    """Reads the number that the pattern's group holds."""

    def read(text: str) -> float:
        found = re.search(pattern, text)
        assert found is not None, text
        return float(found[1]) * factor

    return read


def plugin(name: str, *words: str) -> tuple[str, ...]:
    """One of the monitoring plugins."""
    return (f"{PLUGINS}/check_{name}", *words)


def curl(figure: str, *words: str) -> tuple[str, ...]:
    """curl, telling one of its times in s."""
    return ("curl", "-sS", "-k", "-o", "/dev/null", "--fail", "-w", f"figure %{{{figure}}}", *words)


def s_client(*words: str) -> tuple[str, ...]:
    """A handshake that fails where the certificate does."""
    return ("openssl", "s_client", "-verify_return_error", "-CAfile", "{ca}", *words)


def starttls(port: int, protocol: str) -> Beside:
    """The handshake after a word for it."""
    place = f"127.0.0.1:{port}"
    return Beside("tls", place, {"starttls": protocol}, s_client("-starttls", protocol, "-connect", place))


def dig(*words: str) -> tuple[str, ...]:
    """dig, telling its time in µs."""
    return ("dig", *words, "www.shop.test", "-u", "+noall", "+answer", "+stats")


CURLED: Final = number(r"figure ([\d.]+)", 1000)
PERFDATA: Final = number(r"time=([\d.]+)s", 1000)
QUERIED: Final = number(r"Query time: (\d+) usec", 0.001)
PINGED: Final = number(r"bytes, ([\d.]+) ms")
AVERAGED: Final = number(r"rta=([\d.]+)ms")
ROUTED: Final = number(r"(?m)^ *1 .*?([\d.]+) ms")
HTTP: Final = "http://127.0.0.1/"
HTTPS: Final = "https://127.0.0.1/"
NAME: Final = {"name": "www.shop.test"}
DOT: Final = {**NAME, "transport": "tls", "verify": False}
QUICK: Final = {"spacing_ms": 20}
FEW: Final = {"queries": 1}
UDP: Final = {"protocol": "udp", **FEW}
TCP: Final = {"protocol": "tcp", "port": 80, **FEW}
GONE: Final = {"name": "gone.shop.test"}
BESIDE: Final = {
    "curl http": Beside("http", HTTP, {}, curl("time_total", HTTP), CURLED),
    "curl http by IPv6": Beside("http", "http://[::1]/", {}, curl("time_total", "http://[::1]/"), CURLED),
    "curl's connect": Beside("http", HTTP, {}, curl("time_connect", HTTP), CURLED, "connect"),
    "curl https": Beside("http", HTTPS, {}, curl("time_total", "--http1.1", HTTPS), CURLED),
    "curl HTTP/2": Beside("http", HTTPS, {"http2": True}, curl("time_total", "--http2", HTTPS), CURLED),
    "curl -L": Beside("http", f"{HTTP}hop", {}, curl("time_total", "-L", f"{HTTP}hop"), CURLED),
    "curl 503": Beside("http", f"{HTTP}busy", {}, curl("time_total", f"{HTTP}busy")),
    "curl refused": Beside("http", "http://127.0.0.1:9/", {}, curl("time_total", "http://127.0.0.1:9/")),
    "curl Apache": Beside("http", f"{HTTP[:-1]}:8080/", {}, curl("time_total", f"{HTTP[:-1]}:8080/"), CURLED),
    "curl HAProxy": Beside("http", f"{HTTP[:-1]}:8081/", {}, curl("time_total", f"{HTTP[:-1]}:8081/"), CURLED),
    "check_http": Beside("http", HTTP, {}, plugin("http", "-I", "127.0.0.1", "-u", "/"), PERFDATA),
    "check_http 503": Beside("http", f"{HTTP}busy", {}, plugin("http", "-I", "127.0.0.1", "-u", "/busy")),
    "check_http -C": Beside(
        "http", "https://127.0.0.1:8443/", {}, plugin("http", "-S", "-I", "127.0.0.1", "-p", "8443", "-C", "5")
    ),
    "openssl": Beside("tls", "127.0.0.1:443", {}, s_client("-connect", "127.0.0.1:443")),
    "openssl by IPv6": Beside("tls", "[::1]:443", {}, s_client("-connect", "[::1]:443")),
    "openssl, too old": Beside("tls", "127.0.0.1:8443", {}, s_client("-connect", "127.0.0.1:8443")),
    "openssl SMTP": starttls(25, "smtp"),
    "openssl IMAP": starttls(143, "imap"),
    "openssl POP3": starttls(110, "pop3"),
    "openssl FTP": starttls(21, "ftp"),
    "openssl MariaDB": starttls(3306, "mysql"),
    "openssl PostgreSQL": starttls(5432, "postgres"),
    "curl's handshake": Beside(
        "tls", "127.0.0.1:443", {}, curl("time_appconnect", "--http1.1", HTTPS), CURLED, "handshake"
    ),
    "dig": Beside("dns", "127.0.0.1", NAME, dig("@127.0.0.1"), QUERIED),
    "dig by IPv6": Beside("dns", "::1", NAME, dig("@::1"), QUERIED),
    "dig nsd": Beside("dns", "127.0.0.2", NAME, dig("@127.0.0.2"), QUERIED),
    "dig +tcp": Beside("dns", "127.0.0.1", {**NAME, "transport": "tcp"}, dig("@127.0.0.1", "+tcp"), QUERIED),
    "dig +tls": Beside("dns", "127.0.0.1:853", DOT, dig("@127.0.0.1", "+tls"), QUERIED, "exchange"),
    "dig, nobody there": Beside("dns", "127.0.0.1:54", NAME, dig("@127.0.0.1", "-p", "54", "+tries=1", "+timeout=1")),
    "check_dns": Beside(
        "dns", "127.0.0.1", NAME, plugin("dns", "-H", "www.shop.test", "-s", "127.0.0.1", "-a", "192.0.2.10")
    ),
    "check_dns, no such name": Beside(
        "dns", "127.0.0.1", GONE, plugin("dns", "-H", "gone.shop.test", "-s", "127.0.0.1")
    ),
    "fping": Beside("icmp", "127.0.0.1", QUICK, ("fping", "-C", "3", "-p", "20", "127.0.0.1"), PINGED),
    "fping by IPv6": Beside("icmp", "::1", QUICK, ("fping", "-6", "-C", "3", "-p", "20", "::1"), PINGED),
    "fping, no route": Beside("icmp", "192.0.2.1", QUICK, ("fping", "-C", "1", "192.0.2.1")),
    "check_ping": Beside(
        *("icmp", "127.0.0.1", QUICK),
        plugin("ping", "-H", "127.0.0.1", "-w", "100,50%", "-c", "200,90%", "-p", "1"),
        AVERAGED,
    ),
    "check_tcp": Beside("tcp", "127.0.0.1:6379", {}, plugin("tcp", "-H", "127.0.0.1", "-p", "6379"), PERFDATA),
    "check_tcp by IPv6": Beside("tcp", "[::1]:6379", {}, plugin("tcp", "-H", "::1", "-p", "6379"), PERFDATA),
    "check_tcp refused": Beside("tcp", "127.0.0.1:9", {}, plugin("tcp", "-H", "127.0.0.1", "-p", "9")),
    "check_smtp": Beside("tcp", "127.0.0.1:25", {"preset": "smtp"}, plugin("smtp", "-H", "127.0.0.1"), PERFDATA),
    "check_smtp -S": Beside(
        "tcp", "127.0.0.1:25", {"preset": "smtp-starttls"}, plugin("smtp", "-H", "127.0.0.1", "-S")
    ),
    "check_smtp submission": Beside(
        "tcp", "127.0.0.1:587", {"preset": "submission"}, plugin("smtp", "-H", "127.0.0.1", "-p", "587")
    ),
    "check_ssh": Beside("tcp", "127.0.0.1:22", {"preset": "ssh"}, plugin("ssh", "127.0.0.1"), PERFDATA),
    "check_imap": Beside("tcp", "127.0.0.1:143", {"preset": "imap"}, plugin("imap", "-H", "127.0.0.1"), PERFDATA),
    "check_pop": Beside("tcp", "127.0.0.1:110", {"preset": "pop3"}, plugin("pop", "-H", "127.0.0.1"), PERFDATA),
    "check_ftp": Beside("tcp", "127.0.0.1:21", {"preset": "ftp"}, plugin("ftp", "-H", "127.0.0.1"), PERFDATA),
    "check_imap on SMTP": Beside(
        "tcp", "127.0.0.1:25", {"preset": "imap"}, plugin("imap", "-H", "127.0.0.1", "-p", "25", "-M", "crit")
    ),
    "mariadb-admin": Beside(
        *("tcp", "127.0.0.1:3306", {"preset": "mysql"}),
        ("mariadb-admin", "-h", "127.0.0.1", "-P", "3306", "--protocol=tcp", "ping"),
    ),
    "pg_isready": Beside(
        "tcp", "127.0.0.1:5432", {"preset": "postgres"}, (f"{POSTGRES}/pg_isready", "-h", "127.0.0.1")
    ),
    "redis-cli": Beside("tcp", "127.0.0.1:6379", {"preset": "redis"}, ("redis-cli", "-h", "127.0.0.1", "ping")),
    "iperf3's port": Beside("tcp", "127.0.0.1:5201", {}, ("iperf3", "-c", "127.0.0.1", "-n", "1M")),
    "mtr": Beside("trace", "127.0.0.1", {}, ("mtr", "--report", "-c", "1", "-G", "0.2", "-i", "0.1", "127.0.0.1")),
    "traceroute": Beside("trace", "127.0.0.1", UDP, ("traceroute", "-n", "127.0.0.1"), ROUTED),
    "traceroute -I": Beside("trace", "127.0.0.1", FEW, ("traceroute", "-I", "-n", "127.0.0.1"), ROUTED),
    "traceroute -T": Beside(
        *("trace", "127.0.0.1", TCP),
        ("traceroute", "-T", "-p", "80", "-n", "127.0.0.1"),
        ROUTED,
    ),
    "traceroute by IPv6": Beside("trace", "::1", UDP, ("traceroute", "-6", "-n", "::1"), ROUTED),
}

"""Kind tls on loopback: every way a certificate can be wrong is told with the certificate, and STARTTLS is no hole."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import trustme

from probe.clock import SystemClock
from probe.model import Finding, Reason, State
from probe.probers.net import frames
from probe.probers.net.certificate import TlsPolicy, certificates_of, make_context
from probe.probers.net.connection import open_connection
from probe.probers.net.starttls import STARTTLS
from probe.probers.tls import PROTOCOLS, TlsProber, TlsSettings
from probe.trail import Trail
from tests.peers import (
    Reader,
    Talk,
    Writer,
    full_backlog,
    greets,
    old_tls,
    resets,
    shakes_hands,
    shakes_hands_until,
    stalls,
    stops_after,
    tcp_peer,
    turns,
)
from tests.probers.attempts import a_check, a_resolver, find
from tests.probers.certificates import DAY, NOW, server_context, written

MYSQL_GREETING = bytes.fromhex("0a") + b"8.0.1\0" + bytes(12) + b"\0" + b"\xff\xff" + bytes(40)
MYSQL = len(MYSQL_GREETING).to_bytes(3, "little") + b"\0" + MYSQL_GREETING
LDAP_REQUEST_END = b"1.3.6.1.4.1.1466.20037"
LDAP_YES = bytes.fromhex("300c02010178070a010004000400")
XMPP_FEATURES = b"<?xml version='1.0'?><stream:stream><stream:features><starttls/></stream:features>"
PLAIN: dict[str, list[tuple[bytes, bytes]]] = {
    "ftp": [(b"", b"220-Welcome\r\n to us\r\n220 ready\r\n"), (b"AUTH TLS\r\n", b"234 go\r\n")],
    "imap": [(b"", b"* OK ready\r\n"), (b"p STARTTLS\r\n", b"* note\r\np OK go\r\n")],
    "ldap": [(LDAP_REQUEST_END, LDAP_YES)],
    "mysql": [(b"", MYSQL)],
    "pop3": [(b"", b"+OK ready\r\n"), (b"STLS\r\n", b"+OK go\r\n")],
    "postgres": [(bytes.fromhex("04d2162f"), b"S")],
    "smtp": [(b"", b"220 mail\r\n"), (b"\r\n", b"250-mail\r\n250-STARTTLS\r\n250 OK\r\n"), (b"\r\n", b"220 go\r\n")],
    "xmpp": [(b">", XMPP_FEATURES), (b"/>", b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")],
}
PLAIN["submission"] = PLAIN["smtp"]
REFUSED: dict[str, list[tuple[bytes, bytes]]] = {
    "ftp": [(b"", b"220 ready\r\n"), (b"\r\n", b"502 no\r\n")],
    "imap": [(b"", b"* OK ready\r\n"), (b"\r\n", b"p BAD no\r\n")],
    "ldap": [(LDAP_REQUEST_END, bytes.fromhex("300c02010178070a013504000400"))],
    "mysql": [(b"", MYSQL.replace(b"\xff\xff", b"\xff\xf7"))],
    "pop3": [(b"", b"+OK ready\r\n"), (b"\r\n", b"-ERR no\r\n")],
    "postgres": [(bytes.fromhex("04d2162f"), b"N")],
    "smtp": [(b"", b"220 mail\r\n"), (b"\r\n", b"250-mail\r\n250 OK\r\n")],
    "submission": [(b"", b"220 m\r\n"), (b"\r\n", b"250 STARTTLS\r\n"), (b"\r\n", b"454 not now\r\n")],
    "xmpp": [(b">", b"<stream:stream><stream:features><sasl/></stream:features>")],
}


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    return written(authority, tmp_path)


def meet(talk: Talk, **keys: Any) -> Finding:
    """What an attempt finds at 127.0.0.1."""

    async def main() -> Finding:
        async with tcp_peer(talk) as peer:
            return await find("tls", f"127.0.0.1:{peer.port}", **keys)

    return asyncio.run(main())


def test_a_good_certificate_is_up_with_all_that_it_says(authority: trustme.CA, ca_file: str, tmp_path: Path) -> None:
    """Version, expiry, issuer, names and fingerprint are evidence; the latency is the handshake alone."""
    ends = (NOW + 40 * DAY).replace(microsecond=0)
    tls = server_context(authority, "shop.example", not_after=ends)

    async def main() -> Finding:
        async with tcp_peer(shakes_hands(tls)) as peer:
            resolver = a_resolver(tmp_path, hosts="127.0.0.1 shop.example\n")
            keys = {"ca_file": ca_file, "min_tls": "1.2", "min_days_left": 30, "expect_names": ["Shop.example"]}
            return await find("tls", f"shop.example:{peer.port}", resolver, **keys, expect_issuer="TRUSTME")

    finding = asyncio.run(main())
    assert (finding.state, finding.reason) == (State.UP, None), finding.detail
    assert set(finding.phases_us) == {"dns", "connect", "handshake"}
    assert finding.latency_us == finding.phases_us["handshake"]
    certificate = finding.facts["certificate"]
    assert certificate["not_after_ms"] == int(ends.timestamp()) * 1000
    assert certificate["names"] == ["shop.example"]
    assert "trustme" in certificate["issuer"]
    assert finding.facts["chain"][0] == certificate
    assert finding.facts["tls"] == "TLSv1.3"
    assert all(assertion.held for assertion in finding.assertions)
    assert len(finding.assertions) == 5


@pytest.mark.parametrize("latest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_whole_chain_is_shown(authority: trustme.CA, ca_file: str, latest: ssl.TLSVersion) -> None:
    """Between our certificate and the root stands what expires unnoticed; both layouts of the message are read."""
    middle = authority.create_child_ca()
    tls = server_context(middle, "127.0.0.1")
    tls.maximum_version = latest
    finding = meet(shakes_hands(tls), ca_file=ca_file)
    assert finding.state is State.UP, finding.detail
    leaf, above = finding.facts["chain"]
    assert leaf["names"] == ["127.0.0.1"]
    assert leaf["issuer"] == above["subject"]
    assert above["not_after_ms"] > 0


@pytest.mark.parametrize(
    ("names", "keys", "reason"),
    [
        (["127.0.0.1"], {"not_after": NOW - DAY}, Reason.TLS_EXPIRED),
        (["127.0.0.1"], {"not_before": NOW + DAY}, Reason.TLS_NOT_YET_VALID),
        (["other.example"], {}, Reason.TLS_NAME),
    ],
    ids=["expired", "not yet valid", "another name"],
)
@pytest.mark.parametrize("latest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_certificate_that_failed_is_shown(
    authority: trustme.CA,
    ca_file: str,
    names: list[str],
    keys: dict[str, Any],
    reason: Reason,
    latest: ssl.TLSVersion,
) -> None:
    """Whoever mends it must see which it is and when it ended, though the library tells nothing of it."""
    tls = server_context(authority, *names, **keys)
    tls.maximum_version = latest
    finding = meet(shakes_hands(tls), ca_file=ca_file)
    assert (finding.state, finding.reason) == (State.DOWN, reason)
    certificate = finding.facts["certificate"]
    assert certificate["names"] == names
    if "not_after" in keys:
        assert certificate["not_after_ms"] == int(keys["not_after"].timestamp()) * 1000
    assert finding.latency_us is None


def test_a_self_signed_certificate_is_untrusted_and_shown() -> None:
    """With the authorities of this machine."""
    finding = meet(shakes_hands(server_context(trustme.CA(), "127.0.0.1")))
    assert (finding.state, finding.reason) == (State.DOWN, Reason.TLS_UNTRUSTED)
    assert finding.facts["certificate"]["names"] == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"expect_names": ["127.0.0.1", "www.example"]}, Reason.TLS_NAME),
        ({"expect_issuer": "Other CA"}, Reason.TLS_ISSUER),
        ({"min_days_left": 12}, Reason.TLS_EXPIRES_SOON),
        ({"min_days_left": 9}, None),
        ({"server_name": "other.example"}, Reason.TLS_NAME),
        ({"server_name": "other.example", "verify": False}, None),
        ({"verify": False, "expect_names": ["127.0.0.1"]}, None),
    ],
)
def test_expectations_are_judged(
    authority: trustme.CA, ca_file: str, keys: dict[str, Any], reason: Reason | None
) -> None:
    """A valid certificate can still not be the one that was wanted."""
    tls = server_context(authority, "127.0.0.1", not_after=NOW + 10 * DAY + DAY / 2)
    finding = meet(shakes_hands(tls), ca_file=ca_file, **keys)
    assert finding.reason is reason, finding.detail


def test_tls_1_0_is_a_failed_handshake(authority: trustme.CA) -> None:
    """Nobody's browser speaks it any more, and neither do we."""
    finding = meet(shakes_hands(old_tls(server_context(authority, "127.0.0.1"))), verify=False)
    assert (finding.state, finding.reason) == (State.DOWN, Reason.TLS_HANDSHAKE)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_tls_begins_after_starttls(authority: trustme.CA, ca_file: str, protocol: str) -> None:
    """Nine protocols have a word for it."""
    talk = turns(*PLAIN[protocol], tls=server_context(authority, "127.0.0.1"))
    if protocol == "mysql":
        talk = _after_ssl_request(server_context(authority, "127.0.0.1"))
    finding = meet(talk, starttls=protocol, ca_file=ca_file)
    assert (finding.state, finding.reason) == (State.UP, None), finding.detail
    assert {"connect", "banner", "handshake"} <= set(finding.phases_us)
    assert finding.facts["certificate"]["names"] == ["127.0.0.1"]
    assert finding.facts["dialogue"]


def _after_ssl_request(tls: ssl.SSLContext) -> Talk:
    """MySQL's request has no end that one could wait for but its length, and is not answered in the clear."""

    async def talk(reader: Reader, writer: Writer) -> None:
        writer.write(MYSQL)
        await reader.readexactly(36)
        await shakes_hands(tls)(reader, writer)

    return talk


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_server_that_refuses_starttls_is_told_at_once(protocol: str) -> None:
    """Not at the deadline, and with its own words."""
    finding = meet(turns(*REFUSED[protocol]), starttls=protocol, verify=False, timeout_ms=5000)
    assert (finding.state, finding.reason) == (State.DOWN, Reason.TLS_HANDSHAKE)
    assert "STARTTLS" in finding.detail


@pytest.mark.parametrize("protocol", sorted({*PROTOCOLS} - {"submission"}))
def test_bytes_after_the_reply_to_starttls_are_refused(authority: trustme.CA, protocol: str) -> None:
    """What somebody on the way put behind the reply must never count as said under TLS."""
    *first, (heard, said) = PLAIN[protocol]
    talk = turns(*first, (heard, said + b"250 injected\r\n"), tls=server_context(authority, "127.0.0.1"))
    finding = meet(talk, starttls=protocol, verify=False)
    assert (finding.state, finding.reason) == (State.DOWN, Reason.PROTOCOL)
    assert "before TLS" in finding.detail
    assert "handshake" not in finding.phases_us


def test_bytes_that_come_a_moment_later_are_refused_as_well(authority: trustme.CA) -> None:
    """They are taken for TLS, which they are not."""

    async def talk(reader: Reader, writer: Writer) -> None:
        writer.write(b"S" if (await reader.readexactly(8)) else b"")
        await reader.read(1)
        writer.write(b"250 injected\r\n")
        await stalls(reader, writer)

    finding = meet(talk, starttls="postgres", verify=False)
    assert (finding.state, finding.reason) == (State.DOWN, Reason.TLS_HANDSHAKE)


def test_bytes_that_wait_in_the_socket_are_refused() -> None:
    """A second segment that is there before our hello was, without a word of ours in between."""
    import socket

    from probe.probers.net.connection import Connection
    from probe.probers.net.stream import Stream

    here, there = socket.socketpair()
    with here, there:
        here.setblocking(False)
        connection = Connection(Stream(here))
        assert not connection.has_unread
        there.send(b"x")
        assert connection.has_unread
        connection.tls = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="x")
        assert not connection.has_unread


@pytest.mark.parametrize(
    ("talk", "reason"),
    [
        (resets(), Reason.RESET),
        (resets(before=b"220 m\r\n"), Reason.RESET),
        (resets(after=b"EHLO probe\r\n"), Reason.TIMEOUT),
        (greets(b""), Reason.CLOSED),
        (greets(b"220"), Reason.BANNER),
        (greets(b"421 too busy\r\n"), Reason.BANNER),
        (greets(b"220-" + b"x" * 10_000), Reason.BANNER),
        (stalls, Reason.TIMEOUT),
    ],
    ids=["reset", "reset in it", "mute until EHLO", "end", "cut short", "busy", "endless", "silence"],
)
def test_what_can_happen_before_starttls_has_its_reason(talk: Talk, reason: Reason) -> None:
    """A peer may leave, say too much or nothing at all."""
    finding = meet(talk, starttls="smtp", verify=False, timeout_ms=150)
    assert (finding.state, finding.reason) == (State.DOWN, reason)
    if reason is Reason.TIMEOUT:
        assert finding.detail == "timeout in banner after 150 ms"


def reset_after(*script: tuple[bytes, bytes]) -> Talk:
    """Plays this, hears one thing more, and resets the connection."""

    async def talk(reader: Reader, writer: Writer) -> None:
        for heard, said in script:
            if heard:
                await reader.readuntil(heard)
            writer.write(said)
        await reader.read(1)
        await resets()(reader, writer)

    return talk


@pytest.mark.parametrize("size", range(4))
def test_a_reset_in_each_phase_is_reset(size: int) -> None:
    """After the greeting, after the offer, after the reply: the handshake is the last."""
    finding = meet(reset_after(*PLAIN["smtp"][:size]), starttls="smtp", verify=False, timeout_ms=300)
    assert finding.state is State.DOWN
    assert finding.reason is (Reason.RESET if size else Reason.TIMEOUT)


def each_stalled(talks: Sequence[Talk], **keys: Any) -> list[Finding]:
    """What is found where each of these talks, all at the same time."""

    async def one(talk: Talk) -> Finding:
        async with tcp_peer(talk) as peer:
            return await find("tls", f"127.0.0.1:{peer.port}", **keys)

    async def main() -> list[Finding]:
        found: list[Finding] = []
        for start in range(0, len(talks), 64):
            found += await asyncio.gather(*(one(talk) for talk in talks[start : start + 64]))
        return found

    return asyncio.run(main())


def test_a_stall_at_every_byte_of_the_dialogue_is_a_timeout() -> None:
    """Half a line is no line; nothing is ever up before the end."""
    said = b"".join(line for _, line in PLAIN["smtp"])
    talks = [stops_after(said, size) for size in range(len(said) - 1)]
    found = each_stalled(talks, starttls="smtp", verify=False, timeout_ms=300)
    assert {(one.state, one.reason) for one in found} == {(State.DOWN, Reason.TIMEOUT)}


def test_a_stall_in_the_handshake_is_a_timeout(authority: trustme.CA) -> None:
    """However much of the server's flight has come."""
    tls = server_context(authority, "127.0.0.1")
    talks = [shakes_hands_until(tls, size) for size in range(0, 700, 23)]
    found = each_stalled(talks, verify=False, timeout_ms=300)
    assert {(one.state, one.reason) for one in found} == {(State.DOWN, Reason.TIMEOUT)}


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"starttls": "gopher"}, "starttls: .* is not one of ftp, imap"),
        ({"server_name": "a b"}, "server_name: "),
        ({"max_time_ms": 0}, "max_time: must be longer"),
        ({"ca_file": "x", "min_tls": "1.0", "min_days_left": -1}, "ca_file: .*min_tls: .*min_days_left: "),
        ({"client_key": "/key.pem"}, "client_key: needs client_cert"),
    ],
)
def test_bad_settings_are_refused_together(keys: dict[str, Any], says: str) -> None:
    """Every problem in one message, so that one edit mends all."""
    with pytest.raises(ValueError, match=says):
        TlsSettings(**keys)


def test_a_target_without_a_port_is_https() -> None:
    """One spelling for what is meant."""
    assert TlsProber.target("shop.example") == "shop.example:443"
    assert TlsProber.target("tls://[2001:db8::7]:993") == "[2001:db8::7]:993"
    assert sorted(STARTTLS) == sorted(PROTOCOLS)


def test_an_authority_that_cannot_be_read_is_told_at_start(tmp_path: Path) -> None:
    """And an attempt that comes without is unknown: nothing was learned of the target."""
    check = a_check("tls", "127.0.0.1:1", ca_file=str(tmp_path / "none.pem"))
    with pytest.raises(ValueError, match=r"ca_file .*none\.pem"):
        TlsProber().prepare(check)
    finding = asyncio.run(find("tls", "127.0.0.1:1", ca_file=str(tmp_path / "none.pem")))
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.LOCAL_ERROR)


def test_too_slow_a_handshake_is_told(authority: trustme.CA) -> None:
    """The deadline is for silence, this is for slowness; a handshake is never so fast."""
    finding = meet(shakes_hands(server_context(authority, "127.0.0.1")), verify=False, max_time_ms=2000)
    assert [assertion.expectation for assertion in finding.assertions] == ["max_time 2000 ms"]


def test_without_a_listener_the_own_certificate_is_left(authority: trustme.CA) -> None:
    """Where Python does not let us hear the handshake, a finished one still tells the peer's own certificate."""
    deaf = ssl.create_default_context()
    authority.configure_trust(deaf)
    for context, expected in ((deaf, 1), (make_context(TlsPolicy(verify=False)), 2)):
        ours, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = context.wrap_bio(ours, theirs, server_hostname="127.0.0.1")
        middle = authority.create_child_ca()
        server = server_context(middle, "127.0.0.1").wrap_bio(theirs, ours, server_side=True)
        assert certificates_of(client) == []
        for side in (client, server, client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
        assert len(certificates_of(client)) == expected


def test_a_length_in_the_long_form_is_read() -> None:
    """Some directories write every length in four bytes."""
    long = bytes.fromhex("3084000000100201017884000000070a010004000400")
    assert [frames.ldap(long[:size]) for size in (1, 5, 6)] == [None, None, 22]
    assert meet(turns((LDAP_REQUEST_END, long)), starttls="ldap", timeout_ms=150).detail.startswith(
        "timeout in handshake"
    )


def test_an_attempt_that_was_cut_off_shows_what_it_tried() -> None:
    """The deadline in a connection that nobody answers leaves the address, and that it was silent."""

    async def main() -> Finding:
        async with full_backlog() as port:
            return await find("tls", f"127.0.0.1:{port}", timeout_ms=80)

    finding = asyncio.run(main())
    assert finding.reason is Reason.TIMEOUT
    assert finding.facts["tried"] == [{"address": finding.address, "result": "no answer"}]
    assert "rtt_us" not in finding.facts


def test_only_so_many_tries_are_kept() -> None:
    """Every redirect brings its own, and what is kept of them has an end."""

    async def main() -> list[dict[str, str]]:
        trail = Trail(SystemClock(), 1000)
        trail.facts["tried"] = [{}] * 64
        async with tcp_peer(stalls) as peer:
            (await open_connection(["127.0.0.1"], peer.port, trail)).close()
        tried: list[dict[str, str]] = trail.facts["tried"]
        return tried

    assert len(asyncio.run(main())) == 64


def broken(finding: Finding) -> list[tuple[str, str]]:
    """The expectations that did not hold, and what was seen."""
    return [(one.expectation, one.seen) for one in finding.assertions if not one.held]


OLD_HELLO = bytes.fromhex("160301002a 02000026 0301") + bytes(32) + bytes.fromhex("00 002f 00")
"""What a server that never heard of TLS 1.1 answers."""


def test_the_version_of_an_old_server_is_named() -> None:
    """Its hello says it, and whoever mends it must know."""

    async def talk(reader: Reader, writer: Writer) -> None:
        await reader.read(4096)
        writer.write(OLD_HELLO)
        await reader.read(1)

    finding = meet(talk, verify=False)
    assert finding.reason is Reason.TLS_HANDSHAKE
    assert finding.detail == "UNSUPPORTED_PROTOCOL: the server offers TLS 1.0"
    assert broken(finding) == [("TLS 1.2 or later", "TLS 1.0")]


def test_a_server_that_says_only_no_is_told_as_such(authority: trustme.CA) -> None:
    """Its alert does not tell what it would speak."""
    finding = meet(shakes_hands(old_tls(server_context(authority, "127.0.0.1"))), verify=False)
    assert broken(finding) == [("TLS 1.2 or later", "the server speaks none of them")]


def test_a_server_that_is_too_old_for_the_check_is_named(authority: trustme.CA, ca_file: str) -> None:
    """TLS 1.2, where 1.3 is demanded."""
    tls = server_context(authority, "127.0.0.1")
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    finding = meet(shakes_hands(tls), ca_file=ca_file, min_tls="1.3")
    assert (finding.state, finding.reason) == (State.DOWN, Reason.TLS_HANDSHAKE)
    assert broken(finding) == [("TLS 1.3 or later", "the server speaks none of them")]


def test_a_refused_handshake_is_a_broken_expectation(authority: trustme.CA) -> None:
    """Assertion by assertion, a person sees which one failed, also when nothing came after it."""
    tls = server_context(authority, "other.example")
    finding = meet(shakes_hands(tls))
    assert [expectation for expectation, _ in broken(finding)] == ["valid, trusted and for 127.0.0.1"]
    assert broken(meet(greets(b"SSH-2.0-x\r\n"))) == [("a TLS handshake", "WRONG_VERSION_NUMBER")]
    assert broken(meet(resets())) == [("a TLS handshake", "ECONNRESET: Connection reset by peer")]


def test_a_greeting_that_did_not_come_is_a_broken_expectation() -> None:
    """With what came instead."""
    assert broken(meet(greets(b"421 too busy\r\n"), starttls="smtp")) == [("greeting", "421 too busy\\x0d\\x0a")]
    assert broken(meet(greets(b""), starttls="smtp")) == [("greeting", "closed before the greeting")]

"""Kind http under TLS: every way a certificate can be wrong has its own reason."""

from __future__ import annotations

import asyncio
import datetime
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from probe.model import Finding, Reason, State
from probe.probers.http import HttpProber
from probe.probers.net import certificate
from probe.probers.net.certificate import TlsPolicy, make_context
from probe.probers.net.x509 import read_validity
from probe.runner import attempt
from tests.clocks import HandClock
from tests.peers import Talk, greets, reply, resets, says, shakes_hands, stalls, tcp_peer, web_peer
from tests.probers.attempts import a_check, a_resolver, find

OK = reply(body=b"all is well")
NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


def server_context(authority: trustme.CA, *names: str, **keys: Any) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, **keys).configure_cert(context)
    return context


def visit(tls: ssl.SSLContext, tmp_path: Path, **keys: Any) -> Finding:
    """An https check of shop.example, which is this peer."""

    async def main() -> Finding:
        async with web_peer({"/": OK}, tls=tls) as peer:
            resolver = a_resolver(tmp_path, hosts="127.0.0.1 shop.example\n")
            return await find("http", f"https://shop.example:{peer.port}/", resolver, **keys)

    return asyncio.run(main())


def shake(tls: ssl.SSLContext, **keys: Any) -> Finding:
    """An https check of a server that tells by an alert why it does not like us."""

    async def main() -> Finding:
        async with tcp_peer(shakes_hands(tls)) as peer:
            return await find("http", f"https://127.0.0.1:{peer.port}/", **keys)

    return asyncio.run(main())


def test_a_good_certificate_is_up_and_recorded(authority: trustme.CA, ca_file: str, tmp_path: Path) -> None:
    """Expiry, issuer, names and fingerprint are evidence."""
    ends = (NOW + 40 * DAY).replace(microsecond=0)
    finding = visit(server_context(authority, "shop.example", not_after=ends), tmp_path, ca_file=ca_file)
    assert finding.state is State.UP, finding.detail
    assert set(finding.phases_us) == {"dns", "connect", "tls", "ttfb", "body"}
    seen = finding.facts["certificate"]
    assert seen["not_after_ms"] == int(ends.timestamp()) * 1000
    assert seen["names"] == ["shop.example"]
    assert "trustme" in seen["issuer"]
    assert len(seen["fingerprint"]) == 64
    assert finding.facts["tls"] == "TLSv1.3"


@pytest.mark.parametrize(
    ("names", "keys", "reason"),
    [
        (["shop.example"], {"not_after": NOW - DAY}, Reason.TLS_EXPIRED),
        (["shop.example"], {"not_before": NOW + DAY}, Reason.TLS_NOT_YET_VALID),
        (["other.example"], {}, Reason.TLS_NAME),
        (["127.0.0.1"], {}, Reason.TLS_NAME),
    ],
    ids=["expired", "not yet valid", "another name", "an address only"],
)
def test_a_wrong_certificate_has_its_reason(
    authority: trustme.CA, ca_file: str, tmp_path: Path, names: list[str], keys: dict[str, Any], reason: Reason
) -> None:
    """Whoever mends it must know which it is."""
    finding = visit(server_context(authority, *names, **keys), tmp_path, ca_file=ca_file)
    assert (finding.state, finding.reason) == (State.DOWN, reason)


def test_an_unknown_authority_is_untrusted(authority: trustme.CA, tmp_path: Path) -> None:
    """Self-signed and privately signed alike, with the authorities of this machine."""
    finding = visit(server_context(authority, "shop.example"), tmp_path)
    assert (finding.state, finding.reason) == (State.DOWN, Reason.TLS_UNTRUSTED)


def test_a_machine_that_woke_in_the_past_blames_itself(authority: trustme.CA, ca_file: str) -> None:
    """With a clock before this program was written, "not yet valid" says nothing about the target."""

    async def main() -> Finding:
        tls = server_context(authority, "127.0.0.1", not_before=NOW + DAY)
        async with web_peer({"/": OK}, tls=tls) as peer:
            check = a_check("http", f"https://127.0.0.1:{peer.port}/", ca_file=ca_file)
            return (await attempt(check, HttpProber(), HandClock(wall_ms=946_684_800_000))).finding

    finding = asyncio.run(main())
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.LOCAL_ERROR)
    assert "clock" in finding.detail


def test_verification_can_be_left_out(authority: trustme.CA, tmp_path: Path) -> None:
    """The dates are recorded all the same, and can be judged."""
    tls = server_context(authority, "other.example", not_after=NOW + 10 * DAY)
    finding = visit(tls, tmp_path, verify=False, min_days_left=5)
    assert finding.state is State.UP
    assert finding.facts["certificate"]["not_after_ms"] > 0
    assert finding.facts["certificate"]["names"] == ["other.example"]


@pytest.mark.parametrize(("days", "reason"), [(9, None), (11, Reason.TLS_EXPIRES_SOON)])
def test_days_left_are_judged(
    authority: trustme.CA, ca_file: str, tmp_path: Path, days: int, reason: Reason | None
) -> None:
    """Warned while there is time."""
    tls = server_context(authority, "shop.example", not_after=NOW + 10 * DAY + DAY / 2)
    assert visit(tls, tmp_path, ca_file=ca_file, min_days_left=days).reason is reason


def test_an_old_protocol_is_a_failed_handshake(authority: trustme.CA, ca_file: str, tmp_path: Path) -> None:
    """A server below `min_tls` fails."""
    tls = server_context(authority, "shop.example", "127.0.0.1")
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    assert visit(tls, tmp_path, ca_file=ca_file, min_tls="1.2").facts["tls"] == "TLSv1.2"
    finding = shake(tls, ca_file=ca_file, min_tls="1.3")
    assert (finding.state, finding.reason) == (State.DOWN, Reason.TLS_HANDSHAKE)


def test_a_client_certificate_is_shown(authority: trustme.CA, ca_file: str, tmp_path: Path) -> None:
    """Where the server asks for one; without it the handshake fails."""
    tls = server_context(authority, "shop.example", "127.0.0.1")
    authority.configure_trust(tls)
    tls.verify_mode = ssl.CERT_REQUIRED
    mine = authority.issue_cert("me.example")
    mine.private_key_and_cert_chain_pem.write_to_path(tmp_path / "me.pem")
    assert visit(tls, tmp_path, ca_file=ca_file, client_cert=str(tmp_path / "me.pem")).state is State.UP
    finding = shake(tls, ca_file=ca_file)
    assert (finding.state, finding.reason) == (State.DOWN, Reason.TLS_HANDSHAKE)
    assert "CERTIFICATE_REQUIRED" in finding.detail


@pytest.mark.parametrize(
    ("talk", "reasons"),
    [
        (greets(b"HTTP/1.1 400 plain\r\n\r\n"), {Reason.TLS_HANDSHAKE}),
        (resets(), {Reason.RESET}),
        (says(b""), {Reason.TIMEOUT}),
        (stalls, {Reason.TIMEOUT}),
    ],
    ids=["plain text", "reset", "waiting", "silence"],
)
def test_what_is_not_tls_has_its_reason(talk: Talk, reasons: set[Reason]) -> None:
    """A handshake can fail without any certificate."""

    async def main() -> Finding:
        async with tcp_peer(talk) as peer:
            return await find("http", f"https://127.0.0.1:{peer.port}/", timeout_ms=150, verify=False)

    finding = asyncio.run(main())
    assert finding.state is State.DOWN
    assert finding.reason in reasons
    if finding.reason is Reason.TIMEOUT:
        assert finding.detail == "timeout in tls after 150 ms"


def test_the_end_in_a_handshake_is_closed() -> None:
    """The peer hears our hello and leaves."""

    async def hears_and_leaves(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(4096)

    async def main() -> Finding:
        async with tcp_peer(hears_and_leaves) as peer:
            return await find("http", f"https://127.0.0.1:{peer.port}/", verify=False)

    assert asyncio.run(main()).reason is Reason.CLOSED


def test_a_large_body_comes_through_tls(authority: trustme.CA, ca_file: str, tmp_path: Path) -> None:
    """Many records, both ways."""

    async def main() -> Finding:
        tls = server_context(authority, "127.0.0.1")
        async with web_peer({"/": reply(body=b"x" * 500_000)}, tls=tls) as peer:
            return await find(
                "http",
                f"https://127.0.0.1:{peer.port}/",
                ca_file=ca_file,
                method="POST",
                body="y" * 300_000,
                min_bytes=500_000,
                max_bytes=500_000,
            )

    assert asyncio.run(main()).state is State.UP


def test_over_redirects_the_certificate_that_ends_first_counts(
    authority: trustme.CA, ca_file: str, tmp_path: Path
) -> None:
    """The front door's certificate matters as much as the last room's."""

    async def main() -> Finding:
        soon = server_context(authority, "127.0.0.1", not_after=NOW + 5 * DAY)
        later = server_context(authority, "127.0.0.1", not_after=NOW + 50 * DAY)
        async with web_peer({"/": OK}, tls=later) as last:
            there = reply("302 Found", location=f"https://127.0.0.1:{last.port}/")
            async with web_peer({"/": there}, tls=soon) as first:
                return await find("http", f"https://127.0.0.1:{first.port}/", ca_file=ca_file, min_days_left=10)

    assert asyncio.run(main()).reason is Reason.TLS_EXPIRES_SOON


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda folder: {"ca_file": str(folder / "none.pem")}, "ca_file .*No such file"),
        (lambda folder: {"ca_file": str(folder / "junk.pem")}, "ca_file "),
        (lambda folder: {"client_cert": str(folder / "none.pem")}, "client_cert .*No such file"),
    ],
)
def test_a_bad_file_is_found_at_start(tmp_path: Path, make: Callable[[Path], dict[str, Any]], says: str) -> None:
    """`prepare` names it; an attempt without `prepare` says it is ours."""
    (tmp_path / "junk.pem").write_text("junk")
    check = a_check("http", "https://127.0.0.1:1/", **make(tmp_path))
    with pytest.raises(ValueError, match=says):
        HttpProber().prepare(check)

    async def main() -> Finding:
        async with tcp_peer(stalls) as peer:
            return await find("http", f"https://127.0.0.1:{peer.port}/", **make(tmp_path))

    finding = asyncio.run(main())
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.LOCAL_ERROR)


def test_a_context_without_authorities_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Out of descriptors the library gives an empty context and no error: every target would look untrusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    with pytest.raises(ValueError, match="no certificate authorities"):
        make_context(TlsPolicy())


def test_equal_policies_share_a_context() -> None:
    """Making one costs 50 ms and a megabyte."""
    contexts = certificate.TlsContexts()
    assert contexts.get(TlsPolicy()) is contexts.get(TlsPolicy())
    assert contexts.get(TlsPolicy()) is not contexts.get(TlsPolicy(verify=False))


@pytest.mark.parametrize("der", [b"", b"\x30", b"\x30\x05abc", b"\x30\x03\x02\x01\x01", bytes(64)])
def test_what_is_no_certificate_has_no_dates(der: bytes) -> None:
    """Absence is None."""
    assert read_validity(der) is None


def test_dates_beyond_2049_are_read() -> None:
    """They are written with four digits of the year."""
    authority = trustme.CA()
    far = datetime.datetime(2093, 4, 5, 6, 7, 8, tzinfo=datetime.UTC)
    pem = authority.issue_cert("x.example", not_after=far).cert_chain_pems[0].bytes().decode()
    validity = read_validity(ssl.PEM_cert_to_DER_cert(pem))
    assert validity is not None
    assert validity[1] == int(far.timestamp()) * 1000

"""Certificates are read as a stranger's data: what is not one leaves nothing but its fingerprint."""

from __future__ import annotations

import ssl
from hashlib import sha256

import pytest
import trustme

from probe.probers.net.x509 import read_certificate, read_validity


@pytest.fixture(scope="module")
def der() -> bytes:
    """A certificate for two names and an address."""
    made = trustme.CA().issue_cert("shop.example", "www.shop.example", "2001:db8::7", organization_name="Shop")
    return ssl.PEM_cert_to_DER_cert(made.cert_chain_pems[0].bytes().decode())


def test_names_dates_and_both_parties_are_read(der: bytes) -> None:
    """Without the library having verified it."""
    facts = read_certificate(der)
    assert facts["fingerprint"] == sha256(der).hexdigest()
    assert facts["names"] == ["shop.example", "www.shop.example", "2001:db8::7"]
    assert facts["subject"].startswith("Shop")
    assert "trustme" in facts["issuer"]
    assert (facts["not_before_ms"], facts["not_after_ms"]) == read_validity(der)


def test_what_is_handed_out_is_nobody_elses(der: bytes) -> None:
    """Certificates are remembered; a change of one's own copy must not be."""
    read_certificate(der)["names"] = []
    assert read_certificate(der)["names"]


def test_a_certificate_cut_anywhere_is_read_without_an_error(der: bytes) -> None:
    """Every prefix, and every byte turned into another: nothing raises, and the fingerprint is right."""
    for size in range(len(der)):
        cut = der[:size]
        assert read_certificate(cut)["fingerprint"] == sha256(cut).hexdigest()
    for place in range(len(der)):
        spoilt = der[:place] + bytes([der[place] ^ 0xFF]) + der[place + 1 :]
        assert read_certificate(spoilt)["fingerprint"] == sha256(spoilt).hexdigest()


def test_an_endless_list_is_cut_off() -> None:
    """Thousands of empty elements are work that a stranger would order."""
    inner = bytes.fromhex("3000") * 5000
    body = b"\x30\x82" + len(inner).to_bytes(2) + inner
    assert set(read_certificate(b"\x30\x82" + len(body).to_bytes(2) + body)) == {"fingerprint"}


def test_names_of_odd_kinds_and_strings_of_two_bytes_are_read() -> None:
    """An organisation in UTF-16, as old authorities wrote it, and names that are neither DNS nor an address."""

    def element(tag: int, content: bytes) -> bytes:
        return bytes([tag, 0x82]) + len(content).to_bytes(2) + content

    def name(tag: int, text: bytes) -> bytes:
        kind = bytes.fromhex("0603550403")
        return element(0x30, element(0x31, element(0x30, kind + element(tag, text))))

    times = element(0x30, element(0x17, b"490101000000Z") + element(0x18, b"20500101000000Z"))
    names = element(0x30, element(0x81, b"a@b.example") + element(0x82, b"\x1b[2J.example") + element(0x87, b"123"))
    extension = element(0x30, bytes.fromhex("0603551d11") + element(0x04, names))
    fields = [
        *(element(0x02, b"\x01"), element(0x30, b""), name(0x1E, "Ämter".encode("utf-16-be")), times),
        *(name(0x0C, "Läden".encode()), element(0x30, b""), element(0xA3, element(0x30, extension))),
    ]
    facts = read_certificate(element(0x30, element(0x30, b"".join(fields))))
    assert facts["issuer"] == "Ämter"
    assert facts["subject"] == "Läden"
    assert facts["names"] == [r"\x1b[2J.example"]
    assert facts["not_after_ms"] == 2_524_608_000_000

"""Kind tcp by protocols: presets speak as a client of the protocol would, and see what a port alone does not show."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import trustme

from probe.cli.address import check_of
from probe.errors import UsageError
from probe.model import Finding, Reason, State
from probe.probers.net.presets import MYSQL_LOGIN, POSTGRES_LOGIN
from probe.probers.net.presets import PRESETS as TABLE
from probe.probers.tcp import PRESETS, TcpProber, TcpSettings
from tests.peers import Script, Talk, greets, resets, stops_after, tcp_peer, turns
from tests.probers.attempts import a_check, find
from tests.probers.certificates import server_context

EHLO = b"EHLO probe\r\n"


def mysql(number: int, payload: bytes) -> bytes:
    """A packet of MySQL."""
    return len(payload).to_bytes(3, "little") + bytes([number]) + payload


def postgres(kind: bytes, payload: bytes) -> bytes:
    """A message of PostgreSQL."""
    return kind + (len(payload) + 4).to_bytes(4) + payload


MYSQL_GREETING = mysql(0, b"\x0a8.0.1\0" + bytes(60))
HAPPY: dict[str, Script] = {
    "ftp": [(b"", b"220-Hello\r\n you\r\n220 ready\r\n"), (b"QUIT\r\n", b"221 bye\r\n")],
    "imap": [(b"", b"* OK ready\r\n"), (b"LOGOUT\r\n", b"* BYE\r\n")],
    "mysql": [(b"", MYSQL_GREETING), (MYSQL_LOGIN, mysql(2, b"\xff\x15\x04#28000Access denied"))],
    "pop3": [(b"", b"+OK ready\r\n"), (b"QUIT\r\n", b"+OK\r\n")],
    "postgres": [(POSTGRES_LOGIN, postgres(b"R", b"\0\0\0\x05salt"))],
    "redis": [(b"PING\r\n", b"+PONG\r\n")],
    "smtp": [(b"", b"220 mail ESMTP\r\n"), (EHLO, b"250-mail\r\n250 SIZE\r\n"), (b"QUIT\r\n", b"221 bye\r\n")],
    "ssh": [(b"", b"a note first\r\nSSH-2.0-OpenSSH_9.2\r\n")],
    "submission": [(b"", b"220 mail\r\n"), (EHLO, b"250-mail\r\n250 AUTH PLAIN\r\n"), (b"QUIT\r\n", b"221 bye\r\n")],
}
STARTTLS: Script = [
    (b"", b"220 mail\r\n"),
    (EHLO, b"250-mail\r\n250-starttls\r\n250 SIZE\r\n"),
    (b"STARTTLS\r\n", b"220 go\r\n"),
]


def meet(talk: Talk, **keys: Any) -> Finding:
    async def main() -> Finding:
        async with tcp_peer(talk) as peer:
            return await find("tcp", f"127.0.0.1:{peer.port}", **keys)

    return asyncio.run(main())


@pytest.mark.parametrize("preset", HAPPY)
def test_a_server_that_answers_as_it_should_is_up(preset: str) -> None:
    """With its greeting as evidence, and the latency still that of the connection alone."""
    finding = meet(turns(*HAPPY[preset]), preset=preset)
    assert (finding.state, finding.reason) == (State.UP, None), finding.detail
    assert finding.latency_us == finding.phases_us["connect"]
    assert finding.facts["banner"]
    assert finding.assertions[-1].expectation == f"speaks {preset}"


def test_smtp_goes_on_under_tls() -> None:
    """A second EHLO shows that the server behind the handshake works; its certificate is recorded, not judged."""
    tls = server_context(trustme.CA(), "elsewhere.example")
    finding = meet(turns(*STARTTLS, tls=tls, under_tls=[(EHLO, b"250 mail\r\n")]), preset="smtp-starttls")
    assert (finding.state, finding.reason) == (State.UP, None), finding.detail
    assert set(finding.phases_us) == {"connect", "banner", "dialogue", "tls"}
    assert finding.facts["certificate"]["names"] == ["elsewhere.example"]
    assert finding.facts["dialogue"][-1] == {"sent": r"QUIT\x0d\x0a"}


def test_what_follows_the_reply_to_starttls_is_refused() -> None:
    """As in kind tls."""
    *first, (heard, said) = STARTTLS
    finding = meet(turns(*first, (heard, said + b"250 mail\r\n")), preset="smtp-starttls")
    assert (finding.state, finding.reason) == (State.DOWN, Reason.PROTOCOL)


@pytest.mark.parametrize(
    ("preset", "script"),
    [
        ("ftp", [(b"", b"421 too many users\r\n")]),
        ("imap", [(b"", b"* BYE overloaded\r\n")]),
        ("imap", [(b"", b"220 mail ESMTP\r\n")]),
        ("mysql", [(b"", mysql(0, b"\xff\x10\x04Too many connections"))]),
        ("mysql", [(b"", MYSQL_GREETING), (MYSQL_LOGIN, mysql(2, b"\xff\x10\x04#08004Too many connections"))]),
        ("mysql", [(b"", MYSQL_GREETING), (MYSQL_LOGIN, mysql(2, b"\xff\x69\x04#HY000Host is blocked"))]),
        ("pop3", [(b"", b"-ERR busy\r\n")]),
        ("pop3", [(b"", b"SSH-2.0-OpenSSH\r\n")]),
        ("postgres", [(POSTGRES_LOGIN, postgres(b"E", b"SFATAL\0VFATAL\0C57P03\0Mstarting up\0\0"))]),
        ("postgres", [(POSTGRES_LOGIN, postgres(b"E", b"SFATAL\0C53300\0Mtoo many clients\0\0"))]),
        ("redis", [(b"PING\r\n", b"-LOADING dataset\r\n")]),
        ("redis", [(b"PING\r\n", b"-DENIED protected mode\r\n")]),
        ("smtp", [(b"", b"554 go away\r\n")]),
        ("smtp", [(b"", b"220 mail\r\n"), (EHLO, b"502 no\r\n")]),
        ("ssh", [(b"", b"SSH-1.5-old\r\n")]),
        ("submission", [(b"", b"220 mail\r\n"), (EHLO, b"250-mail\r\n250 SIZE\r\n")]),
    ],
)
def test_a_refusal_is_down_at_once_with_its_words(preset: str, script: Script) -> None:
    """An open port is not a service; nobody waits for the deadline when all is said."""
    finding = meet(turns(*script), preset=preset, timeout_ms=5000)
    assert (finding.state, finding.reason) == (State.DOWN, Reason.BANNER)
    assert finding.detail
    assert finding.facts["dialogue"][-1]["heard"]


@pytest.mark.parametrize(
    "answer",
    [b"SFATAL\0VFATAL\0C28P01\0Mpassword\0\0", b"SFATAL\0C3D000\0Mno database\0\0", b"SFATAL\0C28000\0Mno entry\0\0"],
)
def test_a_database_that_refuses_us_by_itself_is_up(answer: bytes) -> None:
    """It is there, and it decides; which is all that can be asked without an account."""
    finding = meet(turns((POSTGRES_LOGIN, postgres(b"E", answer))), preset="postgres")
    assert finding.state is State.UP, finding.detail


def test_a_protected_redis_is_up() -> None:
    """It wants a password, and says so."""
    assert meet(turns((b"PING\r\n", b"-NOAUTH Authentication required.\r\n")), preset="redis").state is State.UP


@pytest.mark.parametrize(("expect", "reason"), [("ESMTP$|ESMTP\r", None), ("Exim", Reason.BANNER)])
def test_the_greeting_of_a_preset_can_be_judged_besides(expect: str, reason: Reason | None) -> None:
    """That it is SMTP, and that it is ours."""
    assert meet(turns(*HAPPY["smtp"]), preset="smtp", expect=expect).reason is reason


@pytest.mark.parametrize(
    ("talk", "reason"),
    [
        (greets(b""), Reason.CLOSED),
        (greets(b"220 mai"), Reason.BANNER),
        (resets(), Reason.RESET),
        (resets(before=b"220 mail\r\n"), Reason.RESET),
        (turns((b"", b"\x1b[2J" * 4000)), Reason.BANNER),
        (turns((b"", b"220-" + b"250-STARTTLS\r\n" * 2000)), Reason.BANNER),
    ],
    ids=["end", "cut short", "reset", "reset after it", "too much", "endless lines"],
)
def test_a_greeting_that_is_none_has_its_reason(talk: Talk, reason: Reason) -> None:
    """Whatever stands at the port."""
    finding = meet(talk, preset="smtp-starttls", timeout_ms=1000)
    assert (finding.state, finding.reason) == (State.DOWN, reason)


@pytest.mark.parametrize("preset", ["mysql", "postgres", "smtp", "ssh"])
def test_a_stall_at_every_byte_is_a_timeout(preset: str) -> None:
    """Half an answer is none, in lines as in frames."""
    said = b"".join(line for _, line in HAPPY[preset][:2])

    async def one(size: int) -> Finding:
        async with tcp_peer(stops_after(said, size)) as peer:
            return await find("tcp", f"127.0.0.1:{peer.port}", preset=preset, timeout_ms=250)

    async def main() -> list[Finding]:
        return list(await asyncio.gather(*(one(size) for size in range(len(said) - 1))))

    assert {(found.state, found.reason) for found in asyncio.run(main())} == {(State.DOWN, Reason.TIMEOUT)}


def test_steps_of_ones_own_are_taken_in_turn() -> None:
    """Each expectation has its line, and the talk ends where one is broken."""
    steps = [{"expect": "^220 "}, {"send": "QUIT\r\n"}, {"expect": "^221 "}]
    finding = meet(turns((b"", b"220 m\r\n"), (b"QUIT\r\n", b"221 bye\r\n")), steps=steps)
    assert (finding.state, len(finding.assertions)) == (State.UP, 2), finding.detail
    assert set(finding.phases_us) == {"connect", "banner", "dialogue"}
    refuses = turns((b"", b"220 m\r\n"), (b"QUIT\r\n", b"500 what?" + b"x" * 5000))
    finding = meet(refuses, steps=[*steps, {"expect": "x"}])
    assert (finding.reason, len(finding.assertions)) == (Reason.BANNER, 2)
    assert finding.facts["banner"] == r"220 m\x0d\x0a"


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"preset": "gopher"}, 'preset: "gopher" is not one of ftp'),
        ({"preset": "smtp", "send": "x"}, "send: cannot be combined"),
        ({"steps": [{"send": "x"}], "expect": "x"}, "steps: cannot be combined"),
        ({"steps": [{"say": "x"}]}, "steps: step 1: write"),
        ({"steps": [{"send": "x"}, {"expect": "("}]}, "steps: step 2: expect: not a regular expression"),
        ({"steps": [{"send": "x"}] * 33}, "steps: at most 32"),
    ],
)
def test_bad_scripts_are_refused(keys: dict[str, Any], says: str) -> None:
    """With the step that is wrong."""
    with pytest.raises(ValueError, match=says):
        TcpSettings(**keys)


def test_every_preset_is_in_the_table() -> None:
    """The names that are offered and those that are known are the same."""
    assert sorted(PRESETS) == sorted(TABLE)


def test_settings_can_be_typed_behind_an_address() -> None:
    """As `probe check` takes them."""
    assert check_of("tcp://192.0.2.1:25?preset=smtp").settings.preset == "smtp"
    assert check_of("tls://192.0.2.1?starttls=imap").target == "192.0.2.1:443"
    with pytest.raises(UsageError, match="preset: "):
        check_of("tcp://192.0.2.1:25?preset=gopher")


def test_what_attempts_share_is_made_at_start() -> None:
    """A TLS context takes longer than an attempt, and the loop waits for it."""
    for preset, made in (("smtp-starttls", 1), ("smtp", 0)):
        prober = TcpProber()
        prober.prepare(a_check("tcp", "192.0.2.1:25", preset=preset))
        assert prober._contexts is not None
        assert len(prober._contexts._made) == made

"""All addresses of a name may be demanded: one that fails is the outcome, and each is shown."""

from __future__ import annotations

import asyncio
import socket
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import trustme

from probe.model import Finding, Reason, State
from probe.probers.http import HttpSettings
from tests.peers import Talk, greets, reply, says, stalls, tcp_peer
from tests.probers.attempts import a_resolver, find
from tests.probers.certificates import server_context, written

OK = says(reply(body=b"fine"))


async def both(kind: str, folder: Path, talks: list[Talk | None], **keys: Any) -> Finding:
    """A name with the addresses 127.0.0.1, .2, …, each with a server of its own on one port, or none."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    tls = keys.pop("tls", None)
    hosts = "".join(f"127.0.0.{number} shop.example\n" for number in range(1, len(talks) + 1))
    async with AsyncExitStack() as stack:
        for number, talk in enumerate(talks, 1):
            if talk is not None:
                await stack.enter_async_context(tcp_peer(talk, host=f"127.0.0.{number}", port=port, tls=tls))
        target = f"http://shop.example:{port}/" if kind == "http" else f"shop.example:{port}"
        return await find(kind, target, a_resolver(folder, hosts=hosts), all_addresses=True, **keys)


@pytest.mark.parametrize(("kind", "talk"), [("http", OK), ("tcp", greets(b"hello"))])
def test_all_addresses_must_be_up(kind: str, talk: Talk, tmp_path: Path) -> None:
    """Both are tried, both are shown, and the slower one is the latency."""
    finding = asyncio.run(both(kind, tmp_path, [talk, talk]))
    assert (finding.state, finding.reason, finding.detail) == (State.UP, None, "")
    each = finding.facts["each"]
    assert [(one["address"], one["state"]) for one in each] == [("127.0.0.1", "up"), ("127.0.0.2", "up")]
    assert finding.latency_us == max(one["latency_us"] for one in each)
    assert [one.expectation for one in finding.assertions][:2] == ["127.0.0.1 is up", "127.0.0.2 is up"]
    assert "dns" in finding.phases_us


@pytest.mark.parametrize(("kind", "talk"), [("http", OK), ("tcp", greets(b"hello"))])
def test_one_address_that_refuses_is_down(kind: str, talk: Talk, tmp_path: Path) -> None:
    """Though a user may be lucky, the next one is not."""
    finding = asyncio.run(both(kind, tmp_path, [talk, None]))
    assert (finding.state, finding.reason) == (State.DOWN, Reason.REFUSED)
    assert finding.detail.startswith("127.0.0.2: ECONNREFUSED")
    assert [one.held for one in finding.assertions][:2] == [True, False]


def test_an_address_with_another_answer_is_down(tmp_path: Path) -> None:
    """A page of one server says nothing about the other."""
    finding = asyncio.run(both("http", tmp_path, [OK, says(reply("500 Broken"))]))
    assert (finding.state, finding.reason, finding.detail) == (
        State.DOWN,
        Reason.STATUS,
        "127.0.0.2: status 2xx, 3xx: 500",
    )
    assert finding.facts["status"] == 500


def test_an_address_that_stays_silent_is_shown_at_the_deadline(tmp_path: Path) -> None:
    """What the others had found by then is not lost, and nothing runs on."""

    async def main() -> Finding:
        finding = await both("http", tmp_path, [OK, stalls], timeout_ms=300)
        assert len(asyncio.all_tasks()) == 1
        return finding

    finding = asyncio.run(main())
    assert (finding.state, finding.reason) == (State.DOWN, Reason.TIMEOUT)
    assert [one["state"] for one in finding.facts["each"]] == ["up", None]


def test_every_address_has_its_own_certificate(tmp_path: Path) -> None:
    """Each handshake is made, with the name and not the address."""
    authority = trustme.CA()
    keys = {"tls": server_context(authority, "shop.example"), "ca_file": written(authority, tmp_path)}
    finding = asyncio.run(both("tls", tmp_path, [stalls, stalls], **keys))
    assert finding.state is State.UP, finding.detail
    assert len(finding.facts["each"]) == 2


def test_a_proxy_knows_the_addresses_better() -> None:
    """It looks the name up itself, so that all addresses cannot be demanded of it."""
    with pytest.raises(ValueError, match="all_addresses: cannot be combined with proxy"):
        HttpSettings(all_addresses=True, proxy="http://127.0.0.1:3128")

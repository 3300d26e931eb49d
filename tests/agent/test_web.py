"""The listener for other programs: what it answers, and what a stranger cannot do to it."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from probe.agent.web import Answer, Limits, Place, Request, Route, Server
from probe.errors import AgentError, StoreError

Story = Callable[[Server], Coroutine[Any, Any, None]]
SHORT = Limits(head=2048, body=16, seconds=0.2, connections=2)


async def echo(request: Request) -> Answer:
    fields = "&".join(f"{key}={value}" for key, value in request.query.items())
    return Answer(200, f"{request.method} {request.path} [{request.tail}] {fields} ".encode() + request.body)


async def bug(_: Request) -> Answer:
    raise ZeroDivisionError


async def broken(_: Request) -> Answer:
    raise StoreError("the record is away")


ROUTES = {
    "/echo": Route(echo),
    "/take/": Route(echo, ("POST",)),
    "/bug": Route(bug),
    "/broken": Route(broken),
}


@asynccontextmanager
async def serving(limits: Limits | None = None, **place: Any) -> AsyncIterator[Server]:
    server = Server(ROUTES, Place("127.0.0.1", 0, **place), limits)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def say(server: Server, text: str | bytes) -> str:
    """Send raw bytes and read until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(text.encode() if isinstance(text, str) else text)
    writer.write_eof()
    try:
        return (await asyncio.wait_for(reader.read(), 5)).decode()
    finally:
        writer.close()
        await writer.wait_closed()


def said(text: str | bytes, limits: Limits | None = None, **place: Any) -> str:
    async def story() -> str:
        async with serving(limits, **place) as server:
            return await say(server, text)

    return asyncio.run(story())


def get(target: str, method: str = "GET", host: str = "127.0.0.1:9310", more: str = "") -> str:
    return f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n"


async def until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not is_so():  # noqa: ASYNC110 - what is waited for is the other end of a socket
            await asyncio.sleep(0.001)


def status_of(answer: str) -> int:
    return int(answer.split(" ", 2)[1])


def test_a_path_of_the_table_is_answered_with_fixed_headers() -> None:
    """What other programs read, no cache keeps and no browser runs."""
    answer = said(get("/echo?a=1&b=%C3%A9"))
    head, _, body = answer.partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200 OK\r\n")
    assert body == "GET /echo [] a=1&b=é "
    for header in ("cache-control: no-store", "x-content-type-options: nosniff", "default-src 'none'", "close"):
        assert header in head.lower()
    assert f"content-length: {len(body.encode())}" in head.lower()


def test_head_has_the_length_and_no_body() -> None:
    """HEAD costs what GET costs and sends nothing more."""
    answer = said(get("/echo", "HEAD"))
    assert "content-length: 15" in answer.lower()
    assert answer.endswith("\r\n\r\n")


def test_post_is_taken_where_a_route_says_so() -> None:
    """The name is decoded, the body is handed over whole, also in pieces and after a wait for leave."""
    chunked = get("/take/sh%C3%B6p", "POST", more="Transfer-Encoding: chunked\r\n") + "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    assert said(chunked).endswith("POST /take/shöp [shöp]  abc")
    waiting = get("/take/x", "POST", more="Content-Length: 2\r\nExpect: 100-continue\r\n") + "hi"
    answer = said(waiting)
    assert answer.startswith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")
    assert answer.endswith(" hi")


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        (get("/nothing"), 404),
        (get("/take/", "POST"), 404),
        (get("/take/a/b", "POST"), 404),
        (get("/../etc/passwd"), 404),
        (get("/%2e%2e/echo"), 404),
        (get("http://elsewhere/echo"), 400),
        (get("/echo%00"), 400),
        (get("/echo?" + "a&" * 17), 400),
        (get("/echo", "POST"), 405),
        (get("/take/x"), 405),
        (get("/echo", "DELETE"), 405),
        (get("/echo", host="evil.example"), 421),
        (get("/echo", host="[::1"), 421),
        (get("/echo", host="[::1]:9310"), 200),
        (get("/echo", host="localhost"), 200),
        (get("/echo", host="probe.example:80"), 200),
        ("GET /echo HTTP/1.1\r\n\r\n", 400),
        ("GET /echo HTTP/1.0\r\n\r\n", 421),
        ("nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (get("/" + "a" * 4000), 431),
        (get("/echo", more="X: " + "a" * 4000 + "\r\n"), 431),
        (get("/take/x", "POST", more="Content-Length: 17\r\n") + "a" * 17, 413),
        (get("/take/x", "POST", more="Content-Length: 5\r\nContent-Length: 6\r\n") + "a" * 5, 400),
        (get("/broken"), 503),
        (get("/bug"), 500),
    ],
)
def test_each_request_has_its_status(request_text: str | bytes, status: int) -> None:
    """A stranger is told plainly, and learns nothing else."""
    limits = Limits(head=2048, body=16)
    assert status_of(said(request_text, limits, names=("probe.example",))) == status


def test_a_bug_is_logged_and_the_listener_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    """One broken answer costs only itself."""

    async def story() -> None:
        async with serving() as server:
            assert status_of(await say(server, get("/bug"))) == 500
            assert status_of(await say(server, get("/echo"))) == 200

    with caplog.at_level(logging.ERROR):
        asyncio.run(story())
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("", 401),
        ("Authorization: Bearer nearly-right\r\n", 401),
        ("Authorization: Basic right\r\n", 401),
        ("Authorization: Bearer r\xe9ght\r\n", 401),
        ("Authorization: bearer right\r\n", 200),
    ],
)
def test_a_token_is_asked_of_everyone(header: str, status: int) -> None:
    """Once exposed, nothing is answered without it, not even whether a path exists."""
    assert status_of(said(get("/echo", more=header).encode("latin-1"), token="right")) == status
    assert status_of(said(get("/nothing", more=header).encode("latin-1"), token="right")) == (
        404 if status == 200 else 401
    )


def test_who_says_nothing_is_let_go() -> None:
    """A silent or dripping stranger holds a place for a limited time only."""

    async def story() -> None:
        async with serving(SHORT) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"GET /echo HTTP/1.1\r\nHost")
            assert await asyncio.wait_for(reader.read(), 5) == b""
            writer.close()
            await writer.wait_closed()
            assert await say(server, b"") == ""

    asyncio.run(story())


def test_no_more_connections_than_allowed_are_held() -> None:
    """Who comes when all places are taken is turned away; when one is free it works again."""

    async def story() -> None:
        async with serving(SHORT._replace(seconds=30)) as server:
            held = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(2)]
            for _, writer in held:
                writer.write(b"GET ")
                await writer.drain()
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            assert await asyncio.wait_for(reader.read(), 5) == b""
            for other in (writer, *(pair[1] for pair in held)):
                other.close()
                await other.wait_closed()
            await until(lambda: not server._tasks)
            assert status_of(await say(server, get("/echo"))) == 200

    asyncio.run(story())


def test_the_answer_to_a_request_too_long_arrives() -> None:
    """The reason is read even by who has not finished sending."""

    async def story() -> None:
        async with serving(SHORT._replace(seconds=10)) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(get("/take/x", "POST", more="Content-Length: 200000\r\n").encode() + b"a" * 30_000)
            assert status_of((await asyncio.wait_for(reader.read(), 5)).decode()) == 413
            writer.close()
            await writer.wait_closed()

    asyncio.run(story())


def test_stopping_cuts_off_who_is_waiting_and_stopping_twice_is_harmless() -> None:
    """An agent that ends does not wait for strangers."""

    async def story() -> None:
        server = Server(ROUTES, Place("127.0.0.1", 0))
        await server.stop()
        await server.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET ")
        await until(lambda: server._tasks)
        await server.stop()
        with suppress(ConnectionResetError):  # where it had not read what we sent
            assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
        with suppress(ConnectionResetError):
            await writer.wait_closed()

    asyncio.run(story())


def test_a_port_that_is_taken_is_named() -> None:
    """One clear line."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AgentError, match=f"cannot listen on 127.0.0.1:{port}: .*in use.*; choose another"):
            asyncio.run(Server(ROUTES, Place("127.0.0.1", port)).start())

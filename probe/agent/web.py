"""A small HTTP/1.1 server for other programs: a fixed table of routes, no file is ever served.

One request a connection, and limits on everything a stranger could stretch: head, body, time, connections.
The Host that was asked for must be an address, localhost or a name that is ours, so that a web page cannot
reach it by a name of its own; where a token is set, each request carries it. h11 keeps the grammar.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from ipaddress import ip_address
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

import h11

from probe.errors import AgentError, ProbeError

log = logging.getLogger(__name__)

TEXT: Final = "text/plain; charset=utf-8"
JSON: Final = "application/json"
FIXED: Final = (
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'"),
    ("Connection", "close"),
)
"""Headers of every answer."""
QUERY_FIELDS: Final = 16
PIECE: Final = 1024
"""Bytes that the parser is given at once; a head may be so much longer than its limit."""
LINGER_BYTES: Final = 64 * 1024
LINGER_S: Final = 1.0
"""After an answer to a request that was not read to its end, so that the answer arrives before the reset."""


class Limits(NamedTuple):
    """What one stranger may take: bytes of the head and of a body, seconds for all of it, connections at once."""

    head: int = 8 * 1024
    body: int = 1024
    seconds: float = 10.0
    connections: int = 32


class Place(NamedTuple):
    """Where to listen, under which names besides addresses and localhost, and the token that requests must carry."""

    host: str
    port: int
    names: tuple[str, ...] = ()
    token: str | None = None


class Request(NamedTuple):
    """What was asked. path: decoded; tail: what follows the path of a route that ends in a slash."""

    method: str
    path: str
    tail: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


class Answer(NamedTuple):
    """What is answered."""

    status: int
    body: bytes
    content_type: str = TEXT
    headers: tuple[tuple[str, str], ...] = ()


class Route(NamedTuple):
    """What answers a path, and to which methods; HEAD goes with GET."""

    handle: Callable[[Request], Awaitable[Answer]]
    methods: tuple[str, ...] = ("GET",)


class Refusal(Exception):
    """A request that is not answered by its route: `answer` is what it gets."""

    def __init__(self, status: int, why: str, *headers: tuple[str, str]) -> None:
        """One line of words and further headers."""
        super().__init__(why)
        self.answer = Answer(status, f"{why}\n".encode(), TEXT, headers)


class Server:
    """Answers requests for the paths of `routes`; a path that ends in a slash stands for all right below it."""

    def __init__(self, routes: Mapping[str, Route], place: Place, limits: Limits | None = None) -> None:
        """Nothing listens before `start`."""
        self._routes, self._place, self._limits = routes, place, limits or Limits()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port that is listened on, also where 0 was asked for."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def start(self) -> None:
        """Listen. Raises AgentError when that is not possible."""
        host, port = self._place[:2]
        try:
            self._server = await asyncio.start_server(self._meet, host, port)
        except OSError as error:
            why = error.strerror or str(error)
            raise AgentError(f"cannot listen on {host}:{port}: {why}; choose another address") from error

    async def stop(self) -> None:
        """Listen no more; whoever is being answered is cut off."""
        if self._server is None:
            return
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._tasks) >= self._limits.connections:
            writer.close()
            return
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer), name="web")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state = h11.Connection(h11.SERVER, max_incomplete_event_size=self._limits.head)
        try:
            async with asyncio.timeout(self._limits.seconds):
                method, answer = await self._exchange(state, reader, writer)
                writer.write(_head(answer) + (b"" if method == "HEAD" else answer.body))
                await writer.drain()
                writer.write_eof()
            await _linger(reader)
        except (TimeoutError, OSError):  # silent, slow or gone
            pass
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _exchange(
        self, state: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[str, Answer]:
        """The request's method and its answer, whatever became of it."""
        method = ""
        try:
            head = await _asking(state, reader)
            method = head.method.decode("ascii")
            route, request = self._route(head)
            if state.they_are_waiting_for_100_continue:
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = await _body(state, reader, self._limits.body)
            return method, await route.handle(request._replace(body=body))
        except Refusal as refusal:
            return method, refusal.answer
        except h11.RemoteProtocolError as error:
            return method, Answer(error.error_status_hint, b"not a request that can be read\n")
        except ProbeError as error:
            return method, Answer(503, f"{error}\n".encode())
        except OSError:
            raise
        except Exception:  # a bug in one answer must not end the listener
            log.exception("a bug: please report it")
            return method, Answer(500, b"a bug: see the log of the agent\n")

    def _route(self, head: h11.Request) -> tuple[Route, Request]:
        """The route of a request and the request without its body. Raises Refusal."""
        headers = {name.decode("ascii"): value.decode("latin-1") for name, value in head.headers}
        if not self._is_ours(headers.get("host", "")):
            raise Refusal(421, "this Host is not served here; add it to the names")
        self._admit(headers.get("authorization", ""))
        request = _asked(head, headers)
        parent, _, tail = request.path.rpartition("/")
        route = self._routes.get(request.path) if tail else None
        if route is None:
            route, request = self._routes.get(f"{parent}/"), request._replace(tail=tail)
            if route is None or not tail:
                raise Refusal(404, "no such path")
        allowed = (*route.methods, "HEAD") if "GET" in route.methods else route.methods
        if request.method not in allowed:
            raise Refusal(405, "not with this method", ("Allow", ", ".join(allowed)))
        return route, request

    def _is_ours(self, host: str) -> bool:
        """Whether the Host of a request is an address, which no other site can claim, or one of our names."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name == "localhost" or name in self._place.names:
            return True
        try:
            return bool(ip_address(name))
        except ValueError:
            return False

    def _admit(self, given: str) -> None:
        token = self._place.token
        if token is None:
            return
        scheme, _, value = given.partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(value.strip().encode("latin-1"), token.encode()):
            raise Refusal(401, "a token is needed", ("WWW-Authenticate", "Bearer"))


def _asked(head: h11.Request, headers: Mapping[str, str]) -> Request:
    """The request line and the headers as values; 400 for a target that is no path of ours."""
    target, _, query = head.target.decode("ascii").partition("?")
    path = unquote(target, errors="replace")
    if not path.startswith("/") or not path.isprintable():
        raise Refusal(400, "not a path")
    try:
        fields = dict(parse_qsl(query, keep_blank_values=True, max_num_fields=QUERY_FIELDS))
    except ValueError:
        raise Refusal(400, "too many fields in the query") from None
    return Request(head.method.decode("ascii"), path, "", fields, headers, b"")


async def _asking(state: h11.Connection, reader: asyncio.StreamReader) -> h11.Request:
    """The head of the request; who connects and says nothing is no error of ours, only gone."""
    head = await _next(state, reader)
    if not isinstance(head, h11.Request):
        raise ConnectionAbortedError
    return head


async def _body(state: h11.Connection, reader: asyncio.StreamReader, limit: int) -> bytes:
    """The whole body; 413 when it is longer than the limit."""
    parts: list[bytes] = []
    size = 0
    while isinstance(event := await _next(state, reader), h11.Data):
        size += len(event.data)
        if size > limit:
            raise Refusal(413, f"the body may have {limit} bytes")
        parts.append(bytes(event.data))
    return b"".join(parts)


async def _next(state: h11.Connection, reader: asyncio.StreamReader) -> object:
    """What comes next of a request. Raises h11.RemoteProtocolError."""
    while (event := state.next_event()) is h11.NEED_DATA:
        state.receive_data(await reader.read(PIECE))
    return event


def _head(answer: Answer) -> bytes:
    """The status line and the headers; the length is that of the body even where the body is left out."""
    headers = [
        ("Content-Type", answer.content_type),
        ("Content-Length", str(len(answer.body))),
        *FIXED,
        *answer.headers,
    ]
    event = h11.Response(status_code=answer.status, reason=HTTPStatus(answer.status).phrase, headers=headers)
    state = h11.Connection(h11.SERVER)
    return state.send(event) or b""


async def _linger(reader: asyncio.StreamReader) -> None:
    """Take in what is still coming, within bounds, until the other side has read the answer and closes."""
    taken = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_S):
            while taken < LINGER_BYTES and (piece := await reader.read(4096)):
                taken += len(piece)

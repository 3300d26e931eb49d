"""How other commands speak to the running agent: JSON lines over the Unix socket `<database>.sock`, mode 0660.

A request is an object with `do`. The answer is `{"ok": true, "result": …}`, or `{"ok": false, "error": …, "usage": …}`
with one line for people and whether it was the request that was wrong.
`change` carries one of store/changes.py, `health` asks for the agent's gauges, `reload` reads the files again.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from probe.errors import AgentError, ProbeError, StoreLocked, UsageError

if TYPE_CHECKING:
    from probe.store.changes import Change

Handler = Callable[[Mapping[str, Any]], Awaitable[Any]]
"""Answers one request with a JSON value, or raises ProbeError."""

LINE_LIMIT: Final = 1 << 20
CONNECTIONS: Final = 32
IDLE_S: Final = 10.0
ANSWER_S: Final = 30.0
MODE: Final = 0o660
TRIES: Final = 100
RETRY_S: Final = 0.05


class NotRunning(AgentError):
    """No agent listens for this database."""


def socket_path(database: Path) -> Path:
    """Where the agent of a database listens."""
    return database.with_name(database.name + ".sock")


def request(database: Path, message: Mapping[str, Any], timeout: float = 5.0) -> Any:
    """The running agent's answer. Raises NotRunning; AgentError or UsageError with what it refused."""
    line = json.dumps(message).encode() + b"\n"
    if len(line) > LINE_LIMIT:
        raise AgentError(f"the request is longer than {LINE_LIMIT} bytes; send it in parts")
    try:
        answer = _exchange(database, line, timeout)
    except (FileNotFoundError, ConnectionRefusedError) as error:
        raise NotRunning(f"no agent is running on {database}; start it with `probe run`") from error
    except OSError as error:
        reason = error.strerror or "it does not answer"
        raise AgentError(f"{socket_path(database)}: the agent cannot be reached: {reason}") from error
    return _result(answer, database)


def submit(database: Path, change: Change) -> Any:
    """Have a change recorded: by the agent if one runs, else under the lock. Returns what the change gives."""
    from probe.store.changes import encode, offline

    for tries_left in reversed(range(TRIES)):
        with suppress(NotRunning):
            return request(database, {"do": "change", "change": encode(change)})
        try:
            with offline(database) as apply:
                return apply(change)
        except StoreLocked:  # an agent that is just starting or stopping holds the lock and does not listen
            if not tries_left:
                raise
            time.sleep(RETRY_S)
    raise AssertionError


def _exchange(database: Path, line: bytes, timeout: float) -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer, _reachable(socket_path(database)) as path:
        peer.settimeout(timeout)
        peer.connect(path)
        peer.sendall(line)
        with peer.makefile("rb") as answers:
            return answers.readline(LINE_LIMIT)


def _result(answer: bytes, database: Path) -> Any:
    try:
        content = json.loads(answer)
        if content["ok"]:
            return content["result"]
        refusal = UsageError(content["error"]) if content["usage"] else AgentError(content["error"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AgentError(f"{socket_path(database)}: the agent ended without an answer") from error
    raise refusal


@contextmanager
def _reachable(path: Path) -> Iterator[str]:
    """The path as the kernel takes it: socket addresses end at 107 bytes, so go through the folder's descriptor."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


class ControlServer:
    """The agent's end. `async with` listens; whoever may write to the socket may ask."""

    def __init__(self, database: Path, handle: Handler) -> None:
        """`handle` is called for each request, several at a time."""
        self._path, self._handle = socket_path(database), handle
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen. Raises AgentError when the folder does not allow it. A socket left by a dead agent is replaced."""
        peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with _reachable(self._path) as path:
                self._path.unlink(missing_ok=True)
                peer.bind(path)
            self._path.chmod(MODE)
        except OSError as error:
            peer.close()
            raise AgentError(f"{self._path}: {error.strerror or error}; choose a shorter [storage] path") from error
        self._server = await asyncio.start_unix_server(self._meet, sock=peer, limit=LINE_LIMIT)

    async def stop(self) -> None:
        """Listen no more; connections are closed and the socket removed."""
        if self._server is None:
            return
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()
        self._path.unlink(missing_ok=True)

    def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._tasks) >= CONNECTIONS:
            writer.close()
            return
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer), name="control")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await asyncio.wait_for(reader.readline(), IDLE_S):
                writer.write(json.dumps(await self._answer(line)).encode() + b"\n")
                await asyncio.wait_for(writer.drain(), IDLE_S)
        except (TimeoutError, ValueError, OSError):  # silent, longer than the limit, gone
            pass
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            message = json.loads(line)
            if not isinstance(message, dict):
                return _refusal("a request is an object with `do`")
            return {"ok": True, "result": await asyncio.wait_for(self._handle(message), ANSWER_S)}
        except ProbeError as error:
            return _refusal(str(error), is_usage=isinstance(error, UsageError))
        except TimeoutError:
            return _refusal(f"no answer within {ANSWER_S:.0f} s")
        except (ValueError, RecursionError, KeyError, TypeError) as error:
            return _refusal(f"not a request: {type(error).__name__}: {error}")


def _refusal(why: str, *, is_usage: bool = False) -> dict[str, Any]:
    return {"ok": False, "error": why, "usage": is_usage}

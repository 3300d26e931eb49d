"""A connection to one address without a task: the poller calls back. Several addresses, and names, need a task."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from functools import partial

from probe.clock import NS_PER_US
from probe.probers.net.connection import Connection, refuse_itself, socket_address, socket_for
from probe.probers.net.endpoint import Endpoint, show
from probe.probers.net.fault import Fault
from probe.probers.net.faults import blame
from probe.probers.net.landing import breaking
from probe.probers.net.poller import WRITABLE
from probe.probers.net.stream import Stream
from probe.runner import Land
from probe.trail import Trail


class Knock:
    """One attempt to connect, in the words of `open_connection`. What `opened` raises is found by whoever lands."""

    def __init__(self, endpoint: Endpoint, trail: Trail, land: Land) -> None:
        """Nothing is sent yet."""
        self._endpoint, self._trail, self._land = endpoint, trail, land
        self._shown = show(*endpoint)
        self._tried = {"address": self._shown, "result": "no answer"}
        self._stream: Stream | None = None
        self._opened: Callable[[Connection], None]
        self._failing: asyncio.Handle | None = None

    def begin(self, opened: Callable[[Connection], None]) -> None:
        """Connect, as phase "connect"; `opened` gets the connection, and has to close it."""
        trail, self._opened = self._trail, opened
        trail.address, trail.phase, trail.facts["tried"] = self._shown, "connect", [self._tried]
        try:
            self._stream = stream = Stream(socket_for(self._endpoint.host, socket.SOCK_STREAM), trail.clock)
            stream.heed = self._told
            if stream.start(socket_address(*self._endpoint)):
                self._failing = asyncio.get_running_loop().call_soon(self._told, WRITABLE)
        except OSError as error:
            fault = blame(error, self._stream.sock if self._stream else None)
            self._failing = asyncio.get_running_loop().call_soon(self._fail, fault)

    def stop(self) -> None:
        """Give everything back that was not handed over."""
        if self._failing is not None:
            self._failing.cancel()
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _told(self, events: int) -> None:
        if not events & WRITABLE or self._stream is None:
            return None
        stream, trail = self._stream, self._trail
        try:
            stream.finish()
            refuse_itself(stream.sock, *self._endpoint)
        except OSError as error:
            return self._fail(blame(error, stream.sock))
        except Fault as fault:
            return self._fail(fault)
        self._tried["result"] = "connected"
        trail.phases_us["connect"], trail.phase = stream.took_ns // NS_PER_US, None
        if stream.handshake is not None:
            trail.facts["rtt_us"] = stream.handshake.rtt_us
        stream.heed = self._stream = None
        connection = Connection(stream, self._shown)
        try:
            return self._opened(connection)
        except Exception as bug:  # noqa: BLE001 - raised again by whoever lands, as a bug of ours
            connection.close()
            return self._land(breaking(bug))

    def _fail(self, fault: Fault) -> None:
        self._tried["result"] = fault.reason.value
        self.stop()
        self._land(partial(fault.finding, self._trail))

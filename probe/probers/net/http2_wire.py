"""One HTTP/2 exchange over one connection (RFC 9113): the request is stream 1, and nothing else is asked.

The only home of h2, which keeps the grammar and its limits; here is what a hostile server could do
with it, as in http_wire: interim answers without end, crumbs, streams and pings that nobody asked for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from typing import Final

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings

from probe.model import Reason
from probe.probers.net.breath import Breath
from probe.probers.net.connection import Connection
from probe.probers.net.fault import Fault
from probe.probers.net.http_plain import Head
from probe.probers.net.http_wire import CRUMB, CRUMB_LIMIT, HEAD_LIMIT, INTERIM_LIMIT, Asked

STREAM: Final = 1
WINDOW: Final = 1 << 20
EVENT_LIMIT: Final = 1000
"""Frames that may come before the head, whatever they are."""
FRAME_HEAD: Final = 9
FRAME_LIMIT: Final = 16_384
"""Bytes of a frame that we allow, as everybody does who does not say otherwise."""
SETTINGS: Final = {
    h2.settings.SettingCodes.ENABLE_PUSH: 0,
    h2.settings.SettingCodes.MAX_HEADER_LIST_SIZE: HEAD_LIMIT,
}
DROPPED: Final = frozenset({b"connection", b"host", b"keep-alive", b"te", b"transfer-encoding", b"upgrade"})


class Http2Wire:
    """The exchange on a connection; the connection stays its owner's to close."""

    def __init__(self, connection: Connection) -> None:
        """Nothing is sent yet."""
        self._connection = connection
        config = h2.config.H2Configuration(client_side=True, header_encoding=None)
        self._state = h2.connection.H2Connection(config)
        self._state.local_settings = h2.settings.Settings(client=True, initial_values=SETTINGS)
        self._events: deque[h2.events.Event] = deque()
        self._breath = Breath()
        self._waiting = bytearray()
        self._has_head = False
        self._body = b""

    async def send(self, asked: Asked) -> None:
        """Send the request as far as the server's windows let it; the rest follows while its answer is read."""
        fields = [(name.lower(), value) for name, value in asked.headers]
        authority = next((value for name, value in fields if name == b"host"), b"")
        pseudo = [
            (b":method", asked.method),
            (b":authority", authority),
            (b":scheme", b"https"),
            (b":path", asked.target),
        ]
        kept = [(name, value) for name, value in fields if name not in DROPPED]
        self._state.initiate_connection()
        self._state.increment_flow_control_window(WINDOW)
        self._state.send_headers(STREAM, [*pseudo, *kept], end_stream=not asked.body)
        self._body = asked.body
        self._push()
        await self._flush()

    async def head(self) -> Head:
        """The answer's head, interim answers passed over. Raises Fault."""
        interim = 0
        for _ in range(EVENT_LIMIT):
            event = await self._next()
            if isinstance(event, h2.events.ResponseReceived):
                self._has_head = True
                return _head(event)
            interim += isinstance(event, h2.events.InformationalResponseReceived)
            if interim > INTERIM_LIMIT:
                raise Fault(Reason.PROTOCOL, f"more than {INTERIM_LIMIT} interim answers")
        raise Fault(Reason.PROTOCOL, f"no answer in {EVENT_LIMIT} frames")

    def whole(self) -> None:
        """None: a body comes in frames, and each is acknowledged."""

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes, still encoded. Raises Fault when it ends before its time."""
        crumbs = 0
        while crumbs <= CRUMB_LIMIT:
            event = await self._next()
            if isinstance(event, h2.events.StreamEnded):
                return
            if not isinstance(event, h2.events.DataReceived):
                crumbs += 1
                continue
            data = event.data or b""
            crumbs += len(data) < CRUMB
            self._state.acknowledge_received_data(event.flow_controlled_length or 0, STREAM)
            yield bytes(data)
        raise Fault(Reason.PROTOCOL, f"the body comes in more than {CRUMB_LIMIT} frames of less than {CRUMB} bytes")

    async def _next(self) -> h2.events.Event:
        """The next event that is about our stream, or tells of the connection. Raises Fault."""
        while not self._events:
            await self._flush()
            data = await self._connection.receive()
            if not data:
                raise self._ended()
            self._waiting += data
            await self._take_frames()
        await self._breath.take()
        event = self._events.popleft()
        if isinstance(event, h2.events.StreamReset | h2.events.ConnectionTerminated):
            raise self._refused(event)
        return event

    async def _take_frames(self) -> None:
        """Hand over what is complete, a frame at a time: h2 collects a frame of any length before it judges it."""
        while len(self._waiting) >= FRAME_HEAD:
            length = int.from_bytes(self._waiting[:3])
            if length > FRAME_LIMIT:
                raise Fault(Reason.PROTOCOL, f"HTTP/2: a frame of {length} bytes")
            if len(self._waiting) < FRAME_HEAD + length:
                break
            frame = bytes(self._waiting[: FRAME_HEAD + length])
            del self._waiting[: FRAME_HEAD + length]
            await self._breath.take()
            try:
                self._events += self._state.receive_data(frame)
            except (h2.exceptions.H2Error, ValueError) as error:
                raise Fault(Reason.PROTOCOL, f"HTTP/2: {error}") from error
        self._push()

    def _push(self) -> None:
        """Send what the windows allow of the request's body."""
        while self._body:
            room = min(self._state.local_flow_control_window(STREAM), self._state.max_outbound_frame_size)
            if room <= 0:
                return
            piece, self._body = self._body[:room], self._body[room:]
            self._state.send_data(STREAM, piece, end_stream=not self._body)

    async def _flush(self) -> None:
        data = self._state.data_to_send()
        if data:
            await self._connection.send(data)

    def _ended(self) -> Fault:
        if self._has_head:
            return Fault(Reason.TRUNCATED, "closed before the body was complete")
        return Fault(Reason.CLOSED, "closed before answering")

    def _refused(self, event: h2.events.StreamReset | h2.events.ConnectionTerminated) -> Fault:
        if self._has_head:
            return Fault(Reason.TRUNCATED, f"HTTP/2: ended with {event.error_code!r}")
        return Fault(Reason.RESET, f"HTTP/2: {type(event).__name__} with {event.error_code!r}")


def _head(event: h2.events.ResponseReceived) -> Head:
    headers = [(bytes(name), bytes(value)) for name, value in event.headers or ()]
    status = next(value for name, value in headers if name == b":status")
    return Head(int(status), b"", "2", [(name, value) for name, value in headers if not name.startswith(b":")])

"""A webhook's other end on loopback: checks the signature, keeps what it takes, and fails on demand."""

from __future__ import annotations

import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "s3cret"


class Receiver:
    """Answers each POST with the next status of `statuses`, 200 when there is none; 403 for a wrong signature."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.statuses: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(receiver.take(body, dict(self.headers)))
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook?token=x"

    def take(self, body: bytes, headers: dict[str, str]) -> int:
        """The status for one POST."""
        if "X-Probe-Signature" in headers:
            stamp, _, given = headers["X-Probe-Signature"].partition(",v1=")
            signed = f"{stamp.removeprefix('t=')}.".encode() + body
            if not hmac.compare_digest(given, hmac.new(SECRET.encode(), signed, "sha256").hexdigest()):
                return 403
        self.keys.append(headers.get("Idempotency-Key", ""))
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 200:
            self.posts.append(json.loads(body))
        return status

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def events(self) -> list[dict[str, Any]]:
        """Everything that arrived."""
        return [event for post in self.posts for event in post["events"]]

    def ids(self, kind: str) -> set[str]:
        """The ids that arrived of a kind."""
        return {event["id"] for event in self.events() if event["kind"] == kind}


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver at work."""
    found = Receiver()
    try:
        yield found
    finally:
        found.close()

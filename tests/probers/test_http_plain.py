"""What is read without h11 is read as h11 reads it; whatever leaves a question is left to h11."""

from __future__ import annotations

import h11
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from probe.probers.net.http_plain import Head, read_plain
from probe.probers.net.http_wire import SLICE

HEADS = [
    b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 5\r\n\r\n",
    b"HTTP/1.0 404 Not Found\r\nX:  a \t b \t\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n",
    b"HTTP/1.1 304\r\n\r\n",
    b"HTTP/1.1 599 \xe9t\xe9\r\nempty:\r\nlatin: \xe9\r\n\r\n",
]
ODD = [
    b"HTTP/1.1 200 OK\nServer: x\n\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
    b"HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\nx",
    b"HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\nx",
    b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999\r\n\r\nx",
    b"HTTP/1.1 200 OK\r\na: b\r\n folded\r\n\r\n",
    b"HTTP/1.1 200 OK\r\na : b\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n: b\r\n\r\n",
    b"HTTP/1.1 200 OK\r\na: \x00\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/2.0 200 OK\r\n\r\n",
    b"HTTP/1.1 200 OK\r\na: b\r\n",
    b"\r\nHTTP/1.1 200 OK\r\n\r\n",
    b"ICY 200 OK\r\n\r\n",
    b"",
    b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 2000 + b"\r\n",
]
PIECES = st.sampled_from(
    [
        *(b"HTTP/1.1 200 OK", b"HTTP/1.0 302 ", b"HTTP/1.1 204", b"HTTP/1.1 103 Early", b"HTTP/1.1 2000 x", b"\r\n"),
        *(b"\n", b"\r", b"\t", b" ", b":", b",", b"\x00", b"\x7f", b"\x80", b"\xff", b"a", b"A: b", b"0", b"5", b"-"),
        *(b"Content-Length: 5\r\n", b"content-length:0\r\n", b"Content-Length: 5, 5\r\n", b"Content-Length:\r\n"),
        *(b"Transfer-Encoding: chunked\r\n", b"transfer-encoding: gzip\r\n", b"X-Y: z\r\n", b"\r\n\r\n", b"hello"),
    ]
)
Read = tuple[Head, bytes, bool]


def by_h11(data: bytes, method: bytes) -> Read:
    """What h11 makes of an answer after which the connection ends: its head, its body, whether that is complete."""
    state = h11.Connection(h11.CLIENT)
    state.send(h11.Request(method=method, target="/", headers=[("host", "x")]))
    state.send(h11.EndOfMessage())
    state.receive_data(data)
    answer = state.next_event()
    assert isinstance(answer, h11.Response)
    headers = [(bytes(name), bytes(value)) for name, value in answer.headers]
    head = Head(answer.status_code, bytes(answer.reason), bytes(answer.http_version).decode(), headers)
    body, has_ended = b"", False
    while True:
        try:
            event = state.next_event()
        except h11.RemoteProtocolError:
            return head, body, False
        if isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            return head, body, True
        elif not has_ended:
            has_ended = True
            state.receive_data(b"")


def by_us(data: bytes, method: bytes) -> Read | None:
    """The same without h11; None where it must look."""
    plain = read_plain(data, method, SLICE)
    if plain is None:
        return None
    rest, length = plain.rest, plain.length
    names = {name for name, _ in plain.head.headers}
    assert all(plain.has(name) == (name in names) for name in (*names, b"content-length", b"x-y", b"b"))
    return plain.head, rest[:length], length is None or len(rest) >= length


@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"POST"])
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("body", [b"", b"hell", b"hello", b"hello and more"])
def test_a_plain_answer_is_read_as_h11_reads_it(head: bytes, body: bytes, method: bytes) -> None:
    """Status, phrase, headers, body and whether it is complete."""
    assert by_us(head + body, method) == by_h11(head + body, method)


@pytest.mark.parametrize("data", ODD)
def test_what_leaves_a_question_is_left_to_h11(data: bytes) -> None:
    """Codings, folded lines, two lengths, half a head: not ours to decide."""
    assert read_plain(data, b"GET", SLICE) is None


def test_a_tunnel_is_left_to_h11() -> None:
    """After CONNECT a length means nothing."""
    assert read_plain(HEADS[0], b"CONNECT", SLICE) is None


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=14).map(b"".join), st.sampled_from([b"GET", b"HEAD"]))
@example(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nhello", b"GET")
def test_no_answer_is_read_in_two_ways(tail: bytes, method: bytes) -> None:
    """Whatever a server sends: where we read it ourselves, h11 says the same."""
    for data in (tail, b"HTTP/1.1 200 OK\r\n" + tail + b"\r\n\r\nhello"):
        ours = by_us(data, method)
        assert ours is None or ours == by_h11(data, method)

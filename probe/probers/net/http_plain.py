"""The head of a plain answer, read at one go: one that h11 would read in the same way, in a tenth of the time.

Only what leaves no question is read here: a complete head in the first bytes, every line ended as RFC 9112 wants
it, no coding of the transfer, at most one length. About everything else, good or bad, h11 decides (http_wire).
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

Header = tuple[bytes, bytes]

PLAIN: Final = re.compile(
    rb"HTTP/(1\.[01]) ([2-9][0-9][0-9])(?: ([\t -~\x80-\xff]*+))?\r\n"
    rb"((?:[-!#$%&'*+.^_`|~0-9a-zA-Z]++:[\t -~\x80-\xff]*+\r\n)*+)\r\n"
)
CODED: Final = b"\r\ntransfer-encoding:"
LENGTH: Final = b"\r\ncontent-length:"
ONE_LENGTH: Final = re.compile(LENGTH + rb"[ \t]*([0-9]{1,15})[ \t]*\r\n")
BODILESS: Final = frozenset({204, 304})


class Head(NamedTuple):
    """The status line and the headers of an answer, their names in lower case."""

    status: int
    phrase: bytes
    version: str
    headers: list[Header]


class Plain(NamedTuple):
    """A head that leaves no question, what came after it, and the bytes that its body has; None for all that comes."""

    status: int
    phrase: bytes
    version: str
    block: bytes
    """The lines of the headers, each begun and ended by CRLF."""
    rest: bytes
    length: int | None

    def has(self, name: bytes) -> bool:
        """Whether there is a header of this name, in lower case."""
        return b"\r\n%s:" % name in self.block.lower()

    @property
    def head(self) -> Head:
        """The same with the headers taken apart, which most attempts never need."""
        headers = []
        for line in self.block[2:].split(b"\r\n")[:-1]:
            name, _, value = line.partition(b":")
            headers.append((name.lower(), value.strip(b" \t")))
        return Head(self.status, self.phrase, self.version, headers)


def read_plain(data: bytes, method: bytes, limit: int) -> Plain | None:
    """What begins with a plain head of at most so many bytes; None where h11 must look."""
    found = PLAIN.match(data, 0, limit)
    if found is None or method == b"CONNECT":
        return None
    version, code, phrase, block = found.groups()
    block = b"\r\n" + block
    lowered = block.lower()
    if CODED in lowered:
        return None
    length = None
    if LENGTH in lowered:
        written = ONE_LENGTH.search(lowered)
        if written is None or lowered.count(LENGTH) > 1:
            return None
        length = int(written[1])
    status = int(code)
    if status in BODILESS or method == b"HEAD":
        length = 0
    return Plain(status, phrase or b"", version.decode("ascii"), block, data[found.end() :], length)

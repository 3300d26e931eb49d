"""Bodies are inflated with a limit on what comes out: a kilobyte can hold gigabytes."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

from probe.model import Reason
from probe.probers.net.breath import READ, Breath
from probe.probers.net.fault import Fault

PIECE: Final = 64 * 1024
CODING_LIMIT: Final = 2
BOMB_RATIO: Final = 100
"""Honest text shrinks to a tenth or a twentieth; what grows a hundredfold beyond the limit is a bomb."""
WORK_RATIO: Final = 3
"""What all codings together may put out, in terms of what is kept: more, and one of them is a bomb."""
KNOWN: Final = frozenset({"gzip", "x-gzip", "deflate"})


class Inflater:
    """Takes a body in chunks, keeps at most `limit` bytes of what it stands for."""

    def __init__(self, content_encoding: str, limit: int) -> None:
        """content_encoding: the header's value. An unknown coding leaves the body as it is."""
        codings = [word for word in content_encoding.lower().replace(",", " ").split() if word != "identity"]
        if len(codings) > CODING_LIMIT:
            raise Fault(Reason.ENCODING, f"{len(codings)} content encodings on top of each other")
        self.is_readable = KNOWN.issuperset(codings)
        """False when the body stays encoded in a way we do not know (we asked for none)."""
        self._stages = [_Stage() for _ in codings] if self.is_readable else []
        self._limit = limit
        self._work = 0
        self._breath = Breath()
        self.data = bytearray()
        self.received = 0
        self.is_cut = False

    async def feed(self, chunk: bytes) -> bool:
        """Take a chunk; True when the limit is reached and the rest need not be read. Raises Fault."""
        self.received += len(chunk)
        for piece in self._through(0, chunk):
            await self._breath.take(READ)
            room = self._limit - len(self.data)
            self.data += piece[:room]
            if len(piece) > room:
                self.is_cut = True
                break
        used = self.received - (self._stages[0].left_over if self._stages else 0)
        if self.is_cut and self._limit > BOMB_RATIO * used:
            raise Fault(Reason.TOO_LARGE, f"{used} bytes inflate to more than {self._limit}")
        return self.is_cut

    def finish(self) -> None:
        """The body has ended. Raises Fault when its encoding has not."""
        if any(not stage.is_complete for stage in self._stages):
            raise Fault(Reason.TRUNCATED, "the compressed body ends before it is complete")

    def _through(self, number: int, data: bytes) -> Iterator[bytes]:
        if number == len(self._stages):
            yield data
            return
        for piece in self._stages[number].inflate(data):
            self._work += len(piece)
            if self._work > WORK_RATIO * (self._limit + PIECE):
                raise Fault(Reason.TOO_LARGE, f"{self.received} bytes inflate to more than {self._limit}")
            yield b""  # the caller may breathe, even if nothing comes out in the end
            yield from self._through(number + 1, piece)


class _Stage:
    def __init__(self) -> None:
        self._engine = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # gzip or zlib by its header
        self._is_fresh = True

    @property
    def is_complete(self) -> bool:
        """Whether the end of the compressed data was seen; nothing at all is complete as well."""
        return self._engine.eof or self._is_fresh

    @property
    def left_over(self) -> int:
        """Bytes of the last chunk that were not needed to fill the limit."""
        return len(self._engine.unconsumed_tail)

    def inflate(self, data: bytes) -> Iterator[bytes]:
        piece = b""
        while (data or len(piece) == PIECE) and not self._engine.eof:
            piece = self._step(data)
            data = self._engine.unconsumed_tail
            yield piece

    def _step(self, data: bytes) -> bytes:
        is_first, self._is_fresh = self._is_fresh, False
        try:
            return self._engine.decompress(data, PIECE)
        except zlib.error as error:
            if not is_first:
                raise Fault(Reason.ENCODING, str(error)) from error
        self._engine = zlib.decompressobj(wbits=-zlib.MAX_WBITS)  # "deflate" without its header, as some send it
        try:
            return self._engine.decompress(data, PIECE)
        except zlib.error as error:
            raise Fault(Reason.ENCODING, str(error)) from error

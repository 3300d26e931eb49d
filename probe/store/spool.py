"""Where outcomes wait while the database can not take them: a preallocated file of checked records.

A record is its length, a CRC seeded with the file's generation, and its bytes; clearing the file
is a new generation, so that what lies behind the last record is never taken for one. The space is
taken at the start, because on a full disk it could not be taken later.
"""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path
from typing import Final

from probe.errors import StoreError

HEAD: Final = struct.Struct("<8sQI")  # magic, generation, CRC of both
RECORD: Final = struct.Struct("<II")  # length, CRC
MAGIC: Final = b"probespl"
SIZE: Final = 4 << 20


class Spool:
    """One spool file. Not safe for threads: the writer's thread owns it."""

    def __init__(self, path: Path, size: int = SIZE) -> None:
        """Open it, made if missing, with room for `size` bytes; StoreError when there is none."""
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as error:
            raise StoreError(f"{path}: {error.strerror}; make its folder writable by this user") from error
        try:
            os.posix_fallocate(self._fd, 0, size)
            self._end = self._size = os.fstat(self._fd).st_size
            self._generation = self._read_generation()
            self._end = self._find_end()
        except OSError as error:
            os.close(self._fd)
            raise StoreError(f"{path}: {error.strerror}; free {size >> 20} MiB for it") from error
        self.count = len(self.records())

    def append(self, payload: bytes) -> None:
        """Keep one record through a power cut. OSError when it does not fit or the disk fails."""
        record = RECORD.pack(len(payload), self._crc(payload)) + payload
        if self._end + len(record) > self._size:
            raise OSError(f"the spool is full ({self._size} bytes)")
        if os.pwrite(self._fd, record, self._end) != len(record):
            raise OSError("the disk took only a part of the record")
        os.fdatasync(self._fd)
        self._end += len(record)
        self.count += 1

    def records(self) -> list[bytes]:
        """Every whole record, in order; what follows the first broken one does not count."""
        data = os.pread(self._fd, self._end, 0)
        found, at = [], HEAD.size
        while (payload := self._at(data, at)) is not None:
            found.append(payload)
            at += RECORD.size + len(payload)
        return found

    def clear(self) -> None:
        """Forget all records."""
        self._begin(self._generation + 1)
        self._end = HEAD.size
        self.count = 0

    def close(self) -> None:
        """Let go of the file; its records stay."""
        os.close(self._fd)

    def _read_generation(self) -> int:
        head = os.pread(self._fd, HEAD.size, 0)
        magic, generation, crc = HEAD.unpack(head)
        if magic == MAGIC and crc == zlib.crc32(head[:16]):
            return int(generation)
        return self._begin(int.from_bytes(os.urandom(4), "little"))

    def _begin(self, generation: int) -> int:
        head = HEAD.pack(MAGIC, generation, 0)[:16]
        os.pwrite(self._fd, head + struct.pack("<I", zlib.crc32(head)), 0)
        os.fdatasync(self._fd)
        self._generation = generation
        return generation

    def _find_end(self) -> int:
        return HEAD.size + sum(RECORD.size + len(payload) for payload in self.records())

    def _at(self, data: bytes, at: int) -> bytes | None:
        if at + RECORD.size > len(data):
            return None
        length, crc = RECORD.unpack_from(data, at)
        payload = data[at + RECORD.size : at + RECORD.size + length]
        return payload if length and len(payload) == length and self._crc(payload) == crc else None

    def _crc(self, payload: bytes) -> int:
        return zlib.crc32(payload, self._generation & 0xFFFFFFFF)


def spool_path(database: Path) -> Path:
    """Where the spool of a database lies."""
    return database.with_name(database.name + ".spool")

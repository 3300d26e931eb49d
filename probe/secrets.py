"""Secrets by reference: a variable of the environment or a file, never a value in the configuration.

The value is read when it is used and is never part of a repr, a pickle or the record.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FILE_LIMIT: Final = 64 * 1024
"""Bytes a secret's file may have."""


class SecretMissing(LookupError):
    """The secret cannot be read; str() names the reference and the remedy, never the value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """Where a secret is: exactly one of `env` (a variable's name) and `file` (an absolute path)."""

    env: str | None = None
    file: str | None = None

    def __post_init__(self) -> None:
        """Refuse a reference that names nothing, or two places."""
        if (self.env is None) == (self.file is None):
            raise ValueError('a secret is { env = "NAME" } or { file = "/absolute/path" }')
        if self.env is not None and (not self.env or "=" in self.env or "\0" in self.env):
            raise ValueError("env: not the name of a variable")
        if self.file is not None and not Path(self.file).is_absolute():
            raise ValueError("file: must be an absolute path")

    def reveal(self) -> str:
        """The value, without the line break that ends a file. Raises SecretMissing."""
        value = self._from_file(self.file) if self.file is not None else os.environ.get(self.env or "", "")
        if not value:
            raise SecretMissing(f"{self}: empty or not set")
        if not value.isprintable():
            raise SecretMissing(f"{self}: holds control characters; it must be one line of text")
        return value

    def _from_file(self, path: str) -> str:
        try:
            return _read(path).decode().rstrip("\r\n")
        except OSError as error:
            raise SecretMissing(f"{self}: {error.strerror or 'cannot be read'}") from error
        except UnicodeDecodeError:
            raise SecretMissing(f"{self}: not UTF-8 text") from None

    def __str__(self) -> str:
        """The reference in words."""
        return f"secret in file {self.file}" if self.file is not None else f"secret in variable {self.env}"


def _read(path: str) -> bytes:
    # O_NONBLOCK: opening a FIFO must not hang the loop
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(0, "not a regular file")
        data = os.read(handle, FILE_LIMIT + 1)
    finally:
        os.close(handle)
    if len(data) > FILE_LIMIT:
        raise OSError(0, f"larger than {FILE_LIMIT} bytes")
    return data

"""Logging set-up: one line per event on stderr, a constant message and key=value fields."""

from __future__ import annotations

import logging
from typing import Final

STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""Attributes every record has; what is beyond them came in through `extra`."""


class KeyValueFormatter(logging.Formatter):
    """`2026-11-22T14:00:00Z INFO outage began check=shop since=…`; values are cleaned of control characters."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever the values hold."""
        fields = [f"{key}={_plain(value)}" for key, value in vars(record).items() if key not in STANDARD]
        line = " ".join([self.formatTime(record, self.datefmt), record.levelname, record.getMessage(), *fields])
        if record.exc_info:
            line += " exception=" + _plain(self.formatException(record.exc_info))
        return line


def _plain(value: object) -> str:
    text = str(value)
    clean = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)
    return f'"{clean}"' if " " in clean or not clean else clean


def set_up(verbosity: int = 0) -> None:
    """Send the program's log to stderr; libraries only from WARNING on (httpx logs credentials in URLs)."""
    handler = logging.StreamHandler()
    formatter = KeyValueFormatter(datefmt="%Y-%m-%dT%H:%M:%S%z")
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("probe").setLevel(logging.DEBUG if verbosity else logging.INFO)

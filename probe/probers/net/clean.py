"""Remote text becomes harmless here, once, before anything else sees it."""

from __future__ import annotations

from typing import Final

from probe.model import DETAIL_LIMIT

READ_LIMIT: Final = 4 * DETAIL_LIMIT


def clean(text: str | bytes) -> str:
    """At most DETAIL_LIMIT printable characters; everything else is shown as `\\xNN`.

    Bytes are read as UTF-8; what is not UTF-8 is shown byte by byte. Bidirectional controls and
    other invisible characters count as not printable.
    """
    head = text[:READ_LIMIT]
    words = head.decode("utf-8", "backslashreplace") if isinstance(head, bytes) else head
    if len(words) <= DETAIL_LIMIT and words.isprintable():
        return words
    shown = "".join(char if char.isprintable() else _escaped(char) for char in words)
    return shown if len(shown) <= DETAIL_LIMIT else shown[: DETAIL_LIMIT - 1] + "…"


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"

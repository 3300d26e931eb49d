"""From what others call a thing to a name that a check can have, the same for its history and its configuration."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

LONGEST: Final = 64
OTHER: Final = re.compile(r"[^\w.\-]+")


def named(title: object, taken: set[str], otherwise: str) -> str:
    """A name for a title, unlike those `taken`, to which it is added; `otherwise` where nothing of it can be used."""
    text = unicodedata.normalize("NFC", title) if isinstance(title, str) else ""
    base = OTHER.sub("-", text).strip("-_.")[: LONGEST - 5].rstrip("-_.") or otherwise
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base}-{number}"
    taken.add(name)
    return name

"""Libraries without their optional parts: what they would load by the way costs memory, and nobody here calls it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(*modules: str) -> Iterator[None]:
    """While this lasts, these count as not installed; those that are loaded already stay.

    For the import of a library that tries them. Afterwards they can be imported as ever.
    """
    hidden = [name for name in modules if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # how Python spells "do not look for it"
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)

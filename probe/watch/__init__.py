"""The live screen: lists to move through and pages to open, redrawn as the record grows.

The only room that knows Textual. What stands on a screen is made by `view`; what it is made of comes from a
Source, asked in a thread of its own, at a pace that keeps a large record cheap to look at.
"""

from __future__ import annotations

from probe.watch.app import Watch, watch
from probe.watch.beside import Beside
from probe.watch.source import Manner, Source

__all__ = ["Beside", "Manner", "Source", "Watch", "watch"]

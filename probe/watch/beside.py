"""What the screen hears from the agent that it is shown beside: log lines by a pipe, whose end is the agent's."""

from __future__ import annotations

import os
from collections import deque
from typing import Final

LINES: Final = 3
PART: Final = 65_536


class Beside:
    """The agent's last log lines."""

    def __init__(self, pipe: int) -> None:
        """pipe: the descriptor to read; owned from now on."""
        self.pipe = pipe
        self.lines: deque[str] = deque(maxlen=LINES)
        self._rest = b""

    def read(self) -> bool:
        """Take what was said, or wait until something is; False once the agent has ended."""
        part = os.read(self.pipe, PART)
        *whole, self._rest = (self._rest + part).split(b"\n")
        self.lines += [line.decode(errors="replace") for line in whole if line]
        return bool(part)

"""The only reader of the time. Wall clock for *when*, boottime for *how long*.

Boottime (CLOCK_BOOTTIME) goes on during suspend and never steps; monotonic stops during suspend,
so a growing difference of the two is the time that the machine slept.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final, NamedTuple, Protocol

NS_PER_MS: Final = 1_000_000
NS_PER_US: Final = 1_000


class Reading(NamedTuple):
    """One look at all clocks, nanoseconds each."""

    wall_ns: int
    boot_ns: int
    mono_ns: int

    @property
    def wall_ms(self) -> int:
        """Whole milliseconds since 1970-01-01 UTC by the wall clock."""
        return self.wall_ns // NS_PER_MS

    @property
    def boot_ms(self) -> int:
        """Whole milliseconds since boot, suspend included."""
        return self.boot_ns // NS_PER_MS


_made = tuple.__new__  # each attempt reads the clocks several times, and this takes half as long as Reading()


class Clock(Protocol):
    """What is handed to everything that needs the time."""

    def read(self) -> Reading:
        """All clocks at once."""
        ...

    def boot_id(self) -> str:
        """The identity of this boot; another one means a reboot lies between."""
        ...

    def is_synchronised(self) -> bool:
        """Whether the kernel holds the wall clock for synchronised."""
        ...


class SystemClock:
    """The clocks of this machine (Linux)."""

    def read(self) -> Reading:
        """All clocks, read one after the other within a few hundred nanoseconds."""
        return _made(Reading, (time.time_ns(), time.clock_gettime_ns(time.CLOCK_BOOTTIME), time.monotonic_ns()))

    def boot_id(self) -> str:
        """The kernel's boot id."""
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()

    def is_synchronised(self) -> bool:
        """False while the kernel's status has STA_UNSYNC set or cannot be asked (adjtimex, modes 0)."""
        return _kernel_says_synchronised()


def _kernel_says_synchronised() -> bool:
    import ctypes

    sta_unsync, offset_of_status = 0x40, 40  # struct timex, Linux 64-bit: status follows four longs and modes
    buffer = ctypes.create_string_buffer(256)
    try:
        answer = ctypes.CDLL(None, use_errno=True).adjtimex(buffer)
    except (OSError, AttributeError):
        return False
    status = int.from_bytes(buffer.raw[offset_of_status : offset_of_status + 4], "little")
    return answer >= 0 and not status & sta_unsync

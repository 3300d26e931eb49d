"""What every test is held to."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _no_signal_stays_blocked() -> Iterator[None]:
    """A process that a later test starts inherits the mask: with SIGTERM blocked it could not be ended."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    yield
    after = signal.pthread_sigmask(signal.SIG_SETMASK, before)
    assert after == before

"""What a lab cannot be built without: a skip that says what is missing; in CI that is a failure."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable

import pytest


def need(whom: str, programs: Iterable[str]) -> None:
    """Go on only as root and with these programs installed."""
    missing = [name for name in programs if not shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")]
    if os.geteuid() != 0:
        missing.append("root")
    if missing:
        reason = f"{whom} needs {', '.join(missing)}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)

"""The lab: root, namespaces and Debian's servers, or a skip that says what is missing; in CI that is a failure."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.lab.net import Lab, small_internet

NEEDED = ("ip", "nft", "nginx", "named", "sshd", "ssh-keygen", "sysctl")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes minutes of waiting begins first, so that the others run beside it."""
    items.sort(key=lambda item: "test_real_run" not in item.nodeid)


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """A small internet of our own."""
    missing = [name for name in NEEDED if not shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")]
    if os.geteuid() != 0:
        missing.append("root")
    if missing:
        reason = f"the lab needs {', '.join(missing)}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with small_internet() as built:
        yield built

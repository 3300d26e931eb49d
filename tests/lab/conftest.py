"""The lab: root, namespaces and Debian's servers, or a skip that says what is missing; in CI that is a failure."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.needs import need
from tests.lab.net import Lab, small_internet

NEEDED = ("ip", "nft", "nginx", "named", "sshd", "ssh-keygen", "sysctl")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes minutes of waiting begins first, so that the others run beside it."""
    items.sort(key=lambda item: "test_real_run" not in item.nodeid)


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """A small internet of our own."""
    need("the lab", NEEDED)
    with small_internet() as built:
        yield built

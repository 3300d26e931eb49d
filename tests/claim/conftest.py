"""One pack of a sealed night for all tests that only read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.claim import night


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The night, with its window and ticket, sealed."""
    folder = night.recorded(tmp_path_factory.mktemp("night"))
    night.told(folder)
    night.sealed(folder)
    return folder


@pytest.fixture(scope="session")
def pack(deployment: Path) -> bytes:
    """Its claim pack."""
    path = deployment / "shop.zip"
    night.claimed(deployment, path)
    return path.read_bytes()


@pytest.fixture(scope="session")
def files(pack: bytes) -> dict[str, bytes]:
    """What is in it."""
    return night.opened(pack)

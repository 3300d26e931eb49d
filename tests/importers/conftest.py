"""A deployment to import into."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.office import Office


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Office:
    """Configured with what the imported monitors are called; nothing is on record."""
    deployment = Office(tmp_path / "office", capsys)
    deployment.folder.mkdir()
    deployment.write()
    return deployment

"""A file is there whole, or as it was before."""

from __future__ import annotations

from pathlib import Path

import pytest

from probe import whole


def test_a_file_takes_its_place_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    """What was there is replaced; what the writing gave is given back."""
    path = tmp_path / "page.html"
    path.write_text("old")
    assert whole.put(path, lambda part: part.write_text("newer")) == 5
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("page.html", "newer")]


def test_writing_that_fails_half_way_changes_nothing(tmp_path: Path) -> None:
    """The old file stays, and no part of the new one."""
    path = tmp_path / "page.html"
    path.write_text("old")

    def fail(part: Path) -> None:
        part.write_text("ne")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        whole.put(path, fail)
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("page.html", "old")]

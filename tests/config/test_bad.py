"""One broken file (or folder) for each rule; its first comments are what has to be said about it, word for word."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.places import problems

BAD = sorted((Path(__file__).parent / "bad").iterdir())


@pytest.mark.parametrize("place", BAD, ids=lambda place: place.stem)
def test_each_mistake_is_named_with_its_place_and_remedy(place: Path) -> None:
    """A message that changes is a message somebody has to read again."""
    file = place / "probe.toml" if place.is_dir() else place
    expected = []
    for line in file.read_text().splitlines():
        if not line.startswith("# "):
            break
        expected.append(line.removeprefix("# "))
    assert expected
    assert problems(file) == expected

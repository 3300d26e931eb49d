"""The order in which configurations are looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from probe.config.place import find
from probe.errors import ConfigError


def place(path: Path) -> Path:
    """An empty file there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_what_was_named_is_taken_as_it_is(tmp_path: Path) -> None:
    """A typo must not end in another configuration being used."""
    env = {"PROBE_CONFIG": "/from/env.toml"}
    assert find(Path("/named.toml"), env, tmp_path) == Path("/named.toml")
    assert find(None, env, tmp_path) == Path("/from/env.toml")


def test_the_nearest_place_wins(tmp_path: Path) -> None:
    """Here, then the user's folder, then the system's."""
    cwd, system = tmp_path / "cwd", tmp_path / "etc"
    env = {"XDG_CONFIG_HOME": str(tmp_path / "xdg"), "HOME": str(tmp_path / "home")}
    last = place(system / "probe.toml")
    assert find(None, env, cwd, system) == last
    users = place(tmp_path / "xdg/probe/probe.toml")
    assert find(None, env, cwd, system) == users
    here = place(cwd / "probe.toml")
    assert find(None, env, cwd, system) == here


def test_without_xdg_it_is_the_home_folder(tmp_path: Path) -> None:
    """A relative XDG_CONFIG_HOME is no answer, by its specification."""
    users = place(tmp_path / ".config/probe/probe.toml")
    assert find(None, {"HOME": str(tmp_path), "XDG_CONFIG_HOME": "relative"}, tmp_path / "cwd", tmp_path) == users


def test_finding_nothing_names_every_place_and_the_remedy(tmp_path: Path) -> None:
    """The first minute of a new user."""
    with pytest.raises(ConfigError) as caught:
        find(None, {}, tmp_path / "cwd", tmp_path / "etc")
    assert str(caught.value) == (
        f'no configuration: looked for {tmp_path}/cwd/probe.toml, {tmp_path}/etc/probe.toml; "probe init" writes one'
    )


def test_a_folder_that_may_not_be_entered_is_passed_by(tmp_path: Path) -> None:
    """Too long a name stands in for it: root may enter everything."""
    last = place(tmp_path / "etc/probe.toml")
    assert find(None, {}, tmp_path / ("x" * 300), tmp_path / "etc") == last

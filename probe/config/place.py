"""Which file is the configuration, when the command line does not say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from probe.errors import ConfigError

FILE: Final = "probe.toml"
SYSTEM: Final = Path("/etc/probe")


def find(option: Path | None, env: Mapping[str, str], cwd: Path = Path(), system: Path = SYSTEM) -> Path:
    """--config, $PROBE_CONFIG, ./probe.toml, the user's and the system's folder, in this order.

    What was named is returned as it is (load tells what is wrong with it); ConfigError when nothing
    was named and no place has a file.
    """
    if option is not None:
        return option
    if named := env.get("PROBE_CONFIG"):
        return Path(named)
    places = [cwd / FILE, *_users(env), system / FILE]
    found = next((place for place in places if _exists(place)), None)
    if found is None:
        looked = ", ".join(str(place) for place in places)
        raise ConfigError((f'no configuration: looked for {looked}; "probe init" writes one',))
    return found


def _users(env: Mapping[str, str]) -> list[Path]:
    """A relative $XDG_CONFIG_HOME is to be ignored, says the XDG base directory specification."""
    base = env.get("XDG_CONFIG_HOME", "")
    if base.startswith("/"):
        return [Path(base, "probe", FILE)]
    return [Path(env["HOME"], ".config", "probe", FILE)] if env.get("HOME") else []


def _exists(place: Path) -> bool:
    try:
        return place.exists()
    except OSError:  # a folder on the way that we may not enter
        return False

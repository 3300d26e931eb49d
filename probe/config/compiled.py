"""The configuration as one JSON text, so that a command need not parse a thousand checks of TOML.

Secrets are in it as references only. Settings that checks share are kept once.
"""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final, get_type_hints

from probe import __version__
from probe.config import roster as rosters
from probe.config.codec import Decode, decoder, encode
from probe.config.configuration import Config
from probe.config.fingerprint import fingerprint
from probe.model import Check, Role
from probe.probers import kind_settings
from probe.sla.service import Service
from probe.sla.terms import Terms

PLAIN: Final = tuple(field.name for field in fields(Check) if field.name not in {"kind", "settings", "role"})
"""The fields of a check that JSON holds as they are."""
OTHERS: Final = tuple(f.name for f in fields(Config) if f.name not in {"checks", "services", "versions"})


def pack(config: Config) -> str:
    """Two lines of JSON: the roster, all that a look needs, and the rest. `unpack` gives an equal value back."""
    shared: dict[str, int] = {}
    parts: dict[str, Any] = {name: encode(getattr(config, name)) for name in OTHERS}
    parts["checks"] = [_row(check, shared) for check in config.checks]
    parts["services"], parts["terms"] = _services(config)
    parts["settings"] = [json.loads(one) for one in shared]
    return rosters.pack(rosters.roster(config)) + "\n" + _dump({"version": __version__, **parts})


def unpack(text: str) -> Config:
    """The configuration that was packed; ValueError when it is not one, or of another version of the program."""
    try:
        parts = json.loads(text.rpartition("\n")[2])
        if parts["version"] != __version__:
            raise ValueError(f"packed by version {parts['version']}")
        return _unpacked(parts)
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"not a packed configuration: {error!r}") from error


def current(text: str, path: Path) -> Config | None:
    """The packed configuration if it is what the files at `path` still say, else None: load them then."""
    try:
        config = unpack(text)
    except ValueError:
        return None
    is_same = config.path == path.absolute() and config.fingerprint == fingerprint(path, config.agreements)
    return config if is_same else None


def _row(check: Check, shared: dict[str, int]) -> list[Any]:
    settings = _dump(encode(check.settings))
    at = shared.setdefault(settings, len(shared))
    return [check.kind, at, check.role.value, *(getattr(check, name) for name in PLAIN)]


def _services(config: Config) -> tuple[list[Any], list[Any]]:
    """Services with all versions of their terms replaced by a place in the list of all terms."""
    shared: dict[str, int] = {}
    rows = []
    for service in config.services:
        versions = _dump(encode(config.versions[service.name]))
        rows.append([shared.setdefault(versions, len(shared)), encode(replace(service, terms=None))])
    return rows, [json.loads(one) for one in shared]


def _unpacked(parts: dict[str, Any]) -> Config:
    hints = get_type_hints(Config)
    values = {name: _made(decoder(hints[name]), parts[name]) for name in OTHERS}
    services, versions = _with_terms(parts)
    return Config(**values, checks=_checks(parts), services=services, versions=versions)


def _checks(parts: dict[str, Any]) -> tuple[Check, ...]:
    rows: list[Any] = parts["settings"]
    made: dict[int, Any] = {}
    found = []
    for kind, at, role, *rest in parts["checks"]:
        if at not in made:
            made[at] = _made(decode_settings(kind), rows[at])
        found.append(Check(kind=kind, settings=made[at], role=Role(role), **dict(zip(PLAIN, rest, strict=True))))
    return tuple(found)


def decode_settings(kind: str) -> Decode | None:
    """What turns the settings of a kind back into a value."""
    settings: Any = kind_settings(kind)
    return decoder(settings)


def _with_terms(parts: dict[str, Any]) -> tuple[tuple[Service, ...], dict[str, tuple[Terms, ...]]]:
    of_terms, of_service = decoder(tuple[Terms, ...]), decoder(Service)
    shared = [tuple(_made(of_terms, one)) for one in parts["terms"]]
    services, versions = [], {}
    for at, row in parts["services"]:
        service: Service = _made(of_service, row)
        versions[service.name] = shared[at]
        services.append(replace(service, terms=shared[at][-1]) if shared[at] else service)
    return tuple(services), versions


def _made(decode: Decode | None, value: Any) -> Any:
    return value if decode is None else decode(value)


def _dump(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)

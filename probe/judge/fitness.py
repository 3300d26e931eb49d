"""What `probe doctor` looks at: this machine, the files of the configuration, and the record."""

from __future__ import annotations

import os
import platform
import resource
import socket
import stat
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from probe import __version__
from probe.clock import Clock
from probe.errors import ConfigError, StoreError, StoreMissing, TermsError
from probe.model import EventKind
from probe.secrets import Secret, SecretMissing
from probe.store import fitness
from probe.store.reader import open_reader
from probe.view.doctor import Level, Symptom
from probe.view.wording import counted

if TYPE_CHECKING:
    from probe.config import Config

FINE, WARNING = Level.FINE, Level.WARNING
MIB: Final = 1 << 20
LITTLE_MIB, SCARCE_MIB = 1024, 100
FEWEST_FILES: Final = 1024
FAR: Final = "198.51.100.1"
FAR6: Final = "2001:db8::1"
"""Addresses of documentation: they are nobody's, so that only a default route leads there."""
DAY_MS: Final = 86_400_000
LOOP: Final = (EventKind.STALL, EventKind.SUSPEND, EventKind.CLOCK_STEP)
PING_FIX: Final = 'sysctl -w net.ipv4.ping_group_range="0 2147483647", or give the agent CAP_NET_RAW'


def examine(path: Path | None, clock: Clock) -> Iterator[Symptom]:
    """Everything but the calibration, in the order of looking. path: of probe.toml, None where there is none."""
    yield Symptom("program", FINE, f"probe {__version__}, Python {platform.python_version()}, {platform.platform()}")
    config = None
    if path is None:
        yield Symptom("configuration", Level.USAGE, "there is none", "probe init")
    else:
        config, symptoms = _configuration(path)
        yield from symptoms
    yield from _clock(clock)
    yield from _icmp(config)
    yield from _network(config)
    yield from _descriptors(config)
    yield from _sqlite()
    if config is not None:
        yield from _secrets(config)
        yield from _disk(config.storage.path)
        yield from _record(config.storage.path, clock)


def _configuration(path: Path) -> tuple[Config | None, list[Symptom]]:
    from probe.config import load

    found: list[Symptom] = []
    config = None
    try:
        config = load(path)
    except (ConfigError, TermsError) as error:
        found += [Symptom("configuration", Level.USAGE, problem, "probe validate") for problem in error.problems]
    else:
        found.append(Symptom("configuration", FINE, f"{path}: {counted(one.role for one in config.checks)}"))
        found += [Symptom("configuration", WARNING, warning) for warning in config.warnings]
    files = [path, *sorted(path.parent.glob("checks.d/*.toml"))]
    loose = [file for file in files if file.exists() and file.stat().st_mode & stat.S_IWOTH]
    found += [Symptom("configuration", WARNING, f"{file}: anybody may write it", f"chmod o-w {file}") for file in loose]
    return config, found


def _clock(clock: Clock) -> Iterator[Symptom]:
    if clock.is_synchronised():
        yield Symptom("clock", FINE, "the kernel holds it for synchronised")
    else:
        says = "not synchronised: instants are marked so until it is"
        yield Symptom("clock", WARNING, says, "timedatectl set-ntp true, or run chrony")


def _icmp(config: Config | None) -> Iterator[Symptom]:
    wanted = config is None or any(check.kind in {"icmp", "trace"} for check in config.checks)
    for family, protocol, name in (
        (socket.AF_INET, socket.IPPROTO_ICMP, "IPv4"),
        (socket.AF_INET6, socket.IPPROTO_ICMPV6, "IPv6"),
    ):
        way = _way(family, protocol)
        if way is None:
            level = Level.BROKEN if wanted and family is socket.AF_INET else WARNING
            yield Symptom("icmp", level, f"{name}: this user may not send echo requests", PING_FIX)
        else:
            yield Symptom("icmp", FINE, f"{name}: {way} socket")


def _way(family: int, protocol: int) -> str | None:
    for kind, way in ((socket.SOCK_DGRAM, "datagram"), (socket.SOCK_RAW, "raw")):
        try:
            socket.socket(family, kind, protocol).close()
        except OSError:
            continue
        return way
    return None


def _network(config: Config | None) -> Iterator[Symptom]:
    """Whether a packet to far away would leave; nothing is sent. A family that no check demands may be absent."""
    if not _source(socket.AF_INET, "127.0.0.1"):
        yield Symptom("network", Level.BROKEN, "the loopback interface is down", "ip link set lo up")
    demanded = {check.family for check in config.checks} if config else set()
    for family, name, far in ((socket.AF_INET, "4", FAR), (socket.AF_INET6, "6", FAR6)):
        source = _source(family, far)
        if source:
            yield Symptom("network", FINE, f"IPv{name}: packets leave from {source}")
        elif name == "4" or name in demanded:
            says = f"IPv{name}: no route leads out of this network; checks of what is beyond are unknown"
            yield Symptom("network", WARNING, says, f"ip -{name} route: a default route is missing")
        else:
            yield Symptom("network", FINE, "IPv6: no route leads out, and no check demands it")


def _source(family: int, address: str) -> str:
    """The own address that the kernel would send from; "" where it has no way."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.connect((address, 9))
            return str(sock.getsockname()[0])
    except OSError:
        return ""


def _descriptors(config: Config | None) -> Iterator[Symptom]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = hard if hard != resource.RLIM_INFINITY else 1 << 20
    checks = len(config.checks) if config else 0
    if most >= max(FEWEST_FILES, 2 * min(checks, 10_000)):
        yield Symptom("files", FINE, f"{soft} may be open, up to {most}")
    else:
        says = f"{most} files may be open; half of them for attempts in flight, with {checks} checks and references"
        yield Symptom("files", WARNING, says, "LimitNOFILE=65536 in the unit, or ulimit -n 65536")


def _sqlite() -> Iterator[Symptom]:
    version = fitness.sqlite_version()
    if fitness.resets_wal_safely(version):
        yield Symptom("sqlite", FINE, version)
    else:
        says = (
            f"{version} can lose commits when two programs write to one database; the agent is the only one that does"
        )
        yield Symptom(
            "sqlite", WARNING, says, "let nothing else write to the record; upgrade SQLite to 3.51.3 or later"
        )


def _secrets(config: Config) -> Iterator[Symptom]:
    named = {str(secret): secret for secret in _secrets_in((config.checks, config.web, config.channels))}
    for says, secret in named.items():
        try:
            secret.reveal()
        except SecretMissing as error:
            fix = (
                "set it for the agent, for example by EnvironmentFile=" if secret.env else f"write it to {secret.file}"
            )
            yield Symptom("secrets", WARNING, f"{error} (as this user, in this shell)", fix)
            continue
        mode = Path(secret.file).stat().st_mode if secret.file else 0
        if mode & (stat.S_IRWXG | stat.S_IRWXO) & ~stat.S_IRGRP:
            yield Symptom("secrets", WARNING, f"{says}: others may read it", f"chmod 600 {secret.file}")
        else:
            yield Symptom("secrets", FINE, says)


def _secrets_in(value: Any) -> Iterator[Secret]:
    """Every reference to a secret in settings."""
    if isinstance(value, Secret):
        yield value
    elif is_dataclass(value):
        yield from _secrets_in([getattr(value, field.name) for field in fields(value)])
    elif isinstance(value, dict):
        yield from _secrets_in(list(value.values()))
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _secrets_in(one)


def _disk(path: Path) -> Iterator[Symptom]:
    folder = next(folder for folder in path.parents if folder.exists())
    found = os.statvfs(folder)
    free_mib = found.f_bavail * found.f_frsize // MIB
    if found.f_files and not found.f_favail:
        yield Symptom("disk", Level.BROKEN, f"{folder}: no inode is free", "remove files there")
    elif free_mib < SCARCE_MIB:
        yield Symptom("disk", Level.BROKEN, f"{folder}: {free_mib} MiB free", "make room, or move [storage] path")
    elif free_mib < LITTLE_MIB:
        yield Symptom("disk", WARNING, f"{folder}: {free_mib} MiB free", "make room, or move [storage] path")
    else:
        yield Symptom("disk", FINE, f"{folder}: {free_mib // 1024} GiB free")
    if folder == path.parent and not os.access(folder, os.W_OK):
        yield Symptom("disk", WARNING, f"{folder}: this user may not write there", "run as the agent's user")


def _record(path: Path, clock: Clock) -> Iterator[Symptom]:
    try:
        problems = fitness.page_problems(path)
    except StoreMissing:
        yield Symptom("record", FINE, f"{path} is not there yet; the agent makes it")
        return
    except StoreError as error:
        yield Symptom("record", Level.BROKEN, str(error))
        return
    fix = "keep the file as evidence and restore a backup (docs/operations.md)"
    yield from (Symptom("record", Level.FAILED, f"{path}: {problem}", fix) for problem in problems)
    if not problems:
        yield Symptom("record", FINE, f"{path}: {path.stat().st_size // MIB} MiB, its pages are sound")
    if path.stat().st_mode & stat.S_IRWXO:
        yield Symptom("record", WARNING, f"{path}: anybody may read it", f"chmod o= {path}")
    yield from _loop(path, clock)


def _loop(path: Path, clock: Clock) -> Iterator[Symptom]:
    """How often the agent could not work in the last day: what it says then is unknown."""
    now_ms = clock.read().wall_ms
    with open_reader(path) as reader:
        events = reader.events(now_ms - DAY_MS, now_ms, LOOP)
    for kind in LOOP:
        seen = [event for event in events if event.kind is kind]
        if seen:
            longest_ms = max(event.lasted_ms or 0 for event in seen)
            fix = "give the agent more of the machine (CPUWeight=, less concurrency)" if kind is EventKind.STALL else ""
            says = f"{len(seen)} × {kind} in the last day, the longest {longest_ms} ms; that time is unknown"
            yield Symptom("loop", WARNING, says, fix)

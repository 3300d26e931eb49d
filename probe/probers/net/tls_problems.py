"""What is wrong with the settings about TLS that several kinds have."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class TlsKeys(Protocol):
    """The settings that are looked at here."""

    @property
    def ca_file(self) -> str | None: ...

    @property
    def client_cert(self) -> str | None: ...

    @property
    def client_key(self) -> str | None: ...

    @property
    def min_tls(self) -> str | None: ...

    @property
    def min_days_left(self) -> int | None: ...


def find_tls_problems(settings: TlsKeys) -> list[str]:
    """Each problem as `key: what is wrong`."""
    problems = []
    for key in ("ca_file", "client_cert", "client_key"):
        path = getattr(settings, key)
        if path is not None and not Path(path).is_absolute():
            problems.append(f"{key}: must be an absolute path")
    if settings.client_key is not None and settings.client_cert is None:
        problems.append("client_key: needs client_cert")
    if settings.min_tls not in {None, "1.2", "1.3"}:
        problems.append('min_tls: must be "1.2" or "1.3"')
    if settings.min_days_left is not None and settings.min_days_left < 0:
        problems.append("min_days_left: must not be negative")
    return problems

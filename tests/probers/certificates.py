"""Authorities and servers with certificates of every kind, made once for the tests that need them."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path
from typing import Any

import trustme

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


def server_context(authority: trustme.CA, *names: str, **keys: Any) -> ssl.SSLContext:
    """A server with a certificate for these names by this authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, **keys).configure_cert(context)
    return context


def written(authority: trustme.CA, folder: Path) -> str:
    """The file to trust the authority by."""
    path = folder / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)

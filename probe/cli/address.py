"""A check from an address typed by hand, with the defaults of its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast
from urllib.parse import parse_qsl, urlsplit

from probe.cli.windows import Typed
from probe.errors import UsageError
from probe.model import Check

if TYPE_CHECKING:
    from probe.config.files import Source

EXAMPLES: Final = (
    "https://example.com/, icmp://192.0.2.1, tcp://192.0.2.1:22, tls://192.0.2.1:993, trace://192.0.2.1 "
    "or dns://192.0.2.53?name=example.com"
)
KINDS: Final = {"https": "http"} | {kind: kind for kind in ("http", "icmp", "tcp", "tls", "dns", "trace")}


def check_of(address: str) -> Check:
    """The check; UsageError for what no kind can test. Private targets are allowed: a person typed this one."""
    from probe import probers
    from probe.config.checks import Schedule, make_check
    from probe.config.settings import from_text, read_settings
    from probe.config.table import Table

    kind = KINDS.get(address.partition("://")[0].lower())
    if kind is None:
        raise UsageError(f"no kind of probe for {address!r}; write {EXAMPLES}")
    typed = Typed("?")
    try:
        target, query = _parts(kind, address)
        target = probers.PROBERS[kind].target(target)
    except ValueError as error:
        raise UsageError(f"{address}: {error}") from error
    form = probers.kind_settings(kind)
    written = {key: from_text(form, key, text) for key, text in query.items()}
    settings = read_settings(form, Table(cast("Source", typed), written))
    if settings is None or typed.problems:
        raise UsageError("\n".join(f"{address}: {problem}" for problem in typed.problems))
    return make_check(kind, target, Schedule(), name=address, settings=settings, allow_private=True)


def _parts(kind: str, address: str) -> tuple[str, dict[str, str]]:
    """The target as its kind writes it, and settings from the query. Raises ValueError for what has no meaning."""
    if kind == "http":
        return address, {}
    parts = urlsplit(address)
    if not parts.hostname:
        raise ValueError(f"there is no host in it; write {EXAMPLES}")
    is_host = kind in {"icmp", "trace"}
    excess = {"a path": parts.path.strip("/"), "a user": "@" in parts.netloc, "a fragment": parts.fragment}
    excess["a port"] = is_host and parts.port is not None
    for what, is_there in excess.items():
        if is_there:
            raise ValueError(f"{kind} has no use for {what}; write {EXAMPLES}")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return (parts.hostname if is_host else parts.netloc), query

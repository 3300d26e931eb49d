"""Uptime Kuma's monitors as checks, from the same kuma.db and under the same names as its history."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from probe.importers.drafts import Draft, Drafting, seconds_ms, text_of
from probe.importers.kuma import PROGRAM
from probe.importers.names import named
from probe.store.foreign import open_foreign

NEEDED: Final = {"monitor": ("id", "name", "type", "interval")}
COLUMNS: Final = (
    "id", "name", "type", "active", "interval", "url", "hostname", "port", "keyword", "invert_keyword", "ignore_tls",
    "upside_down", "maxredirects", "accepted_statuscodes_json", "dns_resolve_type", "dns_resolve_server", "method",
    "body", "headers", "basic_auth_user", "proxy_id", "timeout", "packet_size", "json_path", "expected_value",
)  # fmt: skip
Monitor = Mapping[str, Any]


def read(path: Path) -> Drafting:
    """The monitors of a file. UsageError when it is no database of Kuma's."""
    drafting = Drafting()
    taken: set[str] = set()
    with open_foreign(path) as file:
        file.need(PROGRAM, NEEDED)
        for cells in file.rows("monitor", COLUMNS):
            monitor = dict(zip(COLUMNS, cells, strict=True))
            name = named(monitor["name"], taken, f"monitor-{monitor['id']}")
            make = KINDS.get(str(monitor["type"]))
            draft = None if make is None else make(monitor)
            if draft is None:
                drafting.leave(f"{name}: type {monitor['type']}: no kind here tests that, or its target is missing")
                continue
            draft.name = name
            _common(draft, monitor)
            drafting.add(draft, name)
    return drafting


def _common(draft: Draft, monitor: Monitor) -> None:
    draft.interval_ms = seconds_ms(monitor["interval"])
    draft.timeout_ms = seconds_ms(monitor["timeout"])
    if not monitor["active"]:
        draft.left_out.append("it is paused there; `probe pause` keeps a check quiet")
    if monitor["upside_down"]:
        draft.left_out.append("upside down: here up means that the target answers")


def _web(monitor: Monitor) -> Draft | None:
    url = text_of(monitor["url"])
    if url is None:
        return None
    draft = Draft(name="", kind="http", target=url)
    codes = _codes(monitor["accepted_statuscodes_json"])
    if codes is None:
        draft.left_out.append(f"accepted status codes {monitor['accepted_statuscodes_json']}")
    else:
        draft.settings["expect_status"] = codes
    if monitor["ignore_tls"]:
        draft.settings["verify"] = False
    if monitor["maxredirects"] == 0:
        draft.settings["follow_redirects"] = False
    if (method := text_of(monitor["method"])) and method != "GET":
        draft.settings["method"] = method
    if body := text_of(monitor["body"]):
        draft.settings["body"] = body
    left = {"headers": "headers", "basic_auth_user": "authentication", "proxy_id": "proxy"}
    draft.left_out += [f"its {what}; a secret belongs into a file" for name, what in left.items() if monitor[name]]
    return draft


def _keyword(monitor: Monitor) -> Draft | None:
    draft = _web(monitor)
    keyword = text_of(monitor["keyword"])
    if draft is not None and keyword is not None:
        if monitor["invert_keyword"]:
            draft.left_out.append(f"the keyword {keyword} must not be there")
        else:
            draft.settings["expect_body"] = keyword
    return draft


def _json_query(monitor: Monitor) -> Draft | None:
    draft = _web(monitor)
    if draft is not None:
        draft.left_out.append(f"the JSON query {monitor['json_path']} with the value {monitor['expected_value']}")
    return draft


def _ping(monitor: Monitor) -> Draft | None:
    host = text_of(monitor["hostname"])
    if host is None:
        return None
    draft = Draft(name="", kind="icmp", target=host)
    size = monitor["packet_size"]
    if isinstance(size, int) and 16 <= size <= 1472 and size != 56:
        draft.settings["size"] = size
    return draft


def _port(monitor: Monitor) -> Draft | None:
    host, port = text_of(monitor["hostname"]), monitor["port"]
    if host is None or not isinstance(port, int):
        return None
    return Draft(name="", kind="tcp", target=f"[{host}]:{port}" if ":" in host else f"{host}:{port}")


def _dns(monitor: Monitor) -> Draft | None:
    name, server = text_of(monitor["hostname"]), text_of(monitor["dns_resolve_server"])
    if name is None or server is None:
        return None
    servers = [one.strip() for one in server.split(",")]
    settings = {"name": name, "type": text_of(monitor["dns_resolve_type"]) or "A"}
    draft = Draft(name="", kind="dns", target=servers[0], settings=settings)
    draft.left_out += [f"its other name server {one}" for one in servers[1:]]
    return draft


def _push(monitor: Monitor) -> Draft:
    late_s = monitor["interval"] if isinstance(monitor["interval"], int) and monitor["interval"] > 0 else 60
    target = text_of(monitor["name"]) or f"monitor {monitor['id']}"
    draft = Draft(name="", kind="push", target=target, settings={"late_after": f"{late_s}s"})
    draft.left_out.append("its token; push.token names a secret, and who reports needs the new address")
    return draft


def _codes(cell: object) -> list[int | str] | None:
    """Kuma's ["200-299", "404"] as codes and classes, None where it cannot be said with these."""
    try:
        found = json.loads(cell) if isinstance(cell, str) else None
    except (ValueError, RecursionError):
        return None
    codes: list[int | str] = []
    for one in found if isinstance(found, list) else [None]:
        if isinstance(one, str) and re.fullmatch(r"[1-5]00-[1-5]99", one) and one[0] == one[4]:
            codes.append(f"{one[0]}xx")
        elif isinstance(one, str) and re.fullmatch(r"[1-5]\d\d", one):
            codes.append(int(one))
        else:
            return None
    return codes or None


KINDS: Final[Mapping[str, Callable[[Monitor], Draft | None]]] = {
    "http": _web,
    "keyword": _keyword,
    "json-query": _json_query,
    "ping": _ping,
    "port": _port,
    "dns": _dns,
    "push": _push,
}

"""Gatus' YAML: endpoints become checks; conditions become expectations where there is one that means the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from probe.importers.drafts import Draft, Drafting, mentioned, text_of
from probe.importers.yaml import mapping_in

PIECE: Final = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s)", re.ASCII)
UNITS: Final = {"h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
CONDITION: Final = re.compile(r"\[([A-Z_]+)\](\S*)\s*(==|!=|<=|>=|<|>)\s*(.+)")
ENDPOINT: Final = (
    "name", "group", "url", "interval", "conditions", "method", "body", "headers", "client", "dns", "enabled", "alerts",
    "ui",
)  # fmt: skip
CLIENT: Final = ("timeout", "insecure", "ignore-redirect")


def read(path: Path) -> Drafting:
    """The endpoints of a file. UsageError when it is none of Gatus'."""
    drafting = Drafting()
    content = mapping_in(path)
    for key in mentioned(content, ("endpoints", "services")):
        drafting.leave(f"{key}: has no counterpart here, or belongs into probe.toml")
    endpoints = content.get("endpoints") or content.get("services")
    for number, endpoint in enumerate(endpoints if isinstance(endpoints, list) else [], 1):
        where = f"endpoint {number}"
        if not isinstance(endpoint, dict):
            drafting.leave(f"{where}: is no mapping")
            continue
        _take(drafting, endpoint, f"{where} ({text_of(endpoint.get('name')) or 'without a name'})")
    return drafting


def _take(drafting: Drafting, endpoint: Mapping[Any, Any], where: str) -> None:
    url = text_of(endpoint.get("url"))
    draft = None if url is None else _of_url(url, endpoint)
    if draft is None:
        drafting.leave(f"{where}: {url or 'no url'}: no kind here tests that")
        return
    titles = [text_of(endpoint.get("group")), text_of(endpoint.get("name"))]
    draft.name = drafting.name("-".join(title for title in titles if title), "endpoint")
    draft.interval_ms = span_ms(endpoint.get("interval"))
    if endpoint.get("enabled") is False:
        draft.left_out.append("it is not enabled there; `probe pause` keeps a check quiet")
    _client(draft, endpoint.get("client"))
    for condition in endpoint.get("conditions") or []:
        if not isinstance(condition, str) or not _expected(draft, condition):
            draft.left_out.append(f"condition {condition}")
    draft.left_out += [f"{key}: has no counterpart" for key in mentioned(endpoint, ENDPOINT)]
    draft.left_out += ["alerts: see [notify.NAME] of probe.toml"] if endpoint.get("alerts") else []
    drafting.add(draft, where)


def _of_url(url: str, endpoint: Mapping[Any, Any]) -> Draft | None:
    """The draft that a URL's scheme asks for, None where no kind does it."""
    scheme, _, rest = url.partition("://")
    try:
        host = urlsplit(url).netloc
    except ValueError:
        return None
    dns = endpoint.get("dns")
    if isinstance(dns, dict):
        asked = {"name": dns.get("query-name"), "type": dns.get("query-type")}
        return Draft(name="", kind="dns", target=url, settings={key: one for key, one in asked.items() if one})
    if scheme in ("http", "https"):
        return _of_web(url, endpoint)
    if scheme == "starttls":
        return Draft(name="", kind="tls", target=host, settings={"starttls": "smtp"})
    kinds = {"icmp": "icmp", "tcp": "tcp", "tls": "tls", "ssh": "tcp"}
    if scheme not in kinds:
        return None
    draft = Draft(name="", kind=kinds[scheme], target=host or rest)
    if scheme == "ssh":
        draft.target = draft.target if ":" in draft.target else f"{draft.target}:22"
        draft.settings["preset"] = "ssh"
    return draft


def _of_web(url: str, endpoint: Mapping[Any, Any]) -> Draft:
    draft = Draft(name="", kind="http", target=url)
    if method := text_of(endpoint.get("method")):
        draft.settings["method"] = method
    if body := text_of(endpoint.get("body")):
        draft.settings["body"] = body
    headers = endpoint.get("headers")
    if isinstance(headers, dict) and headers:
        safe = {str(key): str(one) for key, one in headers.items() if str(key).lower() != "authorization"}
        draft.left_out += ["the header Authorization: a secret belongs into a file"] if len(safe) < len(headers) else []
        draft.settings |= {"headers": safe} if safe else {}
    return draft


def _client(draft: Draft, client: object) -> None:
    if not isinstance(client, dict):
        return
    draft.timeout_ms = span_ms(client.get("timeout"))
    if client.get("insecure") is True and draft.kind in ("http", "tls"):
        draft.settings["verify"] = False
    if client.get("ignore-redirect") is True and draft.kind == "http":
        draft.settings["follow_redirects"] = False
    draft.left_out += [f"client.{key}: has no counterpart" for key in mentioned(client, CLIENT)]


def _expected(draft: Draft, condition: str) -> bool:
    """Carry one condition; False when nothing here means the same."""
    match = CONDITION.fullmatch(condition.strip())
    carry = None if match is None else CONDITIONS.get(match[1])
    return match is not None and carry is not None and carry(draft, match[2], match[3], match[4].strip())


def _connected(draft: Draft, _path: str, op: str, value: str) -> bool:
    return (op, value) == ("==", "true")


def _status(draft: Draft, _path: str, op: str, value: str) -> bool:
    if draft.kind != "http":
        return False
    several = re.fullmatch(r"any\(([\d,\s]+)\)", value)
    if op == "==" and (value.isdecimal() or several):
        codes = several[1] if several else value
        draft.settings["expect_status"] = [int(code) for code in codes.split(",") if code.strip()]
        return True
    if (op, value) == ("<", "300"):
        draft.settings["expect_status"] = ["2xx"]
    if (op, value) == ("<", "400"):
        draft.settings["expect_status"] = ["2xx", "3xx"]
    return op == "<" and value in ("300", "400")


def _response_time(draft: Draft, _path: str, op: str, value: str) -> bool:
    if op not in ("<", "<=") or not value.isdecimal() or draft.kind not in ("http", "tcp", "tls", "dns"):
        return False
    draft.settings["max_time"] = f"{int(value)}ms"
    return int(value) > 0


def _certificate(draft: Draft, _path: str, op: str, value: str) -> bool:
    left_ms = span_ms(value)
    if op not in (">", ">=") or left_ms is None or draft.kind not in ("http", "tls"):
        return False
    draft.settings["min_days_left"] = max(1, -(-left_ms // 86_400_000))
    return True


def _rcode(draft: Draft, _path: str, op: str, value: str) -> bool:
    if op != "==" or draft.kind != "dns":
        return False
    draft.settings["expect_rcode"] = value
    return True


def _body(draft: Draft, path: str, op: str, value: str) -> bool:
    pattern = re.fullmatch(r"pat\(\*([^*?\[\]]+)\*\)", value)
    if op != "==" or draft.kind not in ("http", "dns"):
        return False
    if draft.kind == "dns":
        draft.settings["expect_records"] = [value]
        return not path and "(" not in value
    if not path and pattern:
        draft.settings["expect_body"] = pattern[1]
        return True
    if not path.startswith(".") or "(" in value:
        return False
    draft.settings.setdefault("expect_json", {})[path[1:]] = _json_value(value)
    return True


def _json_value(value: str) -> str | int | bool:
    if value in ("true", "false"):
        return value == "true"
    return int(value) if re.fullmatch(r"-?\d{1,15}", value) else value


CONDITIONS: Final[Mapping[str, Callable[[Draft, str, str, str], bool]]] = {
    "CONNECTED": _connected,
    "STATUS": _status,
    "RESPONSE_TIME": _response_time,
    "CERTIFICATE_EXPIRATION": _certificate,
    "DNS_RCODE": _rcode,
    "BODY": _body,
}


def span_ms(value: object) -> int | None:
    """Go's spelling of a span, "1m30s"; None for anything else."""
    if not isinstance(value, str) or not re.fullmatch(rf"(?:{PIECE.pattern})+", value, re.ASCII):
        return None
    total = sum(float(count) * UNITS[unit] for count, unit in PIECE.findall(value))
    return int(total) if 0 < total <= 10**11 else None

"""Nagios' and Icinga 1's object files: services with a well-known plugin become checks, line by line."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from probe.importers.drafts import Draft, Drafting
from probe.importers.files import text_in

DEFINE: Final = re.compile(r"\s*define\s+(\w+)\s*\{")
STEPS: Final = 20
"""Templates that are followed one after the other."""
CARRIED: Final = {
    "host_name", "service_description", "check_command", "check_interval", "normal_check_interval", "use", "name",
    "register", "alias", "address", "address6", "hostgroups", "hostgroup_name", "members", "display_name",
}  # fmt: skip


class Defined(NamedTuple):
    """One `define` of a file: what it defines, in which line it begins, what it says."""

    kind: str
    line: int
    said: dict[str, str]


def read(path: Path) -> Drafting:
    """The services of an object file, for each of their hosts; a host's own check as ping."""
    drafting = Drafting()
    objects = list(_objects(text_in(path), drafting))
    templates = {(one.kind, one.said["name"]): one for one in objects if "name" in one.said}
    whole = [one._replace(said=_inherited(one, templates)) for one in objects]
    hosts = {one.said["host_name"]: one for one in whole if one.kind == "host" and "host_name" in one.said}
    for one in whole:
        if one.kind == "service" and one.said.get("register") != "0":
            _service(drafting, one, hosts)
        elif one.kind not in ("service", "host"):
            drafting.leave(f"line {one.line}: define {one.kind}: has no counterpart, or belongs into probe.toml")
    return drafting


def _objects(text: str, drafting: Drafting) -> Iterator[Defined]:
    current: Defined | None = None
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.partition(";")[0].strip() if ";" in raw else raw.strip()
        if not line or line.startswith("#"):
            continue
        if current is None:
            begin = DEFINE.match(line)
            if begin is None:
                drafting.leave(f"line {number}: is outside of any define")
            else:
                current = Defined(begin[1], number, {})
        elif line.startswith("}"):
            yield current
            current = None
        else:
            key, _, value = line.replace("\t", " ").partition(" ")
            current.said[key] = value.strip()
    if current is not None:
        drafting.leave(f"line {current.line}: define {current.kind} does not end; the file is cut off")


def _inherited(one: Defined, templates: Mapping[tuple[str, str], Defined]) -> dict[str, str]:
    """What an object says with its templates, the first of several before the others."""
    said, waiting, own = dict(one.said), [one.said.get("use", "")], one.said
    for _ in range(STEPS):
        if not waiting:
            break
        for name in waiting.pop(0).split(","):
            template = templates.get((one.kind, name.strip()))
            if template is not None and template.said is not own:
                said = {**{k: v for k, v in template.said.items() if k not in ("name", "register")}, **said}
                waiting.append(template.said.get("use", ""))
    return said


def _service(drafting: Drafting, one: Defined, hosts: Mapping[str, Defined]) -> None:
    names = [name.strip() for name in one.said.get("host_name", "").split(",") if name.strip()]
    title = one.said.get("service_description", "service")
    where = f"line {one.line}: {title}"
    if not names:
        drafting.leave(f"{where}: its hosts come from a group or a wildcard; name them")
    for name in names:
        host = hosts.get(name)
        address = host.said.get("address", name) if host is not None else name
        draft = _draft(one.said.get("check_command", ""), address)
        if draft is None:
            drafting.leave(f"{where}: {one.said.get('check_command', 'no check_command')}: no kind here tests that")
            continue
        draft.name = drafting.name(f"{name}-{title}", "service")
        minutes = one.said.get("check_interval") or one.said.get("normal_check_interval") or ""
        draft.interval_ms = int(float(minutes) * 60_000) if re.fullmatch(r"\d{1,5}(\.\d+)?", minutes) else None
        ignored = sorted(key for key in one.said if key not in CARRIED)
        draft.left_out += [f"{', '.join(ignored)}: has no counterpart here"] if ignored else []
        drafting.add(draft, f"{where} on {name}")


def _draft(command: str, address: str) -> Draft | None:
    plugin, *arguments = command.split("!")
    make = PLUGINS.get(plugin.strip().removeprefix("check_").replace("-", "_"))
    if make is None or not address:
        return None
    try:
        words = [word for one in arguments for word in shlex.split(one.replace("$HOSTADDRESS$", address))]
    except ValueError:
        return None
    return make(address, words)


def _option(words: list[str], *names: str) -> str | None:
    """The value of an option, taken out of the words."""
    for place, word in enumerate(words):
        long = next((name for name in names if name.startswith("--") and word.startswith(f"{name}=")), None)
        if long is not None:
            return words.pop(place).partition("=")[2]
        if word in names and place + 1 < len(words):
            words.pop(place)
            return words.pop(place)
    return None


def _flag(words: list[str], *names: str) -> bool:
    found = [word for word in words if word in names or word.partition("=")[0] in names]
    for word in found:
        words.remove(word)
    return bool(found)


def _web(address: str, words: list[str]) -> Draft:
    host = _option(words, "-H", "--hostname") or _option(words, "-I", "--IP-address") or address
    port, path = _option(words, "-p", "--port"), _option(words, "-u", "--url", "--uri") or "/"
    scheme = "https" if _flag(words, "-S", "--ssl") else "http"
    target = f"{scheme}://{host}{f':{port}' if port else ''}{path if path.startswith('/') else '/' + path}"
    draft = Draft(name="", kind="http", target=target)
    if body := _option(words, "-s", "--string"):
        draft.settings["expect_body"] = body
    expected = _option(words, "-e", "--expect")
    if expected and re.fullmatch(r"[1-5]\d\d(,[1-5]\d\d)*", expected):
        draft.settings["expect_status"] = [int(code) for code in expected.split(",")]
    elif expected:
        draft.left_out.append(f"expect {expected}")
    return _rest(draft, words)


def _ping(address: str, words: list[str]) -> Draft:
    host = _option(words, "-H", "--hostname") or address
    draft = Draft(name="", kind="icmp", target=host)
    draft.left_out += [f"the threshold {word}" for word in words if "," in word]
    return _rest(draft, [word for word in words if "," not in word])


def _port(port: int | None, preset: str | None = None, kind: str = "tcp") -> Callable[[str, list[str]], Draft]:
    def make(address: str, words: list[str]) -> Draft:
        host = _option(words, "-H", "--hostname") or address
        given = _option(words, "-p", "--port") or (words.pop(0) if words and words[0].isdecimal() else port)
        draft = Draft(name="", kind=kind, target=f"{host}:{given}")
        draft.settings |= {"preset": preset} if preset else {}
        return _rest(draft, words)

    return make


def _dns(address: str, words: list[str]) -> Draft:
    name = _option(words, "-H", "--hostname", "-l") or (words.pop(0) if words else "")
    draft = Draft(name="", kind="dns", target=_option(words, "-s", "--server") or address, settings={"name": name})
    if kind := _option(words, "-T", "--record_type"):
        draft.settings["type"] = kind
    return _rest(draft, words)


def _rest(draft: Draft, words: list[str]) -> Draft:
    draft.left_out += [f"the arguments {' '.join(words)}"] if words else []
    return draft


PLUGINS: Final[Mapping[str, Callable[[str, list[str]], Draft]]] = {
    "http": _web,
    "https": lambda address, words: _web(address, ["-S", *words]),
    "curl": _web,
    "ping": _ping,
    "ping4": _ping,
    "icmp": _ping,
    "host_alive": _ping,
    "tcp": _port(None),
    "ssh": _port(22, "ssh"),
    "smtp": _port(25, "smtp"),
    "imap": _port(143, "imap"),
    "pop": _port(110, "pop3"),
    "pop3": _port(110, "pop3"),
    "ftp": _port(21, "ftp"),
    "mysql": _port(3306, "mysql"),
    "pgsql": _port(5432, "postgres"),
    "dns": _dns,
    "dig": _dns,
}
"""By the plugin's name without `check_`."""

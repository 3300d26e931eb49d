"""SmokePing's configuration: the hosts of its *** Targets *** become checks; loss and time stay each attempt's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from probe.importers.drafts import Draft, Drafting
from probe.importers.files import text_in

SECTION: Final = re.compile(r"\*\*\*\s*(\w+)\s*\*\*\*")
NODE: Final = re.compile(r"(\++)\s*([\w-]+)")
PAIR: Final = re.compile(r"([\w-]+)\s*=\s*(.*)")
CARRIED: Final = {"host", "probe", "menu", "title", "remark", "pings", "step", "lookup", "server", "port", "urlformat",
                  "recordtype"}  # fmt: skip
KINDS: Final = {
    "FPing": "icmp", "FPing6": "icmp", "FPingContinuous": "icmp", "TCPPing": "tcp", "DNS": "dns", "AnotherDNS": "dns",
    "Curl": "http", "EchoPingHttp": "http", "EchoPingHttps": "http", "SSH": "tcp", "AnotherSSH": "tcp",
}  # fmt: skip
PINGS: Final = 20
STEP_MS: Final = 300_000


class Node(NamedTuple):
    """A place in the tree of targets: its depth, name, line, and what it says, its parents' words included."""

    path: tuple[str, ...]
    line: int
    said: dict[str, str]
    own: set[str]


def read(path: Path) -> Drafting:
    """The targets of a configuration; files that it includes are named, not followed."""
    drafting = Drafting()
    nodes = list(_nodes(text_in(path), drafting))
    step = next((node.said.get("step", "") for node in nodes if not node.path), "")
    step_ms = int(step) * 1000 if re.fullmatch(r"[1-9]\d{0,5}", step, re.ASCII) else STEP_MS
    for node in nodes:
        if "host" in node.own:
            _take(drafting, node, step_ms)
    return drafting


def _nodes(text: str, drafting: Drafting) -> Iterator[Node]:
    """Each node of the targets once it is complete; the database's settings as a node without a path."""
    section, stack = "", [Node((), 0, {}, set())]
    database: dict[str, str] = {}
    for number, line in _lines(text):
        if found := SECTION.fullmatch(line):
            section = found[1]
        elif line.startswith("@"):
            drafting.leave(f"line {number}: {line}: is another file; import it by itself")
        elif section == "Database" and (pair := PAIR.fullmatch(line)):
            database[pair[1]] = pair[2]
        elif section == "Targets":
            yield from _step(stack, (number, line), drafting)
    yield Node((), 0, database, set())
    if len(stack) > 1:
        yield stack[-1]


def _step(stack: list[Node], place: tuple[int, str], drafting: Drafting) -> Iterator[Node]:
    number, line = place
    if node := NODE.fullmatch(line):
        if len(stack) > 1:
            yield stack[-1]
        depth = len(node[1])
        del stack[max(depth, 1) :]
        above = stack[-1]
        inherited = {key: value for key, value in above.said.items() if key not in ("host", "menu", "title")}
        stack.append(Node((*above.path, node[2]), number, inherited, set()))
    elif pair := PAIR.fullmatch(line):
        stack[-1].said[pair[1]] = pair[2].strip()
        stack[-1].own.add(pair[1])
    else:
        drafting.leave(f"line {number}: {line}: is not understood")


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines without comments; one that ends with a backslash goes on."""
    held = ""
    for number, raw in enumerate(text.splitlines(), 1):
        line = held + raw.strip()
        held = line[:-1] if line.endswith("\\") else ""
        if line and not held and not line.startswith("#"):
            yield number, line


def _take(drafting: Drafting, node: Node, step_ms: int) -> None:
    where = f"line {node.line}: {'.'.join(node.path)}"
    probe = node.said.get("probe", "FPing")
    host = node.said["host"]
    kind = KINDS.get(probe)
    if kind is None or host.startswith("/") or " " in host or host == "DYNAMIC":
        what = f"the probe {probe}" if kind is None else f"the host {host}"
        drafting.leave(f"{where}: {what}: no kind here tests that")
        return
    draft = _draft(kind, probe, node)
    draft.name = drafting.name("-".join(node.path), "target")
    draft.interval_ms = step_ms
    draft.left_out += [f"{key}: has no counterpart" for key in sorted(node.own - CARRIED)]
    drafting.add(draft, where)


def _draft(kind: str, probe: str, node: Node) -> Draft:
    host = node.said["host"]
    draft = Draft(name="", kind=kind, target=host)
    if kind == "icmp":
        pings = node.said.get("pings", str(PINGS))
        draft.left_out.append(f"{pings} pings in a round: here a burst is 3, and icmp.count says otherwise")
        draft.family = "6" if probe == "FPing6" else None
    elif kind == "tcp":
        is_ssh = "SSH" in probe
        draft.target = f"{host}:{node.said.get('port', '22' if is_ssh else '80')}"
        draft.settings |= {"preset": "ssh"} if is_ssh else {}
    elif kind == "dns":
        draft.target = node.said.get("server", host)
        draft.settings = {"name": node.said.get("lookup", host), "type": node.said.get("recordtype", "A")}
    else:
        scheme = "https" if probe == "EchoPingHttps" else "http"
        draft.target = node.said.get("urlformat", f"{scheme}://%host%/").replace("%host%", host)
    return draft

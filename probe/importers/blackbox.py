"""Prometheus' scrape jobs of the blackbox exporter: each target becomes a check of what its module tests.

The targets stand in prometheus.yml, the modules in the exporter's own file. Without that one a module is what its
name says in the exporter's example, and this is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from probe.errors import UsageError
from probe.importers.drafts import Draft, Drafting, mentioned, text_of
from probe.importers.gatus import span_ms
from probe.importers.yaml import mapping_in

EXAMPLE: Final[Mapping[str, Mapping[str, Any]]] = {
    "http_2xx": {"prober": "http"},
    "http_post_2xx": {"prober": "http", "http": {"method": "POST"}},
    "tcp_connect": {"prober": "tcp"},
    "ssh_banner": {"prober": "tcp", "tcp": {"query_response": [{"expect": "^SSH-2.0-"}]}},
    "icmp": {"prober": "icmp"},
}
"""Modules of the exporter's blackbox.yml that most people have."""
FAMILIES: Final = {"ip4": "4", "ip6": "6"}
CARRIED: Final = {
    "http": ("method", "valid_status_codes", "preferred_ip_protocol", "ip_protocol_fallback", "follow_redirects",
             "body", "tls_config"),
    "tcp": ("tls", "preferred_ip_protocol", "ip_protocol_fallback", "query_response"),
    "icmp": ("preferred_ip_protocol", "ip_protocol_fallback", "payload_size", "dont_fragment"),
    "dns": ("query_name", "query_type", "transport_protocol", "valid_rcodes", "preferred_ip_protocol",
            "ip_protocol_fallback"),
}  # fmt: skip


def read(path: Path, modules: Path | None = None) -> Drafting:
    """The targets of a prometheus.yml. UsageError when it has no scrape jobs."""
    content = mapping_in(path)
    if not isinstance(content.get("scrape_configs"), list):
        raise UsageError(f"{path}: has no scrape_configs, so no targets; name prometheus.yml, and this with --modules")
    known: Mapping[Any, Any] = EXAMPLE if modules is None else mapping_in(modules).get("modules") or {}
    drafting = Drafting()
    for job in content["scrape_configs"]:
        if isinstance(job, dict) and job.get("metrics_path") == "/probe":
            _take(drafting, job, known, is_example=modules is None)
    return drafting


def _take(drafting: Drafting, job: Mapping[Any, Any], known: Mapping[Any, Any], *, is_example: bool) -> None:
    where = f"job {job.get('job_name')}"
    params = job.get("params")
    named = params.get("module") if isinstance(params, dict) else None
    module_name = str(named[0]) if isinstance(named, list) and named else "http_2xx"
    module = known.get(module_name)
    if not isinstance(module, dict):
        drafting.leave(f"{where}: the module {module_name} is not known; name the exporter's file with --modules")
        return
    if is_example:
        drafting.leave(f"{where}: the module {module_name} is taken to be the exporter's example; --modules tells")
    for target in _targets(drafting, job, where):
        draft = _draft(target, module)
        if draft is None:
            drafting.leave(f"{where}: {target}: no kind here tests what {module.get('prober')} does")
            continue
        draft.name = drafting.name(f"{job.get('job_name')}-{target.partition('://')[2] or target}", "target")
        draft.interval_ms = span_ms(job.get("scrape_interval"))
        draft.timeout_ms = span_ms(module.get("timeout"))
        drafting.add(draft, f"{where}, {target}")


def _targets(drafting: Drafting, job: Mapping[Any, Any], where: str) -> Iterator[str]:
    for key in job:
        if str(key).endswith("_sd_configs"):
            drafting.leave(f"{where}: {key}: what is discovered elsewhere is not known here")
    groups = job.get("static_configs")
    for group in groups if isinstance(groups, list) else []:
        targets = group.get("targets") if isinstance(group, dict) else None
        yield from (target for target in targets or [] if text_of(target))


def _draft(target: str, module: Mapping[Any, Any]) -> Draft | None:
    prober = module.get("prober")
    if prober not in CARRIED:
        return None
    said = module.get(prober)
    said = said if isinstance(said, dict) else {}
    draft = {"http": _web, "tcp": _tcp, "icmp": _icmp, "dns": _dns}[str(prober)](target, said)
    draft.family = (
        FAMILIES.get(str(said.get("preferred_ip_protocol"))) if said.get("ip_protocol_fallback") is False else None
    )
    draft.left_out += [
        f"{prober}.{key}: see the kind {draft.kind} for what is like it"
        for key in mentioned(said, CARRIED[str(prober)])
    ]
    return draft


def _web(target: str, said: Mapping[Any, Any]) -> Draft:
    draft = Draft(name="", kind="http", target=target if "://" in target else f"http://{target}")
    codes = said.get("valid_status_codes")
    draft.settings["expect_status"] = codes if isinstance(codes, list) and codes else ["2xx"]
    for key in ("method", "body"):
        if value := text_of(said.get(key)):
            draft.settings[key] = value
    if said.get("follow_redirects") is False:
        draft.settings["follow_redirects"] = False
    _tls_config(draft, said.get("tls_config"))
    return draft


def _tls_config(draft: Draft, said: object) -> None:
    if not isinstance(said, dict):
        return
    if said.get("insecure_skip_verify") is True:
        draft.settings["verify"] = False
    draft.left_out += [f"tls_config.{key}" for key in mentioned(said, ("insecure_skip_verify",))]


def _tcp(target: str, said: Mapping[Any, Any]) -> Draft:
    if said.get("tls") is True:
        draft = Draft(name="", kind="tls", target=target)
        draft.left_out += ["query_response: kind tls says nothing"] if said.get("query_response") else []
        return draft
    draft = Draft(name="", kind="tcp", target=target)
    steps: list[dict[str, str]] = []
    talk = said.get("query_response")
    for turn in talk if isinstance(talk, list) else []:
        turns = turn if isinstance(turn, dict) else {}
        said_now = ((key, text_of(turns.get(key))) for key in ("expect", "send"))
        steps += [{key: text if key == "expect" else f"{text}\n"} for key, text in said_now if text]
        draft.left_out += [f"query_response: {key}" for key in mentioned(turns, ("expect", "send"))]
    draft.settings |= {"steps": steps} if steps else {}
    return draft


def _icmp(target: str, said: Mapping[Any, Any]) -> Draft:
    draft = Draft(name="", kind="icmp", target=target)
    size = said.get("payload_size")
    draft.settings |= {"size": size} if isinstance(size, int) and 16 <= size <= 1472 else {}
    draft.settings |= {"dont_fragment": True} if said.get("dont_fragment") is True else {}
    return draft


def _dns(target: str, said: Mapping[Any, Any]) -> Draft:
    settings = {"name": text_of(said.get("query_name")), "type": text_of(said.get("query_type")) or "ANY"}
    draft = Draft(name="", kind="dns", target=target, settings={key: one for key, one in settings.items() if one})
    if said.get("transport_protocol") == "tcp":
        draft.settings["transport"] = "tcp"
    rcodes = said.get("valid_rcodes")
    if isinstance(rcodes, list) and len(rcodes) == 1:
        draft.settings["expect_rcode"] = str(rcodes[0])
    elif rcodes:
        draft.left_out.append("valid_rcodes: more than one")
    return draft

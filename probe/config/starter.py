"""`probe init`: a commented probe.toml and checks.d for this machine, with its real gateway and resolvers.

Nothing that exists is ever overwritten.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final

from probe.config import catalogue, hosting, machine
from probe.config.place import SYSTEM
from probe.errors import ConfigError

DEPLOYED: Final = Path("/var/lib/probe/probe.db")
"""Where Debian keeps what a service writes; deploy/probe.service makes the folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the starter files say of this machine; gateway None: there is no default route."""

    vantage: str
    gateway: str | None
    resolvers: tuple[str, ...]
    has_ipv6: bool
    host: hosting.Hint | None = None


def gather(routes: Path = machine.ROUTES, resolv_conf: Path = machine.RESOLV_CONF, dmi: Path = hosting.DMI) -> Facts:
    """Ask this machine; nothing is sent."""
    return Facts(
        vantage=machine.host_name(),
        gateway=machine.gateway(routes),
        resolvers=machine.resolvers(resolv_conf),
        has_ipv6=machine.has_ipv6(routes),
        host=hosting.hint(dmi, resolv_conf),
    )


def starter(directory: Path, facts: Facts) -> list[Path]:
    """Write the files and return them in the order written. ConfigError, and nothing written, if one exists."""
    is_deployed = directory.absolute() == SYSTEM
    texts = {directory / name: text for name, text in _texts(facts, is_deployed=is_deployed).items()}
    if existing := [path for path in texts if path.exists() or path.is_symlink()]:
        raise ConfigError(tuple(f"{path}: exists; move it away, or name another folder" for path in existing))
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        raise ConfigError(
            (f"{error.filename or directory}: cannot be written: {error.strerror}; name another folder",)
        ) from error
    return list(texts)


def _texts(facts: Facts, *, is_deployed: bool) -> dict[str, str]:
    known = {
        "vantage": re.sub(r"[^\w.\-]", "-", facts.vantage),
        "gateway": f"now {facts.gateway}" if facts.gateway else "there is none now",
        "ipv6": "" if facts.has_ipv6 else "# ",
        "path": f'"{DEPLOYED}"' if is_deployed else BESIDE,
        "second": OWN_CLOUD if facts.host and facts.host.provider == "google" else ANY_CLOUD,
        "host": _hosted(facts.host) if facts.host else _unhosted(),
    }
    return {
        "probe.toml": Template(MAIN).substitute(known),
        "checks.d/README.md": README,
        "checks.d/10-resolvers.toml": RESOLVERS + "".join(_resolver(one) for one in facts.resolvers),
        "checks.d/20-web.toml": WEB,
    }


def _hosted(host: hosting.Hint) -> str:
    """The service that this machine itself may be, as a comment."""
    offers = hosting.agreements(host.provider)
    width = max(len(name) for name, _ in offers)
    lines = [f'agreement = "{name}"{" " * (width - len(name))}   # {about}' for name, about in offers]
    known = {"name": hosting.shown_name(host.provider), "because": host.because, "short": host.provider}
    return Template(HOSTED).substitute(known, agreements="\n".join(f"# {line}" for line in lines))


def _unhosted() -> str:
    providers = sorted({name.partition("/")[0] for name in catalogue.ids()})
    return "\n".join(f"# {line}" for line in textwrap.wrap(f"The catalogue knows {', '.join(providers)}.", 98)) + "\n"


def _resolver(address: str) -> str:
    label = re.sub("[^0-9a-z]+", "-", address.lower()).strip("-")
    return Template(RESOLVER).substitute(address=address, label=label)


BESIDE: Final = f'"storage/probe.db"          # relative to this file; {DEPLOYED} suits a deployment'
ANY_CLOUD: Final = '{ address = "icmp://8.8.8.8", network = "Google" }'
OWN_CLOUD: Final = '{ address = "icmp://208.67.222.222", network = "OpenDNS" }'
"""A reference must not be in the network of the provider that it is to clear or to charge."""

MAIN: Final = """\
# What this agent is, where its record lies and what it judges. What it tests is in checks.d/.
# "probe validate" names every mistake in all of these files; a reload (SIGHUP) takes changes over.

[agent]
vantage = "$vantage"               # where we measure from; part of every record

[storage]
path = $path
keep_outcomes = "forever"          # or "400d"

[defaults]                         # any check may say otherwise
interval = "60s"
timeout  = "5s"                    # at most 0.8 × interval
recheck  = "5s"                    # while something is failing
confirm  = 3                       # failures in a row before an outage counts

[references]                       # what must answer before a failure is somebody else's
gateway = "auto"                   # the default gateway, $gateway; or its address, or "none"
targets = [                        # at least three, in two networks that are not your provider's
  { address = "icmp://1.1.1.1", network = "Cloudflare" },
  $second,
  { address = "icmp://9.9.9.9", network = "Quad9" },
  $ipv6{ address = "icmp://[2606:4700:4700::1111]", network = "Cloudflare" },
]

[service.line]                     # your own connection; its evidence is the references above
provider  = "my ISP"
uplink    = true
objective = "99.5 %"               # your own target; may stand alone, without an agreement

$host
# [service.shop]                   # what you buy from a provider under one SLA
# provider    = "DigitalOcean"
# agreement   = "digitalocean/droplet"   # "probe sla list", or a .toml file of your own
# monthly_fee = "24.00 USD"
# objective   = "99.95 %"
# timezone    = "UTC"              # only where the terms leave it open

# [[maintenance]]                  # declared work; what it is worth, the terms decide
# service = "shop"
# every   = "FREQ=WEEKLY;BYDAY=SU" # or start = 2026-10-03T02:00:00Z and end
# from    = "03:00"
# lasts   = "30m"
# zone    = "Europe/Berlin"
# announced_at = 2026-01-10T09:00:00Z
"""

HOSTED: Final = """\
# This machine seems to be at $name: $because.
# What it is worth itself, only an agent somewhere else can measure; what you have there besides,
# this one can. Take the agreement that you bought ("probe sla show ID" reads it aloud), and say
# service = "$short" in its checks.
# [service.$short]
# provider  = "$name"
$agreements
"""

README: Final = """\
Data, not code.

Every `*.toml` file here is read, in name order; together they are one list. A name used twice is an
error that names both files. Files whose names begin with a dot are left alone.

A check is one thing tested on a schedule:

```toml
[[check]]
name    = "shop-front"             # a stable id; to change it, say renamed_from = "old-name"
kind    = "http"
target  = "https://example.com/"
service = "shop"                   # a [service.shop] of probe.toml
interval = "60s"
http.expect_status = [200]
```
"""

RESOLVERS: Final = """\
# Do the name servers that this machine uses answer?
"""

RESOLVER: Final = """
[[check]]
name   = "resolver-$label"
kind   = "dns"
target = "$address"
dns.name = "example.com"
allow_private = true               # it may well be in your own network
"""

WEB: Final = """\
# One page of the web, as a visitor would see it.

[[check]]
name   = "example-web"
kind   = "http"
target = "https://example.com/"

# [[check]]
# name     = "shop-front"
# kind     = "http"
# target   = "https://shop.example.net/health"
# service  = "shop"
# interval = "30s"
# http.expect_status = [200]
"""

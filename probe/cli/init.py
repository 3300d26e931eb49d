"""Write a starter probe.toml and checks.d for this machine. Nothing that exists is overwritten.

Its gateway, name servers and provider are read from its own files; nothing is sent. In /etc/probe the record
is put in /var/lib/probe.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from shlex import quote

from probe.cli.command import Call
from probe.cli.exits import Exit


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where to."""
    parser.add_argument("directory", nargs="?", type=Path, default=Path(), metavar="DIR", help="where (default: here)")


def run(call: Call) -> Exit:
    """Ask this machine for its gateway and resolvers, and write the files."""
    from probe.config.starter import gather, starter

    facts = gather()
    written = starter(call.options.directory, facts)
    for path in written:
        call.out.line(f"wrote {path}")
    call.out.note(f"found: gateway {facts.gateway or 'none'}; name servers {', '.join(facts.resolvers) or 'none'}")
    if facts.host:
        call.out.note(f"this machine seems to be at {facts.host.provider}: {facts.host.because}; see {written[0]}")
    config = quote(str(written[0]))
    call.out.note(f"next: probe --config {config} validate, then probe --config {config} run --watch")
    return Exit.FINE

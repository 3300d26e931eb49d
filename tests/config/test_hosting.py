"""Whose machine this is, by what it says itself."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from probe.config import catalogue, hosting, load
from probe.config.hosting import Hint, hint
from probe.config.starter import Facts, starter
from tests.config.places import CHECK, NO_ROUTES

NOWHERE = Path("/nonexistent")


def dmi(folder: Path, **strings: str) -> Path:
    """A folder like /sys/class/dmi/id."""
    for name, text in strings.items():
        (folder / name).write_text(f"{text}\n")
    return folder


def test_the_dmi_tells_the_provider(tmp_path: Path) -> None:
    """Exactly the string counts: a notebook made by Google is not a machine of its cloud."""
    assert hint(dmi(tmp_path, sys_vendor="Google", product_name="Eve"), NOWHERE) is None
    assert hint(dmi(tmp_path, sys_vendor="Hetzner", product_name="vServer"), NOWHERE) == Hint(
        provider="hetzner", because='sys_vendor of its DMI is "Hetzner"'
    )


@pytest.mark.parametrize(
    ("domains", "provider"),
    [
        ("search eu-central-1.compute.internal", "aws"),
        ("domain EC2.internal.", "aws"),
        ("search example.com members.linode.com", "linode"),
        ("search notec2.internal", None),
        ("search", None),
    ],
)
def test_the_search_list_tells_it_where_there_is_no_dmi(tmp_path: Path, domains: str, provider: str | None) -> None:
    """As in a container; whole labels count."""
    (tmp_path / "resolv.conf").write_text(f"nameserver 192.0.2.53\n{domains}\n")
    found = hint(NOWHERE, tmp_path / "resolv.conf")
    assert (found and found.provider) == provider


def test_every_provider_that_can_be_told_is_in_the_catalogue() -> None:
    """A hint without an agreement would be of no use."""
    known = {name.partition("/")[0] for name in catalogue.ids()}
    assert {*hosting.STRINGS.values(), *hosting.DOMAINS.values()} <= known


@pytest.mark.parametrize("provider", sorted({*hosting.STRINGS.values()}))
def test_each_proposed_agreement_is_one(tmp_path: Path, provider: str) -> None:
    """The comment, uncommented with one of its agreements, is a configuration without a problem."""
    facts = Facts(
        vantage="here", gateway=None, resolvers=(), has_ipv6=False, host=Hint(provider=provider, because="a reason")
    )
    (path, *_) = starter(tmp_path, facts)
    (path.parent / "checks.d" / "30-own.toml").write_text(f'{CHECK}service = "{provider}"\n')
    text = path.read_text()
    assert (provider == "google") == ("8.8.8.8" not in text)
    offered = [line for line in text.splitlines() if line.startswith("# agreement = ")]
    assert [line.split('"')[1] for line in offered] == [name for name, _ in hosting.agreements(provider)]
    for line in offered:
        head = f'# [service.{provider}]\n# provider  = "{hosting.shown_name(provider)}"\n'
        assert head in text
        path.write_text(text.replace(head, f"{head.replace('# ', '')}{line[2:]}\n"))
        config = load(path, NO_ROUTES)
        assert {one.name for one in config.services} == {"line", provider}
        assert [one for one in config.warnings if provider not in one] == []


def test_in_the_systems_folder_the_record_is_in_the_place_for_it(tmp_path: Path) -> None:
    """What a service writes does not belong below /etc."""
    from probe.config import starter as room

    facts = Facts(vantage="here", gateway=None, resolvers=(), has_ipv6=False)
    texts = room._texts(facts, is_deployed=True)
    assert tomllib.loads(texts["probe.toml"])["storage"]["path"] == "/var/lib/probe/probe.db"
    assert tomllib.loads(room._texts(facts, is_deployed=False)["probe.toml"])["storage"]["path"] == "storage/probe.db"

"""The first files: `probe init`'s, and those that come with the source."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from probe.config import load
from probe.config.starter import Facts, gather, starter
from probe.errors import ConfigError
from probe.model import Role
from tests.config.places import NO_ROUTES, problems
from tests.config.test_machine import WIRE, WIRE_6, routes

ROOT = Path(__file__).parents[2]
PUBLIC = {"1.1.1.1", "8.8.8.8", "9.9.9.9", "https://example.com/"}

FACTS = Facts(vantage="office-berlin", gateway="192.0.2.1", resolvers=("192.168.1.1", "fe80::1%eth0"), has_ipv6=True)


@pytest.mark.parametrize("facts", [FACTS, Facts(vantage="a b", gateway=None, resolvers=(), has_ipv6=False)])
def test_the_starter_is_a_configuration_without_a_remark(tmp_path: Path, facts: Facts) -> None:
    """The first thing a user gets must be right."""
    written = starter(tmp_path / "new", facts)
    config = load(written[0], NO_ROUTES)
    assert config.warnings == ()
    assert config.agent.vantage == facts.vantage.replace(" ", "-")
    assert {check.target for check in config.checks} >= set(facts.resolvers)
    assert [service.is_uplink for service in config.services] == [True]
    assert [path.relative_to(tmp_path / "new").as_posix() for path in written] == [
        "probe.toml",
        "checks.d/README.md",
        "checks.d/10-resolvers.toml",
        "checks.d/20-web.toml",
    ]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """Not even a dangling link, and not half of the files."""
    (tmp_path / "checks.d").mkdir()
    (tmp_path / "checks.d/20-web.toml").symlink_to("nowhere")
    with pytest.raises(ConfigError) as caught:
        starter(tmp_path, FACTS)
    assert caught.value.problems == (f"{tmp_path}/checks.d/20-web.toml: exists; move it away, or name another folder",)
    assert not (tmp_path / "probe.toml").exists()


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    """A file in its place, say."""
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be written: Not a directory; name another folder"):
        starter(tmp_path / "file" / "x", FACTS)


def test_the_facts_are_this_machines(tmp_path: Path) -> None:
    """Real gateway, real resolvers."""
    resolv_conf = tmp_path / "resolv.conf"
    resolv_conf.write_text("nameserver 192.0.2.53\n")
    facts = gather(routes(tmp_path, WIRE, WIRE_6), resolv_conf)
    assert (facts.gateway, facts.resolvers, facts.has_ipv6) == ("192.168.2.1", ("192.0.2.53",), True)
    assert facts.vantage


def test_the_shipped_files_are_a_configuration_without_a_remark() -> None:
    """A clone runs as it is."""
    config = load(ROOT / "probe.toml", NO_ROUTES)
    assert config.warnings == ()
    assert {service.name: service.is_uplink for service in config.services} == {"line": True, "example": False}


def test_the_shipped_checks_touch_the_gateway_and_public_addresses_alone() -> None:
    """Nobody else's machine is probed because somebody tried this program."""
    config = load(ROOT / "probe.toml", NO_ROUTES)
    assert {check.target for check in config.checks if check.role is not Role.GATEWAY} == PUBLIC


def test_the_shipped_examples_are_valid_when_uncommented(tmp_path: Path) -> None:
    """An example with a mistake in it is worse than none."""
    (tmp_path / "checks.d").mkdir()
    services = set()
    for file in sorted((ROOT / "checks.d").glob("*.toml")):
        text = uncommented(file.read_text())
        services |= {check["service"] for check in tomllib.loads(text).get("check", []) if "service" in check}
        (tmp_path / "checks.d" / file.name).write_text(text)
    main = uncommented((ROOT / "probe.toml").read_text()).replace('agreement   = "digitalocean/droplet"', "")
    names = services - {"example", "shop"}
    shop = '[[check]]\nname = "s"\nkind = "icmp"\ntarget = "192.0.2.1"\nservice = "shop"\n'
    (tmp_path / "probe.toml").write_text(main + "".join(f"[service.{name}]\n" for name in sorted(names)) + shop)
    assert services >= {"hosting", "vps", "path", "isp"}
    assert problems(tmp_path / "probe.toml") == []


def uncommented(text: str) -> str:
    """The file with every line that is TOML behind its "# " put in force."""
    lines = []
    for line in text.splitlines():
        bare = line.strip().removeprefix("# ")
        is_code = line.lstrip().startswith("# ") and (bare.startswith(("[", "{")) or "=" in bare.partition(" " * 40)[0])
        lines.append(bare if is_code and not line.startswith("#   ") and is_toml(bare) else line)
    return "\n".join(lines) + "\n"


def is_toml(line: str) -> bool:
    """Whether a line is TOML by itself, or an entry of a list."""
    try:
        tomllib.loads(f"x = [\n{line}\n]" if line.startswith("{") else line)
    except tomllib.TOMLDecodeError:
        return False
    return True


def test_the_readme_of_the_drop_ins_says_what_they_are() -> None:
    """Its first line is the rule."""
    assert (ROOT / "checks.d/README.md").read_text().splitlines()[0] == "Data, not code."
    named = [
        line.split("`")[1] for line in (ROOT / "checks.d/README.md").read_text().splitlines() if line.startswith("| `")
    ]
    assert named == sorted(path.name for path in (ROOT / "checks.d").glob("*.toml"))

"""Groups: what services inherit, nested, and what is wrong with them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from probe.config.compiled import pack, unpack
from probe.config.loading import load
from probe.errors import ConfigError
from probe.sla.service import Impact, Quorum

NESTED = """
[group.acme]
provider = "Acme"
objective = "99 %"
timezone = "Europe/Berlin"
combine = { at_least = 2 }

[group.customer]
inherits = "acme"
objective = "99.5 %"
impact = "high"

[service.shop]
inherits = "customer"
impact = "critical"
vantages = { of = ["office", "home"], at_least = 2 }

[service.mail]
provider = "Other"
"""
CHECKS = "".join(
    f'[[check]]\nname = "{name}"\nkind = "tcp"\ntarget = "{name}.example.net:25"\nservice = "{service}"\n'
    for name, service in (("a", "shop"), ("b", "shop"), ("c", "mail"))
)


def written(folder: Path, main: str, checks: str = CHECKS) -> Path:
    """A configuration in a folder."""
    (folder / "checks.d").mkdir()
    (folder / "checks.d" / "10.toml").write_text(checks)
    (folder / "probe.toml").write_text(main)
    return folder / "probe.toml"


def test_a_service_has_what_its_groups_say_unless_it_says_otherwise(tmp_path: Path) -> None:
    """Company, customer, service: the nearest word counts."""
    config = load(written(tmp_path, NESTED))
    shop, mail = config.services
    assert (shop.provider, shop.objective, shop.timezone) == ("Acme", Fraction(995, 1000), "Europe/Berlin")
    assert (shop.impact, shop.groups) == (Impact.CRITICAL, ("acme", "customer"))
    assert shop.combine is not None
    assert shop.combine.count == 2
    assert shop.vantages == Quorum(("office", "home"), 2)
    assert (mail.provider, mail.impact, mail.groups, mail.vantages) == ("Other", Impact.NORMAL, (), None)
    assert unpack(pack(config)) == config


@pytest.mark.parametrize(
    ("main", "complaint"),
    [
        ('[group.a]\ninherits = "b"\n', '"b" does not exist; possible:'),
        ('[group.a]\ninherits = "b"\n[group.b]\ninherits = "a"\n', "goes round in a circle"),
        ('[group.a]\nprovidr = "x"\n', 'unknown key; did you mean "provider"?'),
        ('[group.a]\nobjective = "200 %"\n', "group.a.objective"),
        ("group = 1\n", "a table is expected"),
        ('[group.a]\nimpact = "huge"\n', '"huge" is unknown'),
        ('[group.a]\nvantages = ["x"]\n', "not a choice of vantage points"),
        ('[group.a]\nvantages = { of = ["x", "x"], at_least = 1 }\n', "stands there twice"),
        ('[group.a]\nvantages = { of = ["x"], at_least = 2 }\n', "out of range"),
        ("[group.a]\n[group.A]\n", "too like"),
    ],
)
def test_what_is_wrong_with_a_group_is_said_where_it_stands(tmp_path: Path, main: str, complaint: str) -> None:
    """Once, with its place and a remedy, whether a service inherits from it or not."""
    services = '[service.shop]\ninherits = "a"\nprovider = "P"\n[service.mail]\nprovider = "Q"\n'
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, main + services))
    assert sum(complaint in problem for problem in caught.value.problems) in {1, 2}, caught.value.problems


def test_groups_may_stand_in_drop_ins(tmp_path: Path) -> None:
    """A file for each customer."""
    path = written(tmp_path, '[service.shop]\ninherits = "a"\n', CHECKS.replace('"mail"', '"shop"'))
    (tmp_path / "checks.d" / "20.toml").write_text('[group.a]\nobjective = "99 %"\n')
    (service,) = load(path).services
    assert (service.objective, service.groups) == (Fraction(99, 100), ("a",))

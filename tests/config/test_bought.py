"""What a contract says besides its SLA: fees, weights, the share that is hit, speeds."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from probe.config.compiled import pack, unpack
from probe.sla.speed import Contract
from tests.config.places import loaded, problems, write

CHECKS = """
[[check]]
name = "web"
kind = "tcp"
target = "shop.example:443"
family = "both"
service = "shop"

[[check]]
name = "mail"
kind = "tcp"
target = "mail.example:25"
service = "shop"
"""


def main(*lines: str) -> str:
    """A service with these lines."""
    return "\n".join(["[service.shop]", 'provider = "Example"', *lines])


def test_a_service_holds_all_that_was_bought(tmp_path: Path) -> None:
    """Exact, by the check's keys, and the same after a restart from the compiled form."""
    text = main(
        'agreement = "upcloud/server"',
        'monthly_fee = "24.00 EUR"',
        "weights = { web = 2, mail = 3 }",
        'affected = ["10 %", "40 %"]',
        'speed = { down = { max = "100 Mbit/s", normal = "80 Mbit/s", min = "2.5 Mbit/s" }, '
        'up = { max = "1 Gbit/s" } }',
    )
    [shop] = loaded(tmp_path, text, a=CHECKS).services
    assert shop.weights == {"web/4": 2, "web/6": 2, "mail": 3}
    assert shop.affected == (Fraction(1, 10), Fraction(2, 5))
    assert shop.speed == {
        "down": Contract(maximum=100_000_000, normal=80_000_000, minimum=2_500_000),
        "up": Contract(maximum=1_000_000_000),
    }
    config = loaded(tmp_path, text, a=CHECKS)
    assert unpack(pack(config)) == config


def test_other_fees_go_by_the_words_of_the_terms(tmp_path: Path) -> None:
    """A fee that the terms do not know would never be used."""
    named = 'fees = { "the next pre-paid renewal fee" = "119.40 USD" }'
    [shop] = loaded(tmp_path, main('agreement = "dreamhost/shared"', named), a=CHECKS).services
    assert shop.fees == {"the next pre-paid renewal fee": (Decimal("119.40"), "USD")}
    found = problems(
        write(tmp_path, main('agreement = "dreamhost/shared"', 'fees = { "the renewal" = "119.40 USD" }'), a=CHECKS)
    )
    assert len(found) == 1
    assert '"the renewal" is no fee of these terms; did you mean "the next renewal"?' in found[0]
    [free] = loaded(tmp_path, main('fees = { "anything" = "1 USD" }'), a=CHECKS).services
    assert free.fees == {"anything": (Decimal(1), "USD")}


def test_one_share_is_its_least_and_its_most(tmp_path: Path) -> None:
    """A figure that is known needs no range."""
    [shop] = loaded(tmp_path, main('affected = "25 %"'), a=CHECKS).services
    assert shop.affected == (Fraction(1, 4), Fraction(1, 4))


def test_a_group_may_hold_weights(tmp_path: Path) -> None:
    """Its services' checks are not known yet; those of the service are held against its own."""
    text = '[group.all]\nweights = { web = 2 }\n\n[service.shop]\nprovider = "Example"\ninherits = "all"\n'
    [shop] = loaded(tmp_path, text, a=CHECKS).services
    assert shop.weights == {"web/4": 2, "web/6": 2}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("weights = { wbe = 2 }", '"wbe" is no check of this service; '),
        ("weights = { web = 0 }", "0 is out of range"),
        ("weights = 2", "a whole number where a table is expected; write { check = 2 }"),
        ('affected = ["40 %", "10 %"]', 'not a share; write "25 %", or the least and the most'),
        ('affected = ["1 %", "2 %", "3 %"]', "not a share"),
        ('speed = { sideways = { max = "1 Mbit/s" } }', '"sideways" is no direction'),
        ('speed = { down = { fastest = "1 Mbit/s" } }', '"fastest" is no speed of a contract'),
        ('speed = { down = { max = "100 Mbps" } }', '"100 Mbps" is not a speed; write it like "100 Mbit/s"'),
        ('speed = { down = { max = "0 Mbit/s" } }', "is not a speed"),
        ('speed = { down = { max = "10 Mbit/s", min = "20 Mbit/s" } }', "min, normal and max do not rise"),
        ('fees = { "annual" = "cheap" }', '"cheap" is not an amount'),
    ],
)
def test_a_wrong_value_is_one_line_with_its_remedy(tmp_path: Path, line: str, says: str) -> None:
    """What is wrong, and what would be right."""
    found = problems(write(tmp_path, main(line), a=CHECKS))
    assert len(found) == 1
    assert says in found[0]

"""What the files say becomes exact, frozen values."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from shutil import copy

import pytest

from probe.config import AgentSettings, Changes, catalogue, changes, load
from probe.model import Check, Role, Window, WindowKind
from probe.probers import kind_settings
from probe.secrets import Secret
from probe.sla.service import Combine, How
from tests.config.places import CHECK, NO_ROUTES, loaded, problems, write
from tests.config.test_machine import WIRE, routes

OWN_TERMS = Path(__file__).parent / "own-terms.toml"
ICMP = CHECK.replace("http", "icmp", 1).replace("https://shop.example.net/", "shop.example.net")


def only(folder: Path, main: str) -> Check:
    """The one check of a configuration."""
    (check,) = loaded(folder, main).checks
    return check


def test_a_check_has_its_defaults(tmp_path: Path) -> None:
    """Three lines are a complete check."""
    check = only(tmp_path, CHECK)
    assert check == Check(
        name="shop",
        key="shop",
        kind="http",
        target="https://shop.example.net/",
        settings=kind_settings("http")(),
        interval_ms=60_000,
        timeout_ms=5_000,
        recheck_ms=5_000,
        confirm=3,
        g_max_ms=90_000,
        revision=check.revision,
        meaning=check.meaning,
    )


def test_defaults_of_the_file_hold_for_every_check(tmp_path: Path) -> None:
    """A check says only where it differs."""
    main = '[defaults]\ninterval = "20s"\ntimeout = "4s"\nrecheck = "3s"\nconfirm = 2\n' + CHECK + 'g_max = "25s"\n'
    check = only(tmp_path, main)
    assert (check.interval_ms, check.timeout_ms, check.recheck_ms, check.confirm, check.g_max_ms) == (
        20_000,
        4_000,
        3_000,
        2,
        25_000,
    )


@pytest.mark.parametrize(("interval", "timeout_ms"), [("2s", 1_600), ("6s", 4_800), ("7s", 5_000)])
def test_the_timeout_of_its_own_accord_fits_the_interval(tmp_path: Path, interval: str, timeout_ms: int) -> None:
    """min(5 s, 0.8 × interval): nobody has to say it."""
    assert only(tmp_path, CHECK + f'interval = "{interval}"').timeout_ms == timeout_ms


def test_a_timeout_of_exactly_eight_tenths_fits(tmp_path: Path) -> None:
    """The rule is exact."""
    assert only(tmp_path, CHECK + 'interval = "10s"\ntimeout = "8s"').timeout_ms == 8_000


@pytest.mark.parametrize(("recheck", "kept"), [("59999ms", 59_999), ("60s", None), ("2m", None)])
def test_a_recheck_no_shorter_than_the_interval_is_none(tmp_path: Path, recheck: str, kept: int | None) -> None:
    """The grid is as fast."""
    assert only(tmp_path, CHECK + f'recheck = "{recheck}"').recheck_ms == kept


def test_both_families_are_two_checks(tmp_path: Path) -> None:
    """A provider may break one of them."""
    found = loaded(tmp_path, CHECK + 'family = "both"\nrenamed_from = "store"').checks
    assert [(check.name, check.key, check.family, check.renamed_from) for check in found] == [
        ("shop", "shop/4", "4", "store/4"),
        ("shop", "shop/6", "6", "store/6"),
    ]
    assert found[0].revision != found[1].revision


SAME_MEANING = [
    'interval = "30s"',
    'recheck = "9s"',
    "confirm = 5",
    'g_max = "5m"',
    'renamed_from = "a"',
    'network = "n"',
]
NEW_MEANING = ['timeout = "6s"', 'family = "4"', "name_is_service = true", 'http.method = "HEAD"']


@pytest.mark.parametrize("more", [*SAME_MEANING, *NEW_MEANING])
def test_the_revision_changes_with_the_meaning_alone(tmp_path: Path, more: str) -> None:
    """A renamed or slower check keeps its history in one piece."""
    plain, other = only(tmp_path, CHECK), only(tmp_path, CHECK + more)
    assert (plain.revision != other.revision) == (more in NEW_MEANING)
    assert only(tmp_path, CHECK.replace('"shop"', '"store"')).revision == plain.revision


def test_the_meaning_is_canonical_and_has_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is kept in the record, where secrets have no place."""
    monkeypatch.setenv("CANARY", "hunter2")
    main = CHECK + 'http.auth_bearer = { env = "CANARY" }\nhttp.headers = { B = "1", A = { file = "/run/key" } }\n'
    check = only(tmp_path, main + 'http.max_time = "2s"\nhttp.expect_status = [200, "3xx"]\n')
    assert check.meaning == (
        '{"family":"any","kind":"http","name_is_service":false,"settings":{"auth_bearer":{"env":"CANARY"},'
        '"expect_status":[200,"3xx"],"headers":{"A":{"file":"/run/key"},"B":"1"},"max_time_ms":2000},'
        '"target":"https://shop.example.net/","timeout_ms":5000}'
    )
    assert len(check.revision) == 16
    assert check.settings.auth_bearer == Secret(env="CANARY")
    assert "hunter2" not in repr(check)


def test_a_secret_written_out_is_refused_without_being_repeated(tmp_path: Path) -> None:
    """The message goes to logs and tickets."""
    main = (
        CHECK.replace("https://", "ftp://user:hunter2@")
        + 'http.auth_password = "hunter2"\nhttp.headers.Cookie = "hunter2"\n'
    )
    found = problems(write(tmp_path, main))
    assert len(found) == 2
    assert "hunter2" not in str(found)


def test_empty_text_and_tables_of_their_own_are_settings_too(tmp_path: Path) -> None:
    """[check.http] is the same as http.x = …"""
    check = only(tmp_path, CHECK + '[check.http]\nexpect_header = { Server = "" }\nverify = false\n')
    assert dict(check.settings.expect_header) == {"Server": ""}
    assert check.settings.verify is False


def test_private_addresses_are_for_those_who_say_so(tmp_path: Path) -> None:
    """A typo must not probe the machine's neighbours."""
    main = ICMP.replace("shop.example.net", "192.168.1.1") + 'allow_private = true\nfamily = "4"\n'
    assert only(tmp_path, main).allow_private


def test_the_drop_ins_are_a_union_in_name_order(tmp_path: Path) -> None:
    """One file a subject; services and windows may stand beside their checks."""
    config = loaded(
        tmp_path,
        CHECK,
        b=CHECK.replace("shop", "b"),
        a=CHECK.replace("shop", "a") + 'service = "s"\n[service.s]\nprovider = "P"\n',
        c='[[maintenance]]\nprovider = "P"\nstart = 2026-10-03T02:00:00Z\nend = 2026-10-03T04:00:00Z\n',
    )
    assert [check.key for check in config.checks] == ["shop", "a", "b"]
    assert [(service.name, service.keys) for service in config.services] == [("s", ("a",))]
    assert [window.provider for window in config.windows] == ["P"]


REFERENCES = """
[references]
gateway = "auto"
targets = [
  { address = "icmp://192.0.2.1", network = "carrier A" },
  { address = "tcp://198.51.100.7:443", name = "carrier-b" },
  { address = "https://example.com/" },
  { address = "icmp://[2001:db8::1]" },
]
"""


def test_references_and_the_gateway_are_checks(tmp_path: Path) -> None:
    """They tell our own line's faults from a provider's."""
    found = load(write(tmp_path, REFERENCES), routes(tmp_path, WIRE)).checks
    assert [(one.key, one.kind, one.target, one.role, one.network) for one in found] == [
        ("gateway", "icmp", "192.168.2.1", Role.GATEWAY, None),
        ("ref:icmp://192.0.2.1", "icmp", "192.0.2.1", Role.REFERENCE, "carrier A"),
        ("carrier-b", "tcp", "198.51.100.7:443", Role.REFERENCE, "198.51.0.0/16"),
        ("ref:https://example.com/", "http", "https://example.com/", Role.REFERENCE, "example.com"),
        ("ref:icmp://[2001:db8::1]", "icmp", "2001:db8::1", Role.REFERENCE, "2001:db8::/32"),
    ]
    assert {(one.interval_ms, one.timeout_ms, one.recheck_ms, one.confirm) for one in found} == {
        (15_000, 5_000, 5_000, 3)
    }
    assert [one.allow_private for one in found] == [True, False, False, False, False]


@pytest.mark.parametrize(("gateway", "keys"), [("auto", []), ("none", []), ("192.0.2.1", ["gateway"])])
def test_a_gateway_may_be_named_or_left_out(tmp_path: Path, gateway: str, keys: list[str]) -> None:
    """Without a default route there is none."""
    config = loaded(tmp_path, f'[references]\ngateway = "{gateway}"\n')
    assert [check.key for check in config.checks] == keys


def test_the_services_are_values(tmp_path: Path) -> None:
    """Money is decimal, shares are fractions, days are instants of the service's zone."""
    main = f"""{CHECK}service = "shop"
    [service.shop]
    provider = "Host"
    monthly_fee = "24.00 USD"
    objective = "> 99.95 %"
    combine = {{ at_least = 1 }}
    timezone = "Europe/Berlin"
    since = 2026-06-01
    until = 2026-07-01T00:00:00Z
    """
    (service,) = loaded(tmp_path, main).services
    assert (service.provider, service.monthly_fee) == ("Host", (Decimal("24.00"), "USD"))
    assert (service.objective_op, service.objective) == (">", Fraction(9995, 10_000))
    assert service.combine == Combine(How.AT_LEAST, 1)
    assert (service.since_ms, service.until_ms) == (1_780_264_800_000, 1_782_864_000_000)
    assert (service.terms, service.is_uplink, service.keys) == (None, False, ("shop",))


def test_how_checks_combine_is_a_word_or_left_to_the_terms(tmp_path: Path) -> None:
    """None means: as the terms say."""
    main = CHECK + 'service = "shop"\n[service.shop]\n'
    assert loaded(tmp_path, main).services[0].combine is None
    assert loaded(tmp_path, main + 'combine = "all_down"').services[0].combine == Combine(How.ALL_DOWN)
    assert loaded(tmp_path, main + 'objective = ">= 1/2"').services[0].objective == Fraction(1, 2)


def test_terms_of_ones_own_are_found_beside_the_file(tmp_path: Path) -> None:
    """They are read once, watched for changes, and give the provider its name."""
    copy(OWN_TERMS, tmp_path)
    more = CHECK.replace('"shop"', '"two"')
    main = f"""{CHECK}service = "a"\n{more}service = "b"
    [service.a]\nagreement = "own-terms.toml"\n[service.b]\nagreement = "own-terms.toml"\nprovider = "Other" """
    config = loaded(tmp_path, main)
    one, two = config.services
    assert one.terms is not None
    assert one.terms is two.terms
    assert one.terms.promise is not None
    assert one.terms.promise.target == Fraction(999, 1000)
    assert (one.provider, two.provider) == ("My ISP", "Other")
    assert config.agreements == (tmp_path / "own-terms.toml",)
    assert config.service_on(one, date(2026, 5, 1)).terms == one.terms
    assert config.service_on(one, date(2025, 5, 1)).terms is None


@pytest.mark.parametrize("agreement", catalogue.ids())
def test_every_agreement_of_the_catalogue_can_be_named(tmp_path: Path, agreement: str) -> None:
    """All published versions come with it."""
    config = loaded(tmp_path, f'{CHECK}service = "a"\n[service.a]\nagreement = "{agreement}"\n')
    assert config.versions["a"] == catalogue.versions(agreement) == catalogue.published()[agreement]
    assert config.services[0].terms == config.versions["a"][-1]
    assert {terms.id for terms in config.versions["a"]} == {agreement}


def test_an_unknown_agreement_is_refused(tmp_path: Path) -> None:
    """With what the catalogue has, or the way to a file."""
    (found,) = problems(write(tmp_path, f'{CHECK}service = "a"\n[service.a]\nagreement = "nobody/nothing"\n'))
    assert found.startswith('probe.toml:8: service.a.agreement: "nobody/nothing" is not in the catalogue; ')
    assert found.endswith("(or the path of a .toml file of your own)")


WINDOW = f"""{CHECK}service = "shop"
[service.shop]
provider = "Host"
[[maintenance]]
service = "shop"
"""


def test_a_window_of_one_time(tmp_path: Path) -> None:
    """Instants are exact whatever the offset."""
    main = WINDOW + "start = 2026-10-03T02:00:00+02:00\nend = 2026-10-03T04:00:00+02:00\n"
    main += 'kind = "emergency"\nreason = "kernel"\nannounced_at = 2026-10-01T00:00:00Z\nchecks = "shop"\n'
    assert loaded(tmp_path, main).windows == (
        Window(
            service="shop",
            checks=("shop",),
            kind=WindowKind.EMERGENCY,
            start_ms=1_790_985_600_000,
            end_ms=1_790_992_800_000,
            announced_at_ms=1_790_812_800_000,
            entered_by="configuration",
            source="file",
            reason="kernel",
        ),
    )


RULE = WINDOW + 'every = "FREQ=WEEKLY;BYDAY=SU"\nfrom = "03:00"\nlasts = "30m"\nzone = "Europe/Berlin"\n'


def test_a_window_that_recurs(tmp_path: Path) -> None:
    """It stays wall-clock time; instants are made of it when judging."""
    (window,) = loaded(tmp_path, RULE + "starts = 2026-01-11\nuntil = 2026-12-31\n").windows
    assert (window.every, window.from_time, window.lasts_ms) == ("FREQ=WEEKLY;BYDAY=SU", "03:00", 1_800_000)
    assert (window.zone, window.starts, window.until) == ("Europe/Berlin", "2026-01-11", "2026-12-31")


@pytest.mark.parametrize(
    ("announced", "starts"),
    [
        ("2026-01-10T01:59:00Z", "2026-01-10"),
        ("2026-01-10T02:00:00Z", "2026-01-10"),
        ("2026-01-10T02:01:00Z", "2026-01-11"),
        ("2026-01-09T23:30:00Z", "2026-01-10"),
    ],
)
def test_nothing_recurs_before_it_was_announced(tmp_path: Path, announced: str, starts: str) -> None:
    """Without `starts`, the first day is the one after whose announcement 03:00 in Berlin still comes."""
    (window,) = loaded(tmp_path, RULE + f"announced_at = {announced}\n").windows
    assert window.starts == starts


def test_a_rule_that_never_meets_its_interval_is_refused(tmp_path: Path) -> None:
    """Every seventh day from a Thursday is never a Sunday; searching for one takes dateutil seconds."""
    main = RULE.replace("WEEKLY", "DAILY;INTERVAL=7") + "starts = 2026-01-01\n"
    assert [one.partition(": ")[2] for one in problems(write(tmp_path, main))] == [
        'maintenance[1].every: "FREQ=DAILY;INTERVAL=7;BYDAY=SU" never occurs; name days that exist'
    ]


def test_leap_days_do_occur(tmp_path: Path) -> None:
    """Rare is not never."""
    main = RULE.replace("WEEKLY;BYDAY=SU", "YEARLY;BYMONTH=2;BYMONTHDAY=29") + "starts = 2026-01-01\n"
    assert len(loaded(tmp_path, main).windows) == 1


def test_the_agent_and_its_record_have_defaults(tmp_path: Path) -> None:
    """An empty file is a configuration, if a useless one."""
    config = loaded(tmp_path, "")
    assert config.agent == AgentSettings(vantage=config.agent.vantage, concurrency=512, recheck_rate=200)
    assert config.agent.vantage
    assert (config.storage.path, config.storage.keep_outcomes_ms) == (tmp_path / "storage/probe.db", None)
    assert config.warnings == (f"{tmp_path}/probe.toml: no check anywhere; add [[check]] to a file in checks.d",)


def test_the_agent_and_its_record_can_be_set(tmp_path: Path) -> None:
    """A deployment has its own places."""
    main = '[agent]\nvantage = "office-berlin"\nconcurrency = 64\nrecheck_rate = 50\n'
    config = loaded(tmp_path, main + '[storage]\npath = "/var/lib/probe/probe.db"\nkeep_outcomes = "400d"\n' + CHECK)
    assert config.agent == AgentSettings(vantage="office-berlin", concurrency=64, recheck_rate=50)
    assert config.storage.path == Path("/var/lib/probe/probe.db")
    assert config.storage.keep_outcomes_ms == 400 * 86_400_000
    assert loaded(tmp_path, CHECK + '[storage]\nkeep_outcomes = "forever"\n').storage.keep_outcomes_ms is None


def test_remarks_stop_nothing(tmp_path: Path) -> None:
    """A short timeout and a lone reference are bad ideas, not mistakes."""
    main = CHECK + 'timeout = "3s"\n' + ICMP.replace('"shop"', '"host"') + 'timeout = "1s"\n'
    main += (
        '[references]\ngateway = "none"\ntargets = [{ address = "icmp://192.0.2.1" }]\n[service.line]\nuplink = true\n'
    )
    assert [one.partition(": ")[2] for one in loaded(tmp_path, main).warnings] == [
        'check "shop": timeout 3s: one lost packet reads as a failure; use 3s500ms or more',
        'check "host": timeout 1s: the whole attempt does not fit; use 1s631ms or more',
        "references.targets: 1 in 1 networks; an uplink's SLA stays undecided with fewer than 3 references "
        "in 2 networks: add some",
    ]


def test_what_loads_the_line_is_not_repeated_before_it_is_due(tmp_path: Path) -> None:
    """A slow line measured every five seconds would be loaded all the time; only the check itself may ask for it."""
    main = '[defaults]\nrecheck = "5s"\n[[check]]\nname = "speed"\nkind = "throughput"\n'
    main += 'target = "https://a.example/"\ninterval = "1h"\nthroughput.max_bytes = 1000000000\n'
    assert loaded(tmp_path, main).checks[0].recheck_ms is None
    assert loaded(tmp_path, main + 'recheck = "10m"\n').checks[0].recheck_ms == 600_000


def test_enough_references_need_no_remark(tmp_path: Path) -> None:
    """Three in two networks are witnesses enough."""
    assert loaded(tmp_path, REFERENCES + "[service.line]\nuplink = true\n").warnings == ()


def test_values_are_frozen(tmp_path: Path) -> None:
    """A reload makes new ones; nobody changes what others hold."""
    config = loaded(tmp_path, CHECK)
    with pytest.raises(FrozenInstanceError):
        config.path = tmp_path  # type: ignore[misc]


def test_a_reload_knows_what_changed(tmp_path: Path) -> None:
    """Only those checks are touched."""
    old = loaded(tmp_path, CHECK, a=CHECK.replace("shop", "gone"), b=CHECK.replace("shop", "kept"))
    new = loaded(tmp_path, CHECK + "confirm = 1\n", a=CHECK.replace("shop", "new"))
    assert changes(old, new) == Changes(added=("new",), removed=("gone",), changed=("shop",))


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    """So are a folder and a file nobody may read."""
    assert problems(tmp_path / "probe.toml") == [
        "probe.toml: cannot be read: No such file or directory; mend it or name another file"
    ]
    (tmp_path / "x").mkdir()
    assert problems(tmp_path / "x") == ["x: a folder; name a TOML file"]


def test_every_problem_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    """Nobody wants to mend a configuration one error at a time."""
    path = write(tmp_path, "[agent]\nconcurency = 1\n", a=CHECK + "x = 1\n", b=CHECK + "confirm = 0\n", c="[[[")
    found = problems(path)
    assert [one.partition(": ")[0] for one in found] == [
        "checks.d/c.toml:1:3",
        "probe.toml:2",
        "checks.d/a.toml:6",
        "checks.d/b.toml:6",
        "checks.d/b.toml:2",
    ]


def test_the_kernel_is_asked_for_routes_by_default(tmp_path: Path) -> None:
    """load(path) is all that a command calls."""
    assert load(write(tmp_path, CHECK)) == load(tmp_path / "probe.toml", NO_ROUTES)

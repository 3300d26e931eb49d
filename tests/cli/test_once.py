"""Commands that need no record: init, validate, check, sla; and every sort of bad input, with no traceback for any."""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from probe.cli import COMMANDS, main
from probe.cli.exits import Exit
from probe.cli.person import person
from tests.cli.office import CHECKS, CONFIG, Office

READING = [
    ["status"],
    ["status", "--json"],
    ["log", "mail"],
    ["outages"],
    ["report"],
    ["maintenance", "list"],
    ["export"],
]


@pytest.fixture
def greeter() -> Iterator[int]:
    """The port of a server on loopback that greets and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)

        def greet() -> None:
            try:
                while True:
                    peer, _ = server.accept()
                    peer.sendall(b"220 mail.example.net\r\n")
                    peer.close()
            except OSError:
                return

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@pytest.fixture
def nobody() -> int:
    """A port of loopback on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def test_init_writes_what_validates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The starter is a working configuration, and nothing is overwritten."""
    office = Office(tmp_path / "new", capsys)
    assert main(["init", str(tmp_path / "new")]) == 0
    out, err = capsys.readouterr()
    assert f"wrote {office.config}" in out
    assert "validate" in err
    assert office.probe("validate").code == 0
    assert main(["init", str(tmp_path / "new")]) == Exit.USAGE
    assert "exists" in capsys.readouterr().err


def test_the_next_step_of_init_can_be_pasted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also where the folder's name has a space."""
    assert main(["init", str(tmp_path / "my office")]) == 0
    assert f"probe --config '{tmp_path}/my office/probe.toml' validate" in capsys.readouterr().err


def test_validate_counts_what_is_right(empty: Office) -> None:
    """A good configuration is one line."""
    said = empty.probe("validate")
    assert (said.code, said.err) == (0, "")
    assert said.out.strip().endswith("4 checks, 3 references, 1 service, vantage office-berlin: fine")
    assert empty.probe("validate", "--json").document == {"schema": 1, "valid": True, "problems": [], "warnings": []}


def test_validate_names_every_problem_at_once(empty: Office) -> None:
    """File, key, what is wrong, what would be right; exit code 2."""
    empty.write(CONFIG.replace("[agent]", "[agent]\nconcurency = 3"), CHECKS.replace('"tcp"', '"tpc"'))
    said = empty.probe("validate")
    assert said.code == Exit.USAGE
    assert "probe.toml" in said.out
    assert 'did you mean "concurrency"?' in said.out
    assert "10-web.toml" in said.out
    assert said.out.strip().endswith("problems")
    document = empty.probe("validate", "--json").document
    assert document["valid"] is False
    assert len(document["problems"]) >= 2


def test_validate_warns_without_failing(empty: Office) -> None:
    """A short timeout is a remark."""
    empty.write(checks=CHECKS.replace('kind    = "tcp"', 'kind    = "tcp"\ntimeout = "1s"'))
    said = empty.probe("validate")
    assert said.code == 0
    assert "warning: " in said.out


def test_validate_tells_who_can_listen_in(empty: Office) -> None:
    """A token that crosses the network in the clear is no secret; on loopback nothing is said."""
    push = '[push]\nlisten = "{}:9311"\n[web]\nlisten = "{}:9310"\ntoken = {{ env = "TOKEN" }}\n'
    empty.write(CONFIG + push.format("192.0.2.10", "[2001:db8::1]"))
    said = empty.probe("validate", "--json").document
    assert [one.partition("probe.toml: ")[2].partition(",")[0] for one in said["warnings"]] == [
        "[web] listen: 2001:db8::1 is reachable from outside",
        "[push] listen: 192.0.2.10 is reachable from outside",
    ]
    empty.write(CONFIG + push.format("127.0.0.1", "[::1]"))
    assert empty.probe("validate", "--json").document["warnings"] == []


def _missing(office: Office) -> None:
    office.config.unlink()


def _directory(office: Office) -> None:
    office.config.unlink()
    office.config.mkdir()


def _says(config: str = CONFIG, checks: str = CHECKS) -> Callable[[Office], None]:
    return lambda office: office.write(config, checks)


def _latin(office: Office) -> None:
    office.config.write_bytes(b"[agent]\nvantage = '\xff\xfe'\n")


BAD_CONFIGURATIONS: dict[str, Callable[[Office], None]] = {
    "missing file": _missing,
    "directory": _directory,
    "invalid TOML": _says("[agent\n"),
    "wrong type": _says(CONFIG.replace('"office-berlin"', "3")),
    "unknown key": _says(CONFIG.replace("vantage", "vantgae")),
    "duplicate name": _says(checks=CHECKS + CHECKS),
    "unknown agreement": _says(CONFIG.replace("objective", 'agreement = "nobody/nothing"\nobjective')),
    "port out of range": _says(checks=CHECKS.replace(":25", ":70000")),
    "interval 0": _says(checks=CHECKS.replace('kind    = "tcp"', 'kind = "tcp"\ninterval = "0s"')),
    "timeout too long": _says(checks=CHECKS.replace('kind    = "tcp"', 'kind = "tcp"\ntimeout = "59s"')),
    "not UTF-8": _latin,
    "nested too deep": _says("a = " + "[" * 2000),
}


@pytest.mark.parametrize("argv", [*READING, ["run"], ["check", "mail"], ["pause", "mail"], ["validate"]])
@pytest.mark.parametrize("name", BAD_CONFIGURATIONS)
def test_a_bad_configuration_is_exit_code_2_and_never_a_traceback(empty: Office, name: str, argv: list[str]) -> None:
    """Whatever the command, the problem is named and nothing is started."""
    BAD_CONFIGURATIONS[name](empty)
    said = empty.probe(*argv)
    assert said.code == Exit.USAGE
    assert (said.out if argv == ["validate"] else said.err).strip()
    assert "internal error" not in said.err
    assert not empty.database.exists()


def _no_database(path: Path) -> None:
    path.write_bytes(b"not a database at all" * 100)


def _empty_file(path: Path) -> None:
    path.write_bytes(b"")


def _folder(path: Path) -> None:
    path.mkdir()


def _newer(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA application_id = {0x70726F62}")
    connection.execute("PRAGMA user_version = 999")
    connection.execute("CREATE TABLE future (x)")
    connection.commit()
    connection.close()


@pytest.mark.parametrize("argv", READING, ids=lambda argv: argv[0])
@pytest.mark.parametrize("spoil", [_no_database, _empty_file, _folder, _newer])
def test_a_bad_record_is_exit_code_3_and_left_as_it_is(
    empty: Office, spoil: Callable[[Path], None], argv: list[str]
) -> None:
    """A damaged file is evidence."""
    empty.database.parent.mkdir()
    spoil(empty.database)
    before = empty.database.read_bytes() if empty.database.is_file() else None
    said = empty.probe(*argv)
    assert said.code == Exit.AGENT
    assert str(empty.database) in said.err
    assert "internal error" not in said.err
    assert (empty.database.read_bytes() if empty.database.is_file() else None) == before


def test_an_address_is_checked_with_all_that_was_seen(
    greeter: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No configuration is needed, and none is read."""
    assert main(["check", f"tcp://127.0.0.1:{greeter}", "--config", str(tmp_path / "none")]) == 0
    out = capsys.readouterr().out
    assert f"tcp://127.0.0.1:{greeter}  up" in out
    assert "connect" in out
    assert "recorded  no" in " ".join(out.split("   "))


def test_a_refusal_is_exit_code_1(nobody: int, capsys: pytest.CaptureFixture[str]) -> None:
    """For use in scripts."""
    assert main(["check", f"http://127.0.0.1:{nobody}/", f"tcp://127.0.0.1:{nobody}", "--json"]) == Exit.FAILED
    document = json.loads(capsys.readouterr().out)
    assert [one["reason"] for one in document["checks"]] == ["refused", "refused"]
    assert [one["kind"] for one in document["checks"]] == ["http", "tcp"]


@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        ("gopher://x/", "no kind of probe for 'gopher://x/'"),
        ("tcp://127.0.0.1", "port"),
        ("icmp://", "there is no host in it"),
        ("dns://127.0.0.1", "?name: missing"),
        ("dns://127.0.0.1?name=example.com&frob=1", "?frob: unknown key"),
        ("dns://127.0.0.1?name=example.com&type=XYZ", "XYZ"),
        ("http://[::1", "http://[::1"),
    ],
)
def test_an_address_that_no_kind_can_test_says_why(
    address: str, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With an example of what would do."""
    assert main(["check", address]) == Exit.USAGE
    assert complaint in capsys.readouterr().err


def test_a_check_of_the_configuration_is_recorded_only_when_asked_for(office: Office, greeter: int) -> None:
    """A manual outcome is kept with its origin, and no verdict uses it."""
    office.write(
        checks=CHECKS.replace("mail.example.net:25", f"127.0.0.1:{greeter}").replace(
            'kind    = "tcp"', 'kind    = "tcp"\nallow_private = true'
        )
    )
    office.record({})
    assert office.probe("check", "mail").code == 0
    assert "manual" not in office.probe("log", "mail").out
    said = office.probe("check", "mail", "--record")
    assert said.code == 0
    assert "yes, as a manual outcome" in said.out
    assert "manual" in office.probe("log", "mail").out
    refused = office.probe("check", f"tcp://127.0.0.1:{greeter}", "--record")
    assert (refused.code, "an address has no record" in refused.err) == (Exit.USAGE, True)
    assert office.probe("check", "nobody").code == Exit.USAGE


def test_the_vectors_of_the_package_come_out_as_expected(capsys: pytest.CaptureFixture[str]) -> None:
    """One line each and a count."""
    assert main(["sla", "vectors"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"{len(lines) - 1} of {len(lines) - 1} vectors as expected"
    assert lines[0].startswith("V01 as expected: ")


def test_a_vector_that_differs_names_field_expected_and_computed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, and what is no vector is said to be none."""
    shipped = json.loads(Path("probe/sla/vectors/timeline.json").read_text(encoding="utf-8"))
    shipped[0]["exp"]["D_lo"] = "121"
    file = tmp_path / "vectors.json"
    file.write_text(json.dumps([shipped[0], {"id": "V99"}, shipped[1]]))
    assert main(["sla", "vectors", str(file)]) == Exit.FAILED
    out = capsys.readouterr().out
    assert "V01 D_lo: expected 121, computed 120" in out
    assert "V99: not a vector" in out
    assert "1 of 3 vectors as expected" in out
    assert main(["sla", "vectors", str(file), "--json"]) == Exit.FAILED
    document = json.loads(capsys.readouterr().out)
    assert document["passed"] == 1
    assert document["vectors"][2]["differences"] == []


def test_a_vector_with_wrong_terms_tells_what_is_wrong_in_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each problem of the terms is a line of its own."""
    file = tmp_path / "vectors.json"
    file.write_text(json.dumps([{"id": "own-1", "agreement": {"id": "a/b"}, "period": "2026-06", "expect": {}}]))
    assert main(["sla", "vectors", str(file)]) == Exit.FAILED
    assert "own-1: a/b: promise: the table is missing" in capsys.readouterr().out


@pytest.mark.parametrize("content", [None, b"{", b"{}", b"[1]", b"\xff", b"[" * 100_000])
def test_a_file_without_vectors_is_a_usage_error(
    tmp_path: Path, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line with the file's name."""
    file = tmp_path / "vectors.json"
    if content is not None:
        file.write_bytes(content)
    assert main(["sla", "vectors", str(file)]) == Exit.USAGE
    assert str(file) in capsys.readouterr().err


def test_the_catalogue_is_listed_and_read_aloud(capsys: pytest.CaptureFixture[str]) -> None:
    """Every agreement can be shown in words and as data."""
    assert main(["sla", "list", "--json"]) == 0
    agreements = json.loads(capsys.readouterr().out)["agreements"]
    assert main(["sla", "list"]) == 0
    listed = capsys.readouterr().out
    for one in {each["id"]: each for each in agreements}.values():
        assert one["id"] in listed
        assert main(["sla", "show", one["id"]]) == 0
        assert "promised" in capsys.readouterr().out
        assert main(["sla", "show", one["id"], "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["id"] == one["id"]
    assert main(["sla", "show", "nobody/nothing"]) == Exit.USAGE
    assert "no agreement 'nobody/nothing'" in capsys.readouterr().err


def test_the_catalogue_is_narrowed_by_class_and_provider(capsys: pytest.CaptureFixture[str]) -> None:
    """Both versions of a text are listed; several words narrow further."""
    assert main(["sla", "list", "--class", "vps", "--provider", "digital", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["agreements"]
    assert [(one["id"], one["version"]) for one in found] == [
        ("digitalocean/droplet", "undated"),
        ("digitalocean/droplet", "2025-06-03"),
    ]
    assert main(["sla", "list", "--provider", "nobody", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["agreements"] == []
    assert main(["sla", "list", "--class", "spaceship"]) == Exit.USAGE
    assert "spaceship" in capsys.readouterr().err


def test_an_agreement_is_shown_with_what_a_probe_cannot_see(capsys: pytest.CaptureFixture[str]) -> None:
    """The traps depend on how often one probes."""
    assert main(["sla", "show", "digitalocean/droplet", "--interval", "10m"]) == 0
    assert "a probe every 10 min never looks into some of them" in capsys.readouterr().out
    assert main(["sla", "show", "digitalocean/droplet", "--json"]) == 0
    older = json.loads(capsys.readouterr().out)["versions"][0]
    assert older["traps"][0] == "judged in intervals of 5 min; a probe every 1 min looks into each 5 times"
    assert {"key": "outage.bucket_rule", "follows": "intervals that are down wholly and partly are both read"} in (
        older["unstated"]
    )
    assert main(["sla", "show", "digitalocean/droplet", "--interval", "soon"]) == Exit.USAGE
    assert "--interval" in capsys.readouterr().err


def test_a_terms_file_of_ones_own_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything wrong at once, or else everything that is left open."""
    file = tmp_path / "own.toml"
    file.write_text('id = "mine"\nspeling = 1\n', encoding="utf-8")
    assert main(["sla", "check", str(file)]) == Exit.USAGE
    wrong = capsys.readouterr().out
    for part in ("id: is a path", "speling: unknown key", "promise: the table is missing", "8 problems"):
        assert part in wrong
    assert main(["sla", "check", str(file), "--json"]) == Exit.USAGE
    document = json.loads(capsys.readouterr().out)
    assert (document["valid"], len(document["problems"]), document["unstated"]) == (False, 8, [])
    file.write_text(Path("probe/sla/published/linode/compute@1.1.toml").read_text(encoding="utf-8"), encoding="utf-8")
    assert main(["sla", "check", str(file)]) == Exit.FINE
    said = capsys.readouterr().out
    assert "outage.shortest: outages are read as counting from 5 min, from 1 min, and all" in said
    assert said.endswith(f"{file}: sound\n")
    assert main(["sla", "check", str(file), "--json"]) == Exit.FINE
    document = json.loads(capsys.readouterr().out)
    assert document["valid"] is True
    assert "outage.shortest" in [each["key"] for each in document["unstated"]]
    assert main(["sla", "check", str(tmp_path / "none.toml")]) == Exit.USAGE
    assert "none.toml" in capsys.readouterr().out


def test_who_is_at_the_keyboard_is_known_through_sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    """The audit trail names the person, not only root."""
    alone = person()
    monkeypatch.setenv("SUDO_USER", "anna")
    assert person() == f"anna as {alone}"
    monkeypatch.setattr("os.getuid", lambda: 4_000_000)
    assert person() == "anna as uid 4000000"


def test_every_command_survives_without_any_configuration(nowhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty folder on a fresh machine: clear words, no traceback."""
    arguments = {
        "log": ["x"],
        "pause": ["x"],
        "resume": ["x"],
        "check": ["x"],
        "import": ["x"],
        "maintenance": ["list"],
        "sla": ["list"],
        "completion": ["bash"],
    }
    for name in COMMANDS:
        code = main([name, *arguments.get(name, [])])
        err = capsys.readouterr().err
        assert code in {Exit.FINE, Exit.USAGE}, (name, err)
        assert "internal error" not in err, (name, err)
        shutil.rmtree(nowhere / "checks.d", ignore_errors=True)
        (nowhere / "probe.toml").unlink(missing_ok=True)


def test_a_check_shows_the_route_when_asked(greeter: int, capsys: pytest.CaptureFixture[str]) -> None:
    """To the address that was used, on the screen and in the document; not for a route itself."""
    assert main(["check", f"tcp://127.0.0.1:{greeter}", "--trace"]) == 0
    assert "reaches 127.0.0.1 in 1 hop  by tcp" in capsys.readouterr().out
    assert main(["check", f"tcp://127.0.0.1:{greeter}", "trace://127.0.0.1?protocol=udp", "--trace", "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)["checks"]
    assert (first["route"]["reached"], first["route"]["port"], second["route"]) == (True, greeter, None)
    assert second["facts"]["reached"] is True

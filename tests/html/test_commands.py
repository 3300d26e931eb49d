"""`report --html` and `publish` on a record that the real writer wrote."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from probe import html
from probe.cli.exits import Exit
from probe.errors import UsageError
from tests.cli.office import CONFIG, Office, down, up

FROM, TO = "2026-10-01T04:00:30Z", "2026-10-01T04:59:30Z"
TERMS = Path(__file__).parent.parent / "config" / "own-terms.toml"


def test_a_report_becomes_a_page(office: Office) -> None:
    """Beside what is shown anyway; the same again gives the same bytes."""
    first, second = office.folder / "a.html", office.folder / "b.html"
    said = office.probe("report", "--from", FROM, "--to", TO, "--html", first)
    assert said.code == Exit.FAILED
    assert "MISSED" in said.out
    assert said.err == f"wrote {first}\n"
    office.probe("report", "--from", FROM, "--to", TO, "--html", second)
    assert first.read_bytes() == second.read_bytes()
    text = first.read_text(encoding="utf-8")
    assert text.count("<article") == 3
    assert "<script" not in text
    assert {one.name for one in office.folder.iterdir()} >= {"a.html", "b.html"}
    assert not [one for one in office.folder.iterdir() if one.name.endswith(".part")]


def test_a_page_goes_to_stdout(office: Office) -> None:
    """Alone: the same page as in a file."""
    path = office.folder / "a.html"
    office.probe("report", "--from", FROM, "--to", TO, "--html", path)
    said = office.probe("report", "--from", FROM, "--to", TO, "--html", "-")
    assert (said.code, said.out, said.err) == (Exit.FAILED, path.read_text(encoding="utf-8"), "")


@pytest.mark.parametrize("argv", [["--json"], ["--csv", "-"]])
def test_one_thing_at_a_time_goes_to_stdout(office: Office, argv: list[str]) -> None:
    """Two documents in one stream are none."""
    said = office.probe("report", "--from", FROM, "--to", TO, "--html", "-", *argv)
    assert (said.code, said.out) == (Exit.USAGE, "")
    assert "both write to stdout; give one of them, or name a file" in said.err


def test_a_status_page_is_a_folder(office: Office) -> None:
    """It is not written to stdout, nor into a folder of that name."""
    said = office.probe("publish", "-")
    assert (said.code, said.out) == (Exit.USAGE, "")
    assert said.err == "probe: publish writes a folder of files, which stdout is not; name a folder\n"


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_a_page_takes_the_place_of_files_only(office: Office, kind: str) -> None:
    """A device, a pipe or a folder of that name is refused before anything is judged, and stays what it is."""
    path = office.folder / "there"
    os.mkfifo(path) if kind == "pipe" else path.mkdir()
    before = path.stat()
    said = office.probe("report", "--from", FROM, "--to", TO, "--html", path)
    assert (said.code, said.out) == (Exit.USAGE, "")
    assert "is no plain file, and is not replaced; name another file" in said.err
    assert (path.stat().st_ino, path.stat().st_mode) == (before.st_ino, before.st_mode)


def test_a_page_is_written_through_a_symlink(office: Office) -> None:
    """What it points to is replaced, and it stays a symlink."""
    link, target = office.folder / "latest.html", office.folder / "page.html"
    target.write_text("old")
    link.symlink_to(target.name)
    office.probe("report", "--from", FROM, "--to", TO, "--html", link)
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_page_has_the_figures_of_the_document(office: Office) -> None:
    """What stands in --json stands on the page; no other arithmetic is done for it."""
    path = office.folder / "a.html"
    said = office.probe("report", "--from", FROM, "--to", TO, "--html", path, "--json")
    text = path.read_text(encoding="utf-8").replace("\u00a0", " ")
    for one in said.document["assessments"]:
        low, high = (one["availability"][end]["percent"] for end in ("low", "high"))
        assert f"{low}" in text
        assert f"{high}" in text
        assert one["quality"] is not None


def test_a_page_says_what_the_terms_say(office: Office) -> None:
    """In words, with where they were read."""
    office.write(CONFIG + f'agreement = "{TERMS}"\n')
    path = office.folder / "a.html"
    assert office.probe("report", "--from", FROM, "--to", TO, "--html", path).code in {0, 1}
    text = path.read_text(encoding="utf-8")
    assert "What the terms say" in text
    assert "<dt>source</dt>" in text


def test_a_period_before_the_record_is_a_page_too(office: Office) -> None:
    """All of it unknown, and said to be."""
    path = office.folder / "a.html"
    office.probe("report", "--period", "2026-08", "--html", path, "--service", "shop")
    text = path.read_text(encoding="utf-8")
    assert "nothing was measured" in text
    assert "Latency and loss" not in text


def test_a_service_bought_after_the_period_has_no_picture(office: Office) -> None:
    """Nothing of it was judged."""
    office.write(CONFIG + "since = 2026-11-01T00:00:00Z\n")
    path = office.folder / "a.html"
    office.probe("report", "--from", FROM, "--to", TO, "--html", path)
    assert "Each hour of each day" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["--html", "no/such/a.html"], "there is no folder"),
        (["--html", "a.html", "--compare"], "--html and --compare exclude each other"),
        (["--html", "."], "is no plain file"),
    ],
)
def test_what_cannot_be_written_is_said(office: Office, argv: list[str], says: str) -> None:
    """In one line that names the option."""
    argv = [str(office.folder / one) if one != "--html" and not one.startswith("--") else one for one in argv]
    said = office.probe("report", "--from", FROM, "--to", TO, *argv)
    assert (said.code, says in said.err, said.err.count("\n")) == (Exit.USAGE, True, 1)


@pytest.mark.parametrize("argv", [["report", "--html", "a.html"], ["publish", "status"]])
def test_without_the_extra_the_remedy_is_one_line(office: Office, argv: list[str]) -> None:
    """And exit code 2, before anything is judged or written."""
    hidden = "import sys; sys.modules.update(dict.fromkeys(['jinja2', 'matplotlib']));"
    code = f"{hidden} from probe.cli import main; sys.exit(main({['--config', str(office.config), *argv]}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=office.folder, check=False)
    assert done.returncode == Exit.USAGE
    assert done.stderr == "probe: pages need Jinja2 and matplotlib: pip install 'sla-probe[html]'\n"
    assert not (office.folder / "status").exists()


def test_the_missing_part_of_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of the two may be there."""
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(UsageError, match=r"^pages need Jinja2: pip install 'sla-probe"):
        html.require()


def test_a_status_page_is_published(office: Office) -> None:
    """An index, a page for each service and the document; again replaces them."""
    place = office.folder / "status"
    for _ in range(2):
        said = office.probe("publish", place)
        assert (said.code, said.out, said.err) == (0, "", f"wrote 5 files to {place}\n")
    document = json.loads((place / "status.json").read_text())
    names = {one["name"]: one for one in document["services"]}
    assert set(names) == {"shop", "dual/4", "dual/6"}
    days = names["shop"]["checks"][0]["days"]
    assert len(days) == 90
    assert (days[0]["unknown"], days[0]["judged"]) == ("86400", "86400")
    assert float(days[-1]["down"]) > 200
    assert [one["cause"] for one in names["shop"]["outages"]] == ["provider_or_path"]
    for one in document["services"]:
        assert f'href="{one["page"]}"' in (place / "index.html").read_text()
        assert (place / one["page"]).is_file()


def test_a_status_page_tells_strangers_nothing(office: Office) -> None:
    """No target, no address, no answer of a server."""
    place = office.folder / "status"
    office.probe("publish", place)
    said = "".join(path.read_text(encoding="utf-8") for path in place.iterdir())
    assert "example.net" not in said
    assert "alert(1)" not in said
    assert "192.0.2.1" not in said
    assert "refused" not in said


def test_an_unconfirmed_failure_is_not_down_yet(office: Office) -> None:
    """One refused connection is a state not known; three are down."""
    office.probe("publish", office.folder / "status")
    document = json.loads((office.folder / "status" / "status.json").read_text())
    (shop,) = [one for one in document["services"] if one["name"] == "shop"]
    assert {one["name"]: one["state"] for one in shop["checks"]} == {"shop-front": "up", "mail": "unknown"}
    assert shop["state"] == "unknown"


def test_our_own_line_makes_a_day_unknown_and_nobody_down(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the references saw down too is no downtime of a service."""
    office = Office(tmp_path, capsys)
    office.write()
    failing = [*up(30), *down(5), *up(5)]
    office.record({"mail": failing, "ref-a": failing, "ref-b": failing})
    office.probe("publish", tmp_path / "status")
    document = json.loads((tmp_path / "status" / "status.json").read_text())
    (mail,) = [check for one in document["services"] for check in one["checks"] if check["name"] == "mail"]
    assert mail["days"][-1]["down"] == "0"


def test_announced_work_stands_on_the_page_and_removed_work_does_not(office: Office) -> None:
    """With when it was announced and why."""
    for reason in ("disks & <i>fans</i>", "called off"):
        window = ["--service", "shop", "--start", "+1h", "--end", "+2h", "--reason", reason]
        assert office.probe("maintenance", "add", *window, "--announced-at=-1h").code == 0
    office.probe("maintenance", "remove", "2")
    office.probe("publish", office.folder / "status")
    document = json.loads((office.folder / "status" / "status.json").read_text())
    (shop,) = [one for one in document["services"] if one["name"] == "shop"]
    assert [(one["reason"], one["kind"]) for one in shop["announced"]] == [("disks & <i>fans</i>", "scheduled")]
    page = (office.folder / "status" / shop["page"]).read_text()
    assert "disks &amp; &lt;i&gt;fans&lt;/i&gt;" in page
    assert "called off" not in page
    assert re.search(r"Maintenance announced: 2026-10-01.06:00", (office.folder / "status" / "index.html").read_text())


def test_a_foreign_page_is_refused(office: Office) -> None:
    """One line, exit code 2, and the page is still there."""
    (office.folder / "status").mkdir()
    (office.folder / "status" / "index.html").write_text("theirs")
    said = office.probe("publish", office.folder / "status")
    assert said.code == Exit.USAGE
    assert "was not written by `probe publish`; move it away" in said.err

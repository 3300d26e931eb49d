"""A claim pack: what is in it, that it is the same again, and that a bare Python finds it sound."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.claim import night
from tests.cli.office import up

NAMES = {
    "LETTER.txt", "letter.html", "claim.json", "report.json", "report.html", "outages.json", "maintenance.json",
    "tickets.json", "evidence.json", "terms.json", "record.json", "samples.jsonl", "digests.json", "heads.jsonl",
    "entries.jsonl", "method.md", "verify.py", "manifest.json",
}  # fmt: skip


def bare(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The enclosed verifier on a Python that has nothing but its standard library."""
    code = [sys.executable, "-I", "-S", "verify.py", *words]
    return subprocess.run(code, capture_output=True, text=True, cwd=folder, check=False)


def test_a_bare_python_finds_it_sound(pack: bytes, tmp_path: Path) -> None:
    """Unpacked and as a zip, without our package; the samples are covered by heads and counted anew."""
    zipped, folder = tmp_path / "shop.zip", tmp_path / "open"
    zipped.write_bytes(pack)
    with zipfile.ZipFile(zipped) as held:
        held.extractall(folder)
    for done in (bare(folder), bare(folder, str(zipped))):
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        assert "1200 of 1200 enclosed outcomes are covered by 2 heads" in done.stdout
        assert "shop / shop-front: 1740.000 s proven by the samples, 1740.000 s stated" in done.stdout
        assert done.stdout.splitlines()[-1].endswith("sound: every check passed")


def test_verify_says_what_the_enclosed_verifier_says(deployment: Path, pack: bytes, tmp_path: Path) -> None:
    """It is the same code, and the same lines; also of a pack that was changed."""
    for number, data in enumerate((pack, night.zipped({**night.opened(pack), "tickets.json": b"{}"}))):
        zipped, folder = tmp_path / f"{number}.zip", tmp_path / str(number)
        zipped.write_bytes(data)
        folder.mkdir()
        (folder / "verify.py").write_bytes(night.opened(pack)["verify.py"])
        done = bare(folder, str(zipped))
        assert night.run(deployment, "verify", str(zipped)) == (done.returncode, done.stdout)
        assert done.returncode == number


def test_everything_is_in_it(files: dict[str, bytes]) -> None:
    """The report, the samples with their neighbours, windows, tickets, terms, the method, heads."""
    assert set(files) == NAMES
    samples = [json.loads(line) for line in files["samples.jsonl"].splitlines()]
    assert {one["check"] for one in samples} == {"shop-front", "mail", "ref-a", "ref-b", "ref-c"}
    assert sum(one["state"] == "down" for one in samples if one["check"] == "shop-front") == 36
    assert [one["window"] for one in json.loads(files["maintenance.json"])["forgiven"]] == [1, 1]
    assert json.loads(files["tickets.json"])["tickets"][0]["number"] == "4711"
    assert json.loads(files["terms.json"])["table"]["id"] == "digitalocean/droplet"
    assert "digitalocean.com" in str(json.loads(files["terms.json"])["sources"])
    assert [len(one["whole"]) for one in json.loads(files["digests.json"]).values()] == [5, 5]
    assert {one["network"] for one in json.loads(files["evidence.json"])["references"]} == {
        "carrier A",
        "carrier B",
        "cloud C",
    }


def test_the_method_in_the_pack_is_the_published_one(files: dict[str, bytes]) -> None:
    """One text: docs/method.md."""
    root = Path(__file__).parents[2]
    assert files["method.md"] == (root / "docs" / "method.md").read_bytes()


def test_the_letter_is_a_page_that_tells_all(files: dict[str, bytes]) -> None:
    """What is missing first, then promised, measured, missed, owed, by when; and what is not proven."""
    said = files["LETTER.txt"].decode()
    order = (
        "MISSING BEFORE",
        "Promised:",
        "Measured:",
        "Missed:",
        "Owed:",
        "By when:",
        "OUTAGES",
        "NOT PROVE",
        "HOW TO",
    )
    places = [said.index(each) for each in order]
    assert places == sorted(places)
    assert "840 s exactly" in said
    assert "24.00 USD" in said
    assert "ticket 4711" in said
    assert len(said.splitlines()) <= 66
    assert max(map(len, said.splitlines())) <= 92
    assert all(len(line) <= 92 for line in said.splitlines())


def test_the_letter_as_html_runs_nothing(files: dict[str, bytes]) -> None:
    """No script, no address outside; the same figures."""
    said = files["letter.html"].decode()
    assert "<script" not in said
    assert "840 s exactly" in said
    assert "src=" not in said
    assert "href=" not in said


def test_the_same_inputs_give_the_same_bytes(deployment: Path, pack: bytes) -> None:
    """Made again, by another name."""
    path = deployment / "again.zip"
    night.claimed(deployment, path)
    assert path.read_bytes() == pack


def test_a_file_that_is_there_stays(deployment: Path, tmp_path: Path) -> None:
    """Nothing is overwritten, nothing is left half written."""
    path = tmp_path / "mine.zip"
    path.write_text("mine")
    code, said = night.run(deployment, "claim", "shop", *night.PERIOD, "-o", str(path))
    assert (code, path.read_text()) == (2, "mine")
    assert "exists" in said
    code, said = night.run(deployment, "claim", "shop", *night.PERIOD, "-o", str(tmp_path / "no" / "a.zip"))
    assert code == 2
    assert "cannot be written" in said
    assert [one.name for one in tmp_path.iterdir()] == ["mine.zip"]


def test_without_a_miss_nothing_is_written(tmp_path: Path) -> None:
    """It is said plainly; with --anyway the pack begins with that."""
    folder = night.recorded(tmp_path / "fine", seen={key: up(240) for key in night.SEEN})
    path = tmp_path / "fine.zip"
    code, said = night.run(folder, "claim", "shop", *night.PERIOD, "-o", str(path))
    assert (code, path.exists(), said.count("\n")) == (2, False, 1)
    assert "no miss is proven, so there is nothing to claim (shop-front: met; mail: met)" in said
    assert "--anyway" in said
    said = night.claimed(folder, path, "--anyway")
    assert "nothing is missed in shop / shop-front: the verdict is met" in said
    letter = night.opened(path.read_bytes())["LETTER.txt"].decode()
    assert letter.startswith("Record of a service level (no miss is proven): shop")
    assert letter.index("nothing is missed") < letter.index("Promised:")


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["claim", "shpo"], "no service 'shpo'; did you mean 'shop'?"),
        (["claim", "shop", "--period", "2026-10", "--from=-1d"], "exclude each other"),
        (["verify", "no-such.zip"], "there is no such file"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(deployment: Path, argv: list[str], says: str) -> None:
    """And exit code 2."""
    code, said = night.run(deployment, *argv)
    assert (code, said.count("\n")) == (2, 1)
    assert says in said


def test_an_unsealed_record_is_told_to_be_so(tmp_path: Path) -> None:
    """No head covers the samples: the letter lists it as missing and as not proven."""
    folder = night.recorded(tmp_path / "open")
    path = tmp_path / "open.zip"
    said = night.claimed(folder, path)
    assert "a head for 2 of the 2 days of the outages" in said
    assert "no head covers all of their days yet" in night.opened(path.read_bytes())["LETTER.txt"].decode()
    code, said = night.run(folder, "verify", str(path))
    assert code == 0
    assert "0 of 1200 enclosed outcomes are covered by heads: no day is sealed yet" in said


def test_the_whole_chain_links_without_trust(deployment: Path, tmp_path: Path) -> None:
    """Rows about others are withheld unless that is asked for."""
    path = tmp_path / "whole.zip"
    night.claimed(deployment, path, "--whole-chain")
    assert "0 of them withheld" in night.run(deployment, "verify", str(path))[1]
    lines = [json.loads(line) for line in night.opened(path.read_bytes())["entries.jsonl"].splitlines()]
    assert {one["kind"] for one in lines} >= {"window", "ticket", "revision", "clock"}


def test_json_tells_the_same(deployment: Path, pack: bytes, tmp_path: Path) -> None:
    """For scripts."""
    path = tmp_path / "shop.zip"
    said = json.loads(night.claimed(deployment, path, "--json"))
    assert said["path"] == str(path)
    assert set(said["files"]) == NAMES
    assert said["missing"][-1].startswith("who you are")
    seen = json.loads(night.run(deployment, "verify", str(path), "--json")[1])
    assert (seen["is_sound"], seen["problems"]) == (True, [])
    assert any(said["manifest_sha256"] in note for note in seen["notes"])
    path.write_bytes(pack[:1000])
    assert json.loads(night.run(deployment, "verify", str(path), "--json")[1])["is_sound"] is False


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no ssh-keygen here: apt-get install openssh-client")
def test_a_signature_is_looked_at(deployment: Path, tmp_path: Path) -> None:
    """The key's fingerprint is told; a manifest that was signed otherwise, or not at all, is refused."""
    key, path = tmp_path / "key", tmp_path / "signed.zip"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    said = night.claimed(deployment, path, "--sign", str(key))
    assert f"{len(night.opened(path.read_bytes()))} files" in said
    code, said = night.run(deployment, "verify", str(path))
    assert code == 0
    assert 'Good "probe-claim@v1" signature with ED25519 key SHA256:' in said
    files = night.opened(path.read_bytes())
    night.claimed(deployment, tmp_path / "same.zip", "--sign", str(key))
    assert (tmp_path / "same.zip").read_bytes() == path.read_bytes()
    unsigned = {name: data for name, data in files.items() if name != "manifest.json.sig"}
    other = night.listed({**files, "tickets.json": b"{}\n"})
    other["manifest.json"] = other["manifest.json"].replace(b'"signed":false', b'"signed":true')
    for forged, place in ((unsigned, "manifest.json.sig: is missing"), (other, "manifest.json.sig: the signature")):
        path.write_bytes(night.zipped(forged))
        code, said = night.run(deployment, "verify", str(path))
        assert code == 1
        assert place in said
    code, said = night.run(deployment, "claim", "shop", *night.PERIOD, "-o", "x.zip", "--sign", str(tmp_path / "none"))
    assert code == 2
    assert "--sign" in said

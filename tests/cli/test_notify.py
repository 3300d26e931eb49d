"""`notify test` and `status --nagios` as a person and a plugin runner see them."""

from __future__ import annotations

from pathlib import Path

from tests.cli.office import Office
from tests.notify.receiver import SECRET, receiving


def channels(office: Office, text: str) -> None:
    office.config.write_text(office.config.read_text() + text)


def hook(folder: Path, name: str, url: str) -> str:
    (folder / f"{name}.url").write_text(url)
    (folder / "secret").write_text(SECRET)
    return f'[notify.{name}]\nwebhook = {{ file = "{folder}/{name}.url" }}\nsecret = {{ file = "{folder}/secret" }}\n'


def test_each_channel_is_tried_and_says_what_happened(empty: Office, tmp_path: Path) -> None:
    """One that works and one that does not: both are named, and the exit code says that something is wrong."""
    with receiving() as receiver:
        channels(empty, hook(tmp_path, "good", receiver.url) + hook(tmp_path, "bad", "ftp://secret.example/"))
        said = empty.probe("notify", "test")
        assert said.code == 1
        assert said.out.splitlines()[0] == "good: delivered"
        assert said.out.splitlines()[1].startswith("bad: the webhook must be https://")
        assert "secret.example" not in said.out
        said = empty.probe("notify", "test", "good", "--json")
        assert said.code == 0
        assert said.document["channels"] == [{"channel": "good", "delivered": True, "problem": None}]
        assert [post["subject"] for post in receiver.posts] == ["probe: a test"] * 2


def test_channels_that_are_not_there_are_said(empty: Office, tmp_path: Path) -> None:
    """With what there is instead."""
    said = empty.probe("notify", "test")
    assert said.code == 2
    assert "add [notify.NAME]" in said.err
    channels(empty, hook(tmp_path, "good", "https://x/"))
    said = empty.probe("notify", "test", "god")
    assert said.code == 2
    assert "no channel 'god'; did you mean 'good'?" in said.err


def test_a_plugin_gets_one_line_whatever_happens(office: Office) -> None:
    """The exit codes of plugins, and UNKNOWN where we cannot look."""
    said = office.probe("status", "--nagios")
    assert said.code == 1
    assert said.out.count("\n") == 1
    assert said.out.startswith("PROBE WARNING - 1 failing, not confirmed: mail; ")
    assert " | up=1;;;0;4 down=1;;;0;4 " in said.out
    said = office.probe("status", "--nagios", "nothing")
    assert (said.code, said.out.count("\n")) == (3, 1)
    assert said.out.startswith("PROBE UNKNOWN - no check 'nothing'")
    said = office.probe("status", "--nagios", "--json")
    assert said.code == 2
    assert "exclude each other" in said.err


def test_a_plugin_without_a_record_is_unknown(empty: Office) -> None:
    """Nothing was ever recorded: nothing is known."""
    said = empty.probe("status", "--nagios")
    assert said.code == 3
    assert said.out.startswith("PROBE UNKNOWN - there is no database")

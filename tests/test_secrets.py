"""Secrets are references: read when used, and never shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from probe.secrets import FILE_LIMIT, Secret, SecretMissing

CANARY = "c4n4ry-9f8e7d"


def test_a_variable_is_revealed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The simplest place for a secret is the environment."""
    monkeypatch.setenv("PROBE_TEST_SECRET", CANARY)
    assert Secret(env="PROBE_TEST_SECRET").reveal() == CANARY


def test_a_file_is_revealed_without_its_last_line_break(tmp_path: Path) -> None:
    """Editors end files with a line break, which is not part of the secret."""
    (tmp_path / "token").write_text(CANARY + "\r\n")
    assert Secret(file=str(tmp_path / "token")).reveal() == CANARY


def test_the_value_is_in_no_text_of_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever prints settings must not print secrets."""
    monkeypatch.setenv("PROBE_TEST_SECRET", CANARY)
    secret = Secret(env="PROBE_TEST_SECRET")
    secret.reveal()
    assert CANARY not in repr(secret) + str(secret)
    assert "PROBE_TEST_SECRET" in str(secret)


@pytest.mark.parametrize(
    "keys",
    [{}, {"env": "A", "file": "/b"}, {"env": ""}, {"env": "A=B"}, {"file": "relative/path"}],
    ids=["nothing", "both", "empty", "not a name", "relative"],
)
def test_a_reference_that_cannot_be_meant_is_refused(keys: dict[str, str]) -> None:
    """A wrong reference is found when the configuration is read, not at night."""
    with pytest.raises(ValueError, match=r"secret is|env:|file:"):
        Secret(**keys)


def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The remedy is in the message."""
    monkeypatch.delenv("PROBE_TEST_SECRET", raising=False)
    with pytest.raises(SecretMissing, match="PROBE_TEST_SECRET: empty or not set"):
        Secret(env="PROBE_TEST_SECRET").reveal()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The remedy is in the message."""
    with pytest.raises(SecretMissing, match="No such file"):
        Secret(file=str(tmp_path / "none")).reveal()


def test_a_fifo_does_not_hang(tmp_path: Path) -> None:
    """A file that nobody writes to must not stop the agent."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SecretMissing, match="not a regular file"):
        Secret(file=str(tmp_path / "pipe")).reveal()


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"\xff\xfe", "UTF-8"), (b"a\nb", "one line"), (b"", "empty"), (b"x" * (FILE_LIMIT + 1), "larger than")],
    ids=["bytes", "two lines", "empty", "huge"],
)
def test_a_file_that_is_no_secret_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    """What is not one line of text would corrupt a header."""
    (tmp_path / "token").write_bytes(content)
    with pytest.raises(SecretMissing, match=says) as caught:
        Secret(file=str(tmp_path / "token")).reveal()
    assert "a\nb" not in str(caught.value)

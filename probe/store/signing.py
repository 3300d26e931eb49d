"""Signatures of heads by OpenSSH, made beside sealing: a head without one is signed later, sealing never waits.

What is signed is the head's document, to the byte. Whose key it is the reader must know.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from probe.errors import StoreError
from probe.store import proof

SPACE: Final = "probe-evidence@v1"
"""The namespace of OpenSSH: a signature for something else is none here."""
SIGN: Final = "UPDATE seal SET signature = ? WHERE day = ? AND signature IS NULL"
AT_ONCE: Final = 50
LASTS_S: Final = 30.0
REASON: Final = 200
"""Characters of what OpenSSH says."""


def sign_heads(
    reading: sqlite3.Connection, write: Callable[[Callable[[sqlite3.Connection], Any]], Any], key: Path
) -> int:
    """Sign heads that have no signature, a few at once; how many. StoreError says why one could not be signed."""
    unsigned = [head for head in proof.heads(reading) if head.signature is None][:AT_ONCE]
    for head in unsigned:
        write(partial(_keep, day=head.day, made=signature(head.document, key)))
    return len(unsigned)


def signature(document: str, key: Path) -> str:
    """OpenSSH's signature of a document; StoreError where it gives none, also where the key asks for a password."""
    if not key.is_file():
        raise StoreError(f"heads are not signed: [storage] sign_with: there is no file {key}")
    done = _ran(["ssh-keygen", "-Y", "sign", "-q", "-f", str(key), "-n", SPACE], document)
    if done.returncode or not done.stdout.startswith("-----BEGIN SSH SIGNATURE-----"):
        said = _said(done) or "no signature came"
        raise StoreError(f"heads are not signed: [storage] sign_with {key}: {said}; the key must have no password")
    return done.stdout


def wrong(reading: sqlite3.Connection) -> Iterator[tuple[int, str]]:
    """The days of heads whose signature is not one of their document, and what OpenSSH says."""
    for head in proof.heads(reading):
        if head.signature is not None and (said := _problem(head.document, head.signature)):
            yield head.day, said


def _problem(document: str, given: str) -> str:
    with tempfile.NamedTemporaryFile("w", suffix=".sig") as file:
        file.write(given)
        file.flush()
        done = _ran(["ssh-keygen", "-Y", "check-novalidate", "-n", SPACE, "-s", file.name], document)
    return f"its signature is not good: {_said(done)}" if done.returncode else ""


def _keep(connection: sqlite3.Connection, day: int, made: str) -> None:
    connection.execute(SIGN, (made, day))


def _ran(words: list[str], given: str) -> subprocess.CompletedProcess[str]:
    """Run OpenSSH where nobody can be asked for a password."""
    around = {**os.environ, "SSH_ASKPASS": "/bin/false", "SSH_ASKPASS_REQUIRE": "force"}
    try:
        return subprocess.run(
            words, input=given, capture_output=True, text=True, timeout=LASTS_S, start_new_session=True, env=around,
            check=False,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise StoreError("signatures need ssh-keygen: install OpenSSH") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StoreError(f"ssh-keygen: {error}") from error


def _said(done: subprocess.CompletedProcess[str]) -> str:
    return " ".join((done.stderr or done.stdout).split())[:REASON]

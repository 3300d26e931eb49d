"""Signatures of heads: made by OpenSSH beside sealing, looked at by `store check`, never in sealing's way."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from probe.errors import StoreError
from probe.store import looking, proof, signing
from tests.store.test_proof import GUARDS, sealed

__all__ = ["sealed"]
HAS_OPENSSH = shutil.which("ssh-keygen") is not None
pytestmark = pytest.mark.skipif(
    not HAS_OPENSSH and not os.environ.get("CI"), reason="no ssh-keygen here: apt-get install openssh-client"
)


def a_key(folder: Path, password: str = "") -> Path:
    key = folder / f"key{len(password)}"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", password, "-f", str(key)], check=True)
    return key


def signed(connection: sqlite3.Connection, key: Path) -> int:
    return signing.sign_heads(connection, lambda action: action(connection), key)


def test_each_head_is_signed_once_and_the_signature_is_looked_at(sealed: Path, tmp_path: Path) -> None:
    """`store check` names a head whose signature is not one of what it covers."""
    path = shutil.copy(sealed, tmp_path / "probe.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        key = a_key(tmp_path)
        assert (signed(connection, key), signed(connection, key)) == (3, 0)
        assert list(looking.check(connection)) == []
        heads = proof.heads(connection)
        assert all(head.signature and head.signature.startswith("-----BEGIN SSH SIGNATURE") for head in heads)
        for guard in GUARDS:
            connection.execute(f"DROP TRIGGER IF EXISTS {guard}")
        connection.execute("UPDATE seal SET signature = ? WHERE day = ?", (heads[0].signature, heads[1].day))
        (problem,) = looking.check(connection)
        assert (problem.table, problem.row) == ("seal", heads[1].day)
        assert "signature is not good" in problem.what


def test_a_key_that_cannot_sign_says_why_and_leaves_the_heads(sealed: Path, tmp_path: Path) -> None:
    """One that is missing, one that has a password and one that is none: nobody is asked for anything."""
    path = shutil.copy(sealed, tmp_path / "probe.db")
    (tmp_path / "text").write_text("no key")
    (tmp_path / "text").chmod(0o600)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for key, said in (
            (tmp_path / "absent", "there is no file"),
            (a_key(tmp_path, "secret"), "must have no password"),
            (tmp_path / "text", "must have no password"),
        ):
            with pytest.raises(StoreError, match=said):
                signed(connection, key)
        assert [head.signature for head in proof.heads(connection)] == [None] * 3

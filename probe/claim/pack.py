"""A claim pack as a file: one zip, the same bytes for the same contents, there as a whole or not at all."""

from __future__ import annotations

import io
import subprocess
import tempfile
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from probe import whole
from probe.claim import verifier
from probe.errors import StoreError, UsageError

MADE: Final = (1980, 1, 1, 0, 0, 0)
"""The time that every file in a pack has: zip knows none before it."""
SPACE: Final = "probe-claim@v1"


def packed(files: Mapping[str, str], key: Path | None = None) -> bytes:
    """The zip of these files with their manifest, signed by OpenSSH with that key where one is given."""
    said = {name: text.encode() for name, text in files.items()}
    hashes = {name: sha256(said[name]).hexdigest() for name in sorted(said)}
    manifest = verifier.canonical({"schema": 1, "signed": key is not None, "files": hashes}) + b"\n"
    said[verifier.MANIFEST] = manifest
    if key is not None:
        said[verifier.SIGNATURE] = signature(manifest, key)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as pack:
        for name in sorted(said):
            entry = zipfile.ZipInfo(name, MADE)
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            pack.writestr(entry, said[name])
    return held.getvalue()


def looked_at(data: bytes) -> str:
    """The SHA-256 of the manifest of a pack that its own verifier accepts; StoreError names what it does not."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pack.zip"
        path.write_bytes(data)
        problems, _ = verifier.verify(path)
    if problems:
        said = "; ".join(f"{place}: {what}" for place, what in problems[:5])
        raise StoreError(
            f"no pack is written, since its own verifier refuses it: {said}; `probe store check` tells more"
        )
    with zipfile.ZipFile(io.BytesIO(data)) as pack:
        return sha256(pack.read(verifier.MANIFEST)).hexdigest()


def signature(document: bytes, key: Path) -> bytes:
    """OpenSSH's signature of a document; UsageError where it gives none."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "document"
        file.write_bytes(document)
        words = ["ssh-keygen", "-Y", "sign", "-q", "-f", str(key), "-n", SPACE, str(file)]
        try:
            done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        except FileNotFoundError as error:
            raise UsageError("--sign: there is no ssh-keygen here: install OpenSSH") from error
        made = file.with_name("document.sig")
        if done.returncode or not made.exists():
            why = " ".join(done.stderr.split())[:200] or "ssh-keygen gave no signature"
            raise UsageError(f"--sign {key}: {why}")
        return made.read_bytes()


def free(path: Path) -> None:
    """UsageError where a file cannot be new, before any work is done for it."""
    if path == Path("-"):
        raise UsageError(
            "a pack is looked at before it is handed over, so it is not written to stdout; name a file with -o"
        )
    if path.exists():
        raise UsageError(f"{path}: exists; name another file with -o or move it away")
    if not path.parent.is_dir():
        raise UsageError(f"{path}: cannot be written: there is no folder {path.parent}")


def write(path: Path, data: bytes) -> None:
    """Write a file that was not there, whole or not at all; UsageError where it cannot be written."""
    free(path)
    try:
        whole.put(path, lambda part: part.write_bytes(data))
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error

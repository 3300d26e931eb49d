"""Time stamps of heads: the manual's commands, to the letter, against an authority on loopback."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from probe.store import database, proof
from tests.store.builders import HOME
from tests.store.test_proof import sealed
from tests.store.test_storage_readme import README

__all__ = ["sealed"]
ABSENT = [name for name in ("openssl", "curl") if shutil.which(name) is None]
pytestmark = pytest.mark.skipif(
    bool(ABSENT) and not os.environ.get("CI"), reason=f"absent: apt-get install {' '.join(ABSENT)}"
)
ROOT = Path(__file__).parents[2]
SETTINGS = """
[tsa]
default_tsa = t
[t]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


def openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Its address and its folder, in which `ca.pem` is."""
    folder = tmp_path_factory.mktemp("authority")
    (folder / "tsa.cnf").write_text(SETTINGS)
    (folder / "serial").write_text("01\n")
    (folder / "use").write_text("extendedKeyUsage = critical, timeStamping\n")
    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl(folder, "req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=ca", "-days", "2")
    openssl(folder, "req", *new, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=tsa")
    signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "use"]
    openssl(folder, "x509", "-req", "-in", "tsa.csr", *signed, "-out", "tsa.pem")

    class Answering(BaseHTTPRequestHandler):
        """RFC 3161 over HTTP."""

        def do_POST(self) -> None:
            (folder / "asked").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            openssl(folder, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "asked", "-out", "answer")
            answer = (folder / "answer").read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", folder
        server.shutdown()
        thread.join()


def stamping(folder: Path, authority: tuple[str, Path], head: str, lines: str) -> int:
    """Run lines of the manual in that folder; the exit code."""
    address, made = authority
    shutil.copy(made / "ca.pem", folder)
    program = folder / "probe"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m probe "$@"\n')
    program.chmod(0o755)
    around = {**os.environ, "HEAD": head, "TSA": address, "PATH": f"{folder}:{os.environ['PATH']}", "no_proxy": "*"}
    return subprocess.run(["sh", "-ec", lines], cwd=folder, env=around, check=False, capture_output=True).returncode


def test_a_head_is_stamped_as_the_manual_says(sealed: Path, tmp_path: Path, authority: tuple[str, Path]) -> None:
    """And the stamp is for that head: another one does not pass, nor a record without it."""
    shutil.copy(sealed, tmp_path / "probe.db")
    (tmp_path / "probe.toml").write_text(
        f'[agent]\nvantage = "{HOME}"\n[storage]\npath = "probe.db"\n'
        '[[check]]\nname = "shop"\nkind = "tcp"\ntarget = "192.0.2.1:443"\n'
    )
    connection = database.open_reading(tmp_path / "probe.db")
    heads = [head.hash for head in proof.heads(connection)]
    connection.close()
    (lines,) = re.findall(r"```sh\n(openssl ts .*?)```", README, re.DOTALL)
    assert stamping(tmp_path, authority, heads[-1], lines) == 0
    *_, verifying, checking = lines.strip().splitlines()
    assert stamping(tmp_path, authority, heads[-1], verifying) == 0
    assert stamping(tmp_path, authority, heads[0], verifying) == 1
    assert stamping(tmp_path, authority, "00" * 32, checking) == 1

"""Shells complete commands, options and the names of what is configured."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from probe.cli import main
from probe.cli.exits import Exit
from tests.cli.office import Office

TRY = """
eval "$SCRIPT"
COMP_WORDS=($WORDS); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
$(complete -p probe | sed 's/.*-F \\([^ ]*\\).*/\\1/')
echo "${COMPREPLY[*]}"
"""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("probe sta", "status"),
        ("probe log ma", "mail"),
        ("probe report --service sh", "shop shop-front"),
        ("probe log zz", ""),
    ],
)
def test_bash_completes_names(
    empty: Office, capsys: pytest.CaptureFixture[str], tmp_path: Path, words: str, expected: str
) -> None:
    """Those of the configuration that is used; a name that is none has no completion."""
    assert main(["completion", "bash"]) == Exit.FINE
    program = tmp_path / "bin" / "probe"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m probe "$@"\n')
    program.chmod(0o755)
    env = {
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "PROBE_CONFIG": str(empty.config),
        "SCRIPT": capsys.readouterr().out,
        "WORDS": words,
    }
    done = subprocess.run(["bash", "-c", TRY], env=env, capture_output=True, text=True, check=False, timeout=60)
    assert (done.stderr, done.stdout.split()) == ("", expected.split())


def test_the_names_are_those_of_checks_and_services(empty: Office) -> None:
    """One a line, each once."""
    names = empty.probe("completion", "names").out.split()
    assert {"shop", "mail", "dual", "shop-front"} <= set(names)
    assert names == sorted(set(names))


@pytest.mark.parametrize("shell", ["zsh", "tcsh"])
def test_other_shells_have_a_script(capsys: pytest.CaptureFixture[str], shell: str) -> None:
    """zsh asks for names as well."""
    assert main(["completion", shell]) == Exit.FINE
    assert ("_probe_names()" in capsys.readouterr().out) == (shell == "zsh")

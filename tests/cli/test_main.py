"""The command line as a whole: help, codes, streams, and how fast it starts."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from probe.cli import COMMANDS, command_parser, main
from probe.cli.exits import MEANINGS, Exit, OutputBroken, exit_of
from probe.errors import (
    AgentError,
    ConfigError,
    ProbeError,
    StoreDamaged,
    StoreError,
    StoreLocked,
    StoreMissing,
    StoreNewer,
    TermsError,
    UsageError,
)
from tests.cli.office import Office

HEAVY = {"httpx", "apscheduler", "sqlite_utils", "rich", "asyncio", "dns", "icmplib"}


def python(*arguments: str, **more: object) -> subprocess.CompletedProcess[str]:
    """This interpreter in a process of its own."""
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, **more)  # type: ignore[call-overload, no-any-return]


def imported(*argv: str) -> set[str]:
    """The heavy modules that a command line imports, in a process of its own."""
    code = (
        "import sys; from probe.cli import main; code = main(sys.argv[1:]);"
        f"sys.stderr.write('imported: ' + ' '.join(sorted({HEAVY} & set(sys.modules))))"
    )
    return set(python("-c", code, *argv).stderr.partition("imported: ")[2].split())


@pytest.mark.parametrize("argv", [["--help"], ["version"], ["status", "--help"], ["report", "--help"], ["--version"]])
def test_help_and_version_import_nothing_heavy(argv: list[str]) -> None:
    """A command line that takes a second to say its own name is not used."""
    assert imported(*argv) == set()


def test_every_command_is_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    """A command that nobody can find does not exist."""
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"  {name} " in out and text in out for name, (_, text) in COMMANDS.items())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`probe COMMAND --help` explains itself on stdout."""
    assert main([name, "--help"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"usage: probe {name}")
    assert "--config PATH" in out
    assert err == ""
    assert command_parser(name).description


def test_no_command_is_a_usage_error_that_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    """The help goes to stderr then, since nobody asked for it."""
    assert main([]) == Exit.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert "commands:" in err


def test_a_misspelt_command_gets_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    """One line says what would be right."""
    assert main(["statsu"]) == Exit.USAGE
    assert "no command 'statsu'; did you mean 'status'?" in capsys.readouterr().err


@pytest.mark.parametrize("argv", [["status", "--frobnicate"], ["log"], ["pause"], ["maintenance"], ["sla", "show"]])
def test_a_wrong_command_line_is_exit_code_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Usage errors are told apart from outages."""
    assert main(argv) == Exit.USAGE
    assert "usage: probe" in capsys.readouterr().err


def test_shared_options_hold_before_and_after_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody has to remember where --config goes."""
    missing = tmp_path / "nowhere.toml"
    assert main(["--config", str(missing), "validate"]) == Exit.USAGE
    before = capsys.readouterr().out
    assert main(["validate", "--config", str(missing)]) == Exit.USAGE
    assert capsys.readouterr().out == before
    assert str(missing) in before


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("x"), 2),
        (ConfigError(("x",)), 2),
        (TermsError(("x",)), 2),
        (StoreError("x"), 3),
        (StoreMissing("x"), 3),
        (StoreLocked("x"), 3),
        (StoreNewer("x"), 3),
        (StoreDamaged("x"), 3),
        (AgentError("x"), 3),
    ],
)
def test_every_error_has_its_code(error: ProbeError, code: int) -> None:
    """Scripts rely on these."""
    assert exit_of(error) == code


def test_every_code_has_its_meaning() -> None:
    """The table in the README is made of these."""
    assert set(MEANINGS) == set(Exit)


def test_the_version_is_data(capsys: pytest.CaptureFixture[str]) -> None:
    """On stdout, as text and as JSON."""
    assert main(["version"]) == 0
    assert capsys.readouterr().out == "probe 0.1.0\n"
    assert main(["version", "--json"]) == 0
    assert '"version": "0.1.0"' in capsys.readouterr().out


class Full(StringIO):
    """A device that takes nothing."""

    def __init__(self, number: int) -> None:
        """Refuse with this errno."""
        super().__init__()
        self._number = number

    def write(self, _text: str) -> int:
        """Refuse."""
        raise OSError(self._number, os.strerror(self._number))


@pytest.mark.parametrize(("number", "code"), [(errno.EPIPE, Exit.PIPE), (errno.ENOSPC, Exit.UNWRITABLE)])
@pytest.mark.parametrize("argv", [["version"], ["--help"], ["version", "--json"]])
def test_output_that_cannot_be_written_ends_without_a_traceback(
    number: int, code: Exit, argv: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`probe log | head` is quiet; a full disk is one line."""
    monkeypatch.setattr(sys, "stdout", Full(number))
    assert main(argv) == code
    assert ("No space left" in capsys.readouterr().err) == (code is Exit.UNWRITABLE)


def test_a_full_device_is_exit_code_74() -> None:
    """The real thing, through the interpreter's last flush."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "probe", "--help"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (74, "probe: cannot write the output: No space left on device\n")


def test_a_vanished_reader_is_exit_code_141() -> None:
    """The real thing: the other end of the pipe is closed before anything is written."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "probe", "--help"], stdout=write, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


def test_what_cannot_be_flushed_is_broken_output() -> None:
    """The reason is kept for the one line that is printed."""
    assert OutputBroken(BrokenPipeError()).exit_code is Exit.PIPE
    assert "no room" in str(OutputBroken(OSError(28, "no room")))


def test_ctrl_c_is_exit_code_130(empty: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted is not failed."""
    monkeypatch.setattr("sys.stdout", Interrupting())
    assert main(["--config", str(empty.config), "validate"]) == Exit.INTERRUPTED


class Interrupting(StringIO):
    """Somebody presses Ctrl-C while it is written to."""

    def write(self, _text: str) -> int:
        """Interrupt."""
        raise KeyboardInterrupt


class Broken(StringIO):
    """A bug in whatever writes here."""

    def write(self, _text: str) -> int:
        """Break."""
        raise ZeroDivisionError("a bug\x1b[2J")


@pytest.mark.parametrize("verbosity", [[], ["-v"]])
def test_a_bug_is_one_line_and_a_traceback_only_when_asked_for(
    verbosity: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """People get a sentence, we get a report."""
    monkeypatch.setattr(sys, "stdout", Broken())
    assert main(["version", *verbosity]) == Exit.AGENT
    err = capsys.readouterr().err
    assert "internal error: ZeroDivisionError: a bug\\x1b[2J; please report it" in err
    assert ("Traceback" in err) == bool(verbosity)
    assert verbosity or err.count("\n") == 1


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion_knows_every_command(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The script is made from the same parsers."""
    assert main(["completion", shell]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in COMMANDS)

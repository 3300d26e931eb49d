"""What is documented is tested, and what is not documented does not exist: the README against the program."""

from __future__ import annotations

import ast
import re
import shlex
from argparse import ArgumentParser
from dataclasses import fields
from fractions import Fraction
from pathlib import Path
from typing import Final

import pytest

from probe.cli import COMMANDS, command_parser
from probe.cli.exits import MEANINGS, Exit
from probe.config.loading import load
from probe.model import Reason
from probe.probers import PROBERS

ROOT: Final = Path(__file__).parent.parent
README: Final = (ROOT / "README.md").read_text(encoding="utf-8")
WORDS: Final = (
    "provider", "service", "check", "outcome", "outage", "suspect", "cause", "gap", "maintenance window", "SLA terms",
    "error budget", "verdict", "vantage",
)  # fmt: skip


def section(title: str) -> str:
    """The README from a heading to the next one of its level or above."""
    level = re.search(rf"^(#+) {re.escape(title)}$", README, re.MULTILINE)
    assert level is not None, f"the README has no section {title!r}"
    rest = README[level.end() :]
    end = re.search(rf"^#{{1,{len(level[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def options(parser: ArgumentParser) -> set[str]:
    """Every long option of a parser and of its sub-commands."""
    found: set[str] = set()
    for action in parser._actions:
        found |= {name for name in action.option_strings if name.startswith("--")}
        for inner in (action.choices or {}).values() if isinstance(action.choices, dict) else ():
            found |= options(inner)
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_has_its_line(name: str) -> None:
    """An option nobody can look up does not exist."""
    rows = [line for line in section("Commands").splitlines() if line.startswith(f"| `{name}` |")]
    assert len(rows) == 1
    text = rows[0] + section("Commands").partition("Options of all commands")[2]
    assert sorted(option for option in options(command_parser(name)) if f"{option}" not in text) == []


@pytest.mark.parametrize("kind", PROBERS)
def test_every_setting_has_its_line(kind: str) -> None:
    """Settings of a kind are found under the key that TOML has for them."""
    keys = [field.name.removesuffix("_ms") for field in fields(PROBERS[kind].Settings)]
    assert [key for key in keys if f"| `{key}` |" not in section(f'`kind = "{kind}"`')] == []


def test_every_reason_has_its_line() -> None:
    """Word, state and meaning are those of the program."""
    table = section("Reasons")
    assert [reason for reason in Reason if f"| `{reason}` | {reason.state} | {reason.meaning} |" not in table] == []


def test_every_exit_code_has_its_line() -> None:
    """Scripts rely on them."""
    table = section("Exit codes")
    assert [code for code in Exit if f"| {int(code)} | {MEANINGS[code]} |" not in table] == []


def taken_keys() -> set[str]:
    """Every key that the configuration's readers ask for."""
    found: set[str] = set()
    for path in (ROOT / "probe" / "config").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
                continue
            key = node.args[0]
            is_key = node.func.attr in {"take", "need"} and isinstance(key, ast.Constant)
            if is_key and isinstance(key, ast.Constant) and isinstance(key.value, str):
                found.add(key.value)
    return found


def test_every_configuration_key_has_its_line() -> None:
    """What can be written in a file can be looked up."""
    keys = taken_keys()
    assert {"vantage", "interval", "agreement", "announced_at"} <= keys
    assert sorted(key for key in keys if f"`{key}`" not in section("Configuration")) == []


@pytest.mark.parametrize("word", WORDS)
def test_every_word_of_the_glossary_is_explained(word: str) -> None:
    """One word per thing, and here is what it means."""
    assert f"| {word} |" in section("Words")


def example_lines() -> list[str]:
    """Every command line in a code block of the documents."""
    found = []
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for block in re.findall(r"^```\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            found += [line.removeprefix("$ ") for line in block.splitlines() if re.match(r"(\$ )?probe ", line)]
    return found


@pytest.mark.parametrize("line", [*example_lines(), *(f"probe {name} --help" for name in COMMANDS)])
def test_every_example_is_a_command_line(line: str) -> None:
    """Examples are copied; one that does not parse is worse than none."""
    words = shlex.split(line, comments=True)[1:]
    while words[0].startswith("--"):
        words = words[2:]
    parser = command_parser(words[0])
    if words[1:] == ["--help"]:
        assert parser.format_help().startswith(f"usage: probe {words[0]}")
    else:
        assert vars(parser.parse_args(words[1:]))


@pytest.mark.parametrize("name", COMMANDS)
def test_the_examples_in_the_help_are_command_lines(name: str) -> None:
    """Also those that `--help` shows."""
    text = (command_parser(name).description or "").replace("\n                        --", " --")
    for line in text.splitlines():
        if not line.startswith("  probe "):
            continue
        words = [word.strip("[]") for word in shlex.split(line.partition("  exit")[0].partition(" > ")[0])]
        assert vars(command_parser(name).parse_args(words[2:]))


def test_the_first_screen_is_a_sentence_a_picture_and_two_commands() -> None:
    """What a stranger sees in ten seconds."""
    first = README.splitlines()
    assert first[0] == "# probe"
    assert first[2].endswith(".")
    top = README.partition("## First steps")[0]
    assert "$ probe status" in top
    assert "make run" in top
    assert "make test" in top


def test_the_pictures_are_what_the_program_writes() -> None:
    """No picture is wider than 80 columns, and each has the headings of the real screen."""
    status = README.partition("$ probe status\n")[2].partition("```")[0]
    report = re.split(r"^\$ probe report .*\n", README, maxsplit=1, flags=re.MULTILINE)[1].partition("```")[0]
    lines = [*status.splitlines(), *report.splitlines()]
    assert [line for line in lines if len(line) > 80 or line != line.rstrip()] == []
    assert all(heading in status for heading in ("CHECK ", "OUR OWN LINE ", "AVAILABILITY"))
    assert all(part in report for part in ("MISSED", "cause our own line", "FORGAVE", "unknown time"))


def test_the_terms_of_ones_own_are_accepted(tmp_path: Path) -> None:
    """The example of a terms file is one: a configuration that names it loads, with its figures."""
    example = section("Terms of your own").partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "terms.toml").write_text(example, encoding="utf-8")
    config = tmp_path / "probe.toml"
    config.write_text('[references]\ngateway = "none"\n[service.line]\nagreement = "terms.toml"\n', encoding="utf-8")
    (tmp_path / "checks.d").mkdir()
    check = '[[check]]\nname = "line"\nkind = "icmp"\ntarget = "192.0.2.1"\nservice = "line"\n'
    (tmp_path / "checks.d" / "10.toml").write_text(check, encoding="utf-8")
    (service,) = load(config).services
    assert service.terms is not None
    assert service.terms.promise is not None
    assert (service.terms.promise.target, service.provider) == (Fraction(999, 1000), "My ISP")
    assert [clause.notice_ms for clause in service.terms.exclusions] == [48 * 3_600_000]


def test_documents_name_files_that_exist() -> None:
    """A pointer to nowhere costs trust."""
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        named = re.findall(r"`((?:docs|storage|tests|probe|\.ci)/[\w./-]*)`", path.read_text(encoding="utf-8"))
        assert [one for one in named if not (ROOT / one).exists()] == []


def test_links_within_the_readme_lead_to_a_heading() -> None:
    """Who looks something up gets there."""
    headings = re.findall(r"^#+ (.+)$", README, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    linked = set(re.findall(r"\]\(#([^)]+)\)", README))
    assert {"commands", "words"} <= linked
    assert linked <= anchors


def test_the_changelog_speaks_of_this_version() -> None:
    """A change is written down with the change."""
    from probe import __version__

    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

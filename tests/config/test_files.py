"""Files that are no configuration: each is a located problem, none is a hang or a traceback."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from probe.config.dropins import drop_ins
from probe.config.files import REFUSED, Source, label_of, printable
from probe.config.table import Table
from probe.config.values import text


def source(folder: Path, content: bytes | str) -> tuple[Source, list[str]]:
    """A file with this content, read, and its problems without the folder's name."""
    file = folder / "x.toml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    problems: list[str] = []
    made = Source(file, problems)
    return made, [one.removeprefix(f"{folder}/") for one in problems]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xef\xbb\xbfa = 1", "x.toml: begins with a byte order mark; save it as UTF-8 without BOM"),
        ("a = 1".encode("utf-16"), "x.toml: begins with a byte order mark"),
        (b"a = 1\nb = '\xff'", "x.toml:2:1: not UTF-8 text; save it as UTF-8"),
        ("a = 1\nb = = 2", "x.toml:2:5: not valid TOML: Invalid value; see https://toml.io"),
        ("a = 1\na = 2\nb = 3", "x.toml:2:6: not valid TOML: Cannot overwrite a value"),
        ("a = ", "x.toml: not valid TOML: Invalid value (at end of document)"),
        ("a = 1\rb = 2\r", "x.toml:1:6: not valid TOML"),
        ("a = 'x\x00'", "x.toml:1:"),
        ("a = " + "[\n" * 5_000, "x.toml: nested too deeply; no setting is"),
        ("a = '" + "x" * 1_024 + "'", "x.toml:1:1: longer than 1024 bytes; break the line"),
        ("a = 2026-02-30", "x.toml:1:5: not valid TOML: Invalid date or datetime"),
        ("# " + "x" * 100 + "\n" * 262_144, "x.toml: larger than 256 KiB; split it"),
        ('a = "\\u001b[31m"', "x.toml:1: a: holds the control character '\\x1b'; leave it out"),
        ('a = "\\u202e"', "x.toml:1: a: holds the control character '\\u202e'"),
        ('[t]\nb = ["x", "\\u0000"]', "x.toml:2: t.b: holds the control character '\\x00'"),
        ('"a\\u0007" = 1', "x.toml: a\\x07: holds the control character '\\x07'"),
        ("a = nan", "x.toml:1: a: nan is not a number that can be used; give a finite one"),
        ("a = -inf", "x.toml:1: a: -inf is not a number"),
        ("a = 1e400", "x.toml:1: a: inf is not a number"),
        ("a = 123456789012345678901234567890", "x.toml:1: a: a number beyond 64 bits; give a smaller one"),
        ("a = " + "[" * 40 + "]" * 40, "x.toml:1: a: nested deeper than 32; no setting is"),
        ("a = [{ b = inf }]", "x.toml:1: a[1].b: inf is not a number"),
    ],
)
def test_what_cannot_be_a_configuration_is_located(tmp_path: Path, content: bytes | str, said: str) -> None:
    """Each way that TOML can be wrong or poisonous ends in one line with a place."""
    _, problems = source(tmp_path, content)
    assert len(problems) == 1
    assert problems[0].startswith(said)


def test_an_integer_of_a_thousand_digits_is_a_problem(tmp_path: Path) -> None:
    """The length of a line keeps it short of what int() refuses with an error of its own."""
    _, problems = source(tmp_path, "a = " + "9" * 1_000)
    assert problems == ["x.toml:1: a: a number beyond 64 bits; give a smaller one"]


def test_text_that_is_sent_may_have_lines(tmp_path: Path) -> None:
    """SMTP wants its line end."""
    made, problems = source(tmp_path, '[t]\nsend = "EHLO probe\\r\\n"')
    assert problems == []
    assert made.table == {"t": {"send": "EHLO probe\r\n"}}


def test_what_was_refused_is_not_complained_of_twice(tmp_path: Path) -> None:
    """One mistake, one line."""
    made, problems = source(tmp_path, "a = nan")
    table = Table(made, made.table)
    assert made.table == {"a": REFUSED}
    assert table.take("a", text, "instead") == "instead"
    assert not table.is_sound("a")
    assert len(problems) == 1


@pytest.mark.parametrize("what", ["missing", "folder", "fifo", "device", "unreadable", "dangling", "loop"])
def test_only_regular_files_are_read(tmp_path: Path, what: str) -> None:
    """A FIFO among the files must not hang the agent."""
    file = tmp_path / "x.toml"
    if what == "folder":
        file.mkdir()
    elif what == "fifo":
        os.mkfifo(file)
    elif what in {"device", "dangling", "loop"}:
        file.symlink_to({"device": "/dev/zero", "dangling": "nowhere", "loop": "x.toml"}[what])
    elif what == "unreadable":
        file = Path("/proc/self/mem/x.toml")
    problems: list[str] = []
    made = Source(file, problems)
    assert not made.is_read
    assert len(problems) == 1
    assert problems[0].startswith(f"{file}: ")
    assert problems[0].count("; ") == 1


def test_drop_ins_come_in_name_order_without_dot_files(tmp_path: Path) -> None:
    """An editor's leftovers are not configuration."""
    for name in ("20-b.toml", "10-a.toml", ".#10-a.toml", "10-a.toml~", "README.md"):
        (tmp_path / name).touch()
    problems: list[str] = []
    assert [path.name for path in drop_ins(tmp_path, problems)] == ["10-a.toml", "20-b.toml"]
    assert problems == []


def test_a_missing_drop_in_folder_holds_nothing(tmp_path: Path) -> None:
    """probe.toml alone is enough."""
    problems: list[str] = []
    assert drop_ins(tmp_path / "checks.d", problems) == []
    assert problems == []


def test_a_drop_in_folder_that_is_a_file_is_a_problem(tmp_path: Path) -> None:
    """Otherwise its checks would be missed silently."""
    (tmp_path / "checks.d").touch()
    problems: list[str] = []
    assert drop_ins(tmp_path / "checks.d", problems) == []
    assert problems == [f"{tmp_path}/checks.d: cannot be read: Not a directory; it must be a folder of TOML files"]


def test_a_file_name_that_is_no_text_is_a_problem(tmp_path: Path) -> None:
    """It could not be named in any message."""
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.toml")).touch()
    problems: list[str] = []
    assert drop_ins(tmp_path, problems) == []
    assert problems == [f"{tmp_path}: '\\udcff.toml': the file's name is not printable text; rename it"]


def test_labels_are_written_like_toml() -> None:
    """People count from one, and control characters stay out of messages."""
    assert label_of(("references", "targets", 1, "address")) == "references.targets[2].address"
    assert printable("a\x1b" + "b" * 100) == "a\\x1b" + "b" * 58


LINES = """\
a.b = 1
[[check]]
x = 1
[check.http]
y = 1
[[check]]
x = 2
[check.http]
y = 2
[service."shop"]
z = [
  { w = 1 },
]
"""


def test_problems_name_the_line(tmp_path: Path) -> None:
    """In a file of a thousand checks a name alone is not enough."""
    made, problems = source(tmp_path, LINES)
    for steps in [
        ("a", "b"),
        ("check", 0, "x"),
        ("check", 0, "http", "y"),
        ("check", 1),
        ("check", 1, "http", "y"),
        ("service", "shop", "z", 0, "w"),
        ("nowhere",),
    ]:
        made.complain(steps, "", "!")
    found = made._problems
    assert problems == []
    assert [one.removeprefix(f"{tmp_path}/") for one in found] == [
        "x.toml:1: !",
        "x.toml:3: !",
        "x.toml:5: !",
        "x.toml:6: !",
        "x.toml:9: !",
        "x.toml:11: !",
        "x.toml: !",
    ]

"""A page becomes lines: aligned, wrapped, complete and safe to write."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.view import plain
from probe.view.cells import cells
from probe.view.page import BLANK, Column, Fields, Page, Piece, Table, Tone, paragraph, row, stacked, words

NAMES = Table(
    (Column("NAME", is_name=True), Column("COUNT", is_number=True), Column("NOTE"), Column("WIDE", wide=100)),
    (row("a", "1", "short", "w"), row("bb", "1,000", "a note that is longer than the rest of the row", "w")),
)


def shown(page: Page, width: int | None = None, **more: bool) -> list[str]:
    """The lines of a page."""
    return plain.text(page, width, **more).splitlines()


def test_columns_are_aligned_and_numbers_are_right_aligned() -> None:
    """Numbers do not dance."""
    assert shown((NAMES,)) == [
        "NAME  COUNT  NOTE                                            WIDE",
        "a         1  short                                           w",
        "bb    1,000  a note that is longer than the rest of the row  w",
    ]


def test_what_does_not_fit_beside_moves_below_its_row() -> None:
    """At a narrow width nothing is cut."""
    assert shown((NAMES,), 30) == [
        "NAME  COUNT",
        "a         1",
        "  short",
        "bb    1,000",
        "  a note that is longer than",
        "  the rest of the row",
    ]


def test_several_columns_below_keep_their_titles() -> None:
    """A value without its heading would be a riddle."""
    table = Table(
        (Column("NAME"), Column("LONG ONE"), Column("LONG TWO")), (row("x", "y" * 20, "z" * 20), row("x", "", "z"))
    )
    assert shown((table,), 25) == [
        "NAME",
        "x",
        "  long one",
        "  yyyyyyyyyyyyyyyyyyyy;",
        "  long two",
        "  zzzzzzzzzzzzzzzzzzzz",
        "x",
        "  long two z",
    ]


def test_a_name_too_long_for_its_column_has_a_line_of_its_own() -> None:
    """A long name is shown in full and does not push the others out."""
    table = Table((Column("NAME", is_name=True), Column("STATE")), (row("n" * 30, "up"), row("short", "up")))
    assert shown((table,), 26) == [
        "NAME                 STATE",
        "n" * 26,
        "nnnn",
        " " * 21 + "up",
        "short                up",
    ]


def test_a_column_without_anything_to_say_is_left_out() -> None:
    """An empty heading is noise."""
    table = Table((Column("A"), Column("EMPTY"), Column("B")), (row("1", "", "2"),))
    assert shown((table,)) == ["A  B", "1  2"]


def test_a_table_without_rows_shows_its_headings() -> None:
    """Empty is a statement, too."""
    assert shown((Table((Column("A"), Column("B")), ()),), 40) == ["A  B"]


def test_a_paragraph_wraps_at_spaces_and_hangs() -> None:
    """Later lines are visibly part of the same paragraph."""
    assert shown((paragraph("one two three four"),), 10) == ["one two", "  three", "  four"]


def test_a_word_longer_than_the_line_is_cut_not_lost() -> None:
    """A URL of 200 characters stays readable."""
    lines = shown((paragraph("see " + "x" * 25),), 12)
    assert lines == ["see", "  xxxxxxxxxx", "  xxxxxxxxxx", "  xxxxx"]


def test_without_a_width_nothing_is_wrapped() -> None:
    """A pipe gets one line, whatever its length."""
    assert shown((paragraph("word " * 100),)) == [("word " * 100).rstrip()]


def test_a_number_that_moved_below_keeps_its_title() -> None:
    """A figure without its name says nothing; a text alone does."""
    table = Table((Column("NAME"), Column("P99", is_number=True)), (row("a" * 20, "12.0 ms"),))
    assert shown((table,), 22) == ["NAME", "a" * 20, "  p99 12.0 ms"]


def test_fields_align_and_wrap_beside_their_labels() -> None:
    """Labels are one column."""
    page = (Fields((("a", words("one two three")), ("long label", words("x")))),)
    assert shown(page, 22) == ["  a           one two", "              three", "  long label  x"]


def test_stacked_pages_have_a_blank_line_between() -> None:
    """Assessments are told apart."""
    assert shown(stacked([(paragraph("a"),), (), (paragraph("b"),)])) == ["a", "", "b"]
    assert shown((BLANK,)) == [""]


def test_wide_characters_take_two_columns_and_combining_ones_none() -> None:
    """CJK names do not shift the columns after them."""
    assert cells("名前") == 4
    assert cells("e\u0301") == 1
    table = Table((Column("N"), Column("S")), (row("名", "up"), row("ab", "up")))
    assert shown((table,)) == ["N   S", "名  up", "ab  up"]


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("DOWN\rUP", "DOWN\\x0dUP"),
        ("a\x9bm", "a\\x9bm"),
        ("\u202eevil", "\\u202eevil"),
        ("a\u200db", "a\\u200db"),
        ("[red]x[/blue] :smile:", "[red]x[/blue] :smile:"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
    ],
)
def test_control_codes_are_shown_and_not_obeyed(hostile: str, harmless: str) -> None:
    """A banner cannot move the cursor, fill the clipboard or write backwards."""
    assert shown((paragraph(hostile),)) == [harmless]


def test_ascii_output_replaces_our_signs_and_escapes_the_rest() -> None:
    """A terminal that is not UTF-8 gets words, not question marks."""
    assert shown((paragraph("≥ 99 % — ▁█ é"),), is_ascii=True) == [">= 99 % - _# \\xe9"]


ANY = st.text(max_size=40)


@settings(max_examples=200, deadline=None)
@given(texts=st.lists(st.tuples(ANY, ANY, ANY), max_size=4), width=st.integers(20, 130), is_ascii=st.booleans())
def test_no_line_is_too_long_and_nothing_dangerous_or_missing(
    texts: list[tuple[str, str, str]], width: int, is_ascii: bool
) -> None:
    """Whatever names and banners hold, every screen is as wide as it should be, safe, and complete."""
    table = Table(
        (Column("NAME", is_name=True), Column("B", is_number=True), Column("C")), tuple(row(*three) for three in texts)
    )
    page: Page = (
        table,
        *(paragraph(*three) for three in texts),
        Fields(tuple(("label", words(*three)) for three in texts)),
    )
    lines = shown(page, width, is_ascii=is_ascii)
    assert all(cells(line) <= width for line in lines)
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs"} for line in lines for char in line)
    text = "".join("".join(lines).split())
    for three in texts:
        for one in three:
            expected = plain.text((paragraph(one),), is_ascii=is_ascii)
            assert all(char in text for char in expected if not char.isspace())


def test_tones_survive_the_layout() -> None:
    """Colour is put on by the terminal, so the layout has to keep what is meant."""
    (line,) = plain.lines((paragraph(Piece("bad", Tone.BAD), " rest"),), 40)
    assert [piece for piece in line if piece.text.strip()] == [Piece("bad", Tone.BAD), Piece("rest")]


def test_a_label_too_long_for_its_column_has_a_line_of_its_own() -> None:
    """One long name does not push what is said of all others to the edge of the screen."""
    rows = (("loss", words("none at all")), ("loss " + "n" * 40, words("13 of 100 attempts")))
    assert shown((Fields(rows, 2),), 60) == ["  loss  none at all", f"  loss {'n' * 40}", "        13 of 100 attempts"]
    assert plain.text((Fields(rows, 2),)).splitlines()[0] == "  loss" + " " * 43 + "none at all"

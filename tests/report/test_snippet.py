from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernlint.model.diagnostic import Place, Related
from kernlint.model.expr import Span
from kernlint.model.text import SourceText
from kernlint.report.terminal import display_width
from kernlint.report.text import render_full
from tests.report.samples import finding, place, result

PATH = "src/train.py"


def drawn(
    text: SourceText,
    where: Place,
    label: str = "here",
    *related: Related,
    width: int = 80,
) -> list[str]:
    """The excerpt of one finding: what stands between the arrow and the notes."""
    finished = result(finding(where, label=label, related=related), texts={PATH: text})
    lines = render_full(finished, color=False, width=width, links=False).split("\n")
    assert lines[-4].endswith("= for more: kernlint --explain KL104")
    return lines[3:-5]


def draw(source: str, needle: str, label: str = "here", width: int = 80) -> list[str]:
    return drawn(SourceText(source.encode()), place(source, needle), label, width=width)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = KEY\n", ["1 | x = KEY", "  |     ^^^ here"]),
        ("x = KEY", ["1 | x = KEY", "  |     ^^^ here"]),
        ("x\n\nKEY\n", ["1 | x", "2 |", "3 | KEY", "  | ^^^ here"]),
        ("\n\nKEY\n\nx\n", ["3 | KEY", "  | ^^^ here"]),
        ("x\n \nKEY\n\t\nx\n", ["1 | x", "2 |", "3 | KEY", "  | ^^^ here"]),
        ("a\nb\nc\nKEY\nd\ne\n", ["2 | b", "3 | c", "4 | KEY", "  | ^^^ here", "5 | d"]),
        ("a\n" * 8 + "KEY\na\n", [" 7 | a", " 8 | a", " 9 | KEY", "   | ^^^ here", "10 | a"]),
        ("a\n" * 8 + "KEY\n\n", ["7 | a", "8 | a", "9 | KEY", "  | ^^^ here"]),
        ("a = 1\r\nb = KEY\r\n", ["1 | a = 1", "2 | b = KEY", "  |     ^^^ here"]),
        ("a = 1\rb = KEY\r", ["1 | a = 1", "2 | b = KEY", "  |     ^^^ here"]),
    ],
)
def test_lines_around(source: str, expected: list[str]) -> None:
    assert draw(source, "KEY") == expected


@pytest.mark.parametrize(
    ("source", "needle", "expected"),
    [
        ("\tx\tKEY", "KEY", ["1 |     x    KEY", "  |          ^^^ here"]),
        ('"日本": KEY', "KEY", ['1 | "日本": KEY', "  |         ^^^ here"]),
        ('x = "日本"', "日本", ['1 | x = "日本"', "  |      ^^^^ here"]),
        ("e\u0301 = KEY", "KEY", ["1 | e\u0301 = KEY", "  |     ^^^ here"]),
        ("a\u200db = KEY", "KEY", ["1 | a\u200db = KEY", "  |      ^^^ here"]),
        ("\x00\x1b KEY", "KEY", ["1 | ␀␛ KEY", "  |    ^^^ here"]),
        ("a\u202eKEY", "KEY", ["1 | a�KEY", "  |   ^^^ here"]),
        ("a\x0cKEY", "KEY", ["1 | a␌KEY", "  |   ^^^ here"]),
    ],
)
def test_carets_stand_below_what_is_displayed(
    source: str, needle: str, expected: list[str]
) -> None:
    assert draw(source, needle) == expected


def test_a_byte_order_mark_takes_no_column() -> None:
    text = SourceText(b"\xef\xbb\xbfx = KEY\n", bom=3)
    assert drawn(text, Place(PATH, Span(7, 10))) == ["1 | x = KEY", "  |     ^^^ here"]


def test_a_source_that_is_not_utf_8() -> None:
    source = "# coding: latin-1\né = KEY\n"
    where = place(source, "KEY", encoding="latin-1")
    text = SourceText(source.encode("latin-1"), "latin-1")
    assert drawn(text, where) == [
        "1 | # coding: latin-1",
        "2 | é = KEY",
        "  |     ^^^ here",
    ]


@pytest.mark.parametrize(
    ("source", "span", "expected"),
    [
        ("", Span(0, 0), ["1 |", "  | ^ here"]),
        ("abc", Span(3, 3), ["1 | abc", "  |    ^ here"]),
        ("abc", Span(1, 1), ["1 | abc", "  |  ^ here"]),
        ("abc\n", Span(4, 4), ["1 | abc", "2 |", "  | ^ here"]),
        ("abc\n", Span(1, 99), ["1 | abc", "  |  ^^ here"]),
        ("abc\ndef", Span(2, 4), ["1 | abc", "  |   ^ here", "2 | def"]),
        ("abc\ndef", Span(3, 4), ["1 | abc", "  |    ^ here", "2 | def"]),
        ("abc\r\ndef", Span(1, 5), ["1 | abc", "  |  ^^ here", "2 | def"]),
        ("abc\r\ndef", Span(4, 5), ["1 | abc", "  |    ^ here", "2 | def"]),
        ("abc\ndef", Span(1, 6), ["1 | abc", "  |  ^^… here", "2 | def"]),
        ("abc\ndef\nghi", Span(3, 9), ["1 | abc", "  |    ^… here", "2 | def"]),
        ("abc\ndef\nghi", Span(2, 8), ["1 | abc", "  |   ^… here", "2 | def"]),
    ],
)
def test_spans_at_edges_and_over_lines(source: str, span: Span, expected: list[str]) -> None:
    assert drawn(SourceText(source.encode()), Place(PATH, span)) == expected


def test_an_underline_without_label() -> None:
    assert draw("x = KEY", "KEY", "") == ["1 | x = KEY", "  |     ^^^"]


# At width 40 and a gutter of four there are 36 columns for the source.
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "KEY" + "b" * 33,
            ["1 | KEY" + "b" * 33, "  | ^^^ here"],
        ),
        (
            "KEY" + "b" * 34,
            ["1 | KEY" + "b" * 32 + "…", "  | ^^^ here"],
        ),
        (
            # The last character before the cut is the end of the span.
            "a" * 32 + "KEY" + "b" * 9,
            [
                "1 | " + "a" * 32 + "KEY…",
                "  | " + " " * 32 + "^^^",
                "  | " + " " * 32 + "here",
            ],
        ),
        (
            # 50 + 3 + 50 columns, 34 are shown: 15 before, the span, 16 behind.
            "a" * 50 + "KEY" + "b" * 50,
            [
                "1 | …" + "a" * 15 + "KEY" + "b" * 16 + "…",
                "  | " + " " * 16 + "^^^ here",
            ],
        ),
        (
            "a" * 50 + "KEY",
            [
                "1 | …" + "a" * 32 + "KEY",
                "  | " + " " * 33 + "^^^",
                "  | " + " " * 32 + "here",
            ],
        ),
    ],
)
def test_long_lines_are_cut_around_the_span(source: str, expected: list[str]) -> None:
    assert draw(source, "KEY", width=40) == expected


def test_long_lines_at_width_80() -> None:
    # 76 columns, 74 between the two marks: 35 before, the span, 36 behind.
    assert draw("a" * 90 + "KEY" + "b" * 90, "KEY", width=80) == [
        "1 | …" + "a" * 35 + "KEY" + "b" * 36 + "…",
        "  | " + " " * 36 + "^^^ here",
    ]


def test_a_span_wider_than_the_room_shows_its_beginning() -> None:
    source = "x = " + "K" * 50
    assert draw(source, "K" * 50, width=40) == [
        "1 | …" + "K" * 34 + "…",
        "  |  " + "^" * 35,
        "  |  here",
    ]


def test_a_wide_character_is_not_cut_in_two() -> None:
    # 35 columns before the mark: 17 wide characters, 34 columns.
    assert draw("日" * 40, "日", width=40) == ["1 | " + "日" * 17 + "…", "  | ^^ here"]


def test_an_open_span_in_a_line_that_fills_the_room() -> None:
    # 36 columns and one for the mark of the open span: one has to go, and one for its sign.
    source = "a" * 30 + "KEYKEY\nb"
    text = SourceText(source.encode())
    assert drawn(text, Place(PATH, Span(30, 38)), "x", width=40) == [
        "1 | …" + "a" * 28 + "KEYKEY",
        "  | " + " " * 29 + "^^^^^^…",
        "  | " + " " * 29 + "x",
        "2 | b",
    ]


def test_a_long_label_goes_below_and_wraps() -> None:
    label = "this label is far too long to stand beside the carets"
    assert draw("a" * 20 + "KEY", "KEY", label, width=40) == [
        "1 | " + "a" * 20 + "KEY",
        "  | " + " " * 20 + "^^^",
        "  |  this label is far too long to stand",
        "  |  beside the carets",
    ]


def test_context_lines_are_cut_at_their_end() -> None:
    assert draw("c" * 60 + "\n" + "a" * 50 + "KEY" + "b" * 50, "KEY", width=40) == [
        "1 | " + "c" * 35 + "…",
        "2 | …" + "a" * 15 + "KEY" + "b" * 16 + "…",
        "  | " + " " * 16 + "^^^ here",
    ]


LINES = "".join(f"line{number}\n" for number in range(1, 40))


def with_related(needle: str, *others: str, width: int = 80, source: str = LINES) -> list[str]:
    related = [Related(f"see {other}", place(source, other)) for other in others]
    text = SourceText(source.encode())
    return drawn(text, place(source, needle), "here", *related, width=width)


def test_a_near_place_is_in_the_same_excerpt() -> None:
    assert with_related("line20", "line19", "line22") == [
        "18 | line18",
        "19 | line19",
        "   | ------ see line19",
        "20 | line20",
        "   | ^^^^^^ here",
        "21 | line21",
        "22 | line22",
        "   | ------ see line22",
    ]


def test_a_gap_of_one_line_is_filled_a_larger_one_marked() -> None:
    assert with_related("line20", "line16", "line28") == [
        "16 | line16",
        "   | ------ see line16",
        "17 | line17",
        "18 | line18",
        "19 | line19",
        "20 | line20",
        "   | ^^^^^^ here",
        "21 | line21",
        "...",
        "28 | line28",
        "   | ------ see line28",
    ]


def test_a_far_place_in_the_same_file_has_its_own_excerpt() -> None:
    assert with_related("line20", "line29") == [
        "18 | line18",
        "19 | line19",
        "20 | line20",
        "   | ^^^^^^ here",
        "21 | line21",
        "   |",
        "  ::: src/train.py:29:1",
        "   |",
        "29 | line29",
        "   | ------ see line29",
    ]


def test_two_places_on_one_line() -> None:
    assert with_related("KEY", "OTHER", source="x = KEY | OTHER\n") == [
        "1 | x = KEY | OTHER",
        "  |     ^^^ here",
        "  |           ----- see OTHER",
    ]


def test_two_places_on_a_cut_line_that_both_fit() -> None:
    source = "a" * 40 + "KEY | OTHER" + "b" * 40
    # 11 of 34 columns are marked: 11 before, 12 behind.
    assert with_related("KEY", "OTHER", source=source, width=40) == [
        "1 | …" + "a" * 11 + "KEY | OTHER" + "b" * 12 + "…",
        "  | " + " " * 12 + "^^^ here",
        "  | " + " " * 18 + "----- see OTHER",
    ]


def test_two_places_too_far_apart_for_one_line() -> None:
    source = "KEY" + "a" * 60 + "OTHER"
    assert with_related("KEY", "OTHER", source=source, width=40) == [
        "1 | KEY" + "a" * 32 + "…",
        "  | ^^^ here",
        "  |",
        " ::: src/train.py:1:64",
        "  |",
        "1 | …" + "a" * 30 + "OTHER",
        "  | " + " " * 31 + "-----",
        "  | " + " " * 27 + "see OTHER",
    ]


TEXTS = st.text(
    st.one_of(
        st.sampled_from("ab\t\n\r 日\u0301\u200d\u1160🚀\x00\x1b\u202e\u2028é"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=300,
)
OFFSETS = st.integers(min_value=0, max_value=400)
SPANS = st.tuples(OFFSETS, OFFSETS).map(lambda pair: Span(min(pair), max(pair)))


@given(
    source=TEXTS,
    span=SPANS,
    others=st.lists(st.tuples(SPANS, TEXTS), max_size=3),
    label=TEXTS,
    width=st.integers(min_value=30, max_value=90),
)
def test_every_line_of_an_excerpt_fits(
    source: str, span: Span, others: list[tuple[Span, str]], label: str, width: int
) -> None:
    related = [Related(message, Place(PATH, other)) for other, message in others]
    text = SourceText(source.encode())
    lines = drawn(text, Place(PATH, span), label, *related, width=width)
    assert [line for line in lines if display_width(line) > width] == []
    assert sum("^" in line for line in lines) >= 1


@given(source=TEXTS, span=SPANS, other=SPANS, label=TEXTS)
def test_colours_change_nothing_else(source: str, span: Span, other: Span, label: str) -> None:
    related = (Related(label, Place(PATH, other)),)
    finished = result(
        finding(Place(PATH, span), label=label, related=related),
        texts={PATH: SourceText(source.encode())},
    )
    plain = render_full(finished, color=False, width=60, links=False)
    coloured = render_full(finished, color=True, width=60, links=False)
    bare = re.sub("\x1b\\[(1;3[1346]|0)m", "", coloured)
    assert [line.rstrip() for line in bare.split("\n")] == [
        line.rstrip() for line in plain.split("\n")
    ]

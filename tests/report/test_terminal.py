from __future__ import annotations

import pytest

from kernlint.report.terminal import Tint, display_width, link, paint, printable, wrap


@pytest.mark.parametrize(
    ("text", "shown", "width"),
    [
        ("", "", 0),
        ("abc", "abc", 3),
        ("a\tb", "a    b", 6),
        ("日本語", "日本語", 6),
        ("\uff21\uff22", "\uff21\uff22", 4),
        ("\uff76", "\uff76", 1),
        ("é", "é", 1),
        ("e\u0301", "e\u0301", 1),
        ("한", "한", 2),
        ("\u1112\u1161\u11ab", "\u1112\u1161\u11ab", 2),
        ("a\u200db\ufeff", "a\u200db\ufeff", 2),
        ("❤\ufe0f", "❤\ufe0f", 1),
        ("🚀", "🚀", 2),
        ("\x1b[31m", "␛[31m", 5),
        ("\x00\x07\r\n\x1f\x7f", "␀␇␍␊␟␡", 6),
        ("\x85\x9b", "��", 2),
        ("\u202ea\u2066", "�a�", 3),
        ("\u2028\u2029", "��", 2),
        ("\ud800", "�", 1),
    ],
)
def test_text_is_shown_as_one_safe_line_of_known_width(text: str, shown: str, width: int) -> None:
    assert (printable(text), display_width(text)) == (shown, width)


@pytest.mark.parametrize(
    ("tint", "painted"),
    [
        ("red", "\x1b[1;31mx\x1b[0m"),
        ("yellow", "\x1b[1;33mx\x1b[0m"),
        ("blue", "\x1b[1;34mx\x1b[0m"),
        ("cyan", "\x1b[1;36mx\x1b[0m"),
    ],
)
def test_colours_are_bold_and_only_on_demand(tint: Tint, painted: str) -> None:
    assert (paint("x", tint, True), paint("x", tint, False)) == (painted, "x")


def test_a_link_is_an_osc_8_sequence() -> None:
    linked = "\x1b]8;;https://example.org/KL104\x1b\\KL104\x1b]8;;\x1b\\"
    assert link("KL104", "https://example.org/KL104", True) == linked


@pytest.mark.parametrize(
    ("url", "links"),
    [
        ("https://example.org", False),
        (None, True),
        ("", True),
        ("https://example.org/\x1b\\", True),
        ("https://example.org/é", True),
    ],
)
def test_without_a_usable_url_there_is_no_link(url: str | None, links: bool) -> None:
    assert link("KL104", url, links) == "KL104"


@pytest.mark.parametrize(
    ("text", "room", "lines"),
    [
        ("", 10, [""]),
        ("one two", 10, ["one two"]),
        ("one two three", 7, ["one two", "three"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("a bcdefgh i", 4, ["a", "bcde", "fgh", "i"]),
        ("日本語", 5, ["日本", "語"]),
    ],
)
def test_text_wraps_at_spaces_and_inside_words_that_are_too_wide(
    text: str, room: int, lines: list[str]
) -> None:
    assert wrap(text, room) == lines

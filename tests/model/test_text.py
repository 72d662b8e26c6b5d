from __future__ import annotations

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernlint.model.text import SourceText

BOM = codecs.BOM_UTF8


@pytest.mark.parametrize(
    ("data", "starts"),
    [
        (b"", [0]),
        (b"a", [0]),
        (b"a\n", [0, 2]),
        (b"\n", [0, 1]),
        (b"a\r\nb\rc\n\nd", [0, 3, 5, 7, 8]),
        (b"a\x0b\x0c\x1cb\xc2\x85\xe2\x80\xa8c", [0]),
    ],
)
def test_line_starts(data: bytes, starts: list[int]) -> None:
    assert SourceText(data).line_starts == starts
    assert SourceText(data).line_count == len(starts)
    marked = SourceText(BOM + data, bom=3)
    assert marked.line_starts == [start + 3 for start in starts]


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        (SourceText(b""), [""]),
        (SourceText("é = 1\r\nb\n".encode()), ["é = 1", "b", ""]),
        (SourceText(BOM + b"a\rb", bom=3), ["a", "b"]),
        (SourceText(b"\xe9\n\xe8", "latin-1"), ["é", "è"]),
        (SourceText(b"a\xff\n"), ["a\ufffd", ""]),
    ],
)
def test_lines(source: SourceText, lines: list[str]) -> None:
    assert [source.line(number + 1) for number in range(source.line_count)] == lines


def test_positions_before_the_text_are_its_start() -> None:
    source = SourceText(BOM + b"ab", bom=3)
    assert [source.position(offset) for offset in range(6)] == [
        (1, 1),
        (1, 1),
        (1, 1),
        (1, 1),
        (1, 2),
        (1, 3),
    ]


def test_slice() -> None:
    source = SourceText(BOM + "aé日".encode(), bom=3)
    assert (source.slice(3, 9), source.slice(4, 6)) == ("aé日", "é")


def naive_position(before: str) -> tuple[int, int]:
    """Line and column after some text, counted character by character."""
    line, column = 1, 1
    for index, character in enumerate(before):
        if character == "\n" or (character == "\r" and before[index + 1 : index + 2] != "\n"):
            line, column = line + 1, 1
        else:
            column += 1
    return line, column


@settings(deadline=None)
@given(
    st.text(alphabet="ab\n\r\x0b\x0c\x85\u2028é日😀", max_size=30),
    st.sampled_from([("utf-8", b""), ("utf-8", BOM), ("gb18030", b"")]),
)
def test_position_agrees_with_counting(text: str, kind: tuple[str, bytes]) -> None:
    encoding, mark = kind
    source = SourceText(mark + text.encode(encoding), encoding, len(mark))
    for end in range(len(text) + 1):
        if text[max(end - 1, 0) : end + 1] == "\r\n":
            continue  # between the two characters of one line end
        offset = len(mark) + len(text[:end].encode(encoding))
        assert source.position(offset) == naive_position(text[:end])


@settings(deadline=None)
@given(st.binary(max_size=30), st.integers(0, 40))
def test_any_offset_has_a_position(data: bytes, offset: int) -> None:
    source = SourceText(data)
    line, column = source.position(offset)
    assert 1 <= line <= source.line_count
    assert column >= 1

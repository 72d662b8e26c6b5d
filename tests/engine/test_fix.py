"""Edits of bytes: nothing but the edit changes, and what touches is not made at once."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernlint.engine.fix import apply
from kernlint.model.diagnostic import Diagnostic, Edit, Fix, Place
from kernlint.model.edits import edited
from kernlint.model.expr import Span
from kernlint.model.text import SourceText
from kernlint.source.read import decode


def finding(*edits: Edit, message: str = "wrong") -> Diagnostic:
    fix = Fix("safe", "mend it", edits)
    return Diagnostic(
        "KL104", "unsupported-device", "error", message, Place("a.py", Span(0, 1)), fix=fix
    )


def edit(start: int, end: int, content: str) -> Edit:
    return Edit(Span(start, end), content)


#: Ways to write a file: what is put before and between the lines, and the codec.
FILES = [
    pytest.param("# x\n{}\n", "utf-8", id="plain"),
    pytest.param("# x\r\n{}\r\ny = 'ü'\r\n", "utf-8", id="crlf"),
    pytest.param("# x\r{}\ry = 1", "utf-8", id="lone-cr"),
    pytest.param("\ufeff# x\n{}\n", "utf-8", id="bom"),
    pytest.param("# coding: latin-1\n# é\n{}  # ÿ\n", "latin-1", id="latin-1"),
    pytest.param("# coding: shift_jis\n# 表ソ\n{}  # 表\n", "shift_jis", id="shift-jis"),
    pytest.param("\f# x\n\f{}\n\x0c", "utf-8", id="form-feed"),
    pytest.param("# 🐍\n{}  # 🐍\t ", "utf-8", id="wide"),
]


@pytest.mark.parametrize(("frame", "codec"), FILES)
def test_all_bytes_outside_of_the_edit_stay(frame: str, codec: str) -> None:
    before, after = (part.encode(codec) for part in frame.split("{}"))
    text = decode(before + b"D = 'cuda:0'" + after)
    start = len(before) + len("D = '")
    assert edited(text, [edit(start, start + len("cuda:0"), "cuda")]) == (
        before + b"D = 'cuda'" + after
    )


def test_content_is_written_in_the_encoding_of_the_file() -> None:
    text = decode("# coding: latin-1\nx = 'e'\n".encode("latin-1"))
    at = text.data.index(b"'e'") + 1
    assert edited(text, [edit(at, at + 1, "é")]) == "# coding: latin-1\nx = 'é'\n".encode("latin-1")
    with pytest.raises(UnicodeEncodeError):
        edited(text, [edit(at, at + 1, "表")])


def naive(data: bytes, edits: list[Edit]) -> bytes:
    """Byte by byte: what stands for each byte, and what is inserted before it."""
    cells = [bytes((byte,)) for byte in data] + [b""]
    inserted = [b""] * len(cells)
    for (start, end), content in edits:
        for at in range(start, end):
            cells[at] = b""
        inserted[start] += content.encode()
    return b"".join(new + old for new, old in zip(inserted, cells, strict=True))


@st.composite
def edits_of(draw: st.DrawFn) -> tuple[bytes, list[Edit]]:
    """A file, and edits of it in any order, which may overlap."""
    data = draw(st.text(max_size=30)).encode()
    spots = st.integers(0, len(data))
    spans = st.tuples(spots, spots).map(sorted)
    found = draw(st.lists(st.tuples(spans, st.text(max_size=4)), max_size=6))
    return data, [edit(start, end, content) for (start, end), content in found]


@given(edits_of())
def test_random_edits_are_what_a_naive_reference_makes_of_them(
    case: tuple[bytes, list[Edit]],
) -> None:
    """Each fix is made, or waits because it touches one that is; nothing gets lost."""
    data, edits = case
    items = [finding(each, message=str(number)) for number, each in enumerate(edits)]
    found = apply(SourceText(data), items)
    assert {*found.made, *found.waiting} == {*items}
    assert found.refused == ()
    distinct = {fix.edits[0] for fix in (item.fix for item in found.made) if fix is not None}
    taken = sorted(distinct)
    assert found.data == naive(data, taken)
    for one, other in pairwise(taken):
        assert one.span.start < other.span.start
        assert one.span.end <= other.span.start


def test_the_first_by_place_wins_and_a_fix_is_made_as_a_whole() -> None:
    first = finding(edit(0, 2, "A"), edit(8, 9, "B"), message="first")
    second = finding(edit(1, 3, "C"), edit(5, 6, "D"), message="second")
    third = finding(edit(3, 4, ""), message="third")
    found = apply(SourceText(b"0123456789"), [second, third, first])
    assert (found.data, found.made, found.waiting) == (
        b"A24567B9",
        (first, third),
        (second,),
    )


def test_a_fix_that_two_findings_share_is_made_once() -> None:
    items = [finding(edit(2, 2, "!"), message=name) for name in ("one", "two")]
    found = apply(SourceText(b"abcd"), items)
    assert (found.data, found.made) == (b"ab!cd", tuple(items))


def test_two_insertions_at_one_place_wait_for_each_other() -> None:
    items = [finding(edit(2, 2, text), message=text) for text in ("!", "?")]
    found = apply(SourceText(b"abcd"), items)
    assert (found.data, found.made, found.waiting) == (b"ab!cd", (items[0],), (items[1],))


def test_what_the_encoding_lacks_is_refused() -> None:
    good, bad = finding(edit(0, 1, "x")), finding(edit(2, 3, "表"), message="bad")
    found = apply(SourceText(b"abcd", "latin-1"), [bad, good])
    assert (found.data, found.made) == (b"xbcd", (good,))
    assert found.refused == ((bad, "its text cannot be written in latin-1"),)


def test_an_edit_that_is_not_within_the_file_is_refused() -> None:
    bad = finding(edit(3, 9, "x"))
    found = apply(SourceText(b"abcd"), [bad])
    assert (found.data, found.refused) == (b"abcd", ((bad, "its edits do not fit the file"),))

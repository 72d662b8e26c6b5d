from __future__ import annotations

import codecs
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernlint.model.expr import Span
from kernlint.model.text import SourceText
from kernlint.source.read import decode
from kernlint.source.suppress import Suppressions, Unused, find_suppressions

KNOWN = [
    ("KL001", "unparsable-file"),
    ("KL002", "unused-suppression"),
    ("KL104", "unsupported-device"),
    ("KL108", "empty-mapping"),
    ("KL201", "unknown-layer"),
]
ALL_CODES = [code for code, _ in KNOWN]
NAMES = dict(KNOWN)


def read(text: str) -> Suppressions:
    return find_suppressions(SourceText(text.encode()))


def covered(text: str, *codes: str) -> list[str]:
    """The codes that are silenced for a finding at the first ``x`` of a text."""
    start = text.encode().index(b"x")
    found = read(text)
    return [code for code in codes if found.covers(code, NAMES[code], Span(start, start + 1))]


def unused(text: str, codes_run: list[str] = ALL_CODES) -> list[tuple[str, tuple[str, ...], str]]:
    """Unused comments of a text in which nothing is found: source, codes and message."""
    return [
        (text.encode()[found.span.start : found.span.end].decode(), found.codes, found.message)
        for found in read(text).unused(codes_run, KNOWN)
    ]


@pytest.mark.parametrize(
    ("comment", "codes"),
    [
        ("# kernlint: ignore", ["KL104", "KL108", "KL201"]),
        ("#kernlint:ignore", ["KL104", "KL108", "KL201"]),
        ("# kernlint: ignore until the next release", ["KL104", "KL108", "KL201"]),
        ("# kernlint: ignore[KL104]", ["KL104"]),
        ("# kernlint: ignore [KL104]", ["KL104"]),
        ("# kernlint: ignore[KL104] because of [KL201]", ["KL104"]),
        ("# kernlint: ignore[KL104,KL201]", ["KL104", "KL201"]),
        ("# kernlint: ignore[ KL104 , KL201 ]", ["KL104", "KL201"]),
        ("# kernlint: ignore[kl104]", ["KL104"]),
        ("# kernlint: ignore[KL1]", ["KL104", "KL108"]),
        ("# kernlint: ignore[KL]", ["KL104", "KL108", "KL201"]),
        ("# kernlint: ignore[ALL]", ["KL104", "KL108", "KL201"]),
        ("# kernlint: ignore[unknown-layer]", ["KL201"]),
        ("# kernlint: ignore[unknown-layer, KL108]", ["KL108", "KL201"]),
        ("# kernlint: ignore[KL104] # kernlint: ignore[KL201]", ["KL104", "KL201"]),
        ("# type: ignore  # kernlint: ignore[KL104]", ["KL104"]),
        ("# kernlint: ignore[KL104]  # noqa: KL108", ["KL104", "KL108"]),
        ("# noqa: KL104", ["KL104"]),
        ("#noqa:KL104", ["KL104"]),
        ("# NoQA : kl104", ["KL104"]),
        ("# noqa: KL104, E501", ["KL104"]),
        ("# noqa: E501 KL104,KL201 needed", ["KL104", "KL201"]),
        ("# noqa: KL1", ["KL104", "KL108"]),
        ("# noqa", []),
        ("# noqa: E501", []),
        ("# noqa: needed, KL104", []),
        ("# noqa KL104", []),
        ("# kernlint: ignored", []),
        ("# kernlint: ignore-next", []),
        ("# kernlint: ignore[KL104", []),
        ("# kernlint: ignore[]", []),
        ("# kernlint ignore", []),
        ("# see kernlint: ignore", []),
        ("# kernlint: skip-file", []),
        ("'# kernlint: ignore'", []),
    ],
)
def test_what_a_comment_silences(comment: str, codes: list[str]) -> None:
    assert covered(f"x = 1  {comment}\n", "KL104", "KL108", "KL201") == codes


CALL = "# before{0}\nf(  # first{1}\n    x,  # middle{2}\n    y,{3}\n)  # last{4}\nz = 1{5}\n"


@pytest.mark.parametrize(
    ("place", "names"),
    [(0, ""), (1, "fxy"), (2, "x"), (3, "y"), (4, "fxy"), (5, "z")],
)
def test_how_far_a_comment_reaches(place: int, names: str) -> None:
    comments = ["", "", "", "", "", ""]
    comments[place] = "  # kernlint: ignore"
    text = CALL.format(*comments)
    starts = {"f": text.index("f(  "), "x": text.index("x,"), "y": text.index("y,")}
    starts["z"] = text.index("z =")
    found = read(text)
    covered = [name for name, at in starts.items() if found.covers("KL104", "", Span(at, at + 1))]
    assert "".join(covered) == names


@pytest.mark.parametrize(
    "text",
    [
        "@f(  # kernlint: ignore\n    x)\ndef g(): pass\n",
        "class A(  # kernlint: ignore\n    x\n): pass\n",
        "a = '''\n''' + x  # kernlint: ignore\n",
        "a = \\\n  x  # kernlint: ignore\n",
        "if a:\n    b(\n        x\n    )  # kernlint: ignore\n",
        "a = 1; b = x  # kernlint: ignore",
        "a = [\n\n  # a comment\n\n  x]  # kernlint: ignore",
    ],
)
def test_statements_of_several_lines(text: str) -> None:
    assert covered(text, "KL104") == ["KL104"]


@pytest.mark.parametrize(
    "text",
    [
        "# kernlint: ignore\nx = 1\n",
        "x = 1\n# kernlint: ignore\n",
        "if a:  # kernlint: ignore\n    x = 1\n",
        "x = '''\n# kernlint: ignore\n'''\n",
        "x = '# kernlint: ignore'\n",
        "x = 1\n'''  # kernlint: ignore\n'''\n",
        "a = 1  # kernlint: ignore\n\nx",
    ],
)
def test_statements_out_of_reach(text: str) -> None:
    assert covered(text, "KL104") == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end: str) -> None:
    text = end.join(["a = 'x'", "f(  # kernlint: ignore[KL104]", "é, x)", "y"])
    data = text.encode()
    found = read(text)
    findings = {name: data.index(name) for name in (b"a", b"f", "é".encode(), b"x)", b"y")}
    assert [
        name for name, at in findings.items() if found.covers("KL104", "", Span(at, at + 1))
    ] == [b"f", "é".encode(), b"x)"]


def test_characters_that_end_lines_elsewhere_do_not() -> None:
    assert covered("a = '\x0b\x1c\u2028'\nx = 1  # kernlint: ignore\n", "KL104") == ["KL104"]
    assert covered("\x0cx = 1  # kernlint: ignore\n", "KL104") == ["KL104"]


@pytest.mark.parametrize(
    "text",
    [
        "f(\n    x,  # kernlint: ignore\n",
        "if a:\n        b\n    x = 1  # kernlint: ignore\n",
        "x = '''abc  # kernlint: ignore\n",
        "(" * 300 + "\nx = 1  # kernlint: ignore\n",
    ],
)
def test_broken_file_by_line(text: str) -> None:
    assert covered(text, "KL104") == ["KL104"]
    other = text.replace("x", "q", 1)
    assert not read(other + "\nx").covers("KL104", "", Span(len(other) + 1, len(other) + 2))


def test_finding_at_the_very_end() -> None:
    text = "x = 1  # kernlint: ignore"
    assert read(text).covers("KL104", "", Span(len(text), len(text)))
    assert not read(text + "\ny").covers("KL104", "", Span(len(text) + 1, len(text) + 1))


@pytest.mark.parametrize(
    ("text", "skipped"),
    [
        ("# kernlint: skip-file\nx = 1\n", True),
        ("x = 1\n    #kernlint:skip-file generated\n", True),
        ("f(\n    # kernlint: skip-file\n)\n", True),
        ("f(\n    # kernlint: skip-file\n", True),
        ("x = 1  # kernlint: skip-file\n", False),
        ("'''\n# kernlint: skip-file\n'''\n", False),
        ("# kernlint: skip-files\n", False),
        ("# skip-file\n", False),
        ("", False),
    ],
)
def test_skip_file(text: str, skipped: bool) -> None:
    assert read(text).skip_file is skipped


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        (
            "# kernlint: ignore # because",
            [("# kernlint: ignore", (), "this comment silences nothing")],
        ),
        (
            "# kernlint: ignore[]",
            [("# kernlint: ignore[]", (), "this comment names no rule and silences nothing")],
        ),
        (
            "# kernlint: ignore[KL104] because",
            [("# kernlint: ignore[KL104]", ("KL104",), "`KL104` silences nothing here")],
        ),
        (
            "# kernlint: ignore[KL104, unknown-layer]",
            [
                (
                    "# kernlint: ignore[KL104, unknown-layer]",
                    ("KL104", "unknown-layer"),
                    "`KL104`, `unknown-layer` silence nothing here",
                )
            ],
        ),
        (
            "# kernlint: ignore[KL999, KL104, typo]",
            [
                ("KL999", ("KL999",), "no such rule: `KL999`"),
                ("KL104", ("KL104",), "`KL104` silences nothing here"),
                ("typo", ("typo",), "no such rule: `typo`"),
            ],
        ),
        (
            "# noqa: KL104",
            [("# noqa: KL104", ("KL104",), "`KL104` silences nothing here")],
        ),
        (
            "# noqa: E501, KL104",
            [("KL104", ("KL104",), "`KL104` silences nothing here")],
        ),
        ("# noqa: KL999", [("KL999", ("KL999",), "no such rule: `KL999`")]),
        ("# noqa: KL1", [("# noqa: KL1", ("KL1",), "`KL1` silences nothing here")]),
        ("# kernlint: ignore[KL002]", []),
        ("# kernlint: ignore[KL0]", []),
        ("# noqa", []),
        ("# noqa: E501", []),
        ("# kernlint: skip-file", []),
    ],
)
def test_unused(comment: str, expected: list[tuple[str, tuple[str, ...], str]]) -> None:
    assert unused(f"é = 1  {comment}\n") == expected


def test_a_comment_for_a_rule_that_did_not_run_may_be_needed() -> None:
    run = ["KL104"]
    assert unused("# kernlint: ignore[KL201]", run) == []
    assert unused("# kernlint: ignore[KL1]", run) == []
    assert [codes for _, codes, _ in unused("# kernlint: ignore[KL104, KL201]", run)] == [
        ("KL104",)
    ]


def test_what_was_used_is_not_reported() -> None:
    text = "x = 1  # kernlint: ignore[KL104, KL201]\ny = 2  # kernlint: ignore\n"
    found = read(text)
    assert found.covers("KL104", "unsupported-device", Span(0, 1))
    assert not found.covers("KL108", "empty-mapping", Span(0, 1))
    assert found.covers("KL108", "empty-mapping", Span(text.index("y"), text.index("y") + 1))
    at = text.index("KL201")
    assert list(found.unused(ALL_CODES, KNOWN)) == [
        Unused(
            Span(at, at + 5),
            ("KL201",),
            "`KL201` silences nothing here",
            Span(at - len(", "), at + 5),
        )
    ]


def test_all_that_silence_a_finding_are_used() -> None:
    found = read("f(  # kernlint: ignore[KL104]\n)  # noqa: KL1\n")
    assert found.covers("KL104", "unsupported-device", Span(0, 1))
    assert list(found.unused(ALL_CODES, KNOWN)) == []


def test_unused_comment_is_silenced_only_by_name() -> None:
    name = "unused-suppression"
    assert not read("x  # kernlint: ignore").covers("KL002", name, Span(3, 4))
    assert read("x  # kernlint: ignore[KL002]").covers("KL002", name, Span(3, 4))
    assert read(f"x  # kernlint: ignore[{name}]").covers("KL002", name, Span(3, 4))


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + "é = 1  # kernlint: ignore[KL104]".encode(),
        "# coding: latin-1\né = 1  # kernlint: ignore[KL104]".encode("latin-1"),
        "# coding: shift_jis\n日 = 1  # kernlint: ignore[KL104]".encode("shift_jis"),
    ],
)
def test_spans_count_bytes_of_the_file(data: bytes) -> None:
    found = find_suppressions(decode(data))
    (only,) = found.unused(ALL_CODES, KNOWN)
    assert data[only.span.start : only.span.end] == b"# kernlint: ignore[KL104]"
    assert only.span.end == len(data)


@settings(deadline=None)
@given(st.lists(st.sampled_from(
    ["# kernlint: ignore", "# noqa: KL104", "(", ")", "'''", '"', "x", "\n", "\r\n", "\r", "\f",
     " ", "\\", "é", ":", "{", "}", "f'"]), max_size=20))  # fmt: skip
def test_any_text_is_read(pieces: list[str]) -> None:
    text = "".join(pieces)
    data = text.encode()
    for found in read(text).unused(ALL_CODES, KNOWN):
        assert data[found.span.start : found.span.end] in (b"# kernlint: ignore", b"# noqa: KL104")


def work(text: str, findings: int) -> int:
    """How many lines of Python run to judge findings all over a text and the comments in it."""
    steps = 0

    def count(frame: FrameType, event: str, _: object) -> Any:
        nonlocal steps
        steps += event == "line"
        return count if "kernlint" in frame.f_code.co_filename else None

    source = decode(text.encode())
    before = sys.gettrace()
    sys.settrace(count)
    try:
        found = find_suppressions(source)
        for number in range(findings):
            start = len(source.data) * number // findings
            found.covers("KL104", NAMES["KL104"], Span(start, start + 1))
        for item in list(found.unused(ALL_CODES, KNOWN)):
            found.covers("KL002", NAMES["KL002"], item.span)
    finally:
        sys.settrace(before)
    return steps


@pytest.mark.parametrize(
    "text",
    [
        lambda size: f"x = 1  # noqa: {', '.join(['KL201'] * size)}\n",
        lambda size: f"x = 1  # noqa: {', '.join(f'KL{number}' for number in range(size))}\n",
        lambda size: f"x = 1  # kernlint: ignore[{', '.join(['KL104', 'KL201'] * size)}]\n",
        lambda size: f"x = 1{'  # kernlint: ignore[KL201]' * size}\n",
        lambda size: "x = 1  # kernlint: ignore[KL104, KL201]\n" * size,
        lambda size: f"x = (\n{'1,  # noqa: KL201' * size}\n)  # noqa: KL104\n",
        lambda size: f"x = '\u00fc'  # noqa: {', '.join(['KL201', 'KL104'] * size)}\n",
    ],
    ids=["equal", "unknown", "own", "comments", "lines", "statement", "wide"],
)
def test_the_work_grows_with_the_comments_and_not_faster(text: Callable[[int], str]) -> None:
    few, many = work(text(300), 300), work(text(1200), 1200)
    assert few > 300
    assert many < 5 * few


def test_what_silenced_something_may_have_been_a_noqa() -> None:
    text = "x = 1  # noqa: KL104, E501\ny = 1  # kernlint: ignore[KL104]\n"
    found = read(text)
    assert not found.honours_noqa
    assert found.covers("KL104", "unsupported-device", Span(text.index("y"), text.index("y") + 1))
    assert not found.honours_noqa
    assert found.covers("KL104", "unsupported-device", Span(0, 1))
    assert found.honours_noqa

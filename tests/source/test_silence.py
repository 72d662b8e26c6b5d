"""Comments that silence findings are written where they are honoured."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernlint.model.text import SourceText
from kernlint.source.read import decode
from kernlint.source.silence import Finding, Silenced, silence

NAMES = {"KL104": "unsupported-device", "KL201": "unknown-layer"}


def silenced(source: SourceText, *codes: str, reason: str = "") -> Silenced:
    """A text in which each ``X`` has findings of all the codes."""
    data, found = source.data, []
    at = data.find(b"X")
    while at >= 0:
        found += [Finding(code, NAMES[code], at) for code in codes]
        at = data.find(b"X", at + 1)
    return silence(source, found, reason)


def changed(text: str, *codes: str, reason: str = "") -> str:
    """The text with comments; nothing is refused."""
    result = silenced(decode(text.encode()), *(codes or ("KL104",)), reason=reason)
    assert not result.refused
    assert result.lines == sum(
        before != after
        for before, after in zip(text.splitlines(), result.data.decode().splitlines(), strict=True)
    )
    return result.data.decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f(X)\n", "f(X)  # kernlint: ignore[KL104]\n"),
        ("f(X)", "f(X)  # kernlint: ignore[KL104]"),
        ("f(X)\r\ng()\r\n", "f(X)  # kernlint: ignore[KL104]\r\ng()\r\n"),
        ("f(X)\rg()\r", "f(X)  # kernlint: ignore[KL104]\rg()\r"),
        ("f(X) \n", "f(X)  # kernlint: ignore[KL104]\n"),
        ("f(X)   \n", "f(X)   # kernlint: ignore[KL104]\n"),
        ("f(X, X)\n", "f(X, X)  # kernlint: ignore[KL104]\n"),
        ("f(X)  # why\n", "f(X)  # why  # kernlint: ignore[KL104]\n"),
        ("f(X)  # noqa: E501\n", "f(X)  # noqa: E501  # kernlint: ignore[KL104]\n"),
        ("f(\n    X,\n    1,\n)\n", "f(\n    X,  # kernlint: ignore[KL104]\n    1,\n)\n"),
        ("f(\n    X,  # why\n)\n", "f(\n    X,  # why  # kernlint: ignore[KL104]\n)\n"),
        ('f(X, """\nx\n""")\n', 'f(X, """\nx\n""")  # kernlint: ignore[KL104]\n'),
        ('f(f"""\n{X}\n""")\n', 'f(f"""\n{X}\n""")  # kernlint: ignore[KL104]\n'),
        ('f(f"""{\nX\n}""")\n', 'f(f"""{\nX\n}""")  # kernlint: ignore[KL104]\n'),
        ('f("""\nX\n""",\n  1)\n', 'f("""\nX\n""",\n  1)  # kernlint: ignore[KL104]\n'),
        ("a = X \\\n  + 1\n", "a = X \\\n  + 1  # kernlint: ignore[KL104]\n"),
        ("if X:\n  pass\n", "if X:  # kernlint: ignore[KL104]\n  pass\n"),
        ("a = X; b = '#'\n", "a = X; b = '#'  # kernlint: ignore[KL104]\n"),
        ("\x0cf('ä', X)\n", "\x0cf('ä', X)  # kernlint: ignore[KL104]\n"),
        ("\ufefff('日本', X)\n", "\ufefff('日本', X)  # kernlint: ignore[KL104]\n"),
    ],
)
def test_the_place_of_a_comment(before: str, after: str) -> None:
    assert changed(before) == after


@pytest.mark.parametrize(
    ("before", "reason", "after"),
    [
        ("# kernlint: ignore[KL201]", "", "# kernlint: ignore[KL201, KL104]"),
        ("# kernlint: ignore[KL201]", "later", "# kernlint: ignore[KL201, KL104] later"),
        ("# kernlint: ignore[KL201] old", "new", "# kernlint: ignore[KL201, KL104] old"),
        ("# kernlint: ignore[ KL201, ] old", "", "# kernlint: ignore[ KL201, KL104, ] old"),
        ("# kernlint: ignore[]", "", "# kernlint: ignore[KL104]"),
        ("# noqa: KL201", "why", "# noqa: KL201  # kernlint: ignore[KL104] why"),
    ],
)
def test_codes_join_a_comment_that_is_there(before: str, reason: str, after: str) -> None:
    assert changed(f"f(X)  {before}\n", reason=reason) == f"f(X)  {after}\n"


def test_several_codes_and_a_reason_make_one_comment() -> None:
    assert changed("f(X)\n", "KL201", "KL104", reason="see #7") == (
        "f(X)  # kernlint: ignore[KL104, KL201] see #7\n"
    )


def test_what_is_silenced_already_needs_nothing_more() -> None:
    once = silenced(decode(b"f(X, '''\n''')\n"), "KL104", "KL201")
    text = SourceText(once.data)
    assert silenced(text, "KL201").data.count(b"KL201") == 1
    assert silence(text, [], "") == Silenced(once.data, 0, frozenset())


def test_another_encoding_stays() -> None:
    data = "# coding: latin-1\nf('ä', X)  # ö\n".encode("latin-1")
    assert silenced(decode(data), "KL104", reason="später").data == (
        "# coding: latin-1\nf('ä', X)  # ö  # kernlint: ignore[KL104] später\n".encode("latin-1")
    )
    with pytest.raises(UnicodeEncodeError):
        silenced(decode(data), "KL104", reason="日本")


def test_what_is_no_python_gets_no_comment() -> None:
    source = SourceText(b"f(X)\ng('''\n")
    assert silenced(source, "KL104") == Silenced(
        source.data, 0, frozenset({Finding("KL104", NAMES["KL104"], 2)})
    )


PIECES = st.lists(
    st.sampled_from(
        [
            "f(X)\n", "f(\n    X,\n    'a'\n)\n", "if X:\n    f(X)\n", "a = X \\\n    + X\n",
            'f("""\n# X\n""", X)\n', "a = X; b = X  # why\n", "f(X)  # kernlint: ignore[KL201] y\n",
            "# a comment: X\n", "\n", "f(  # X\n    X  # X\n)\n", "f(X,\n  # kernlint: ignore\n)\n",
            "class A:\n    '''X'''\n    x = X\n", "f'{X}'\n", "f(X)  # noqa: KL104\n",
        ]
    ),
    max_size=8,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(PIECES, st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_the_program_stays_as_it_is(pieces: list[str], end: str, is_open: bool) -> None:
    text = "".join(pieces)
    source = decode(text.removesuffix("\n" * is_open).replace("\n", end).encode())
    result = silenced(source, "KL104", "KL201", reason="why")
    assert ast.dump(ast.parse(result.data)) == ast.dump(ast.parse(source.data))
    # Without what was added it is, byte for byte, what it was.
    assert len(result.data.splitlines()) == len(source.data.splitlines())
    for before, after in zip(
        source.data.splitlines(keepends=True), result.data.splitlines(keepends=True), strict=True
    ):
        kept = before.rstrip(b"\r\n")
        assert after.endswith(before[len(kept) :])
        assert after.startswith(kept.partition(b"]")[0])
    # What is refused stands in a comment of its own, where no statement is.
    assert all(b"#" in source.data[: found.start] for found in result.refused)

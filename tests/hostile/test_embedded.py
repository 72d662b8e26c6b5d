"""Documents, notebooks and docstrings put together of what is odd in them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernlint.engine.runner import extract_one
from kernlint.extract.relocate import relocated
from kernlint.model.expr import Span
from kernlint.model.walk import walk
from kernlint.source.containers import read_text
from kernlint.source.embedded import EmbeddedText
from kernlint.source.read import DecodeError
from kernlint.source.suppress import find_suppressions
from kernlint.source.syntax import fault

PARTS = (
    *(
        "```py\n",
        "```\n",
        "````\n",
        "~~~python\n",
        "~~~\n",
        "> ",
        ">",
        "- ",
        "1. ",
        "  ",
        "\t",
        "\n",
    ),
    *(
        "\r\n",
        "\r",
        "<!--",
        "-->",
        "{/*",
        "*/}",
        "`",
        ">>> ",
        "... ",
        "...",
        ">>>\n",
        "..\n",
        ".. x\n",
    ),
    *(".. code-block:: python\n\n", ".. doctest::\n", "   ", "   :a: b\n", "a = 1\n", "if a:\n"),
    *(
        "    KernelConfig({",
        "...})\n",
        "KernelConfig()\n",
        "é",
        "\u2028",
        "\x0c",
        "\x0b",
        "\\\n",
        '"',
    ),
    *("'''", '"""', "def f():\n", "!ls\n", "%time a\n", "x = !ls\n", "%%bash\n", "?a\n", "#", "\\"),
    *(
        "# kernlint: ignore\n",
        "<!-- kernlint: ignore[KL1] -->\n",
        ".. kernlint: skip-file\n",
        ";",
        "0",
    ),
)
TEXT = st.lists(st.sampled_from(PARTS), max_size=30).map("".join)


def check(path: str, data: bytes) -> None:
    """Whatever comes of a file lies in it, and can be read."""
    try:
        found = read_text(path, data)
    except DecodeError as error:
        assert 0 <= error.offset <= len(data)  # noqa: PT017  # most are no error at all
        return
    find_suppressions(found)
    if not isinstance(found, EmbeddedText):
        return
    for at in range(0, len(data) + 1, 7):
        assert min(*found.position(at), *found.position_in_file(at)) >= 1
    if found.kind == "document":
        assert fault(found.program.data.decode()) is None
    facts = relocated(extract_one(found.program), found)
    places = [part for node in walk(facts) for part in node if isinstance(part, Span)]
    places += [problem.span for problem in found.left_out]
    assert all(0 <= start <= end <= len(data) for start, end in places)


@pytest.mark.parametrize("path", ["a.md", "a.mdx", "a.rst"])
@given(TEXT)
@settings(max_examples=150, deadline=None)
def test_documents(path: str, text: str) -> None:
    check(path, text.encode())


@given(TEXT)
@settings(max_examples=150, deadline=None)
def test_docstrings(text: str) -> None:
    check("a.py", f'"""\n>>> KernelConfig()\n{text}\n"""\n'.encode())


@given(st.lists(TEXT, max_size=4), st.booleans(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_notebooks(texts: list[str], escaped: bool, lines: bool) -> None:
    cells = [
        {"cell_type": "code", "source": text.splitlines(keepends=True) if lines else text}
        for text in texts
    ]
    check("a.ipynb", json.dumps({"cells": cells}, ensure_ascii=escaped).encode())


@given(st.binary(max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_bytes(data: bytes) -> None:
    for path in ("a.md", "a.rst", "a.ipynb", "a.py"):
        check(path, data)

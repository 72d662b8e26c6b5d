"""The facts of a program stand, in the file that holds it, at the same text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernlint.engine.runner import Extent, extract_one
from kernlint.extract.relocate import relocated
from kernlint.model.code import Assign, Boundary, Evaluate
from kernlint.model.expr import Argument, Call, Constant, DictDisplay, Expr, Opaque, Span
from kernlint.model.facts import FileFacts
from kernlint.model.walk import walk
from kernlint.source.blocks import ELLIPSIS
from kernlint.source.containers import read_text
from kernlint.source.embedded import EmbeddedText
from tests.source.notebooks import FORMATTINGS, code, in_lines, notebook, text

STATEMENTS = (
    "from transformers import KernelConfig\n",
    'config = KernelConfig({"RMSNorm": "a/b:C"})\n',
    "x = [\n    'é\"',  # ünd\n    \"\\\\\",\n    '😀',\n]\n",
    "def load(a, b=('ß', 1)):\n    return KernelConfig(mapping={a: b})\n",
    "for each in x:\n\n    KernelConfig({each: 'é/b:C'})\n",
    "model.set_use_kernels(True, KernelConfig({'🜁': (\n  'a/b:C', {'version': 1})}))\n",
    "class A:\n    kernel_layer_name = 'Ä'\n",
)
CELLS = st.lists(
    st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=3).map("".join),
    min_size=1,
    max_size=4,
)


def facts_of(found: EmbeddedText) -> tuple[FileFacts, FileFacts]:
    """The facts with the places of the program, and with those of the file."""
    facts = extract_one(found.program, Extent(full=True))
    assert facts.problem is None, facts.problem
    return facts, relocated(facts, found)


def read(path: str, data: bytes) -> EmbeddedText:
    found = read_text(path, data)
    assert isinstance(found, EmbeddedText)
    return found


def spans(facts: FileFacts) -> Iterator[Span]:
    """Every range of bytes in some facts."""
    for node in walk(facts):
        yield from (part for part in node if isinstance(part, Span))


def parts(facts: FileFacts) -> list[tuple[str, Span]]:
    """Every part of a program, with its place."""
    return [
        (type(node).__name__, part)
        for node in walk(facts.body)
        for part in node
        if isinstance(part, Span) and not isinstance(node, Boundary)
    ]


def check(found: EmbeddedText, as_program: Callable[[bytes], list[str]]) -> None:
    before, after = facts_of(found)
    pairs = [*zip(parts(before), parts(after), strict=True)]
    assert pairs
    for (kind, old), (same_kind, new) in pairs:
        assert kind == same_kind
        if found.program.slice(*old).startswith("_doctest_"):
            assert found.slice(*new) == ">>>"
            continue
        assert as_program(found.data[slice(*new)]) == plain(found.program.data[slice(*old)])
    for node in walk(after):
        if isinstance(node, Constant) and node.inner is not None:
            assert isinstance(node.value, str)
            inner = found.data[node.inner : node.inner + len(node.value)]
            assert inner.decode() == node.value


def plain(data: bytes) -> list[str]:
    """Lines without their margins."""
    return [line.strip() for line in data.decode().splitlines()]


def of_json(data: bytes) -> list[str]:
    """The lines that a part of JSON strings stands for."""
    joined = re.sub(rb'(?<!\\)((?:\\\\)*)",\s*"', rb"\1", data)
    return plain(json.loads(b'"%s"' % joined).encode())


def of_document(data: bytes) -> list[str]:
    """The lines of a part of a document."""
    first, *rest = data.decode().splitlines() or [""]
    return [first.strip(), *(re.sub(r"^[ \t>]*(\.\.\. ?)?", "", line).strip() for line in rest)]


@given(CELLS, st.sampled_from([*FORMATTINGS]), st.booleans())
@settings(max_examples=60, deadline=None)
def test_notebooks(cells: list[str], formatting: str, whole: bool) -> None:
    made = [text("# Ü"), *(code(cell if whole else in_lines(cell)) for cell in cells)]
    found = read("n.ipynb", notebook(made, formatting))
    check(found, of_json)
    for span in spans(facts_of(found)[1]):
        cell = found.cell(span.start)
        assert cell is not None
        lines = found.shown(cell)
        line, column = found.position(span.start)
        assert lines.line(line)[column - 1 :] != "" or span.start == span.end


@given(
    CELLS, st.sampled_from(["", "  ", "> ", "> > ", "1. ", "\t"]), st.sampled_from(["\n", "\r\n"])
)
@settings(max_examples=60, deadline=None)
def test_markdown(cells: list[str], prefix: str, end: str) -> None:
    after = prefix.replace("1.", "  ")
    source = "# Ü\n\n"
    for cell in cells:
        lines = ["```py", *cell.splitlines(), "```"]
        source += prefix + lines[0] + "\n"
        source += "".join(f"{after}{line}\n" for line in lines[1:]) + "\n"
    found = read("a.md", source.replace("\n", end).encode())
    assert not found.left_out
    check(found, of_document)


@given(CELLS, st.sampled_from(["", "   "]))
@settings(max_examples=30, deadline=None)
def test_sessions(cells: list[str], margin: str) -> None:
    source = "Ü\n\n"
    for cell in cells:
        lines = cell.splitlines()
        source += "".join(
            f"{margin}{'...' if line[:1] in {' ', ']', ''} else '>>>'} {line}\n" for line in lines
        )
        source += f"{margin}3\n\n"
    found = read("a.rst", source.encode())
    check(found, of_document)


@given(CELLS)
@settings(max_examples=30, deadline=None)
def test_docstrings(cells: list[str]) -> None:
    source = "".join(cells)
    for number, cell in enumerate(cells):
        lines = cell.splitlines()
        typed = "".join(
            f"    {'...' if line[:1] in {' ', ']', ''} else '>>>'} {line}\n" for line in lines
        )
        source += f"def f{number}():\n    r'''Ü\n\n{typed}    '''\n"
    found = read_text("a.py", source.replace("'''", '"""').encode())
    if isinstance(found, EmbeddedText):
        check(found, of_document)


def values(source: str, path: str = "a.md") -> list[Expr]:
    """What the expressions of a document are."""
    found = read(path, source.encode())
    return [node.value for node in facts_of(found)[1].body if isinstance(node, (Assign, Evaluate))]


def block(*lines: str) -> str:
    return "".join(f"```py\n{line}\n```\n" for line in lines)


def test_dots_stand_for_what_is_not_told() -> None:
    found = values(
        block(
            "a = {...}",
            'b = {"RMSNorm": ..., **{}}',
            'c = {"SiLU": "a/b:C", ...}',
            "d = f(..., x=1)",
            "e = f(x=1, ...)",
            'f = {"A": "..."}',
            "g = ...",
        )
    )
    a, b, c, d, e, f, g = found
    assert [type(each) for each in (a, g)] == [Opaque, Opaque]
    assert isinstance(b, DictDisplay)
    assert isinstance(b.items[0].value, Opaque)
    assert isinstance(c, DictDisplay)
    assert c.items[1].key is None
    assert isinstance(c.items[1].value, Opaque)
    assert isinstance(d, Call)
    assert isinstance(e, Call)
    for call, index in ((d, 0), (e, 1)):
        argument = call.args[index]
        assert isinstance(argument, Argument)
        assert argument.star == "**"
        assert isinstance(argument.value, Opaque)
        assert argument.value.what == ELLIPSIS
    assert isinstance(f, DictDisplay)
    assert isinstance(f.items[0].value, Opaque)


def test_dots_are_dots_in_a_notebook() -> None:
    found = read("n.ipynb", notebook([code("a = f(...)\nb = !ls\nKernelConfig()")]))
    first, second, _ = facts_of(found)[1].body
    assert isinstance(first, Assign)
    assert isinstance(first.value, Call)
    assert first.value.args[0].value == Constant(..., first.value.args[0].span)
    assert isinstance(second, Assign)
    assert second.value == Opaque("the output of a command", second.value.span)
    assert found.data[slice(*second.value.span)] == b"!"


def test_boundaries_are_between_the_blocks_of_a_document() -> None:
    found = read("a.md", block("a = 1\nb = 2", "c = 3", "d = 4").encode())
    kinds = [type(node).__name__ for node in facts_of(found)[1].body]
    assert kinds == ["Assign", "Assign", "Boundary", "Assign", "Boundary", "Assign"]
    cells = read("n.ipynb", notebook([code("a = 1"), code("KernelConfig()")]))
    assert [type(node).__name__ for node in facts_of(cells)[1].body] == ["Assign", "Evaluate"]


@pytest.mark.parametrize(
    ("path", "source", "discarded"),
    [
        ("a.py", b"KernelConfig({})\n", [True]),
        ("a.md", block("KernelConfig({})\nb").encode(), [False]),
        ("n.ipynb", notebook([code("KernelConfig({})\nKernelConfig({}) ;\n")]), [True, False]),
        ("b.py", b'"""\n>>> KernelConfig()\n"""\nKernelConfig({})\n', [True, False]),
    ],
)
def test_what_is_shown_is_not_idle(path: str, source: bytes, discarded: list[bool]) -> None:
    found = read_text(path, source)
    facts = extract_one(found.program)
    if isinstance(found, EmbeddedText):
        facts = relocated(facts, found)
    assert [site.discarded for site in facts.calls] == discarded

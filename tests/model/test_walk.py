"""Tests of kernlint.model.walk."""

from __future__ import annotations

import ast

import pytest

from kernlint.model.walk import bound
from tests.extract.sources import facts_of


@pytest.mark.parametrize(
    "source",
    [
        "a = b = 1",
        "a, (b, *c) = x",
        "[a, b] = x",
        "a.b = c[d] = 1",
        "a += 1",
        "a: int = 1",
        "def a(b): c = 1",
        "class a: b = 1",
        "import a, b.c, d.e as f",
        "from a import b, c as d",
        "if x:\n    a = 1\nelif y:\n    b = 1\nelse:\n    c = 1",
        "for a, b in x:\n    c = 1\nelse:\n    d = 1",
        "while x:\n    a = 1\nelse:\n    b = 1",
        "with x as a, y as (b, c), z:\n    d = 1",
        "try:\n    a = 1\nexcept E as b:\n    c = 1\nelse:\n    d = 1\nfinally:\n    e = 1",
        "match x:\n    case [a, *b] | {'k': a, **b}:\n        c = 1\n    case P(d) as e: pass",
        "type_ = 1\ndel other[0]",
    ],
)
def test_the_names_that_statements_bind(source: str) -> None:
    # A function that reads them all: what is local to it is bound.
    code = compile(f"def f():\n    {source.replace(chr(10), chr(10) + '    ')}\n", "x", "exec")
    assert ast.parse(source).body
    (function,) = [each for each in code.co_consts if hasattr(each, "co_varnames")]
    expected = {*function.co_varnames, *function.co_cellvars}
    assert bound(facts_of(source).body) == expected

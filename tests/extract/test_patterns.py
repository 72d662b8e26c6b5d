"""Patterns that the parser would be at for days, and such that it reads."""

from __future__ import annotations

import time

import pytest

from kernlint.engine.runner import extract_one
from kernlint.model.text import SourceText

HEAD = "from transformers import KernelConfig\nmatch x:\n"
SLOW = {
    "lists": ("[", "]"),
    "parentheses": ("(", ")"),
    "tuples": ("(", ",)"),
    "mappings": ("{1: ", "}"),
    "classes": ("A(", ")"),
    "keywords": ("A(a=", ")"),
    "names": ("(", " as a)"),
    "alternatives": ("[1 | ", "]"),
    "never closed": ("[", ""),
    "lines": ("[\n", "]"),
    "continued": ("\\\n[", "]"),
    "comments": ("[ # ]]]]]\n", "]"),
}


@pytest.mark.parametrize("kind", SLOW)
@pytest.mark.parametrize("depth", [11, 20, 150])
def test_a_pattern_that_takes_too_long_is_told(kind: str, depth: int) -> None:
    opened, closed = SLOW[kind]
    text = f"{HEAD}    case {opened * depth}1{closed * depth}: pass\n"
    start = time.perf_counter()
    problem = extract_one(SourceText(text.encode())).problem
    assert time.perf_counter() - start < 5
    assert problem is not None
    assert problem.message == "the patterns nest too deeply to be parsed"
    assert text[problem.span.start] in "[({"


def test_many_patterns_take_as_long_as_a_deep_one() -> None:
    text = HEAD + "    case {1: {1: {1: {1: {1: {1: {1: 1}}}}}}}: pass\n" * 9_000
    problem = extract_one(SourceText(text.encode())).problem
    assert problem is not None
    assert problem.message == "the patterns nest too deeply to be parsed"


@pytest.mark.parametrize(
    "body",
    [
        "    case [[[[[[[[1]]]]]]]]: pass\n",
        "    case A(b=[{'c': D(e=(1, 2))}]) if " + "[(" * 30 + "1" + ")]" * 30 + ": pass\n",
        "    case 1: x = " + "[" * 60 + "]" * 60 + "\n",
        "    case 1:\n        x = " + "[" * 60 + "]" * 60 + "\n",
        "    case '''\n    case [[[[[[[[[[[[[[[''': pass\n",
        "    case {'a': 1} | [2]: pass\n" * 1_000,
    ],
)
def test_what_only_looks_like_it_is_read(body: str) -> None:
    assert extract_one(SourceText((HEAD + body).encode())).problem is None

"""Extraction of many files: in this process, in several, and when one of them dies."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys

import pytest

from kernlint.engine import runner
from kernlint.engine.runner import extract_all, extract_one
from kernlint.extract import file
from kernlint.model.expr import Span
from kernlint.model.facts import FileFacts, Problem
from kernlint.model.text import SourceText

forked = pytest.mark.skipif(
    sys.platform != "linux", reason="only a forked worker knows the replaced function"
)


def config(layer: str) -> SourceText:
    return SourceText(
        "from transformers import KernelConfig\n"
        f'config = KernelConfig({{"{layer}": "org/repo:{layer}"}})\n'.encode()
    )


SOURCES = {f"f{number}.py": config(f"Layer{number}") for number in range(20)}


@pytest.fixture
def pooled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a few bytes enough for a pool."""
    monkeypatch.setattr(runner, "POOL_BYTES", 1)


@pytest.mark.usefixtures("pooled")
@pytest.mark.parametrize("jobs", [2, 3, 30])
def test_the_number_of_workers_does_not_matter(jobs: int) -> None:
    facts = extract_all(SOURCES, jobs)
    assert facts == extract_all(SOURCES, 1)
    assert facts == {path: extract_one(source) for path, source in SOURCES.items()}
    assert facts["f7.py"].calls[0].span == Span(47, 90)


def test_nothing_to_extract() -> None:
    assert extract_all({}) == {}


def crash(source: SourceText, **_: object) -> FileFacts:
    if b"Layer7" in source.data or b"Layer12" in source.data:
        faulthandler.disable()  # pytest's would print where it was
        os.kill(os.getpid(), signal.SIGSEGV)
    return FileFacts(problem=Problem("read", Span(0, len(source.data))))


@forked
@pytest.mark.usefixtures("pooled")
def test_a_worker_that_dies_costs_the_file_it_was_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "extract", crash)
    facts = extract_all(SOURCES, 2)
    crashed = Problem("the parser crashed on this file", Span(0, 0))
    assert {path: found.problem for path, found in facts.items()} == {
        path: crashed if path in {"f7.py", "f12.py"} else Problem("read", Span(0, len(source.data)))
        for path, source in SOURCES.items()
    }


def fail(source: SourceText, **_: object) -> FileFacts:
    if b"Layer7" in source.data:
        raise ValueError("no such node")
    return FileFacts()


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_exception_costs_the_file_it_is_raised_for(
    monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    monkeypatch.setattr(runner, "POOL_BYTES", 1)
    monkeypatch.setattr(file, "extract", fail)
    if jobs == 2 and sys.platform != "linux":
        pytest.skip("only a forked worker knows the replaced function")
    problem = Problem("kernlint failed on this file: ValueError: no such node", Span(3, 3))
    sources = {**SOURCES, "f7.py": SourceText(b"\xef\xbb\xbfLayer7", bom=3)}
    assert extract_all(sources, jobs) == {
        path: FileFacts(problem=problem) if path == "f7.py" else FileFacts() for path in sources
    }


def interrupt(source: SourceText, **_: object) -> FileFacts:
    raise KeyboardInterrupt


def test_an_interrupt_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "extract", interrupt)
    with pytest.raises(KeyboardInterrupt):
        extract_all(SOURCES, 1)


def test_the_recursion_limit_is_as_before() -> None:
    limit = sys.getrecursionlimit()
    extract_all(SOURCES, 1)
    assert sys.getrecursionlimit() == limit


def deep(expression: str) -> FileFacts:
    return extract_one(
        SourceText(
            f"from transformers import KernelConfig\nx = {expression}\n"
            'config = KernelConfig({"RMSNorm": x})\n'.encode()
        )
    )


@pytest.mark.parametrize(
    "expression",
    [" + ".join(["a"] * 900), "a" + ".b" * 900, "not " * 900 + "a", "a if b else " * 900 + "c"],
    ids=["sum", "attributes", "not", "conditional"],
)
def test_code_as_deep_as_python_accepts_is_read(expression: str) -> None:
    facts = deep(expression)
    assert facts.problem is None
    assert len(facts.calls) == 1


@pytest.mark.parametrize(
    "expression",
    [
        " + ".join(["a"] * 20_000),
        "a" + ".b" * 20_000,
        "not " * 20_000 + "a",
        "a if b else " * 20_000 + "c",
        "lambda: " * 20_000 + "0",
        "-" * 20_000 + "1",
    ],
    ids=["sum", "attributes", "not", "conditional", "lambda", "minus"],
)
def test_deeper_code_is_a_problem_and_no_crash(expression: str) -> None:
    facts = deep(expression)
    assert facts == FileFacts(problem=facts.problem)
    assert facts.problem is not None
    assert facts.problem.message == "the code nests deeper than Python itself accepts"


def test_brackets_beyond_the_limit_are_pointed_at() -> None:
    start = len("from transformers import KernelConfig\nx = ") + 200
    assert deep("(" * 201 + "a" + ")" * 201).problem == Problem(
        "brackets nest deeper than Python itself accepts (200)", Span(start, start + 1)
    )

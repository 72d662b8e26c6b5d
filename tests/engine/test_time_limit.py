"""A parser that does not come to an end costs the file that it is at."""

from __future__ import annotations

import sys
import time

import pytest

from kernlint.engine import runner
from kernlint.engine.ahead import Ahead
from kernlint.engine.runner import extract_all, extract_apart
from kernlint.extract import file
from kernlint.model.expr import Span
from kernlint.model.facts import FileFacts, Problem
from kernlint.model.text import SourceText

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only a forked worker knows the replaced function"
)
SOURCES = {f"f{number}.py": SourceText(f"KernelConfig({number})".encode()) for number in range(6)}
LATE = Problem("the parser takes too long for this file", Span(0, 0))


def hang(source: SourceText, **_: object) -> FileFacts:
    if source.data == b"KernelConfig(3)":
        time.sleep(600)
    return FileFacts()


@pytest.mark.parametrize("jobs", [1, 2])
def test_only_the_file_that_hangs_is_lost(monkeypatch: pytest.MonkeyPatch, jobs: int) -> None:
    monkeypatch.setattr(file, "extract", hang)
    monkeypatch.setattr(runner, "LIMIT_SECONDS", 0.5)
    monkeypatch.setattr(runner, "POOL_BYTES", 1)
    monkeypatch.setattr(runner, "LARGE_BYTES", 1)
    facts = extract_all(SOURCES, jobs)
    assert {path: found.problem for path, found in facts.items() if found.problem} == {
        "f3.py": LATE
    }
    assert facts.keys() == SOURCES.keys()


@pytest.mark.parametrize("jobs", [1, 2, 4])
def test_a_process_ahead_that_hangs_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    monkeypatch.setattr(file, "extract", hang)
    monkeypatch.setattr(runner, "LIMIT_SECONDS", 0.5)
    ahead = Ahead(jobs)
    for path, source in SOURCES.items():
        ahead.put(path, source)
    # All files are of the same size, so the processes get them in turns.
    lost = {f"f{number}.py" for number in range(6) if number % jobs == 3 % jobs}
    assert ahead.facts().keys() == SOURCES.keys() - lost
    assert extract_apart({"f3.py": SOURCES["f3.py"]})["f3.py"].problem == LATE

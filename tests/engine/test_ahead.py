"""Facts that are made in other processes, while files are still looked for."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from kernlint.engine.ahead import Ahead
from kernlint.engine.runner import extract_one
from kernlint.extract import file
from kernlint.model.facts import FileFacts
from kernlint.model.text import SourceText

pytestmark = pytest.mark.skipif(not Ahead.is_possible(2), reason="only where there is a fork")

SOURCES = {
    f"f{number}.py": SourceText(
        f"from transformers import KernelConfig\nKernelConfig({{'N{number}': 'a/b:C'}})\n".encode()
    )
    for number in range(9)
}


def handed_over(jobs: int) -> Ahead:
    ahead = Ahead(jobs)
    for path, source in SOURCES.items():
        ahead.put(path, source)
    return ahead


@pytest.mark.parametrize("jobs", [1, 2, 5, 50])
def test_the_facts_are_those_of_this_process(jobs: int) -> None:
    assert handed_over(jobs).facts() == {
        path: extract_one(source) for path, source in SOURCES.items()
    }


def children() -> set[str]:
    """The processes that this one has, the ended ones that nobody has asked for included."""
    found: set[str] = set()
    for each in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError):  # a thread that has just ended
            found.update((each / "children").read_text().split())
    return found


def test_the_processes_are_gone_afterwards() -> None:
    before = children()
    ahead = handed_over(4)
    assert len(children() - before) == 1
    ahead.facts()
    assert children() <= before


def test_can_be_used_again() -> None:
    ahead = handed_over(2)
    ahead.facts()
    ahead.put("again.py", SOURCES["f1.py"])
    assert ahead.facts() == {"again.py": extract_one(SOURCES["f1.py"])}


def test_nothing_was_handed_over() -> None:
    assert Ahead(2).facts() == {}
    ahead = Ahead(2)
    ahead.start()
    assert ahead.facts() == {}
    ahead.start()
    ahead.stop()
    assert ahead.facts() == {}


def crash(source: SourceText, **_: object) -> FileFacts:
    if b"'N3'" in source.data:
        os.kill(os.getpid(), signal.SIGKILL)
    return FileFacts()


def test_a_process_that_dies_costs_what_it_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "extract", crash)
    # All are of the same size, so the processes get them in turns.
    assert handed_over(3).facts().keys() == SOURCES.keys() - {"f0.py", "f3.py", "f6.py"}


def test_more_than_a_pipe_holds() -> None:
    lines = b"# KernelConfig\n" * 30_000
    sources = {f"f{number}.py": SourceText(lines + b"%d\n" % number) for number in range(12)}
    ahead = Ahead(2)
    for path, source in sources.items():
        ahead.put(path, source)
    assert ahead.facts().keys() == sources.keys()


def hang(source: SourceText, **_: object) -> FileFacts:
    if source.data.endswith(b"hang"):
        time.sleep(60)
    return FileFacts()


def test_a_process_that_takes_no_more_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    from kernlint.engine import ahead, runner

    monkeypatch.setattr(file, "extract", hang)
    monkeypatch.setattr(runner, "LIMIT_SECONDS", 0.2)
    monkeypatch.setattr(ahead, "_WAITING", 4_096)
    before = children()
    processes = Ahead(1)
    processes.put("hangs.py", SourceText(b"hang"))
    for number in range(5):
        processes.put(f"f{number}.py", SourceText(b" " * 8_000 + b"%d" % number))
    assert processes.facts() == {}
    assert children() <= before


def test_where_no_process_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refuse)
    assert handed_over(2).facts() == {}


def leave(source: SourceText, **_: object) -> FileFacts:
    if os.fork() == 0:
        time.sleep(30)
        os._exit(0)
    time.sleep(30)
    return FileFacts()


def test_a_process_that_leaves_others_behind_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from kernlint.engine import runner

    monkeypatch.setattr(file, "extract", leave)
    monkeypatch.setattr(runner, "LIMIT_SECONDS", 0.5)
    ahead = Ahead(1)
    ahead.put("f1.py", SOURCES["f1.py"])
    start = time.monotonic()
    assert ahead.facts() == {}
    assert time.monotonic() - start < 10

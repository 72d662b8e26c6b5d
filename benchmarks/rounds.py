"""Runs the commands of a scenario in turns, and compares those of the same round.

Whatever else the machine does at a moment then slows down all commands alike, and a ratio is
between runs that are neighbours.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

from benchmarks.linters import Command
from benchmarks.process import FailedError, Run, run
from benchmarks.trees import Change


class Case(NamedTuple):
    """A command in a folder; ``note`` says what is special, ``change`` what precedes each run."""

    command: Command
    folder: str
    note: str = ""
    change: Change | None = None

    @property
    def name(self) -> str:
        """What the tables call it, unique within a scenario."""
        return f"{self.command.shown}, {self.note}" if self.note else self.command.shown


class Ratio(NamedTuple):
    """Two cases whose times are to be compared; ``aim`` is what it should be at most."""

    case: str
    base: str
    aim: float | None = None


class Estimate(NamedTuple):
    """What a linter would need for a tree: by a sample of it and by a run on next to nothing."""

    case: str
    start: str
    sample: int
    tree: int
    base: str


class Scenario(NamedTuple):
    """Cases that are run in turns."""

    name: str
    title: str
    cases: Sequence[Case]
    ratios: Sequence[Ratio] = ()
    estimates: Sequence[Estimate] = ()


class Result(NamedTuple):
    """The runs of a case, one in each round, and one whose memory was watched.

    Where it could not be run, ``missing`` says why, and there are no runs.
    """

    name: str
    runs: Sequence[Run] = ()
    watched: Run | None = None
    missing: str = ""


class Outcome(NamedTuple):
    """A scenario and the results of its cases by their names."""

    scenario: Scenario
    results: dict[str, Result]


class Spread(NamedTuple):
    """The median of some numbers, the least and the largest."""

    median: float
    least: float
    most: float


def spread(numbers: Sequence[float]) -> Spread:
    """The median of some numbers, and how far they lie apart."""
    return Spread(statistics.median(numbers), min(numbers), max(numbers))


def ratio(result: Result, base: Result, of: Callable[[Run], float]) -> Spread | None:
    """The ratio of two cases, round by round; None where one of them was not run."""
    pairs = list(zip(result.runs, base.runs, strict=False))
    if not pairs:
        return None
    # Times of processes are counted in hundredths of a second in places.
    return spread([of(run) / max(of(other), 0.001) for run, other in pairs])


def play(
    scenario: Scenario, rounds: int, say: Callable[[str], None] = lambda line: None
) -> Outcome:
    """Run the cases of a scenario in turns: once unmeasured, once watched, then for their times."""
    missing = {case.name: case.command.missing for case in scenario.cases if case.command.missing}
    times: dict[str, list[Run]] = {case.name: [] for case in scenario.cases}
    watched: dict[str, Run] = {}
    try:
        for number in range(-1, rounds + 1):
            say(f"{scenario.name}: {_round(number, rounds)}")
            for case in scenario.cases:
                if case.name in missing:
                    continue
                try:
                    one = _run(case, is_watched=number == 0)
                except FailedError as error:
                    missing[case.name] = str(error)
                    continue
                if number == 0:
                    watched[case.name] = one
                elif number > 0:
                    times[case.name].append(one)
    finally:
        for case in scenario.cases:
            if case.change is not None:
                case.change.restore()
    results = {
        name: Result(name, missing=missing[name])
        if name in missing
        else Result(name, runs, watched.get(name))
        for name, runs in times.items()
    }
    return Outcome(scenario, results)


def _round(number: int, rounds: int) -> str:
    if number < 0:
        return "warm-up"
    return f"round {number} of {rounds}" if number else "memory"


def _run(case: Case, *, is_watched: bool) -> Run:
    if case.change is not None:
        case.change.apply()
    command = case.command
    return run(command.arguments, case.folder, statuses=command.statuses, watched=is_watched)


def to_stderr(line: str) -> None:
    """Tell how far the measurements are."""
    print(line, file=sys.stderr, flush=True)

"""The results as Markdown tables, and as plain data for JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from benchmarks.process import Run
from benchmarks.rounds import Estimate, Outcome, Result, Spread, ratio, spread

_MISSING = "-"


def markdown(outcomes: Sequence[Outcome], setting: Mapping[str, str]) -> str:
    """All results: how they were won, the ratios, what is extrapolated, then the measurements."""
    parts = ["\n".join(f"- {name}: {value}" for name, value in setting.items())]
    parts += ["### Ratios", _table(_RATIO_HEAD, ratio_rows(outcomes))]
    estimates = list(estimate_rows(outcomes))
    if estimates:
        base = next(one.base for outcome in outcomes for one in outcome.scenario.estimates)
        head = ("Linter", "MB/s", "Whole tree", f"Against `{base}`, measured")
        parts += ["### Extrapolated, not measured", _table(head, estimates)]
    parts += ["### Measurements", _table(_RESULT_HEAD, result_rows(outcomes))]
    notes = [
        f"- {outcome.scenario.title}: `{result.name}` was not measured: {result.missing}."
        for outcome in outcomes
        for result in outcome.results.values()
        if result.missing
    ]
    if notes:
        parts += ["### Not measured", "\n".join(notes)]
    return "\n\n".join(parts) + "\n"


_RATIO_HEAD = ("Scenario", "What", "Against", "Wall", "Spread", "CPU", "At most")
_RESULT_HEAD = ("Scenario", "Command", "Wall s", "Spread", "CPU s", "Largest MB", "Together MB")


def ratio_rows(outcomes: Iterable[Outcome]) -> Iterator[tuple[str, ...]]:
    """A row for each ratio: of wall times, their spread, of CPU times, what it should be."""
    for outcome in outcomes:
        for case, base, aim in outcome.scenario.ratios:
            mine, other = outcome.results[case], outcome.results[base]
            wall = ratio(mine, other, _wall)
            cpu = ratio(mine, other, _cpu)
            yield (
                outcome.scenario.title,
                f"`{case}`",
                f"`{base}`",
                f"**{_times(wall)}**" if wall else _MISSING,
                _between(wall, _times_of) if wall else _MISSING,
                _times(cpu) if cpu else _MISSING,
                _times_of(aim) if aim else "",
            )


def result_rows(outcomes: Iterable[Outcome]) -> Iterator[tuple[str, ...]]:
    """A row for each case: times, and memory."""
    for outcome in outcomes:
        for result in outcome.results.values():
            yield (outcome.scenario.title, f"`{result.name}`", *_numbers(result))


def _numbers(result: Result) -> tuple[str, ...]:
    if not result.runs:
        return (_MISSING,) * 5
    wall = spread([_wall(run) for run in result.runs])
    cpu = spread([_cpu(run) for run in result.runs])
    watched = result.watched
    return (
        f"{wall.median:.3f}",
        _between(wall, lambda seconds: f"{seconds:.3f}"),
        f"{cpu.median:.3f}",
        _megabytes(watched.largest if watched else None),
        _megabytes(watched.together if watched else None),
    )


def estimate_rows(outcomes: Iterable[Outcome]) -> Iterator[tuple[str, ...]]:
    """A row for each linter that was run on a sample: its speed, and what follows from it."""
    for outcome in outcomes:
        for estimate in outcome.scenario.estimates:
            found = extrapolated(estimate, outcome.results)
            if found is None:
                yield (f"`{estimate.case}`", _MISSING, _MISSING, _MISSING)
                continue
            speed, seconds = found
            base = outcome.results[estimate.base].runs
            times = seconds / spread([_wall(run) for run in base]).median if base else None
            yield (
                f"`{estimate.case}`",
                f"{speed / 1e6:.2f}",
                f"about {seconds:.0f} s, extrapolated",
                f"about {_times_of(times)}, extrapolated" if times else _MISSING,
            )


def extrapolated(estimate: Estimate, results: Mapping[str, Result]) -> tuple[float, float] | None:
    """Bytes in a second without the start, and seconds for the whole tree."""
    sample, start = results[estimate.case].runs, results[estimate.start].runs
    if not sample or not start:
        return None
    begin = spread([_wall(run) for run in start]).median
    rest = spread([_wall(run) for run in sample]).median - begin
    if rest <= 0:
        return None
    speed = estimate.sample / rest
    return speed, begin + estimate.tree / speed


def plain(outcomes: Iterable[Outcome], setting: Mapping[str, str]) -> dict[str, Any]:
    """Every single run, as JSON knows it."""
    return {
        "setting": dict(setting),
        "scenarios": {
            outcome.scenario.name: {
                "title": outcome.scenario.title,
                "cases": [_plain(result) for result in outcome.results.values()],
                "ratios": [
                    {
                        **one._asdict(),
                        "wall": _fields(ratio(*_pair(outcome, one.case, one.base), _wall)),
                        "cpu": _fields(ratio(*_pair(outcome, one.case, one.base), _cpu)),
                    }
                    for one in outcome.scenario.ratios
                ],
                "estimates": [one._asdict() for one in outcome.scenario.estimates],
            }
            for outcome in outcomes
        },
    }


def _plain(result: Result) -> dict[str, Any]:
    return {
        "name": result.name,
        "missing": result.missing or None,
        "runs": [{"wall": run.wall, "cpu": run.cpu} for run in result.runs],
        "watched": result.watched._asdict() if result.watched else None,
    }


def _pair(outcome: Outcome, case: str, base: str) -> tuple[Result, Result]:
    return outcome.results[case], outcome.results[base]


def _fields(found: Spread | None) -> dict[str, float] | None:
    return found._asdict() if found else None


def _wall(run: Run) -> float:
    return run.wall


def _cpu(run: Run) -> float:
    return run.cpu


def _times(found: Spread) -> str:
    return _times_of(found.median)


def _times_of(number: float) -> str:
    return f"{number:.2f}x" if number < 100 else f"{number:.0f}x"


def _between(found: Spread, shown: Callable[[float], str]) -> str:
    return f"{shown(found.least)} to {shown(found.most)}"


def _megabytes(size: int | None) -> str:
    return _MISSING if size is None else f"{size / 1e6:.0f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)

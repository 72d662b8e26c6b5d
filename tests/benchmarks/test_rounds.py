"""Commands run in turns, and what cannot be run is told."""

from __future__ import annotations

from pathlib import Path

from benchmarks.linters import Command
from benchmarks.process import Run
from benchmarks.rounds import Case, Ratio, Result, Scenario, Spread, play, ratio
from benchmarks.table import markdown
from benchmarks.trees import Change


def shell(name: str, program: str) -> Command:
    return Command(name, ("sh", "-c", program))


def test_commands_take_turns(tmp_path: Path) -> None:
    cases = [Case(shell(name, f"echo {name} >> log"), str(tmp_path)) for name in "ab"]
    outcome = play(Scenario("turns", "Turns", cases), rounds=3)
    # One round warms up, one is watched.
    assert (tmp_path / "log").read_text("utf-8").split() == ["a", "b"] * 5
    assert [len(result.runs) for result in outcome.results.values()] == [3, 3]
    assert all(result.watched for result in outcome.results.values())


def test_a_change_precedes_every_run_and_is_taken_back(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("x = 1\n", "utf-8")
    case = Case(shell("see", "tail -n 1 a.py >> log"), str(tmp_path), "", Change(str(file)))
    play(Scenario("change", "Change", [case]), rounds=1)
    lines = (tmp_path / "log").read_text("utf-8").splitlines()
    assert lines == ["CHANGED = 1", "CHANGED = 2", "CHANGED = 3"]
    assert file.read_text("utf-8") == "x = 1\n"


def test_what_cannot_be_run_is_told_and_the_rest_is_measured(tmp_path: Path) -> None:
    cases = [
        Case(Command("new", missing="it has no such option"), str(tmp_path)),
        Case(shell("bad", "echo broken >&2; exit 4"), str(tmp_path)),
        Case(shell("good", "true"), str(tmp_path)),
    ]
    outcome = play(Scenario("some", "Some", cases, [Ratio("new", "good", 1.5)]), rounds=1)
    assert [result.missing for result in outcome.results.values()] == [
        "it has no such option",
        "exit status 4: broken",
        "",
    ]
    page = markdown([outcome], {})
    assert "| Some | `new` | `good` | - | - | - | 1.50x |" in page
    assert "- Some: `new` was not measured: it has no such option." in page


def test_a_ratio_is_between_runs_of_the_same_round() -> None:
    # The second round was slow for both.
    mine = Result("mine", [Run(2.0, 2.0), Run(9.0, 2.0), Run(2.5, 2.0)])
    other = Result("other", [Run(1.0, 1.0), Run(4.5, 1.0), Run(1.0, 1.0)])
    assert ratio(mine, other, lambda run: run.wall) == Spread(2.0, 2.0, 2.5)
    assert ratio(mine, Result("none"), lambda run: run.wall) is None

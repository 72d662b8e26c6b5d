"""The tables say what was measured."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from benchmarks.__main__ import main, write
from benchmarks.linters import Command
from benchmarks.process import Run
from benchmarks.rounds import Case, Estimate, Outcome, Ratio, Result, Scenario
from benchmarks.table import extrapolated, markdown, plain
from tests.frame.checkout import ROOT

NAMES = ("mine", "other", "slow, sample", "slow, one line")
RESULTS = {
    "mine": Result(
        "mine", [Run(3.0, 1.5), Run(1.5, 1.0), Run(2.0, 1.2)], Run(4, 2, 80_000_000, 150_400_000)
    ),
    "other": Result("other", [Run(1.0, 1.0), Run(1.0, 1.0), Run(1.0, 1.0)], Run(1, 1)),
    "slow, sample": Result("slow, sample", [Run(11.0, 11.0)]),
    "slow, one line": Result("slow, one line", [Run(1.0, 1.0)]),
}
ESTIMATE = Estimate("slow, sample", "slow, one line", 2_000_000, 50_000_000, "mine")
SCENARIO = Scenario(
    "cold",
    "Cold",
    [Case(Command(name), "folder") for name in NAMES],
    [Ratio("mine", "other", 1.5), Ratio("other", "mine")],
    [ESTIMATE],
)
OUTCOME = Outcome(SCENARIO, RESULTS)

PAGE = """\
- Tree: a tree

### Ratios

| Scenario | What | Against | Wall | Spread | CPU | At most |
| --- | --- | --- | --- | --- | --- | --- |
| Cold | `mine` | `other` | **2.00x** | 1.50x to 3.00x | 1.20x | 1.50x |
| Cold | `other` | `mine` | **0.50x** | 0.33x to 0.67x | 0.83x |  |

### Extrapolated, not measured

| Linter | MB/s | Whole tree | Against `mine`, measured |
| --- | --- | --- | --- |
| `slow, sample` | 0.20 | about 251 s, extrapolated | about 126x, extrapolated |

### Measurements

| Scenario | Command | Wall s | Spread | CPU s | Largest MB | Together MB |
| --- | --- | --- | --- | --- | --- | --- |
| Cold | `mine` | 2.000 | 1.500 to 3.000 | 1.200 | 80 | 150 |
| Cold | `other` | 1.000 | 1.000 to 1.000 | 1.000 | - | - |
| Cold | `slow, sample` | 11.000 | 11.000 to 11.000 | 11.000 | - | - |
| Cold | `slow, one line` | 1.000 | 1.000 to 1.000 | 1.000 | - | - |
"""


def test_the_page_says_what_was_measured() -> None:
    assert markdown([OUTCOME], {"Tree": "a tree"}) == PAGE


def test_what_a_start_takes_is_not_multiplied() -> None:
    # 2 MB in 10 s after a start of 1 s.
    assert extrapolated(ESTIMATE, RESULTS) == pytest.approx((200_000, 251.0))


def test_nothing_is_extrapolated_from_nothing() -> None:
    assert extrapolated(ESTIMATE, {**RESULTS, NAMES[3]: Result(NAMES[3])}) is None
    too_fast = Result(NAMES[2], [Run(0.9, 0.9)])
    assert extrapolated(ESTIMATE, {**RESULTS, NAMES[2]: too_fast}) is None


def test_json_holds_every_run() -> None:
    raw = json.loads(json.dumps(plain([OUTCOME], {"Tree": "a tree"})))
    cold = raw["scenarios"]["cold"]
    assert cold["cases"][0]["runs"] == [
        {"wall": 3.0, "cpu": 1.5},
        {"wall": 1.5, "cpu": 1.0},
        {"wall": 2.0, "cpu": 1.2},
    ]
    assert cold["cases"][0]["watched"]["largest"] == 80_000_000
    assert cold["ratios"][0]["wall"] == {"median": 2.0, "least": 1.5, "most": 3.0}
    assert cold["ratios"][0]["aim"] == 1.5


def test_the_page_of_the_documentation_takes_the_tables(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    shutil.copyfile(ROOT / "docs" / "benchmarks.md", page)
    for _ in range(2):
        write(str(page), PAGE)
        before, found, after = page.read_text("utf-8").partition(PAGE)
        assert found
        assert before.endswith("<!-- begin benchmarks -->\n")
        assert after.startswith("<!-- end benchmarks -->\n")


def test_a_page_takes_all_scenarios_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--scenario", "cold", "--write", "page.md"]) == 2
    assert capsys.readouterr().err == "benchmarks: --write needs all scenarios\n"

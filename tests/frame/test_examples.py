"""The example repository shows exactly the findings that its README tells of."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest

from tests.frame.checkout import ROOT

EXAMPLES = ROOT / "examples"

#: Code, file and line of every finding, in the order of the report.
FINDINGS = [
    ("KL104", "serve.py", 32),
    ("KL103", "serve.py", 47),
    ("KL201", "serve.py", 48),
    ("KL109", "serve.py", 59),
    ("KL106", "train.py", 24),
    ("KL107", "train.py", 26),
    ("KL102", "train.py", 27),
    ("KL111", "train.py", 40),
]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The JSON report on a copy of the examples, outside the checkout and its settings."""
    folder = shutil.copytree(EXAMPLES, tmp_path_factory.mktemp("acme") / "examples")
    run = subprocess.run(
        [sys.executable, "-m", "kernlint", "--output-format", "json"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert run.returncode == 1, run.stderr
    return cast("dict[str, Any]", json.loads(run.stdout))


def test_the_findings(report: dict[str, Any]) -> None:
    found = [(d["code"], d["path"], d["start"]["line"]) for d in report["diagnostics"]]
    assert found == FINDINGS


def test_the_counts(report: dict[str, Any]) -> None:
    counted = {name: report[name] for name in ("configs", "files", "not_checked")}
    assert counted == {"configs": 6, "files": 4, "not_checked": []}


def test_the_judged_release_is_the_one_that_the_project_sets(report: dict[str, Any]) -> None:
    assert report["judged"]["transformers"] == ["5.22.2"]


def test_the_readme_tells_of_each_finding() -> None:
    readme = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+\.py):(\d+)` \| (KL\d{3}) ", readme, flags=re.MULTILINE)
    assert [(code, path, int(line)) for path, line, code in rows] == FINDINGS


def test_the_right_way_is_free_of_findings(report: dict[str, Any]) -> None:
    lines = (EXAMPLES / "serve.py").read_text(encoding="utf-8").splitlines()
    start = lines.index("def load_on_any_gpu():") + 1
    end = lines.index("def load_on_first_gpu():")
    inside = range(start, end + 1)
    found = [d for d in report["diagnostics"] if d["path"] == "serve.py"]
    assert [d for d in found if d["start"]["line"] in inside] == []


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: Path(path).name)
def test_an_example_is_valid_python(path: Path) -> None:
    compile(path.read_text(encoding="utf-8"), path.name, "exec")

"""What docs/adoption.md shows is what comes of its commands, one after the other."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kernlint.config import load_settings
from tests.frame.checkout import ROOT

PAGE = (ROOT / "docs" / "adoption.md").read_text(encoding="utf-8")
EDITORS = (ROOT / "docs" / "editors.md").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def run(command: str, folder: Path) -> str:
    """What a command prints: stdout, then stderr."""
    start = f"{sys.executable} -m kernlint"
    done = subprocess.run(
        ["bash", "-c", re.sub(r"^kernlint\b", start, command)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout + done.stderr


def test_the_output_is_as_shown(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    shown = "".join(blocks(PAGE, "console"))
    commands = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", shown, flags=re.MULTILINE)
    assert len(commands) == 5
    for command, output in commands:
        assert run(command, tmp_path) == output


def test_the_setting_is_one(tmp_path: Path) -> None:
    [text] = blocks(PAGE, "toml")
    path = tmp_path / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    assert load_settings(str(path), {}).baseline == "kernlint-baseline.json"


@pytest.mark.parametrize("command", blocks(EDITORS, "bash"))
def test_an_editor_gets_the_findings(tmp_path: Path, command: str) -> None:
    shutil.copy(ROOT / "examples" / "serve.py", tmp_path / "buffer.py")
    assert '"path": "src/train.py"' in run(command, tmp_path)

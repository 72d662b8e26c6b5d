"""Small projects on disk, checked by the real command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kernlint.cli import main

GOOD = """\
from transformers import KernelConfig

config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
print(config)
"""
#: KL104 in line 3, column 35.
BAD = """\
from transformers import KernelConfig

config = KernelConfig({"RMSNorm": {"cudda": "kernels-community/liger-kernels:LigerRMSNorm"}})
print(config)
"""
BROKEN = "from transformers import KernelConfig\nconfig = KernelConfig({\n"
PLAIN = "print('no word of it')\n"

_INFLUENCE = (
    *("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "KERNLINT_OUTPUT_FORMAT"),
    *("CI", "PRE_COMMIT", "COLUMNS", "TERM"),
)


class Run(NamedTuple):
    """What the command did."""

    code: int
    out: str
    err: str

    @property
    def findings(self) -> list[str]:
        """``path:line:column code`` of every line that tells of a finding."""
        rows = [line.split(": ", 1) for line in self.out.splitlines()]
        return [f"{row[0]} {row[1][:5]}" for row in rows if len(row) == 2 and row[1][:2] == "KL"]


class Folder:
    """A project in the working directory."""

    def __init__(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = path
        self._capsys = capsys

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def run(self, *argv: str) -> Run:
        """Run the command in this process."""
        self._capsys.readouterr()
        code = main(argv)
        return Run(code, *self._capsys.readouterr())

    def lint(self, *argv: str) -> Run:
        """Run it with a line for each finding."""
        return self.run("--output-format", "concise", *argv)

    def report(self, *argv: str) -> Any:
        """The JSON report."""
        return json.loads(self.run("--output-format", "json", *argv).out)

    def command(self, *argv: str, **environ: str) -> Run:
        """Run the command in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "kernlint", *argv],
            cwd=self.path,
            env={**os.environ, **environ},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return Run(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Folder:
    """An empty working directory, and an environment without influence."""
    for name in _INFLUENCE:
        monkeypatch.delenv(name, raising=False)
    here = tmp_path / "project"
    here.mkdir()
    monkeypatch.chdir(here)
    return Folder(here, capsys)

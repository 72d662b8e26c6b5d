"""Whether ruff removes a comment for kernlint: judged as ruff itself does."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from kernlint.config.ruff import removes_noqa

RUFF = shutil.which("ruff") or "ruff"
SOURCE = "x = {}  # noqa: KL104\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text(SOURCE)


def found() -> str | None:
    file = removes_noqa("a.py")
    return file and str(Path(file).relative_to(Path.cwd()))


@pytest.mark.parametrize(
    ("options", "removes"),
    [
        ('lint.select = ["RUF"]', True),
        ('lint.select = ["ALL"]', True),
        ('lint.select = ["RUF1"]', True),
        ('lint.extend-select = ["RUF102"]', True),
        ('select = ["ALL"]', True),
        ('lint.select = ["RUF102"]\nlint.ignore = ["RUF"]', True),
        ('lint.select = ["RUF"]\nlint.ignore = ["RUF100"]', True),
        ('lint.select = ["ALL"]\nlint.external = ["AB"]', True),
        ('lint.select = ["ALL"]\nlint.external = ["KL"]', False),
        ('lint.select = ["ALL"]\nlint.external = ["KL104"]', False),
        ('lint.select = ["ALL"]\nlint.external = ["K"]', False),
        ('lint.select = ["ALL"]\nlint.ignore = ["RUF"]', False),
        ('lint.select = ["RUF"]\nlint.ignore = ["RUF102"]', False),
        ('lint.select = ["E", "F"]', False),
        ("", False),
    ],
)
def test_it_is_as_ruff_says(options: str, removes: bool) -> None:
    Path("ruff.toml").write_text(options)
    assert found() == ("ruff.toml" if removes else None)
    subprocess.run([RUFF, "check", "--no-cache", "--fix", "-q", "a.py"], check=False)
    assert (Path("a.py").read_text() != SOURCE) is removes


def test_the_nearest_configuration_counts() -> None:
    Path("pyproject.toml").write_text('[tool.ruff.lint]\nselect = ["RUF"]\n')
    assert found() == "pyproject.toml"
    Path("ruff.toml").write_text("")
    assert found() is None
    Path(".ruff.toml").write_text('lint.select = ["ALL"]')
    assert found() == ".ruff.toml"


@pytest.mark.parametrize(
    "text",
    ["", "[tool]\nruff = 1\n", "[tool.black]\n", "not TOML", '[tool.ruff]\nselect = [["a"]]'],
)
def test_what_says_nothing_says_nothing(text: str) -> None:
    Path("pyproject.toml").write_text(text)
    assert found() is None


def test_what_another_file_says_is_not_known() -> None:
    Path("ruff.toml").write_text('extend = "other.toml"\nlint.select = ["ALL"]\n')
    assert found() is None

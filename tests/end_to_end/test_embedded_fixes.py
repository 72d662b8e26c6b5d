"""Fixes in notebooks, in documents and in what comes from stdin."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from kernlint.cli import main

BAD = """from transformers import KernelConfig

config = KernelConfig({"RMSNorm": {"cuda:0": "a/b:L"}, "SiLU": "c/d@main:M"})
print(config)  # kernlint: ignore[KL104] é
"""
FIXED = """from transformers import KernelConfig

config = KernelConfig({"RMSNorm": {"cuda": "a/b:L"}, "SiLU": ("c/d:M", {"revision": "main"})})
print(config)
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def fix(*argv: str) -> int:
    return main(["--isolated", "--no-cache", "--fix", "--output-format", "concise", *argv])


def notebook(source: object, **more: int | bool) -> str:
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": source}
    text = {"cell_type": "markdown", "metadata": {}, "source": ["# Kernels\n"]}
    whole = {"cells": [text, cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("more", [{"indent": 1}, {"indent": 4, "ensure_ascii": False}, {}], ids=str)
@pytest.mark.parametrize("kind", [str, list])
def test_a_notebook(kind: type, more: dict[str, int | bool]) -> None:
    """Only the edits differ, whatever the JSON looks like."""

    def source(text: str) -> object:
        return text if kind is str else text.splitlines(keepends=True)

    path = Path("a.ipynb")
    path.write_text(notebook(source(BAD), **more), encoding="utf-8")
    assert fix() == 0
    assert path.read_text(encoding="utf-8") == notebook(source(FIXED), **more)
    assert fix() == 0
    assert path.read_text(encoding="utf-8") == notebook(source(FIXED), **more)


def test_a_whole_line_of_a_notebook_goes() -> None:
    path = Path("a.ipynb")
    path.write_text(notebook(["# kernlint: ignore[KL104]\n", *BAD.splitlines(True)[:2]], indent=1))
    assert fix("--extend-select", "KL002") == 0
    (_, cell) = json.loads(path.read_text())["cells"]
    assert "".join(cell["source"]) == "".join(BAD.splitlines(True)[:2])


@pytest.mark.parametrize("margin", ["", "   ", "> "])
def test_a_document(margin: str) -> None:
    def page(program: str) -> str:
        lines = ["```python", *program.splitlines(), "```"]
        return "# Kernels\n\n" + "".join(f"{margin}{line}\n" for line in lines)

    path = Path("a.md")
    path.write_text(page(BAD), encoding="utf-8")
    assert fix() == 0
    assert path.read_text(encoding="utf-8") == page(FIXED)


def test_what_would_change_the_lines_of_a_document_is_held_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = "> ```python\n> # kernlint: ignore[KL104]\n> x = KernelConfig\n> ```\n"
    Path("a.md").write_text(text)
    assert fix() == 1
    assert Path("a.md").read_text() == text
    assert capsys.readouterr().err == (
        "a.md:2:3: KL002 is not fixed:"
        " it would change how a block of documentation is divided into lines\n"
    )


class Stdin:
    """Bytes in the place of what the process reads."""

    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)

    def isatty(self) -> bool:
        return False


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("x.py", BAD.encode(), FIXED.encode()),
        ("x.py", BAD.replace("\n", "\r\n").encode("latin-1"), None),
        ("x.ipynb", notebook(BAD).encode(), notebook(FIXED).encode()),
        ("x.py", b"print(1)\n", b"print(1)\n"),
    ],
    ids=["python", "no encoding", "notebook", "nothing"],
)
def test_stdin(
    name: str,
    before: bytes,
    after: bytes | None,
    capfdbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The fixed text comes out, or the text as it was."""
    monkeypatch.setattr(sys, "stdin", Stdin(before))
    status = fix("-", "--stdin-filename", name)
    assert status == (0 if after is not None else 3)
    assert capfdbinary.readouterr().out == (before if after is None else after)
    assert not Path(name).exists()

"""The text of stdin in place of a file."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.end_to_end.conftest import BAD, GOOD, PLAIN, Folder, Run

#: A config whose mapping comes from another file of the project, where KL104 is in line 1.
USER = """\
from names import MAPPING
from transformers import KernelConfig

config = KernelConfig(MAPPING)
print(config)
"""
NAMES = 'MAPPING = {"RMSNorm": {"cudda": "org/repo:Norm"}}\n'


class _Stdin(NamedTuple):
    buffer: io.BytesIO


class Editor:
    """Runs the command over a text that is not saved."""

    def __init__(self, folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch

    def run(self, text: str | bytes, *argv: str) -> Run:
        data = text.encode() if isinstance(text, str) else text
        self._monkeypatch.setattr(sys, "stdin", _Stdin(io.BytesIO(data)))
        return self.folder.lint(*argv)

    def findings(self, text: str | bytes, *argv: str) -> list[str]:
        return self.run(text, *argv).findings


@pytest.fixture
def editor(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> Editor:
    return Editor(folder, monkeypatch)


def test_stdin_needs_no_name(editor: Editor) -> None:
    run = editor.run(BAD, "-")
    assert (run.code, run.findings) == (1, ["<stdin>:3:36 KL104"])
    assert editor.run(GOOD, "-").code == 0
    assert editor.run("", "-").out == (
        "Checked 1 file: no KernelConfig and no layer declaration found,"
        " so there was nothing to check.\n"
    )


@pytest.mark.parametrize("argv", [["-"], [], ["--", "-"]])
def test_stdin_stands_for_a_file_that_need_not_exist(editor: Editor, argv: list[str]) -> None:
    editor.folder.write({"src/x.py": GOOD})
    assert editor.findings(BAD, "--stdin-filename", "src/x.py", *argv) == ["src/x.py:3:36 KL104"]
    assert editor.findings(BAD, "--stdin-filename", "new/y.py", *argv) == ["new/y.py:3:36 KL104"]
    assert Path("src/x.py").read_text(encoding="utf-8") == GOOD
    assert not Path("new").exists()
    absolute = str(Path("src/x.py").absolute())
    assert editor.findings(BAD, "--stdin-filename", absolute, *argv) == ["src/x.py:3:36 KL104"]


def test_the_rest_of_the_project_is_context(editor: Editor) -> None:
    editor.folder.write({"names.py": NAMES, "other.py": BAD, "user.py": PLAIN})
    assert editor.findings(USER, "-", "--stdin-filename", "user.py") == ["names.py:1:24 KL104"]
    # ... and the text is what stands in the file that others import.
    editor.folder.write({"user.py": USER})
    assert editor.findings(NAMES, "-", "--stdin-filename", "names.py") == ["names.py:1:24 KL104"]
    changed = NAMES.replace("cudda", "cuda")
    assert editor.findings(changed, "-", "--stdin-filename", "names.py") == []


def test_the_name_decides_on_configuration_and_releases(editor: Editor) -> None:
    mapping = '{("A", "B"): "org/repo:Norm"}'
    fusion = f"from transformers import KernelConfig\nprint(KernelConfig({mapping}))\n"
    editor.folder.write(
        {
            "old/pyproject.toml": '[project]\ndependencies = ["transformers==5.3.0"]\n',
            "quiet/kernlint.toml": 'ignore = ["KL104"]\n',
            "tests/kernlint.toml": 'per-file-ignores = { "*_test.py" = ["KL104"] }\n',
            "left/kernlint.toml": 'extend-exclude = ["skipped"]\n',
        }
    )
    assert editor.run(BAD, "-", "--stdin-filename", "quiet/x.py").code == 0
    assert editor.run(BAD, "-", "--stdin-filename", "tests/x_test.py").code == 0
    assert editor.run(BAD, "-", "--stdin-filename", "tests/x.py").code == 1
    out = editor.run(BAD, "-", "--stdin-filename", "left/skipped/x.py").out
    assert out == "Checked 0 files, so there was nothing to check.\n"
    shown = editor.run(b"", "-", "--stdin-filename", "old/new/x.py", "--show-settings").out
    assert "# judged: transformers 5.3" in shown
    old = editor.run(fusion, "-", "--stdin-filename", "old/x.py", "--verbose").err
    assert "judged releases: transformers 5.3" in old


def test_bytes_are_read_as_those_of_a_file(editor: Editor) -> None:
    latin = BAD.replace("print(config)", "print('ä')").replace("\n", "\r\n")
    encoded = b"# coding: latin-1\r\n" + latin.encode("latin-1")
    assert editor.findings(encoded, "-") == ["<stdin>:4:36 KL104"]
    assert editor.findings(b"\xef\xbb\xbf" + BAD.encode(), "-") == ["<stdin>:3:36 KL104"]
    run = editor.run(BAD.encode() + b"'\xff'\n", "-")
    assert (run.code, run.findings) == (3, ["<stdin>:5:2 KL001"])


def test_nothing_of_stdin_is_kept(editor: Editor) -> None:
    editor.folder.write({"x.py": GOOD, "y.py": GOOD})
    named = ("-", "--stdin-filename", "x.py")
    assert editor.findings(BAD, *named) == ["x.py:3:36 KL104"]
    assert not Path(".kernlint_cache").exists()
    assert editor.folder.lint().code == 0
    kept = {path: path.read_bytes() for path in sorted(Path(".kernlint_cache").iterdir())}
    assert editor.findings(BAD, *named) == ["x.py:3:36 KL104"]
    assert editor.findings(GOOD, *named) == []
    assert {path: path.read_bytes() for path in sorted(Path(".kernlint_cache").iterdir())} == kept
    assert editor.folder.lint().code == 0


def test_mappings_and_files_are_shown_for_stdin_as_well(editor: Editor) -> None:
    named = ("-", "--stdin-filename", "x.py")
    editor.folder.write({"y.py": GOOD})
    assert "x.py:3:10" in editor.run(GOOD, *named, "--show-mapping").out
    assert editor.run(b"", *named, "--show-files").out == "x.py\n"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["-", "x.py"], "stdin and other paths exclude each other: `x.py`"),
        (["--stdin-filename", "y.py", "x.py"], "stdin and other paths exclude each other: `x.py`"),
        (["-", "--stdin-filename", "."], "`--stdin-filename` must name a file, not `.`"),
        (["-", "--stdin-filename", ""], "`--stdin-filename` must name a file, not ``"),
        (["-", "--runtime", "--model", "m"], "`--runtime` needs files, not stdin"),
    ],
)
def test_what_cannot_be_done_with_stdin(editor: Editor, argv: list[str], message: str) -> None:
    editor.folder.write({"x.py": GOOD})
    run = editor.run(BAD, *argv)
    assert (run.code, run.out, run.err.splitlines()[0]) == (2, "", f"error: {message}")


@pytest.mark.skipif(sys.platform == "win32", reason="a shell that closes stdin")
@pytest.mark.parametrize(
    ("redirection", "message"),
    [("<&-", "stdin is closed"), ("0> out", "cannot read stdin: Bad file descriptor")],
)
def test_a_stdin_that_cannot_be_read(folder: Folder, redirection: str, message: str) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$0" -m kernlint - {redirection}', sys.executable],
        cwd=folder.path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")

"""Comments for all present findings."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from tests.end_to_end.conftest import BAD, BROKEN, GOOD, Folder
from tests.frame.checkout import ROOT

COMMENT = "  # kernlint: ignore[KL104]"
LINE = BAD.splitlines()[2]


def test_a_run_is_clean_afterwards_and_has_nothing_to_add(folder: Folder) -> None:
    folder.write({"bad.py": BAD, "src/two.py": BAD + LINE.replace("RMS", "Rms") + "\n"})
    run = folder.lint("--add-ignore=not yet")
    assert (run.code, run.out, run.err) == (
        0,
        "Checked 2 files with 3 configs: no problems found (4 suppressed).\n",
        "added 3 comments to 2 files\n",
    )
    assert Path("bad.py").read_text() == BAD.replace(LINE, f"{LINE}{COMMENT} not yet")
    second = f"{LINE}  # kernlint: ignore[KL201, KL104] not yet".replace("RMSNorm", "RmsNorm")
    assert Path("src/two.py").read_text().splitlines()[-1] == second
    before = {path: path.read_bytes() for path in Path().rglob("*.py")}
    again = folder.lint("--add-ignore=another")
    assert (again.code, again.err) == (0, "")
    assert {path: path.read_bytes() for path in Path().rglob("*.py")} == before


def test_the_examples_can_be_lived_with(folder: Folder) -> None:
    sources = {path.name: path.read_text() for path in (ROOT / "examples").glob("*.py")}
    folder.write(sources)
    assert folder.lint().code == 1
    assert folder.lint("--add-ignore").code == 0
    lines = [line for text in sources.values() for line in text.splitlines()]
    now = [line for name in sources for line in Path(name).read_text().splitlines()]
    changed = [(old, new) for old, new in zip(lines, now, strict=True) if old != new]
    assert len(changed) == 8
    assert all(new.startswith(f"{old}  # kernlint: ignore[KL") for old, new in changed)


@pytest.mark.skipif(sys.platform == "win32", reason="permissions")
def test_nothing_else_of_a_file_changes(folder: Folder) -> None:
    text = ("\ufeff" + BAD.replace("print(config)", "print('ü')")).replace("\n", "\r\n")
    path = Path("bad.py")
    path.write_bytes(text.encode())
    path.chmod(0o750)
    os.symlink("bad.py", "link.py")
    assert folder.lint("--add-ignore", "link.py", "bad.py").code == 0
    assert path.read_bytes() == text.replace(LINE, LINE + COMMENT).encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o750
    assert Path("link.py").is_symlink()
    assert sorted(os.listdir()) == [".kernlint_cache", "bad.py", "link.py"]


def test_what_no_comment_silences_is_told(folder: Folder) -> None:
    folder.write(
        {
            "bad.py": BAD,
            "broken.py": BROKEN,
            "idle.py": GOOD.replace("\nprint", "  # kernlint: ignore[KL104]\nprint"),
            "requirements.txt": "transformers==5.20\nkernels==0.9\n",
        }
    )
    before = {path: path.read_bytes() for path in Path().iterdir() if path.name != "bad.py"}
    run = folder.lint("--add-ignore")
    column = len(GOOD.splitlines()[2]) + 3
    assert run.code == 1
    assert run.err.splitlines() == [
        "warning: broken.py:2:23: KL001 is not ignored: what could not be checked is not ignored",
        f"warning: idle.py:3:{column}: KL002 is not ignored: remove the comment instead",
        (
            "warning: requirements.txt:2:1: KL501 is not ignored: "
            "comments are written in Python files only"
        ),
        "added 1 comment to 1 file",
    ]
    assert {item[-5:] for item in run.findings} == {"KL001", "KL002", "KL501"}
    for path, data in before.items():
        assert path.is_dir() or path.read_bytes() == data


def test_a_file_that_was_not_named_stays(folder: Folder) -> None:
    names = 'MAPPING = {"RMSNorm": {"cudda": "org/repo:Norm"}}\n'
    user = "from names import MAPPING\nfrom transformers import KernelConfig\n"
    folder.write({"names.py": names, "user.py": f"{user}print(KernelConfig(MAPPING))\n"})
    run = folder.lint("--add-ignore", "user.py")
    assert (run.code, run.findings) == (1, ["names.py:1:24 KL104"])
    assert run.err == (
        "warning: names.py:1:24: KL104 is not ignored: "
        "the file is not among those that are checked\n"
    )
    assert Path("names.py").read_text() == names
    assert folder.lint("--add-ignore").code == 0


def test_the_baseline_goes_before(folder: Folder) -> None:
    folder.write({"bad.py": BAD, "kernlint.toml": 'baseline = "old.json"\n'})
    folder.lint("--write-baseline", "old.json")
    assert folder.lint("--add-ignore") == (
        0,
        "Checked 1 file with 1 config: no problems found (1 in the baseline).\n",
        "",
    )


def test_a_reason_that_cannot_be_written(folder: Folder) -> None:
    Path("bad.py").write_text(f"# coding: latin-1\n{BAD}", encoding="latin-1")
    run = folder.lint("--add-ignore=日本")
    message = "error: the reason cannot be written in `bad.py`: its encoding is iso-8859-1\n"
    assert run == (2, "", message)
    run = folder.lint("--add-ignore=a\nb")
    assert run == (2, "", "error: the reason for `--add-ignore` must be one line of text\n")
    # What follows is a path: a value needs the sign.
    run = folder.lint("--add-ignore", "a reason")
    assert run == (2, "", "error: no such file or directory: `a reason`\n")


def test_a_file_that_cannot_be_written(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: str, target: str) -> None:
        raise PermissionError(13, "Permission denied")

    folder.write({"bad.py": BAD})
    monkeypatch.setattr(os, "replace", refuse)
    run = folder.lint("--add-ignore", "--no-cache")
    assert run == (2, "", "error: cannot write `bad.py`: Permission denied\n")
    assert Path("bad.py").read_text() == BAD
    assert os.listdir() == ["bad.py"]

"""Which files are checked, and what is told of those that cannot be."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.end_to_end.conftest import BAD, BROKEN, GOOD, PLAIN, Folder, Run

FOUND = "3:36 KL104"
TRAIN = """\
from transformers import KernelConfig

config = KernelConfig({"OwnNorm": "org/kernels:OwnNorm"})
print(config)
"""
MODEL = """\
from kernels import use_kernel_forward_from_hub


@use_kernel_forward_from_hub("OwnNorm")
class OwnNorm: ...


broken = __import__("transformers").KernelConfig
"""


def test_one_file_is_checked_with_the_layers_that_the_rest_declares(folder: Folder) -> None:
    folder.write({"train.py": TRAIN})
    assert folder.lint("train.py").findings == ["train.py:3:24 KL201"]
    folder.write({"models/own.py": MODEL, "other.py": BAD})
    assert folder.lint("train.py") == Run(
        0, "Checked 1 file with 1 config: no problems found.\n", ""
    )
    assert folder.lint(".").findings == [f"other.py:{FOUND}"]


def test_the_rest_of_a_repository_is_known_from_a_folder_inside_of_it(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write({"scripts/train.py": TRAIN, "models/own.py": MODEL, "pyproject.toml": ""})
    subprocess.run(["git", "init", "-q"], check=True)
    monkeypatch.chdir("scripts")
    assert folder.lint("train.py").findings == []
    assert folder.lint().findings == []


NAMES = 'BAD = "kernels-community/liger-kernels"{}\n'
USER = """\
from names import BAD
from transformers import KernelConfig

print(KernelConfig({"RMSNorm": BAD}))
"""


def test_a_mistake_is_shown_where_it_is_though_the_config_is_elsewhere(folder: Folder) -> None:
    folder.write({"train.py": USER, "names.py": NAMES.format("")})
    assert folder.lint("train.py").findings == ["names.py:1:8 KL103"]
    assert folder.lint(".").findings == ["names.py:1:8 KL103"]


@pytest.mark.parametrize("comment", ["# noqa: KL103", "# kernlint: ignore[KL103] why"])
@pytest.mark.parametrize("path", [".", "train.py", "names.py"])
def test_a_comment_counts_in_the_file_where_the_mistake_is(
    folder: Folder, comment: str, path: str
) -> None:
    folder.write({"train.py": USER, "names.py": NAMES.format(f"  {comment}")})
    run = folder.lint(path)
    assert (run.code, run.findings) == (0, [])
    assert run.out.endswith("(1 suppressed).\n")


def test_ignored_files_are_neither_checked_nor_counted(folder: Folder) -> None:
    folder.write({".gitignore": "build/\n", "build/bad.py": BAD, "bad.py": BAD, "x.txt": BAD})
    assert folder.lint().findings == [f"bad.py:{FOUND}"]
    assert folder.lint("--extend-exclude", "bad.py").out.startswith("Checked 0 files")
    assert folder.lint("build").findings == [f"build/bad.py:{FOUND}"]
    assert folder.lint("x.txt").findings == [f"x.txt:{FOUND}"]


def test_a_given_file_is_checked_unless_exclusion_is_forced(folder: Folder) -> None:
    folder.write({"gen/bad.py": BAD, "kernlint.toml": 'extend-exclude = ["gen"]\n'})
    assert folder.lint("gen/bad.py").findings == [f"gen/bad.py:{FOUND}"]
    assert folder.lint("--force-exclude", "gen/bad.py") == Run(
        0, "Checked 0 files, so there was nothing to check.\n", ""
    )


def test_a_file_counts_once_however_often_it_is_given(folder: Folder) -> None:
    folder.write({"bad.py": BAD})
    Path("link.py").symlink_to("bad.py")
    Path("here").symlink_to(".")
    run = folder.lint("bad.py", "./bad.py", ".", str(folder.path / "bad.py"), "link.py", "here")
    assert run.findings == [f"bad.py:{FOUND}"]
    assert "\nChecked 1 file with 1 config: 1 error.\n" in run.out


def test_a_link_alone_is_followed_and_a_broken_one_is_not(folder: Folder) -> None:
    folder.write({"bad.py": BAD})
    (folder.path / "sub").mkdir()
    Path("sub/link.py").symlink_to("../bad.py")
    Path("sub/broken.py").symlink_to("nowhere.py")
    assert folder.lint("sub").findings == [f"sub/link.py:{FOUND}"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without named pipes")
def test_a_pipe_is_not_opened(folder: Folder) -> None:
    os.mkfifo("pipe.py")
    run = folder.lint("pipe.py")
    assert (run.code, run.out.splitlines()[0]) == (
        3,
        "pipe.py:1:1: KL001 the file cannot be read: Not a regular file",
    )
    folder.write({"good.py": GOOD})
    assert folder.lint(".").code == 0


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_a_file_without_permission_is_told(folder: Folder) -> None:
    folder.write({"secret.py": GOOD, "bad.py": BAD})
    Path("secret.py").chmod(0)
    assert folder.lint("secret.py").code == 3
    run = folder.lint()
    assert (run.code, run.findings) == (1, [f"bad.py:{FOUND}", "secret.py:1:1 KL001"])


def test_a_path_that_does_not_exist_is_wrong_usage(folder: Folder) -> None:
    folder.write({"bad.py": BAD})
    assert folder.lint("bad.py", "gone.py", "gone") == Run(
        2, "", "error: no such file or directory: `gone.py`, `gone`\n"
    )


def test_a_file_that_does_not_parse_does_not_keep_others_from_being_checked(
    folder: Folder,
) -> None:
    folder.write({"broken.py": BROKEN, "good.py": GOOD, "old.py": "print 1\n"})
    run = folder.lint()
    assert (run.code, run.findings, run.err) == (3, ["broken.py:2:23 KL001"], "")
    assert run.out.endswith("Checked 3 files with 1 config: 1 error.\n")
    folder.write({"bad.py": BAD})
    run = folder.lint()
    assert (run.code, run.findings) == (1, [f"bad.py:{FOUND}", "broken.py:2:23 KL001"])


def test_a_broken_file_of_the_rest_is_not_told(folder: Folder) -> None:
    folder.write({"broken.py": BROKEN, "good.py": GOOD})
    assert folder.lint("good.py").code == 0


def test_bytes_that_are_no_text(folder: Folder) -> None:
    Path("latin.py").write_bytes(b"# KernelConfig\nname = '\xe9'\n")
    run = folder.lint()
    assert (run.code, run.findings) == (3, ["latin.py:2:9 KL001"])
    Path("latin.py").write_bytes(b"# coding: latin-1\n# \xe9\n" + BAD.encode())
    assert folder.lint().findings == ["latin.py:5:36 KL104"]


def test_a_byte_order_mark_and_windows_line_ends(folder: Folder) -> None:
    Path("bad.py").write_bytes(b"\xef\xbb\xbf" + BAD.replace("\n", "\r\n").encode())
    assert folder.lint().findings == [f"bad.py:{FOUND}"]


@pytest.mark.parametrize("files", [{}, {"plain.py": PLAIN}])
def test_nothing_to_check_is_said(folder: Folder, files: dict[str, str]) -> None:
    folder.write(files)
    said = {
        0: "Checked 0 files, so there was nothing to check.\n",
        1: "Checked 1 file: no KernelConfig and no layer declaration found, "
        "so there was nothing to check.\n",
    }
    assert folder.lint() == Run(0, said[len(files)], "")


def test_comments_of_a_file_that_is_not_read_may_silence_something(folder: Folder) -> None:
    line = "from transformers import KernelConfig  # kernlint: ignore[KL104] {}\n"
    folder.write({"broken.py": line + "x = KernelConfig(("})
    (folder.path / "latin.py").write_bytes(line.format("\xe9").encode("latin-1"))
    run = folder.lint("latin.py", "broken.py")
    assert (run.code, run.findings) == (3, ["broken.py:2:18 KL001", "latin.py:1:66 KL001"])

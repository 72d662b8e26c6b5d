"""Mappings that are handed to a function, by files that say nothing of kernels."""

from __future__ import annotations

from tests.end_to_end.conftest import Folder

HELPER = """\
from transformers import KernelConfig


def make_config(mapping, local=False):
    return KernelConfig(mapping, use_local_kernel=local)
"""
GOOD = '{"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"}'
BAD = '{"RMSNorm": {"gpu": "kernels-community/liger-kernels:LigerRMSNorm"}}'
FOUND = "`gpu` is not a device of a kernel mapping"


def test_a_caller_in_another_file(folder: Folder) -> None:
    caller = f"from src.helper import make_config\n\nconfig = make_config({BAD})\n"
    folder.write({"src/__init__.py": "", "src/helper.py": HELPER, "train.py": caller})
    run = folder.lint()
    assert run.code == 1
    assert run.out.splitlines()[:-2] == [f"train.py:3:35: KL104 {FOUND}"]


def test_a_caller_of_a_caller(folder: Folder) -> None:
    between = (
        "from .helper import make_config\n\n\ndef make(extra):\n    return make_config(extra)\n"
    )
    caller = f"from src.between import make as build\n\n\ndef main():\n    build({BAD})\n"
    folder.write(
        {
            "src/__init__.py": "",
            "src/helper.py": HELPER,
            "src/between.py": between,
            "train.py": caller,
        }
    )
    assert folder.lint().out.splitlines()[:-2] == [f"train.py:5:24: KL104 {FOUND}"]


def test_every_caller_counts(folder: Folder) -> None:
    calls = f"from helper import make_config\n\nmake_config({GOOD})\nmake_config({BAD})\n"
    folder.write({"helper.py": HELPER, "train.py": calls})
    run = folder.lint()
    assert run.out.splitlines()[:-2] == [f"train.py:4:26: KL104 {FOUND}"]
    assert "not checked" not in run.out


def test_a_function_that_nothing_calls_is_not_checked(folder: Folder) -> None:
    folder.write({"helper.py": HELPER})
    run = folder.lint("--show-unchecked")
    assert run.code == 0
    assert "`mapping` is a parameter" in run.out


def test_a_default_is_checked(folder: Folder) -> None:
    helper = HELPER.replace("mapping, local", f"mapping={BAD}, local")
    folder.write({"helper.py": helper})
    run = folder.lint()
    assert run.out.splitlines()[:-2] == [f"helper.py:4:38: KL104 {FOUND}"]

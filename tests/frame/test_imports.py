"""What a start of kernlint costs: which modules are loaded, and which never are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import cast

from tests.frame.checkout import ROOT

#: Third-party libraries, and the slow corners of the standard library.
HEAVY = {
    "_pytest",
    "dataclasses",
    "difflib",
    "email",
    "importlib.metadata",
    "inspect",
    "json",
    "kernels",
    "libcst",
    "logging",
    "multiprocessing",
    "packaging",
    "pathlib",
    "pathspec",
    "rich",
    "tomli",
    "tomllib",
    "torch",
    "transformers",
    "typing",
    "xml",
}

WITHOUT_A_KERNEL = (
    "import torch\n\n\ndef double(x: torch.Tensor) -> torch.Tensor:\n    return 2 * x\n"
)
WITH_A_KERNEL = (
    "from transformers import KernelConfig\n\n"
    'config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})\n'
)


def modules_after(program: str, *options: str) -> set[str]:
    """The modules that a program of one process adds to those of the bare interpreter.

    ``program`` may use ``main``, the command line without the final ``sys.exit``.
    """
    start = f"import sys; before = set(sys.modules); sys.path.insert(0, {str(ROOT)!r})\n"
    end = "\nloaded = sorted(set(sys.modules) - before)\nimport json; print(json.dumps(loaded))\n"
    run = subprocess.run(
        [sys.executable, "-I", *options, "-c", start + program + end],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(cast("list[str]", json.loads(run.stdout.splitlines()[-1])))


def check(folder: Path) -> str:
    """The program that checks a folder in this very process."""
    return f"from kernlint.cli import main; main(['--jobs', '1', {str(folder)!r}])"


def test_importing_the_command_line_loads_nothing_heavy() -> None:
    # -S: without site-packages, so that what an installation loads at start does not count.
    loaded = modules_after("import kernlint.cli.command", "-S")
    assert "kernlint.cli.command" in loaded
    assert loaded & HEAVY == set()


def test_the_version_needs_no_more_than_the_command_line() -> None:
    program = "from kernlint.cli import main\ntry: main(['--version'])\nexcept SystemExit: pass"
    assert modules_after(program, "-S") & HEAVY == set()


def test_a_folder_without_a_kernel_never_loads_libcst(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(WITHOUT_A_KERNEL, encoding="utf-8")
    loaded = modules_after(check(tmp_path))
    assert "kernlint.api" in loaded
    assert loaded & {"libcst", "torch", "transformers", "kernels", "rich"} == set()


def test_a_folder_with_a_kernel_loads_libcst_but_not_what_it_judges(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(WITH_A_KERNEL, encoding="utf-8")
    loaded = modules_after(check(tmp_path))
    assert loaded & {"libcst", "torch", "transformers", "kernels", "rich"} == {"libcst"}


def test_no_slow_part_of_libcst_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(WITH_A_KERNEL, encoding="utf-8")
    # libcst.metadata is not among them: libcst imports it by itself.
    slow = {"libcst.matchers", "libcst.codemod"}
    assert modules_after(check(tmp_path)) & slow == set()

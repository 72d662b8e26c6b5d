"""Adding new releases to the catalog, and noticing that there are some."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.catalog.fakes import (
    KERNEL_CONFIG,
    KERNELS,
    LAYER,
    LLAMA,
    kernels_wheel,
    transformers_wheel,
)
from tools import build_catalog
from tools._changes import changelog
from tools.build_catalog import build, main, newer_than

NEWER_CONFIG = (
    KERNEL_CONFIG.replace('["cuda", "rocm"]', '["cuda", "mps"]')
    .replace("Only cuda and rocm devices", "Only `cuda` and `mps` devices")
    .replace("use_local_kernel=False)", "use_local_kernel=None, inherit_mapping=True)")
    .replace("repo_id, *, mode)", "*, mode, repo_id)")
)
NEWER_KERNELS = KERNELS["kernels/__init__.py"].replace("'Mode', ", "'Mode', 'kernelize', ")
NEWER_METADATA = 'Requires-Dist: kernels<0.12,>=0.11; extra == "hub-kernels"\n'
NEWER_UTILS = (
    'KERNELS_MIN_VERSION = "0.11"\nKERNELS_MAX_VERSION = "0.12"\n\n'
    "def is_kernels_available(MIN_VERSION=KERNELS_MIN_VERSION, MAX_VERSION=KERNELS_MAX_VERSION):\n"
    "    return True\n"
)
NEWER_LLAMA = LLAMA.replace('("RMSNorm")', '("RMSNorm2")') + (
    '\n@use_kernel_forward_from_hub("SiLU")\nclass SiLU:\n    pass\n'
)
ENTRY = """\
- transformers 5.1.3, compared with 5.0.0:
  - `KernelConfig` takes more arguments: `inherit_mapping=True`
  - `KernelConfig` takes `use_local_kernel=None`, before `use_local_kernel=False`
  - device added: `mps`
  - device removed: `rocm`
  - another message (device): ``Only `cuda` and `mps` devices supported, got: {device}``, \
before `Only cuda and rocm devices supported, got: {device}`
  - the extra requires kernels `>=0.11,<0.12`, before `>=0.10.2,<0.11`
  - the extra is called `hub-kernels`, before `kernels`
  - at run time kernels has to be `>=0.11,<0.12`, before `>=0.9.0`
  - `KernelConfig.update_kernel` takes as keyword-only: `repo_id`
  - layer name `RMSNorm` is now `RMSNorm2`
  - layer names added: `SiLU`
- kernels 0.10.5, compared with 0.9.1:
  - `LayerRepository` no longer takes `version`
  - name added: `kernelize`
"""


def add_newer_wheels(folder: Path) -> None:
    """Wheels after transformers 5.0.0 and kernels 0.9.1 that change something of every kind."""
    transformers_wheel(
        folder,
        "5.1.3",
        kernel_config=NEWER_CONFIG,
        import_utils=NEWER_UTILS,
        METADATA=NEWER_METADATA,
        modeling_llama=NEWER_LLAMA,
    )
    layer = LAYER.replace("revision=None, version=None", "revision=None")
    kernels_wheel(
        folder,
        "0.10.5",
        layer=f"{layer}\ndef kernelize(model):\n    pass\n",
        __init__=NEWER_KERNELS.replace("import Mode,", "import Mode, kernelize,"),
    )


@pytest.fixture
def options(tmp_path: Path) -> list[str]:
    """The command line for a catalog of one release of each library."""
    transformers_wheel(tmp_path, "5.0.0")
    kernels_wheel(tmp_path, "0.9.1")
    options = ["--wheels", str(tmp_path), "--data", str(tmp_path / "data")]
    assert main([*options, "--offline"]) == 0
    return options


def test_add_prints_an_entry_for_the_changelog(
    tmp_path: Path, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    add_newer_wheels(tmp_path)
    assert main([*options, "--offline", "--add"]) == 0
    assert capsys.readouterr().out == ENTRY
    assert main([*options, "--offline", "--check"]) == 0


def test_nothing_to_add(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*options, "--offline", "--add"]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_patch_that_changes_nothing_is_compared_with_the_one_it_replaces(tmp_path: Path) -> None:
    kernels = [kernels_wheel(tmp_path, "0.9.1")]
    before = build([transformers_wheel(tmp_path, "5.0.0")], kernels)
    after = build([transformers_wheel(tmp_path, "5.0.1")], kernels)
    assert changelog(before, after) == "- transformers 5.0.1, without a change to 5.0.0.\n"
    assert changelog(after, after) == ""


def test_a_new_message_and_one_that_is_gone(tmp_path: Path) -> None:
    kernels = [kernels_wheel(tmp_path, "0.9.1")]
    check = '                raise ValueError(f"Expected a bool value, got {trust_remote_code}")\n'
    marker = "            if isinstance(kernel, str):\n"
    checking = KERNEL_CONFIG.replace(marker, f"            if kernel == 1:\n{check}{marker}")
    plain = transformers_wheel(tmp_path, "5.0.0")
    strict = transformers_wheel(tmp_path, "5.1.0", kernel_config=checking)
    loose = transformers_wheel(tmp_path, "5.2.0")
    before = build([plain], kernels)
    assert changelog(before, build([plain, strict, loose], kernels)) == (
        "- transformers 5.1.0, compared with 5.0.0:\n"
        "  - new message (trust bool): `Expected a bool value, got {got}`\n"
        "- transformers 5.2.0, compared with 5.1.0:\n"
        "  - message gone (trust bool): `Expected a bool value, got {got}`\n"
    )


@pytest.mark.parametrize(
    ("offered", "newer"),
    [
        (["5.0.0", "5.1.3"], []),
        (["5.1.2"], []),
        (["5.1.4"], ["5.1.4"]),
        (["5.0.0", "5.1.3", "5.2.0", "6.0.0"], ["5.2.0", "6.0.0"]),
    ],
)
def test_newer_than(offered: list[str], newer: list[str]) -> None:
    assert newer_than(["5.0.0", "5.1.3"], offered) == newer


def answer_with(monkeypatch: pytest.MonkeyPatch, **offered: list[str]) -> None:
    """Let the package index offer these releases."""
    monkeypatch.setattr(build_catalog, "released", offered.__getitem__)


def test_check_notices_newer_releases(
    options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer_with(monkeypatch, transformers=["5.0.0", "5.1.0", "5.1.3"], kernels=["0.9.1", "0.9.2"])
    assert main([*options, "--check"]) == 1
    assert capsys.readouterr() == (
        "",
        (
            "build_catalog: the catalog lacks transformers 5.1.3, kernels 0.9.2: "
            "run python -m tools.build_catalog --add\n"
        ),
    )


def test_check_looks_only_at_the_releases_of_the_catalog(
    tmp_path: Path, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_newer_wheels(tmp_path)
    answer_with(monkeypatch, transformers=["4.57.6", "5.0.0", "5.1.0rc1"], kernels=["0.9.0"])
    assert main([*options, "--check"]) == 0


def test_check_needs_the_package_index(
    options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(command: list[str], **_options: object) -> subprocess.CompletedProcess[str]:
        errors = "WARNING: Retrying\nERROR: Cannot connect\n"
        return subprocess.CompletedProcess(command, 1, "", errors)

    monkeypatch.setattr(subprocess, "run", fail)
    assert main([*options, "--check"]) == 1
    assert capsys.readouterr() == (
        "",
        (
            "build_catalog: pip index versions transformers failed: ERROR: Cannot connect\n"
            "build_catalog: --offline does without the package index\n"
        ),
    )


def test_help_explains_every_way() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.build_catalog", "--help"],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert all(f"--{option}" in done.stdout for option in ("add", "check", "offline", "wheels"))

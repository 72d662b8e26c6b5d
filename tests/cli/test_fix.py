"""``--fix``, ``--diff`` and ``--unsafe-fixes``, as a user sees them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kernlint.api import fixing
from kernlint.cli import main
from kernlint.source.write import WriteError

SOURCE = """\
from transformers import KernelConfig

config = KernelConfig({"RMSNorm": {"hip": "a/b:L"}})
other = KernelConfig({"RMSnorm": "a/b:L"})
"""
SAFE = SOURCE.replace("hip", "rocm")
ALL = SAFE.replace("RMSnorm", "RMSNorm")


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "a.py"
    file.write_text(SOURCE)
    return file


def run(*arguments: str) -> int:
    return main([*arguments, "--no-cache", "--isolated", "-j", "1"])


def test_what_can_be_fixed_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--output-format", "concise") == 1
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("a.py:3:36: KL104 [*] `hip` is not a device")
    assert out[1].startswith("a.py:4:23: KL201 transformers ")
    assert out[2:] == [
        "Checked 1 file with 2 configs: 2 errors.",
        "[*] 1 fixable with --fix (1 more with --unsafe-fixes).",
    ]


def test_safe_fixes_are_made_and_the_rest_is_reported(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--fix", "--output-format", "concise") == 1
    assert path.read_text() == SAFE
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0].startswith("a.py:4:23: KL201 ")
    assert lines[1:] == [
        "Fixed 1 finding:",
        "- a.py:",
        "    1 x KL104 (unsupported-device)",
        "Checked 1 file with 2 configs: 1 error.",
        "1 fixable with --fix --unsafe-fixes.",
    ]
    assert err == ""


def test_unsafe_fixes_are_made_where_asked_for(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--fix", "--unsafe-fixes") == 0
    assert path.read_text() == ALL
    assert capsys.readouterr().out == (
        "Fixed 2 findings:\n- a.py:\n    1 x KL104 (unsupported-device)\n"
        "    1 x KL201 (unknown-layer)\n\n"
        "Checked 1 file with 2 configs: no problems found.\n"
    )
    assert run("--fix", "--unsafe-fixes", "--quiet") == 0
    assert capsys.readouterr() == ("", "")


def test_the_settings_can_ask_for_unsafe_fixes(path: Path) -> None:
    (path.parent / "kernlint.toml").write_text("unsafe-fixes = true\n")
    assert main(["--fix", "-j", "1", "--no-cache"]) == 0
    assert path.read_text() == ALL


def test_a_diff_changes_nothing(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--diff") == 1
    assert path.read_text() == SOURCE
    out, err = capsys.readouterr()
    assert out == (
        "--- a.py\n+++ a.py\n@@ -1,4 +1,4 @@\n from transformers import KernelConfig\n \n"
        '-config = KernelConfig({"RMSNorm": {"hip": "a/b:L"}})\n'
        '+config = KernelConfig({"RMSNorm": {"rocm": "a/b:L"}})\n'
        ' other = KernelConfig({"RMSnorm": "a/b:L"})\n'
    )
    assert err == "Would fix 1 finding (1 more with --unsafe-fixes); 1 finding would be left.\n"


def test_a_diff_that_would_leave_nothing_still_fails(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--diff", "--unsafe-fixes") == 1
    assert capsys.readouterr().err == "Would fix 2 findings; 0 findings would be left.\n"
    path.write_text(ALL)
    assert run("--diff", "--unsafe-fixes", "--quiet") == 0
    assert capsys.readouterr() == ("", "")


def test_a_diff_with_other_line_ends_and_encodings(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.write_bytes(f"# coding: latin-1\r\n# é\r\n{SOURCE.strip()}".encode("latin-1"))
    assert run("--diff", "--unsafe-fixes", "--quiet") == 1
    out = capsys.readouterr().out
    assert " # é\r\n" in out
    assert out.endswith(
        '+other = KernelConfig({"RMSNorm": "a/b:L"})\n\\ No newline at end of file\n'
    )


def test_exit_zero_holds_for_a_diff_and_for_what_is_left() -> None:
    assert run("--diff", "--exit-zero") == 0
    assert run("--fix", "--exit-zero") == 0


def test_json_counts_what_was_fixed(capsys: pytest.CaptureFixture[str]) -> None:
    run("--fix", "--output-format", "json")
    found = json.loads(capsys.readouterr().out)
    assert found["summary"] == {
        "error": 1,
        "warning": 0,
        "info": 0,
        "suppressed": 0,
        "fixed": 1,
        "baselined": 0,
    }
    assert found["diagnostics"][0]["fix"]["applicability"] == "unsafe"


def test_a_diff_goes_to_a_file(path: Path) -> None:
    assert run("--diff", "--unsafe-fixes", "-o", "fix.patch") == 1
    assert (path.parent / "fix.patch").read_text().startswith("--- a.py\n+++ a.py\n")


def test_what_is_held_back_is_told_on_stderr(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.write_text(
        "from transformers import AutoModel\n"
        'AutoModel.from_pretrained("m", kernel_config={"SiLU": "no-slash:L"})\n'
    )
    assert run("--fix", "--output-format", "concise") == 1
    out, err = capsys.readouterr()
    assert err.startswith("a.py:2:32: KL306 is not fixed: it would bring in KL103 in a.py: ")
    assert out.splitlines()[-1] == "Checked 1 file: 1 error."


def test_a_file_that_cannot_be_written_is_an_error(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise WriteError("No space left on device")

    monkeypatch.setattr(fixing, "replace", full)
    assert run("--fix", "--output-format", "concise") == 2
    out, err = capsys.readouterr()
    assert err == "error: cannot write `a.py`: No space left on device\n"
    assert "KL104" in out
    assert path.read_text() == SOURCE


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fix", "--diff"], "error: `--fix` and `--diff` exclude each other\n"),
        (["--fix", "--show-mapping"], "error: `--fix` and `--show-mapping` exclude each other\n"),
        (["--fix", "--runtime"], "error: `--fix` and `--runtime` exclude each other\n"),
        (["--diff", "--statistics"], "error: `--statistics` and `--diff` exclude each other\n"),
    ],
)
def test_options_that_exclude_each_other(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    assert capsys.readouterr() == ("", message)

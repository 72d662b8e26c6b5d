"""Options and configuration as a user meets them: what is found and the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest

from kernlint.rules.values import UnsupportedDevice
from tests.end_to_end.conftest import BAD, BROKEN, GOOD, Folder, Run

#: KL107, a warning, and KL003 for what cannot be read.
OTHER = """\
from transformers import KernelConfig

twice = KernelConfig({"SiLU": "org/repo:A", "SiLU": "org/repo:B"})
open_ = KernelConfig(mapping())
print(twice, open_)
"""


@pytest.fixture(autouse=True)
def _project(folder: Folder) -> None:
    folder.write({"bad.py": BAD, "tests/test_bad.py": BAD, "tests/other.py": OTHER})


DEVICES = ["bad.py:3:36 KL104", "tests/test_bad.py:3:36 KL104"]
TWICE = "tests/other.py:3:23 KL107"
UNCHECKED = "tests/other.py:4:22 KL003"


@pytest.mark.parametrize(
    ("argv", "findings"),
    [
        ((), [DEVICES[0], TWICE, DEVICES[1]]),
        (("--select", "ALL"), [DEVICES[0], TWICE, UNCHECKED, DEVICES[1]]),
        (("--select", "KL1"), [DEVICES[0], TWICE, DEVICES[1]]),
        (("--select", "KL104"), DEVICES),
        (("--select", "unsupported-device"), DEVICES),
        (("--select", "KL0"), [UNCHECKED]),
        (("--select", "KL107,not-checked"), [TWICE, UNCHECKED]),
        (("--extend-select", "KL003"), [DEVICES[0], TWICE, UNCHECKED, DEVICES[1]]),
        (("--ignore", "unsupported-device"), [TWICE]),
        (("--ignore", "KL1"), []),
        (("--select", "KL1", "--ignore", "KL104"), [TWICE]),
        (("--ignore", "KL1", "--select", "KL104"), DEVICES),
        (("--per-file-ignores", "tests/**:KL1"), [DEVICES[0]]),
        (("--per-file-ignores", "tests/test_*.py:unsupported-device"), [DEVICES[0], TWICE]),
        (("--per-file-ignores", "bad.py:KL104"), [TWICE, DEVICES[1]]),
    ],
)
def test_rules_are_selected_by_code_prefix_and_name(
    folder: Folder, argv: tuple[str, ...], findings: list[str]
) -> None:
    run = folder.lint(*argv)
    assert run.findings == findings
    assert run.code == (1 if {*findings} - {UNCHECKED} else 0)


def test_the_same_in_the_configuration(folder: Folder) -> None:
    folder.write(
        {
            "pyproject.toml": '[tool.kernlint]\nselect = ["KL1"]\nignore = ["duplicate-key"]\n'
            '[tool.kernlint.per-file-ignores]\n"tests/**" = ["KL104"]\n'
        }
    )
    assert folder.lint().findings == [DEVICES[0]]
    assert folder.lint("--isolated").findings == [DEVICES[0], TWICE, DEVICES[1]]


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("bad.py",), 1),
        (("bad.py", "--exit-zero"), 0),
        (("bad.py", "--fail-on", "error"), 1),
        (("tests/other.py",), 1),
        (("tests/other.py", "--fail-on", "error"), 0),
        (("tests/other.py", "--select", "KL003"), 0),
        (("tests/other.py", "--select", "KL003", "--fail-on", "info"), 1),
        (("tests/broken.py",), 3),
        (("tests/broken.py", "--exit-zero"), 3),
        (("tests/broken.py", "bad.py"), 1),
        (("tests/broken.py", "bad.py", "nowhere"), 2),
    ],
)
def test_exit_codes(folder: Folder, argv: tuple[str, ...], code: int) -> None:
    folder.write({"tests/broken.py": BROKEN})
    assert folder.lint(*argv).code == code


def test_a_mistake_in_the_configuration_is_pointed_at(folder: Folder) -> None:
    folder.write({"kernlint.toml": 'select = ["KL1"]\nignroe = ["KL104"]\n'})
    assert folder.lint() == Run(
        2,
        "",
        "error: unknown option `ignroe`\n"
        " --> kernlint.toml:2:1\n"
        "  |\n"
        '1 | select = ["KL1"]\n'
        '2 | ignroe = ["KL104"]\n'
        "  | ^^^^^^\n"
        "  |\n"
        "  = help: did you mean `ignore`?\n",
    )


def test_a_rule_that_does_not_exist_is_wrong_usage(folder: Folder) -> None:
    run = folder.lint("--select", "KL9999")
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith("error: ")


def test_releases_change_the_verdict(folder: Folder) -> None:
    folder.write(
        {
            "tpu.py": "from transformers import KernelConfig\n\n"
            'print(KernelConfig({"RMSNorm": {"tpu": "org/repo:RMSNorm"}}))\n'
        }
    )
    assert folder.lint("tpu.py").findings == []
    run = folder.lint("tpu.py", "--transformers", "5.0.0")
    assert (run.code, run.findings) == (1, ["tpu.py:3:33 KL104"])


def test_what_was_not_checked_is_listed_on_request(folder: Folder) -> None:
    run = folder.lint("tests/other.py", "--ignore", "KL107")
    assert run == Run(
        0,
        "Checked 1 file with 2 configs: no problems found in what could be read; "
        "1 of 2 mappings could not be read in full (--show-unchecked lists it).\n",
        "",
    )
    shown = folder.lint("tests/other.py", "--ignore", "KL107", "--show-unchecked").out
    assert shown.splitlines()[0] == (
        "tests/other.py:4:22: not checked: the result of `mapping(...)` is not known"
    )


def test_a_rule_that_fails_is_told_on_stderr_and_others_go_on(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> object:
        raise LookupError("lost")

    monkeypatch.setattr(UnsupportedDevice, "config", fail)
    run = folder.lint("tests/other.py", "--ignore", "KL107")
    assert (run.code, run.findings) == (3, [])
    assert run.err.count("kernlint: KL104 failed. This is a defect of kernlint") == 2
    assert "LookupError: lost" in run.err
    assert folder.lint("tests/other.py").code == 1


def test_a_defect_elsewhere_is_a_message_and_no_traceback(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> object:
        raise LookupError("lost")

    monkeypatch.setattr("kernlint.project.build.build_parts", fail)
    assert folder.lint() == Run(
        3,
        "",
        "internal error: LookupError: lost\n"
        "This is a defect of kernlint, not of your code. Please report it, "
        "with the output of --verbose.\n",
    )


def test_the_json_report_keeps_its_schema(folder: Folder) -> None:
    folder.write({"tests/broken.py": BROKEN, "good.py": GOOD})
    schema = json.loads(
        (Path(__file__).parents[2] / "kernlint/report/schema_v1.json").read_text(encoding="utf-8")
    )
    for argv in ((), ("--select", "ALL"), ("good.py",), ("--exclude", "*")):
        report = folder.report(*argv)
        jsonschema.validate(report, schema)
    assert (report["files"], report["diagnostics"]) == (0, [])
    report = folder.report()
    assert [(found["path"], found["code"]) for found in report["diagnostics"]] == [
        ("bad.py", "KL104"),
        ("tests/broken.py", "KL001"),
        ("tests/other.py", "KL107"),
        ("tests/test_bad.py", "KL104"),
    ]
    assert (report["files"], report["configs"], len(report["not_checked"])) == (5, 5, 1)


def test_ruff_may_remove_what_silences_a_finding(folder: Folder) -> None:
    line = BAD.splitlines()[2]
    files = {f"{name}.py": BAD.replace(line, f"{line}  # noqa: KL104") for name in "ab"}
    folder.write({**files, "ruff.toml": 'lint.select = ["RUF"]\n'})
    assert folder.lint().err == (
        'warning: `ruff check --fix` removes `noqa` comments for kernlint: set `external = ["KL"]`'
        " in ruff.toml, or write `# kernlint: ignore[...]`\n"
    )
    folder.write({"ruff.toml": 'lint.select = ["RUF"]\nlint.external = ["KL"]\n'})
    assert folder.lint().err == ""
    folder.write(
        {"ruff.toml": 'lint.select = ["RUF"]\n', "a.py": BAD, "b.py": GOOD + "# noqa: KL104\n"}
    )
    assert folder.lint().err == ""

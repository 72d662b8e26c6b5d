"""Formats of the whole command: what CI gets of a project."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from kernlint.model.formats import FORMATS
from tests.end_to_end.conftest import BAD, BROKEN, GOOD, Folder
from tests.report.ci import commands, valid

CALLED = """\
from transformers import KernelConfig

config = KernelConfig(make())
"""
BOTH = ("--output-format", "concise", "--output-format", "sarif:out.sarif")


def log() -> Any:
    """The run that ``out.sarif`` tells of."""
    text = Path("out.sarif").read_text(encoding="utf-8")
    (one,) = valid("sarif-2.1.0.json", json.loads(text))["runs"]
    return one


def test_text_in_the_log_and_sarif_in_a_file(folder: Folder) -> None:
    folder.write({"bad.py": BAD, "called.py": CALLED})
    run = folder.command(*BOTH)
    assert (run.code, run.err) == (1, "")
    assert run.findings == ["bad.py:3:36 KL104"]
    one = log()
    assert [found["ruleId"] for found in one["results"]] == ["KL104"]
    assert [rule["id"] for rule in one["tool"]["driver"]["rules"]] == ["KL104"]
    (invocation,) = one["invocations"]
    assert (invocation["exitCode"], invocation["executionSuccessful"]) == (1, True)
    (unread,) = invocation["toolExecutionNotifications"]
    assert unread["message"]["text"].startswith("not checked: ")


def test_fingerprints_hold_when_lines_move(folder: Folder) -> None:
    def prints(source: str) -> list[str]:
        folder.write({"bad.py": source})
        assert folder.run(*BOTH).code == 1
        return [found["partialFingerprints"]["kernlintLines/v1"] for found in log()["results"]]

    before = prints(BAD)
    assert prints("# one\n\n# two\n" + BAD.replace("config = ", "\n\nconfig  =  ")) == before
    assert prints(BAD.replace("RMSNorm", "SiLU")) != before
    assert prints(BAD + BAD)[0] == before[0]
    assert len(set(prints(BAD + BAD))) == 2


def test_what_cannot_be_parsed_is_no_success(folder: Folder) -> None:
    folder.write({"broken.py": BROKEN})
    assert folder.run(*BOTH).code == 3
    one = log()
    assert [found["ruleId"] for found in one["results"]] == ["KL001"]
    assert one["invocations"][0]["exitCode"] == 3
    assert one["invocations"][0]["executionSuccessful"] is False


@pytest.mark.parametrize("name", [each.name for each in FORMATS])
@pytest.mark.parametrize(
    ("files", "code"),
    [({"bad.py": BAD}, 1), ({"good.py": GOOD}, 0), ({"broken.py": BROKEN}, 3), ({}, 0)],
)
def test_the_exit_code_is_that_of_the_run(
    folder: Folder, name: str, files: dict[str, str], code: int
) -> None:
    folder.write(files)
    assert folder.run("--output-format", name).code == code


def test_paths_in_a_folder_of_a_repository(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write({"a b/bad.py": BAD, ".git/HEAD": ""})
    outside = folder.run("--output-format", "github").out
    monkeypatch.chdir(folder.path / "a b")
    inside = folder.run("--output-format", "github").out
    assert inside == outside
    ((_, properties, _),) = commands(inside)
    assert properties["file"] == "a b/bad.py"
    folder.run(*BOTH)
    (found,) = log()["results"]
    place = found["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "a%20b/bad.py", "uriBaseId": "%SRCROOT%"}


def test_reports_are_the_same_whatever_the_number_of_workers(folder: Folder) -> None:
    folder.write({f"{name}/bad.py": BAD for name in "abcdef"})
    for each in FORMATS:
        runs = [folder.run("--no-cache", "--output-format", each.name, "-j", n).out for n in "14"]
        assert runs[0] == runs[1], each.name


@pytest.mark.skipif(sys.platform == "win32", reason="devices of POSIX")
def test_devices_are_written_to(folder: Folder) -> None:
    folder.write({"bad.py": BAD})
    run = folder.command("-o", "/dev/stdout", "--output-format", "concise")
    assert (run.code, run.findings) == (1, ["bad.py:3:36 KL104"])
    run = folder.command("--output-format", "jsonl:/dev/stderr", "-q")
    assert [json.loads(line)["kind"] for line in run.err.splitlines()] == ["diagnostic", "summary"]
    run = folder.command("-o", "/dev/null")
    assert (run.code, run.out, run.err) == (1, "", "")

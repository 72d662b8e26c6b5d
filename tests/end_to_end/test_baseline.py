"""Findings that a project lives with for now, in a file."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from tests.end_to_end.conftest import BAD, BROKEN, GOOD, PLAIN, Folder

FILE = "old.json"
#: KL104 in line 5, too, on a line that says the same as one of BAD.
ENTRY = '{"path": "a", "code": "KL104", "message": "", "fingerprint": "0"}'
SECOND = BAD + BAD.splitlines(keepends=True)[2]


def entries(path: str = FILE) -> list[tuple[str, str]]:
    document = json.loads(Path(path).read_text(encoding="utf-8"))
    assert document["version"] == 1
    return [(entry["path"], entry["code"]) for entry in document["findings"]]


def test_what_is_there_is_hidden_and_counted(folder: Folder) -> None:
    folder.write({"src/bad.py": BAD, "src/good.py": GOOD})
    run = folder.lint("--write-baseline", FILE)
    assert run.code == 0
    hidden = "Checked 2 files with 2 configs: no problems found (1 in the baseline).\n"
    assert run.out == hidden
    assert run.err.splitlines()[0] == "wrote 1 finding to `old.json`"
    assert entries() == [("src/bad.py", "KL104")]
    assert folder.lint("--baseline", FILE) == (0, hidden, "")
    assert folder.report("--baseline", FILE)["summary"]["baselined"] == 1
    assert folder.lint().code == 1


def test_the_file_is_the_same_whenever_it_is_written(folder: Folder) -> None:
    folder.write({"b.py": BAD, "a.py": BAD + BAD.replace("config", "other").replace("RMS", "Rms")})
    folder.lint("--write-baseline", FILE)
    first = Path(FILE).read_bytes()
    assert entries() == sorted(entries())
    assert len(entries()) == 4
    folder.lint("--write-baseline", FILE, "-j", "2", "--no-cache")
    assert Path(FILE).read_bytes() == first


@pytest.mark.parametrize(
    "changed",
    [
        "import os\n\n" + BAD,
        BAD.replace("config = ", "config  =  "),
        BAD.replace("\n", "\r\n"),
        "if True:\n" + "".join(f"    {line}\n" for line in BAD.splitlines()),
        BAD.replace("print(config)", "print('other', config)"),
    ],
)
def test_other_changes_bring_nothing_back(folder: Folder, changed: str) -> None:
    folder.write({"bad.py": BAD})
    folder.lint("--write-baseline", FILE)
    folder.write({"bad.py": changed})
    run = folder.lint("--baseline", FILE)
    assert (run.code, run.err) == (0, "")


def test_a_new_finding_is_reported(folder: Folder) -> None:
    folder.write({"bad.py": BAD})
    folder.lint("--write-baseline", FILE)
    folder.write({"bad.py": SECOND})
    run = folder.lint("--baseline", FILE)
    assert (run.code, run.findings) == (1, ["bad.py:5:36 KL104"])
    assert "1 error (1 in the baseline).\n" in run.out


def test_what_is_gone_is_told_and_taken_out(folder: Folder) -> None:
    folder.write({"bad.py": SECOND, "other.py": BAD, "gone.py": BAD})
    folder.lint("--write-baseline", FILE)
    folder.write({"bad.py": GOOD})
    Path("gone.py").unlink()
    run = folder.lint("--baseline", FILE)
    assert run.code == 0
    assert run.err == (
        "warning: 3 entries of the baseline are no longer found; "
        "`--write-baseline old.json` takes out what is gone\n"
    )
    folder.lint("--write-baseline", FILE)
    assert entries() == [("other.py", "KL104")]
    folder.write({"other.py": PLAIN})
    assert folder.lint("--baseline", FILE).err.startswith("warning: 1 entry of the baseline is no")


def test_a_run_over_a_part_knows_of_no_more(folder: Folder) -> None:
    folder.write({"a.py": BAD, "b.py": BAD.replace("RMSNorm", "Rmsnorm")})
    folder.lint("--write-baseline", FILE)
    assert entries() == [("a.py", "KL104"), ("b.py", "KL104"), ("b.py", "KL201")]
    assert folder.lint("--baseline", FILE, "a.py").err == ""
    assert folder.lint("--baseline", FILE, "--select", "KL201").err == ""
    folder.write({"a.py": GOOD})
    folder.lint("--write-baseline", FILE, "--select", "KL104", "a.py")
    assert entries() == [("b.py", "KL104"), ("b.py", "KL201")]


def test_the_setting_is_relative_to_its_file(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write({"kernlint.toml": 'baseline = "old.json"\n', "src/bad.py": BAD})
    run = folder.lint("--write-baseline", FILE)
    assert (run.code, run.err) == (0, "wrote 1 finding to `old.json`\n")
    monkeypatch.chdir("src")
    assert folder.lint().code == 0
    assert folder.lint("--baseline", "").code == 1
    assert folder.lint("--isolated").code == 1


def test_what_could_not_be_checked_is_never_hidden(folder: Folder) -> None:
    unknown = "from transformers import KernelConfig\n\n\ndef f(m):\n    KernelConfig(m)\n"
    folder.write({"broken.py": BROKEN, "unknown.py": unknown})
    select = ("--extend-select", "KL003")
    run = folder.lint("--write-baseline", FILE, *select)
    assert (run.code, entries()) == (3, [])
    run = folder.lint("--baseline", FILE, *select)
    assert (run.code, [finding[-5:] for finding in run.findings]) == (3, ["KL001", "KL003"])
    # Of a file that cannot be read nobody knows whether its findings are gone.
    folder.write({"broken.py": BAD})
    folder.lint("--write-baseline", FILE)
    folder.write({"broken.py": BROKEN})
    assert folder.lint("--baseline", FILE).err == ""


def test_stdin_is_judged_with_the_baseline_of_its_file(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write({"bad.py": BAD, "kernlint.toml": 'baseline = "old.json"\n'})
    folder.lint("--write-baseline", FILE)
    with Path("bad.py").open(encoding="utf-8") as text:
        monkeypatch.setattr(sys, "stdin", text)
        assert folder.lint("-", "--stdin-filename", "bad.py").code == 0


@pytest.mark.parametrize(
    ("text", "message", "spot"),
    [
        ("", "no baseline: not valid JSON: expecting value", ":1:1"),
        ('{"version": 1,\n}', "no baseline: not valid JSON: ", ":2:1"),
        ("[]", "no baseline: there is no `version`", ":1:1"),
        ('{"version": true}', "no baseline: there is no `version`", ":1:1"),
        (
            '{\n  "version": 2\n}',
            "the baseline has version 2; this kernlint knows version 1",
            ":2:3",
        ),
        ('{"version": 1}', "no baseline: there is no list of `findings`", ":1:1"),
        (
            f'{{"version": 1, "findings": [\n {ENTRY},\n  {{"path": 1}}\n]}}',
            "no baseline: an entry must have the strings `path`, `code`, `message`, `fingerprint`",
            ":3:3",
        ),
        ('{"version": 1, "findings": [7]}', "no baseline: an entry must have", ":1:29"),
        (f"{'[' * 100_000}", "no baseline: its values nest too deeply", ""),
        ('{"version": 1, "findings": ["\ud800"]}', "no baseline: the file is not UTF-8", ""),
    ],
)
@pytest.mark.parametrize("option", ["--baseline", "--write-baseline"])
def test_a_broken_baseline(folder: Folder, option: str, text: str, message: str, spot: str) -> None:
    folder.write({"bad.py": BAD})
    data = text.encode(errors="surrogatepass")
    Path(FILE).write_bytes(data)
    run = folder.lint(option, FILE)
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith(f"error: {message}")
    assert f"--> old.json{spot}\n" in run.err
    assert Path(FILE).read_bytes() == data


def test_a_baseline_that_is_not_there(folder: Folder) -> None:
    folder.write({"good.py": GOOD})
    run = folder.lint("--baseline", FILE)
    message = "error: cannot read the baseline: No such file or directory\n --> old.json\n"
    assert run == (2, "", message)
    run = folder.lint("--write-baseline", "no/such.json")
    message = "error: cannot write the baseline `no/such.json`: No such file or directory\n"
    assert run == (2, "", message)
    assert folder.lint("--write-baseline", ".").code == 2
    assert not [name for name in os.listdir() if name.endswith(".tmp")]


@pytest.mark.parametrize(
    "argv",
    [
        ["--baseline", "a", "--write-baseline", "b"],
        ["--write-baseline", "a", "--add-ignore"],
        ["--add-ignore", "--ignore-noqa"],
        ["--baseline", "a", "--show-mapping"],
        ["--write-baseline", "a", "--runtime", "--model", "m"],
    ],
)
def test_options_that_exclude_each_other(folder: Folder, argv: list[str]) -> None:
    run = folder.run(*argv)
    assert (run.code, run.out) == (2, "")
    assert run.err.endswith(" exclude each other\n")

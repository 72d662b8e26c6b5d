"""The command as a process: streams, colour, workers, pipes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.conftest import BAD, BROKEN, GOOD, Folder, Run

CONCISE = "bad.py:3:36: KL104 `cudda` is not a device of a kernel mapping\n"
SUMMARY = "Checked 1 file with 1 config: 1 error.\n1 fixable with --fix --unsafe-fixes.\n"
RED = "\x1b[1;31m"


def test_findings_go_to_stdout_and_the_rest_to_stderr(folder: Folder) -> None:
    folder.write({"bad.py": BAD})
    run = folder.command("--output-format", "concise", "--verbose")
    assert (run.code, run.out) == (1, CONCISE + SUMMARY)
    assert [line.partition(":")[0] for line in run.err.splitlines()] == [
        "configuration",
        "judged releases",
    ]
    assert folder.command("nowhere") == Run(2, "", "error: no such file or directory: `nowhere`\n")


def test_colour_follows_the_environment_and_the_option(folder: Folder) -> None:
    folder.write({"bad.py": BAD})

    def colored(*argv: str, **environ: str) -> bool:
        return RED in folder.command("--output-format", "concise", *argv, **environ).out

    assert not colored()
    assert colored(FORCE_COLOR="1")
    assert not colored(FORCE_COLOR="1", NO_COLOR="1")
    assert colored("--color", "always", NO_COLOR="1")
    assert not colored("--color", "never", FORCE_COLOR="1")


def test_an_output_file_takes_the_report(folder: Folder) -> None:
    folder.write({"bad.py": BAD})
    run = folder.command("--output-format", "concise", "-o", "report.txt", FORCE_COLOR="1")
    assert (run.code, run.out) == (1, "")
    report = Path("report.txt").read_text(encoding="utf-8")
    assert report.replace(RED, "").replace("\x1b[0m", "") == CONCISE + SUMMARY
    assert folder.command("-o", "no/such/folder.txt").code == 2


def test_the_number_of_workers_changes_nothing(folder: Folder) -> None:
    filler = "# a comment to make the file long enough for several workers\n" * 900
    names = ("bad.py", "b/bad.py", "c/bad.py", "d/bad.py", "e/bad.py")
    folder.write(dict.fromkeys(names, BAD + filler))
    folder.write({f"good{number}.py": GOOD + filler for number in range(5)})
    folder.write({"broken.py": BROKEN})
    first = folder.command("-j", "1")
    assert (first.code, first.err) == (1, "")
    assert first.out.endswith("configs: 6 errors.\n5 fixable with --fix --unsafe-fixes.\n")
    for jobs, seed in (("2", "1"), ("4", "2")):
        assert folder.command("-j", jobs, PYTHONHASHSEED=seed) == first


@pytest.mark.skipif(sys.platform == "win32", reason="a shell with head")
def test_a_reader_may_go_away(folder: Folder) -> None:
    folder.write({f"bad{number}.py": BAD for number in range(400)})
    with subprocess.Popen(
        [sys.executable, "-m", "kernlint", "--exit-zero"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"KL104")
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 0


def test_a_name_that_has_no_encoding_is_shown(folder: Folder) -> None:
    folder.write({"bäd.py": BAD})
    run = folder.command("--output-format", "concise", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (run.code, run.out.splitlines()[0]) == (1, CONCISE[:-1].replace("bad", "b\\xe4d"))


def test_a_run_without_kernels_loads_no_parser(folder: Folder) -> None:
    folder.write({"plain.py": "print(1)\n"})
    code = (
        "import sys; from kernlint.cli import main; assert main([]) == 0; "
        "print(sorted({'libcst', 'torch', 'dataclasses', 'multiprocessing'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.stdout.splitlines()[-1], done.stderr, done.returncode) == ("[]", "", 0)

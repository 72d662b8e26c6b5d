"""What a wrong command line, a wrong configuration and a defect look like."""

import subprocess
import sys
from pathlib import Path

import pytest

from kernlint.cli import main
from tests.cli.conftest import UsageError, World
from tests.config.shown import FORMATS_SHOWN


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (
            ["--slect", "KL1"],
            "error: unknown option `--slect`\ntip: a similar option is `--select`\n",
        ),
        (
            ["--output_format=json"],
            "error: unknown option `--output_format`\ntip: a similar option is `--output-format`\n",
        ),
        (["-z"], "error: unknown option `-z`\n"),
        (["--sel", "KL1"], "error: unknown option `--sel`\ntip: a similar option is `--select`\n"),
        (["src", "--frobnicate"], "error: unknown option `--frobnicate`\n"),
        (["--jobs"], "error: option `--jobs` needs a value\n"),
        (["-o"], "error: option `--output-file` needs a value\n"),
        (["--select", "--quiet"], "error: option `--select` needs a value\n"),
        (["--quiet=yes"], "error: option `--quiet` takes no value\n"),
        (["-qz"], "error: option `--quiet` takes no value\n"),
        (["--jobs", "two"], "error: `--jobs` must be a whole number, 0 or more, not `two`\n"),
        (["--jobs=-1"], "error: `--jobs` must be a whole number, 0 or more, not `-1`\n"),
        (
            ["--output-format", "jsn"],
            (
                f"error: `--output-format` must be {FORMATS_SHOWN}, not `jsn`\n"
                "tip: a similar value is `json`\n"
            ),
        ),
        (
            ["--color", "allways"],
            (
                "error: `--color` must be `auto`, `always` or `never`, not `allways`\n"
                "tip: a similar value is `always`\n"
            ),
        ),
        (
            ["--fail-on", "fatal"],
            "error: `--fail-on` must be `info`, `warning` or `error`, not `fatal`\n",
        ),
        (
            ["--transformers", "new"],
            "error: `--transformers` must be a version or a specifier such as `>=5.0`, not `new`\n",
        ),
        (
            ["--select", "KL104,KL1O4"],
            "error: unknown rule selector `KL1O4` in `--select`\ntip: a similar value is `KL104`\n",
        ),
        (
            ["--per-file-ignores", "a.py:KL104,KL999"],
            "error: unknown rule selector `KL999` in `--per-file-ignores`\n",
        ),
        (
            ["--per-file-ignores", "a.py"],
            (
                "error: `--per-file-ignores` must be a glob and rules, not `a.py`\n"
                "tip: write `tests/**:KL104,KL2`, and repeat the option for another glob\n"
            ),
        ),
        (
            ["--isolated", "--config", "a.toml"],
            "error: `--config` and `--isolated` exclude each other\n",
        ),
        (
            ["--statistics", "--output-format", "junit"],
            (
                "error: `--statistics` needs the output format `full`, `concise` or `json`,"
                " not `junit`\n"
            ),
        ),
        (
            ["--device", "cuda"],
            (
                "error: `--device` has a meaning with `--show-mapping` or `--runtime` alone\n"
                "tip: add `--show-mapping` or `--runtime`, or leave `--device` out\n"
            ),
        ),
        (
            ["--mode", "training"],
            (
                "error: `--mode` has a meaning with `--show-mapping` or `--runtime` alone\n"
                "tip: add `--show-mapping` or `--runtime`, or leave `--mode` out\n"
            ),
        ),
        (
            ["--compile"],
            (
                "error: `--compile` has a meaning with `--show-mapping` or `--runtime` alone\n"
                "tip: add `--show-mapping` or `--runtime`, or leave `--compile` out\n"
            ),
        ),
        (
            ["--show-mapping", "--mode", "train"],
            (
                "error: `--mode` must be `inference` or `training`, not `train`\n"
                "tip: a similar value is `training`\n"
            ),
        ),
        (
            ["--show-mapping", "--statistics"],
            "error: `--show-mapping` and `--statistics` exclude each other\n",
        ),
        (
            ["--show-mapping", "--output-format", "junit"],
            (
                "error: `--show-mapping` needs the output format `full`, `concise` or `json`, "
                "not `junit`\n"
            ),
        ),
        (
            ["--runtime", "--model", "m", "--show-mapping"],
            "error: `--show-mapping` and `--runtime` exclude each other\n",
        ),
        (
            ["--runtime", "--model", "m", "--statistics"],
            "error: `--runtime` and `--statistics` exclude each other\n",
        ),
        (
            ["--runtime", "src"],
            (
                "error: `--runtime` needs a model\n"
                "tip: add `--model`: a folder with config.json, for one\n"
            ),
        ),
        *(
            (
                [f"--{option}", *value],
                (
                    f"error: `--{option}` has a meaning with `--runtime` alone\n"
                    f"tip: add `--runtime`, or leave `--{option}` out\n"
                ),
            )
            for option, *value in (
                ("model", "m"),
                ("kernel-config", "a:b"),
                ("offline",),
                ("timeout", "1"),
                ("trust-remote-code",),
                ("no-execute",),
                ("numerics",),
            )
        ),
        (
            ["--runtime", "--model", "m", "--device", "cuda,xpu"],
            ("error: `--runtime` takes one `--device`\ntip: run it once for each device\n"),
        ),
        (
            ["--runtime", "--model", "m", "--timeout", "1m"],
            "error: `--timeout` must be a number of seconds, not `1m`\n",
        ),
        (
            ["--explain", "KL14"],
            "error: unknown rule `KL14`\ntip: a similar rule is `KL104`\n",
        ),
        (["--explain", "x"], "error: unknown rule `x`\ntip: --list-rules shows all rules\n"),
        (
            ["--config", "missing.toml"],
            "error: cannot read the file: No such file or directory\n --> missing.toml\n",
        ),
        (
            ["-o", "missing/out.txt"],
            "error: cannot write `missing/out.txt`: there is no such directory\n",
        ),
    ],
)
def test_wrong_usage(
    world: World, capsys: pytest.CaptureFixture[str], argv: list[str], message: str
) -> None:
    assert main(argv) == 2
    assert capsys.readouterr() == ("", message)


@pytest.mark.parametrize(
    ("hint", "tip"), [(None, ""), ("give a file or a folder", "tip: give a file or a folder\n")]
)
def test_what_the_check_refuses(
    world: World, capsys: pytest.CaptureFixture[str], hint: str | None, tip: str
) -> None:
    world.answer = UsageError("`nowhere` does not exist", hint)
    assert main(["nowhere"]) == 2
    assert capsys.readouterr() == ("", f"error: `nowhere` does not exist\n{tip}")


def test_a_configuration_error_points_into_the_file(
    world: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    lines = ["[project]", *[""] * 7, "[tool.kernlint]", 'selct = ["KL1"]', "jobs = 1"]
    (tmp_path / "pyproject.toml").write_text("\n".join(lines) + "\n")
    assert main([]) == 2
    assert capsys.readouterr() == (
        "",
        (
            "error: unknown option `selct`\n"
            "  --> pyproject.toml:10:1\n"
            "   |\n"
            " 9 | [tool.kernlint]\n"
            '10 | selct = ["KL1"]\n'
            "   | ^^^^^\n"
            "11 | jobs = 1\n"
            "   |\n"
            "   = help: did you mean `select`?\n"
        ),
    )


def test_a_configuration_error_without_a_suggestion(
    world: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "strict.toml"
    path.write_text('select = ["KL7"]\n')
    assert main(["--config", str(path)]) == 2
    assert capsys.readouterr() == (
        "",
        (
            "error: unknown rule selector `KL7` in `select`\n"
            " --> strict.toml:1:11\n"
            "  |\n"
            '1 | select = ["KL7"]\n'
            "  |           ^^^^^\n"
        ),
    )


def test_a_syntax_error_at_the_end_of_the_file(
    world: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "kernlint.toml").write_text("select = [\n")
    assert main([]) == 2
    assert capsys.readouterr() == (
        "",
        (
            "error: not valid TOML: invalid value\n"
            " --> kernlint.toml:2:1\n"
            "  |\n"
            "1 | select = [\n"
            "2 |\n"
            "  | ^\n"
        ),
    )


def test_a_file_outside_the_working_directory_is_named_in_full(
    world: World,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "kernlint.toml").write_bytes(b"\xff")
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path / "a")
    assert main([]) == 2
    assert capsys.readouterr() == (
        "",
        f"error: cannot read the file: it is not UTF-8\n --> {tmp_path / 'kernlint.toml'}\n",
    )


def test_a_defect_is_no_traceback(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.answer = ZeroDivisionError("division by zero")
    assert main([]) == 3
    assert capsys.readouterr() == (
        "",
        (
            "internal error: ZeroDivisionError: division by zero\n"
            "This is a defect of kernlint, not of your code. Please report it, "
            "with the output of --verbose.\n"
        ),
    )


def test_verbose_shows_the_traceback(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.answer = ZeroDivisionError("division by zero")
    assert main(["-v"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(
        "configuration: none\n"
        "internal error: ZeroDivisionError: division by zero\n"
        "This is a defect of kernlint, not of your code. Please report it:\n"
        "Traceback (most recent call last):\n"
    )
    assert err.endswith("\nZeroDivisionError: division by zero\n")


def test_an_interrupt_is_quiet(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.answer = KeyboardInterrupt()
    assert main([]) == 130
    assert capsys.readouterr() == ("", "")


def run_process(program: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )


def test_the_arguments_of_the_process_and_its_exit() -> None:
    run = run_process(
        "import sys; from kernlint.cli import run; sys.argv = ['kernlint', '--slect']; run()"
    )
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == "error: unknown option `--slect`\ntip: a similar option is `--select`\n"


def test_a_reader_that_goes_away_is_no_error() -> None:
    program = (
        "import os, sys\n"
        "reader, writer = os.pipe(); os.close(reader); os.dup2(writer, 1)\n"
        "sys.argv = ['kernlint', '--help']\n"
        "from kernlint.cli import run; run()\n"
    )
    run = run_process(program)
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.parametrize(
    "start", ["import kernlint.cli", "import kernlint.cli as c; c.main(['--version'])"]
)
def test_a_start_loads_nothing_heavy(start: str) -> None:
    heavy = (
        "dataclasses difflib importlib.metadata inspect json kernlint.api kernlint.report "
        "kernlint.rules libcst logging packaging pathlib pathspec tomllib"
    )
    # -S: what an installation loads at start does not count.
    program = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parents[2])!r})\n"
        f"{start}\nprint(sorted({set(heavy.split())!r} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-S", "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines()[-1] == "[]"

"""What a command takes is measured plausibly."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.process import FailedError, Run, environment, run

MB = 1_000_000
BURN = "import time\nwhile time.process_time() < 0.3: pass\n"
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")


def python(program: str, folder: Path, *, watched: bool = False) -> Run:
    return run([sys.executable, "-I", "-S", "-c", program], str(folder), watched=watched)


def test_a_process_that_sleeps_takes_time_and_no_work(tmp_path: Path) -> None:
    taken = python("import time; time.sleep(0.5)", tmp_path)
    assert taken.wall >= 0.5
    assert taken.cpu < 0.3
    assert (taken.largest, taken.together) == (None, None)


def test_work_is_counted(tmp_path: Path) -> None:
    taken = python(BURN, tmp_path)
    assert 0.29 <= taken.cpu < 1.5
    assert taken.wall >= 0.29


def test_the_work_of_children_is_counted(tmp_path: Path) -> None:
    child = f"import os\nif os.fork():\n    os.wait()\nelse:\n    exec({BURN!r})\n"
    assert python(child, tmp_path).cpu >= 0.29


@on_linux
def test_the_work_of_children_that_outlive_their_parent_is_counted(tmp_path: Path) -> None:
    child = f"import os\nif not os.fork():\n    exec({BURN!r})\n"
    assert python(child, tmp_path).cpu >= 0.29


@on_linux
def test_memory_is_measured(tmp_path: Path) -> None:
    taken = python("data = b'x' * 100_000_000", tmp_path, watched=True)
    assert taken.largest is not None
    assert 100 * MB < taken.largest < 150 * MB


@on_linux
def test_memory_of_several_processes_is_added_up(tmp_path: Path) -> None:
    child = (
        "import os, time\nshared = b's' * 50_000_000\nif os.fork():\n    os.wait()\n"
        "else:\n    own = b'o' * 50_000_000\n    time.sleep(0.3)\n"
    )
    taken = python(child, tmp_path, watched=True)
    assert taken.largest is not None
    assert taken.together is not None
    assert 100 * MB < taken.largest < 130 * MB
    assert 95 * MB < taken.together < 140 * MB


@on_linux
def test_the_memory_of_this_process_is_not_that_of_the_command(tmp_path: Path) -> None:
    data = b"x" * 100_000_000
    taken = run(["sleep", "0.2"], str(tmp_path), watched=True)
    assert data
    assert taken.largest is not None
    assert taken.largest < 20 * MB


def test_another_exit_status_is_a_failure_with_what_was_said(tmp_path: Path) -> None:
    with pytest.raises(FailedError, match="exit status 3: no such thing"):
        python("import sys; print('no such thing', file=sys.stderr); sys.exit(3)", tmp_path)


def test_a_program_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(FailedError, match="No such file"):
        run(["./not-there"], str(tmp_path))


def test_a_command_that_hangs_is_ended(tmp_path: Path) -> None:
    with pytest.raises(FailedError, match="not done after 0 s"):
        run(["sleep", "60"], str(tmp_path), limit=0.2)


def test_settings_of_linters_do_not_reach_the_command() -> None:
    kept = environment({"PATH": "p", "RUFF_NO_CACHE": "1", "KERNLINT_OUTPUT_FORMAT": "json"})
    assert kept == {"PATH": "p", "PYTHONSAFEPATH": "1", "NO_COLOR": "1"}

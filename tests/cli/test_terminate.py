"""A run that is told to stop takes what it has started with it, and says nothing of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from kernlint.cli import TerminatedError, main
from kernlint.cli.terminate import terminable
from tests.cli.conftest import World
from tests.frame.checkout import ROOT

#: Stands in for an interpreter with the libraries: it starts a process and waits for it.
WAITING = """#!/bin/sh
sleep 600 &
echo $$ $! > pids.new
mv pids.new pids
wait
"""
CONFIG = """from transformers import KernelConfig

config = KernelConfig({"RMSNorm": "/kernels/norm:Layer"}, use_local_kernel=True)
"""
PATIENCE = 30


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_the_probe_ends_with_kernlint(tmp_path: Path, number: int, status: int) -> None:
    (tmp_path / "python").write_text(WAITING, encoding="ascii")
    (tmp_path / "python").chmod(0o755)
    (tmp_path / "config.json").write_text("{}", encoding="ascii")
    (tmp_path / "a.py").write_text(CONFIG, encoding="ascii")
    argv = [sys.executable, "-m", "kernlint", "--runtime", "--model", ".", "--python", "python"]
    process = subprocess.Popen(
        [*argv, "--isolated", "a.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # What runs in the background of a script begins with Ctrl-C ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    try:
        _wait_for(tmp_path / "pids")
        pids = [int(pid) for pid in (tmp_path / "pids").read_text(encoding="ascii").split()]
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert (process.returncode, out) == (status, "")
    assert err.splitlines()[0].startswith("running ")
    assert "Traceback" not in err
    assert "internal error" not in err
    assert [pid for pid in pids if not _gone(pid)] == []
    assert list(tmp_path.glob("kernlint-*")) == []


def _wait_for(file: Path) -> None:
    until = time.monotonic() + PATIENCE
    while not file.exists():
        assert time.monotonic() < until, f"{file.name} was never written"
        time.sleep(0.05)


def _gone(pid: int) -> bool:
    """Whether a process that nobody waits for has ended, a little later at most."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2]
        except ProcessLookupError:
            return True
        except FileNotFoundError:
            state = ""  # a system without /proc, or just gone
        if state.split()[:1] == ["Z"]:
            return True
        time.sleep(0.05)
    return False


def test_the_exit_status(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.answer = TerminatedError()
    assert main(["--runtime", "--model", "m"]) == 143
    assert capsys.readouterr() == ("", "what is executed\n")
    world.answer = KeyboardInterrupt()
    assert main(["--runtime", "--model", "m"]) == 130


def test_the_handler_is_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(TerminatedError), terminable():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


def test_an_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with terminable():
            signal.raise_signal(signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


def test_another_thread_changes_nothing() -> None:
    seen: list[object] = []

    def work() -> None:
        with terminable():
            seen.append(signal.getsignal(signal.SIGTERM))

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]

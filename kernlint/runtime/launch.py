"""One process of the probe: started, watched, and ended with everything that it has started."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import TYPE_CHECKING, Any

from kernlint.model.record import Record
from kernlint.runtime.events import Recording, Step, recording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PROBE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "probe")

_TICK = 0.1
#: How long a process may take to leave once it has said everything, in seconds.
_FAREWELL = 10.0
_LAST_LINES = 3
_LONGEST_LINE = 300
_LONGEST_OUTPUT = 100_000


class Limits(Record):
    """Seconds that a process may run, and seconds that it may be silent."""

    whole: float
    silent: float


class Ended(Record):
    """How a process ended.

    ``status`` is what it exited with, minus the number of the signal that ended it; None for one
    that was killed because of a limit, which ``limit`` is then. ``output`` are the last lines
    that it printed.
    """

    recording: Recording
    status: int | None
    limit: float | None
    output: tuple[str, ...]


def launch(
    python: str,
    job: Mapping[str, object],
    limits: Limits,
    *,
    offline: bool,
    progress: Callable[[Step], None],
) -> Ended:
    """Run the probe in a process of its own, without stdin, and wait for its end.

    Args:
        python: The interpreter that runs it.
        job: What it is asked for, see ``kernlint/runtime/probe``.
        limits: When it is killed. What it has written by then counts.
        offline: Whether huggingface_hub is to use its cache alone.
        progress: Told of every step as it begins.

    Raises OSError where the interpreter cannot be started. Whatever ends this function, the
    process and those that it has started are gone afterwards.
    """
    with tempfile.TemporaryDirectory(prefix="kernlint-", ignore_cleanup_errors=True) as folder:
        job_file, events_file = os.path.join(folder, "job.json"), os.path.join(folder, "events")
        output_file = os.path.join(folder, "output")
        with open(job_file, "w", encoding="utf-8") as file:
            json.dump(job, file)
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(open(output_file, "wb"))
            stack.enter_context(open(events_file, "wb"))
            with _signals_held():
                process = subprocess.Popen(  # noqa: S603 (the interpreter that the user named)
                    [python, PROBE, job_file, events_file],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=_environment(offline=offline),
                    **_own_group(),
                )
                stack.callback(_end, process)
            limit = _watch(process, events_file, limits, progress)
        with open(events_file, encoding="utf-8", errors="replace") as file:
            found = recording(file)
        return Ended(
            found, process.returncode if limit is None else None, limit, _last_lines(output_file)
        )


def _environment(*, offline: bool) -> dict[str, str]:
    """That of this process, and what keeps the libraries quiet and their output complete.

    Variables that turn telemetry off are not among it: with them, kernels 0.17.2 sends a header
    that its HTTP client refuses, and no kernel can be loaded from the Hub.
    """
    chosen = {
        "TRANSFORMERS_VERBOSITY": "error",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONFAULTHANDLER": "1",
    }
    if offline:
        chosen["HF_HUB_OFFLINE"] = "1"
    return {**os.environ, **chosen}


def _own_group() -> dict[str, Any]:
    """What gives a process a group of its own, so that Ctrl-C and kill reach it as one."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Keep SIGINT and SIGTERM back until the end, where they would run Python code.

    That code may raise, and a process whose start it cuts short would be nobody's to end. The new
    process does not inherit this: such handlers are not kept when a program is started.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    numbers = [each for each in (signal.SIGINT, signal.SIGTERM) if callable(signal.getsignal(each))]
    before = [signal.signal(each, lambda number, frame: held.append(number)) for each in numbers]
    try:
        yield
    finally:
        for each, handler in zip(numbers, before, strict=True):
            signal.signal(each, handler)
        for number in held:
            signal.raise_signal(number)


def _watch(
    process: subprocess.Popen[bytes],
    events_file: str,
    limits: Limits,
    progress: Callable[[Step], None],
) -> float | None:
    """Wait for the end of a process; the limit that it has passed, None if it came to an end."""
    started = heard = time.monotonic()
    done = None
    with open(events_file, "rb") as file:
        new = _new_lines(file)
        while True:
            try:
                process.wait(_TICK)
            except subprocess.TimeoutExpired:
                over = False
            else:
                over = True
            now = time.monotonic()
            for line in next(new):
                heard = now
                read = recording((line,))
                if read.last is not None:
                    progress(read.last)
                if read.done is not None:
                    done = now
            if over or (done is not None and now - done > _FAREWELL):
                return None
            if done is None and now - started > limits.whole:
                return limits.whole
            if done is None and now - heard > limits.silent:
                return limits.silent


def _new_lines(file: Any) -> Iterator[list[str]]:
    """The whole lines that were written since the last time."""
    rest = b""
    while True:
        *lines, rest = (rest + file.read()).split(b"\n")
        yield [line.decode("utf-8", "replace") for line in lines]


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all of its group."""
    if sys.platform == "win32":
        with contextlib.suppress(OSError):
            process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _last_lines(path: str) -> tuple[str, ...]:
    """The end of what a process printed: the place of a crash, else its last lines."""
    with open(path, "rb") as file:
        file.seek(max(0, os.path.getsize(path) - _LONGEST_OUTPUT))
        text = file.read().decode("utf-8", "replace")
    lines = [line.strip()[:_LONGEST_LINE] for line in text.splitlines() if line.strip()]
    fatal = [at for at, line in enumerate(lines) if line.startswith("Fatal Python error")]
    if not fatal:
        return tuple(lines[-_LAST_LINES:])
    calls = [line for line in lines[fatal[-1] :] if line.startswith("File ")]
    return (lines[fatal[-1]], *calls[: _LAST_LINES - 1])

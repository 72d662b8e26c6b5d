"""One command, run once: how long it took, what it computed, how much memory it held.

The times are those of a run that nothing looks at. Memory is measured in a run of its own, whose
processes are looked at every few milliseconds, since that slows them down.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

#: Seconds between two looks at the memory of the processes.
INTERVAL = 0.002

_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of Linux
_FOREIGN = ("KERNLINT_", "RUFF_", "GIT_")
_COLOURS = {"FORCE_COLOR", "CLICOLOR_FORCE", "GREP_COLOR", "GREP_COLORS"}
# Compiled modules are kept, as users have them.
_PYTHON = {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONUNBUFFERED"}


class FailedError(Exception):
    """A command that could not be started, took too long, or ended in another way than it may."""


class Run(NamedTuple):
    """What one run took: seconds, and bytes where they were looked for and could be known.

    ``cpu`` is the time of all processes together, in user mode and in the kernel of the system.
    ``largest`` is the most memory that one of the processes had, ``together`` the most that all
    of them had at one time, where what several of them share counts once.
    """

    wall: float
    cpu: float
    largest: int | None = None
    together: int | None = None


def environment(inherited: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables that a command gets: those of this process, without settings of programs."""
    kept = {
        name: value
        for name, value in inherited.items()
        if not name.startswith(_FOREIGN) and name not in _COLOURS | _PYTHON
    }
    # Python must not take modules from the linted folder, which is the working directory.
    return kept | {"PYTHONSAFEPATH": "1", "NO_COLOR": "1"}


def run(
    command: Sequence[str],
    folder: str,
    *,
    statuses: Collection[int] = (0,),
    watched: bool = False,
    limit: float = 3600.0,
) -> Run:
    """Run a command to its end, its output going to a file.

    Args:
        command: The program and its arguments.
        folder: The working directory.
        statuses: The exit statuses that are no failure.
        watched: Whether to look at the memory of its processes, which makes the times worse.
        limit: Seconds after which its processes are ended.

    Raises:
        FailedError: It cannot be started, takes too long, or exits with another status.
    """
    # Not to the null device: grep stops at the first match there.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors, _adopting():
        variables = environment()
        start = time.perf_counter()
        try:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
                start_new_session=True,
            )
        except OSError as error:
            raise FailedError(f"{command[0]}: {error.strerror}") from error
        watcher = _Watcher(process.pid) if watched else None
        expired = threading.Event()
        timer = threading.Timer(limit, _expire, [process.pid, expired])
        timer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            usages = [usage, *_orphans(process.pid)]
        finally:
            timer.cancel()
            if process.returncode is None:
                _kill(process.pid)
                process.wait()
            if watcher is not None:
                watcher.stop()
        if expired.is_set():
            raise FailedError(f"not done after {limit:.0f} s")
        if process.returncode not in statuses:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip().splitlines()
            raise FailedError(": ".join([f"exit status {process.returncode}", *said[-1:]]))
    cpu = sum(one.ru_utime + one.ru_stime for one in usages)
    if watcher is None:
        return Run(wall, cpu)
    largest = max(one.ru_maxrss for one in usages) * (1 if sys.platform == "darwin" else 1024)
    largest = watcher.corrected(largest)
    # What a command shares with other programs is not counted whole where all are added up.
    together = None if watcher.together is None else max(watcher.together, largest)
    return Run(wall, cpu, largest, together)


@contextmanager
def _adopting() -> Iterator[None]:
    """Be the parent of processes that outlive theirs, so that their times can be had."""
    if sys.platform != "linux":
        yield
        return
    system = ctypes.CDLL(None)
    system.prctl(_SUBREAPER, 1)
    try:
        yield
    finally:
        system.prctl(_SUBREAPER, 0)


def _orphans(group: int) -> Iterator[resource.struct_rusage]:
    """Wait for what is left of a process group."""
    with suppress(ChildProcessError):
        while True:
            yield os.wait4(-group, 0)[2]


def _kill(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _expire(group: int, expired: threading.Event) -> None:
    expired.set()
    _kill(group)


class _Watcher:
    """Looks at the processes of a session until it is stopped; only where there is a ``/proc``."""

    def __init__(self, session: int) -> None:
        self.together: int | None = None
        self._highest = 0
        self._session = session
        # A process begins as an image of its parent, which the system counts as its own.
        self._floor = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> None:
        """Do not look any more."""
        self._stopped.set()
        self._thread.join()

    def corrected(self, largest: int) -> int:
        """The size of the largest process, as told by the system, or as seen where it is small."""
        return self._highest if self._highest and largest < 1.1 * self._floor else largest

    def _watch(self) -> None:
        if not os.path.exists("/proc/self/status"):
            return
        while True:
            processes = [pid for pid in _descendants(os.getpid()) if self._is_ours(pid)]
            self.together = max(self.together or 0, sum(map(_shared_out, processes)))
            highest = (_kilobytes(f"/proc/{pid}/status", "VmHWM:") or 0 for pid in processes)
            self._highest = max([self._highest, *(size * 1024 for size in highest)])
            if self._stopped.wait(INTERVAL):
                return

    def _is_ours(self, pid: int) -> bool:
        try:
            return os.getsid(pid) == self._session
        except OSError:
            return False


def _descendants(pid: int) -> Iterator[int]:
    """The children of a process and theirs, at this moment."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return
    for thread in threads:
        try:
            with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
                children = [int(child) for child in file.read().split()]
        except OSError:
            continue
        for child in children:
            yield child
            yield from _descendants(child)


def _shared_out(pid: int) -> int:
    """The memory of a process in bytes, of what it shares with others only its part."""
    size = _kilobytes(f"/proc/{pid}/smaps_rollup", "Pss:")
    if size is None:
        size = _kilobytes(f"/proc/{pid}/status", "VmRSS:")
    return (size or 0) * 1024


def _kilobytes(path: str, field: str) -> int | None:
    """A field of a file that tells of memory, None where there is none (any more)."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return next((int(line.split()[1]) for line in file if line.startswith(field)), None)
    except OSError:
        return None

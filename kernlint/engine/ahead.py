"""Processes that make facts while this one still looks for files.

The parser takes a fifth of a second to load and most of the rest of a run to parse. So one process
loads it beside the search for the files, and divides itself into several then. Where that is not
possible, or one of them dies, nothing is lost: what it has not made is made later.
"""

from __future__ import annotations

import os
import sys
import time

from kernlint.model.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from kernlint.model.facts import FileFacts
    from kernlint.model.text import SourceText

#: More processes than this are not worth their start.
_MOST = 8

#: How many bytes may wait for a process that is busy; no user is refused that many.
_WAITING = 1 << 20

_WIDTH = 8


class _Lane:
    """What a process is reached by: pipes for files and for the answer; the bytes it was given.

    It ``is_lost`` where the process does not take any more.
    """

    def __init__(self) -> None:
        self.files, self.to = os.pipe()
        self.answer, self.back = os.pipe()
        self.size = 0
        self.is_lost = False
        os.set_blocking(self.to, False)
        from contextlib import suppress

        with suppress(OSError, ImportError, AttributeError):
            from fcntl import F_SETPIPE_SZ, fcntl

            fcntl(self.to, F_SETPIPE_SZ, _WAITING)

    def write(self, data: bytes) -> None:
        """Hand over bytes, as soon as there is room for them, but not without end."""
        from select import POLLOUT

        from kernlint.engine.runner import seconds_for

        rest = memoryview(data)
        try:
            while rest and _wait(self.to, POLLOUT, seconds_for(self.size)):
                rest = rest[os.write(self.to, rest) :]
        except BrokenPipeError:
            pass
        self.is_lost = bool(rest)


class Ahead:
    """Takes files as they are found; started with the first of them, if not before.

    ``jobs`` is the number of processes, 0 for one per processor.
    """

    def __init__(self, jobs: int = 0) -> None:
        self._count = min(jobs or os.cpu_count() or 1, _MOST)
        self._lanes: list[_Lane] = []
        self._process = 0

    @staticmethod
    def is_possible(jobs: int) -> bool:
        """Whether another process may be used and costs little to start."""
        return sys.platform == "linux" and (jobs or os.cpu_count() or 1) > 1

    def put(self, path: str, source: SourceText) -> None:
        """Hand over a file."""
        self.start()
        import pickle

        lanes = [each for each in self._lanes if not each.is_lost]
        if lanes:
            lane = min(lanes, key=lambda each: each.size)
            lane.size += len(source.data)
            # Between this process and its child nothing else can write.
            frame = pickle.dumps((path, source.data, source.encoding, source.bom), 5)
            lane.write(len(frame).to_bytes(_WIDTH, "little") + frame)

    def facts(self) -> dict[str, FileFacts]:
        """The facts of what was handed over, as far as they could be made."""
        from kernlint.engine.runner import seconds_for

        end = time.monotonic() + seconds_for(sum(lane.size for lane in self._lanes))
        for lane in self._lanes:
            os.close(lane.to)
        found: dict[str, FileFacts] = {}
        for lane in self._lanes:
            found |= _answer(lane, self._process, end)
        if self._process:
            os.waitpid(self._process, 0)
        self._process, self._lanes = 0, []
        return found

    def stop(self) -> None:
        """End the processes: there is nothing for them to do."""
        if self._process:
            _kill(self._process)
            os.waitpid(self._process, 0)
            for lane in self._lanes:
                os.close(lane.to)
                os.close(lane.answer)
            self._process, self._lanes = 0, []

    def start(self) -> None:
        """Start a process, which then loads the parser, unless it runs already."""
        if self._process:
            return
        try:
            self._lanes = [_Lane() for _ in range(self._count)]
            self._process = os.fork()
        except OSError:  # no more processes or files are allowed: it is done later, or told
            self._lanes, self._count = [], 0
            return
        if self._process:
            for lane in self._lanes:
                os.close(lane.files)
                os.close(lane.back)
            return
        status = 1
        try:
            import signal

            signal.signal(signal.SIGINT, signal.SIG_DFL)
            for lane in self._lanes:
                os.close(lane.to)
                os.close(lane.answer)
            _serve(self._lanes)
            status = 0
        finally:
            os._exit(status)


def _answer(lane: _Lane, first: int, end: float) -> dict[str, FileFacts]:
    """The facts that a process has made; none where it died, or is not done in time.

    ``first`` is the process that begins, which may not come to tell who is at work.
    """
    import pickle

    if lane.is_lost:
        end = time.monotonic()
    with os.fdopen(lane.answer, "rb", 0) as pipe:
        worker = 0
        if _is_ready(pipe, end):
            worker = int.from_bytes(pipe.read(_WIDTH), "little")
            if not worker:
                return {}
        if not (worker and _is_ready(pipe, end)):
            _kill(worker or first)
            return {}
        answer = pipe.read()
    try:
        found: dict[str, FileFacts] = pickle.loads(answer)  # noqa: S301 (of the child alone)
    except (EOFError, pickle.UnpicklingError):
        return {}
    return found


def _is_ready(pipe: BinaryIO, end: float) -> bool:
    """Whether there is something to read, or nothing will come any more, before the end."""
    from select import POLLIN

    return _wait(pipe.fileno(), POLLIN, end - time.monotonic())


def _wait(descriptor: int, event: int, seconds: float) -> bool:
    """Whether a pipe can be used, or will never be any more, in so many seconds."""
    from select import poll

    waiting = poll()
    waiting.register(descriptor, event)
    return bool(waiting.poll(max(seconds, 0.0) * 1_000))


def _kill(process: int) -> None:
    import signal
    from contextlib import suppress

    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def _serve(lanes: Sequence[_Lane]) -> None:
    """The child: load the parser, and be one process for each lane."""
    import gc

    from kernlint.extract import file as _  # noqa: F401 (the parser, before there are more of it)

    # What is loaded stays, so that it need not be looked at again, nor be copied for that.
    gc.freeze()
    others: list[int] = []
    for number, lane in enumerate(lanes[1:], 1):
        process = os.fork()
        if not process:
            for other in (lanes[0], *lanes[number + 1 :]):
                os.close(other.files)
                os.close(other.back)
            _work(lane)
            return
        others.append(process)
        os.close(lane.files)
        os.close(lane.back)
    _work(lanes[0])
    for process in others:
        os.waitpid(process, 0)


def _work(lane: _Lane) -> None:
    """Tell who is at work, make the facts of all files that come, and answer when all have."""
    import pickle

    from kernlint.engine.runner import extract_one
    from kernlint.model.text import SourceText

    found: dict[str, FileFacts] = {}
    with os.fdopen(lane.back, "wb") as answer:
        answer.write(os.getpid().to_bytes(_WIDTH, "little"))
        answer.flush()
        with os.fdopen(lane.files, "rb") as files:
            for frame in _frames(files):
                path, data, encoding, bom = pickle.loads(frame)  # noqa: S301 (of the parent alone)
                found[path] = extract_one(SourceText(data, encoding, bom))
        pickle.dump(found, answer, 5)


def _frames(pipe: BinaryIO) -> Iterator[bytes]:
    while length := pipe.read(_WIDTH):
        yield pipe.read(int.from_bytes(length, "little"))

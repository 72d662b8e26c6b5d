"""A process that makes facts while this one still looks for files.

The parser takes a fifth of a second to load and most of the rest of a run to parse. Both happen
beside the search for the files, on another processor. Where that is not possible, or the process
dies, nothing is lost: what it has not made is made later.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernlint.model.facts import FileFacts
    from kernlint.model.text import SourceText

_LENGTH = 8


class Ahead:
    """Takes files as they are found; started with the first of them, if not before."""

    def __init__(self) -> None:
        self._process = 0
        self._to = self._from = -1
        self._size = 0

    @staticmethod
    def is_possible(jobs: int) -> bool:
        """Whether another process may be used and costs little to start."""
        return sys.platform == "linux" and (jobs or os.cpu_count() or 1) > 1

    def put(self, path: str, source: SourceText) -> None:
        """Hand over a file, whose facts are then made in this order."""
        self.start()
        import pickle

        self._size += len(source.data)
        # Between this process and its child nothing else can write.
        frame = pickle.dumps((path, source.data, source.encoding, source.bom), 5)
        with suppress(BrokenPipeError):
            _write(self._to, len(frame).to_bytes(_LENGTH, "little") + frame)

    def facts(self) -> dict[str, FileFacts]:
        """The facts of what was handed over, as far as they could be made."""
        if self._process == 0:
            return {}
        import pickle

        os.close(self._to)
        from select import select

        from kernlint.engine.runner import seconds_for

        with os.fdopen(self._from, "rb") as pipe:
            ready, _, _ = select([pipe], [], [], seconds_for(self._size))
            if not ready:
                import signal

                os.kill(self._process, signal.SIGKILL)
            answer = pipe.read()
        os.waitpid(self._process, 0)
        self._process = 0
        try:
            found: dict[str, FileFacts] = pickle.loads(answer)  # noqa: S301 (of the child alone)
        except (EOFError, pickle.UnpicklingError):
            return {}
        return found

    def stop(self) -> None:
        """End the process: there is nothing for it to do."""
        if self._process:
            import signal

            os.kill(self._process, signal.SIGKILL)
            os.waitpid(self._process, 0)
            os.close(self._to)
            os.close(self._from)
            self._process = 0

    def start(self) -> None:
        """Start the process, which then loads the parser, unless it runs already."""
        if self._process:
            return
        theirs, self._to = os.pipe()
        self._from, answer = os.pipe()
        self._process = os.fork()
        if self._process:
            os.close(theirs)
            os.close(answer)
            return
        status = 1
        try:
            import signal

            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.close(self._to)
            os.close(self._from)
            _serve(theirs, answer)
            status = 0
        finally:
            os._exit(status)


def _serve(source: int, answer: int) -> None:
    """The child: make the facts of all files that come, and answer once there are no more."""
    import gc
    import pickle
    import threading
    from queue import SimpleQueue

    frames: SimpleQueue[bytes | None] = SimpleQueue()
    threading.Thread(target=lambda: _receive(source, frames), daemon=True).start()
    from kernlint.engine.runner import extract_one
    from kernlint.extract import file as _  # noqa: F401 (the parser, while the first files come)
    from kernlint.model.text import SourceText

    # Of so little source the parser makes less garbage than is worth looking for.
    gc.disable()
    found: dict[str, FileFacts] = {}
    while (frame := frames.get()) is not None:
        path, data, encoding, bom = pickle.loads(frame)  # noqa: S301 (of the parent alone)
        found[path] = extract_one(SourceText(data, encoding, bom))
    with os.fdopen(answer, "wb") as pipe:
        pickle.dump(found, pipe, 5)


def _receive(source: int, frames: object) -> None:
    put = frames.put  # type: ignore[attr-defined]
    with os.fdopen(source, "rb") as pipe:
        for frame in _frames(pipe):
            put(frame)
    put(None)


def _frames(pipe: object) -> Iterator[bytes]:
    read = pipe.read  # type: ignore[attr-defined]
    while length := read(_LENGTH):
        yield read(int.from_bytes(length, "little"))


def _write(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]

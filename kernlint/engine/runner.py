"""Extracts facts from many files: in this process, or in several.

The result does not depend on the number of workers. A worker that dies costs the
file that it was at.
"""

from __future__ import annotations

import os
import sys
import time

from kernlint.model.expr import Span
from kernlint.model.facts import FileFacts, Problem
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkContext, SpawnContext

    from kernlint.model.text import SourceText

#: Below this many bytes of source starting workers costs more than it saves.
POOL_BYTES = 400_000
#: A larger file gets a process of its own where there are no workers, to be ended in time.
LARGE_BYTES = 150_000
#: How long the facts of any file may take, in seconds.
LIMIT_SECONDS = 15.0

_STACK_BYTES = 256 * 1024 * 1024
_RECURSION_LIMIT = 30_000


class Extent(Record):
    """How much of a file its facts hold; see ``extract.file.extract``."""

    names: frozenset[str] = frozenset()
    full: bool = False

    @property
    def key(self) -> str:
        """What stands for it in a cache."""
        return f"{'full' * self.full}:{','.join(sorted(self.names))}"


USUAL = Extent()


def extract_all(
    sources: Mapping[str, SourceText], jobs: int = 0, extent: Extent = USUAL
) -> dict[str, FileFacts]:
    """The facts of every file.

    Args:
        sources: The files, by path.
        jobs: The number of worker processes; 0 for one per processor.
        extent: How much of each.
    """
    jobs = jobs or os.cpu_count() or 1
    total = sum(len(source.data) for source in sources.values())
    if jobs == 1 or len(sources) < 2 or total < POOL_BYTES:
        # What libcst can be at for long without a deep nesting is large.
        large = {path: each for path, each in sources.items() if len(each.data) > LARGE_BYTES}
        small = [item for item in sources.items() if item[0] not in large]
        return dict(_with_room(lambda: _extract_each(small, extent))) | extract_apart(large, extent)
    return _pooled(sources, jobs, extent)


def extract_apart(
    sources: Mapping[str, SourceText], extent: Extent = USUAL
) -> dict[str, FileFacts]:
    """The facts of files of which one has ended a process: each in a process of its own."""
    return {path: _isolated(path, source, extent) for path, source in sources.items()}


def extract_one(source: SourceText, extent: Extent = USUAL) -> FileFacts:
    """The facts of one file, made in this process."""
    return _with_room(lambda: [("", _extract(source, extent))])[0][1]


def _extract_each(
    items: Iterable[tuple[str, SourceText]], extent: Extent
) -> list[tuple[str, FileFacts]]:
    return [(path, _extract(source, extent)) for path, source in items]


def _extract(source: SourceText, extent: Extent) -> FileFacts:
    """The facts of one file; a defect of kernlint costs this file alone."""
    try:
        from kernlint.extract.file import extract

        return extract(source, full=extent.full, names=extent.names)
    except Exception as error:  # noqa: BLE001  # one file must not end the run
        return _failed(source, f"kernlint failed on this file: {type(error).__name__}: {error}")


def _failed(source: SourceText, message: str) -> FileFacts:
    return FileFacts(problem=Problem(message, Span(source.bom, source.bom)))


def _with_room(
    work: Callable[[], list[tuple[str, FileFacts]]],
) -> list[tuple[str, FileFacts]]:
    """Run in a thread with a large stack: libcst is recursive, and so is deep code."""
    import threading

    results: list[list[tuple[str, FileFacts]]] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001  # raised again in the calling thread
            errors.append(error)

    limit = sys.getrecursionlimit()
    size = threading.stack_size(_STACK_BYTES)
    sys.setrecursionlimit(_RECURSION_LIMIT)
    try:
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(size)
        sys.setrecursionlimit(limit)
    if errors:
        raise errors[0]
    return results[0]


def _pooled(sources: Mapping[str, SourceText], jobs: int, extent: Extent) -> dict[str, FileFacts]:
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures import TimeoutError as FutureTimeoutError
    from concurrent.futures.process import BrokenProcessPool

    chunks = _chunks(sources, jobs * 4)
    facts: dict[str, FileFacts] = {}
    total = sum(len(source.data) for source in sources.values())
    with ProcessPoolExecutor(min(jobs, len(chunks)), _processes()) as pool:
        workers = pool._processes  # noqa: SLF001  # the one way to end them
        end = time.monotonic() + seconds_for(total)
        futures = [pool.submit(_work, chunk, extent) for chunk in chunks]
        for future in futures:
            try:
                facts.update(future.result(max(end - time.monotonic(), 0.01)))
            except BrokenProcessPool:  # noqa: PERF203  # each future has its own end
                continue
            except FutureTimeoutError:  # another class before Python 3.11
                for process in list(workers.values()):
                    process.kill()
                break
    for path, source in sources.items():
        if path not in facts:
            facts[path] = _isolated(path, source, extent)
    return facts


def _isolated(path: str, source: SourceText, extent: Extent) -> FileFacts:
    """One file in a process of its own, which may die and is not waited for without end."""
    context = _processes()
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(sender, path, source, extent), daemon=True)
    process.start()
    sender.close()
    try:
        if not receiver.poll(seconds_for(len(source.data))):
            return _failed(source, "the parser takes too long for this file")
        found: FileFacts = receiver.recv()
    except EOFError:
        return _failed(source, "the parser crashed on this file")
    finally:
        process.kill()
        process.join()
        receiver.close()
    return found


def seconds_for(size: int) -> float:
    """How long the facts of so many bytes may take: twenty times what they usually do."""
    return LIMIT_SECONDS + size / 25_000


def _answer(sender: Connection, path: str, source: SourceText, extent: Extent) -> None:
    sender.send(_work([(path, source)], extent)[0][1])


def _work(chunk: list[tuple[str, SourceText]], extent: Extent) -> list[tuple[str, FileFacts]]:
    return _with_room(lambda: _extract_each(chunk, extent))


def _chunks(sources: Mapping[str, SourceText], count: int) -> list[list[tuple[str, SourceText]]]:
    """The files in about equal shares, the large ones first."""
    ordered = sorted(sources.items(), key=lambda item: (-len(item[1].data), item[0]))
    chunks = [ordered[start::count] for start in range(count)]
    return [chunk for chunk in chunks if chunk]


def _processes() -> ForkContext | SpawnContext:
    """Fork where it is safe and cheap; this process has no other threads."""
    import multiprocessing

    is_linux: bool = sys.platform == "linux"
    return multiprocessing.get_context("fork") if is_linux else multiprocessing.get_context("spawn")

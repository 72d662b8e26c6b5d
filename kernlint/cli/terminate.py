"""SIGTERM as an exception, so that what was started is ended before kernlint itself leaves."""

from __future__ import annotations

import contextlib

from kernlint.cli import TerminatedError
from kernlint.model.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


@contextlib.contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM raise TerminatedError within.

    Only the main thread can be told of signals: in another one nothing changes, and neither
    where whoever started the process has SIGTERM ignored.
    """
    import signal  # with `threading` 3 ms, for the few runs that start something
    import threading

    before = signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread() or before is signal.SIG_IGN:
        yield
        return
    signal.signal(signal.SIGTERM, _raise)
    try:
        yield
    finally:
        # None is a handler that is no Python code, which only its owner can set again.
        signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)


def _raise(number: int, frame: FrameType | None) -> None:
    raise TerminatedError

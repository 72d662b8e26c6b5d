"""Writing to stdout and stderr, whatever has become of them."""

from __future__ import annotations

import os
import sys

from kernlint.cli.usage import WrongUsageError
from kernlint.model.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a stream leads to a terminal; one that is closed does not."""
    return stream is not None and stream.isatty()


def tell(text: str) -> int:
    """Write to stdout; 0, the exit code of what has nothing else to do.

    A reader that has gone away (``| head -1``) is no error. Raises WrongUsageError where the
    text cannot be written.
    """
    if not text:
        return 0
    if sys.stdout is None:
        raise WrongUsageError("cannot write to stdout: it is closed")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _give_up(sys.stdout)
    except OSError as error:
        _give_up(sys.stdout)
        raise WrongUsageError(f"cannot write to stdout: {error.strerror}") from None
    return 0


def pass_on(data: bytes) -> None:
    """Write bytes to stdout as they are, whatever its encoding; otherwise as ``tell``."""
    if sys.stdout is None:
        raise WrongUsageError("cannot write to stdout: it is closed")
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _give_up(sys.stdout)
    except OSError as error:
        _give_up(sys.stdout)
        raise WrongUsageError(f"cannot write to stdout: {error.strerror}") from None


def complain(text: str) -> None:
    """Write to stderr; where that is not possible there is nobody to tell."""
    if not text or sys.stderr is None:
        return
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        _give_up(sys.stderr)


def _give_up(stream: TextIO) -> None:
    """Let what is still to be written go nowhere, so that the end of the process is quiet."""
    from contextlib import suppress

    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())

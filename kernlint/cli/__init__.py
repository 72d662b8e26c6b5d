"""The command line."""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

INTERRUPTED = 130

#: How many objects may be made before garbage is looked for.
_OBJECTS = 50_000


class TerminatedError(BaseException):
    """The process was asked to end; like KeyboardInterrupt, no error that could be handled."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run with these arguments (those of the process by default); the exit code.

    Errors become a message on stderr: 2 wrong usage or configuration, 3 a defect
    of kernlint, 130 interrupted, 143 terminated while it had something else run.
    """
    try:
        # Here, so that an interrupt while this is loaded is one like any other.
        from kernlint.cli.command import obey
    except KeyboardInterrupt:
        return INTERRUPTED
    return obey(list(sys.argv[1:] if argv is None else argv))


def run() -> NoReturn:
    """The command: run and exit."""
    # Looking for garbage as often as usual takes longer than there is garbage to find.
    gc.set_threshold(_OBJECTS)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            # A character that the encoding lacks must not end the run.
            stream.reconfigure(errors="backslashreplace")
    code = main()
    # What was to be written is written, and the system takes back the memory faster than Python
    # does. After an interrupt a thread may be in the parser, where an orderly end would abort.
    os._exit(code)

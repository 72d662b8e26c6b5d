"""The command line."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

INTERRUPTED = 130


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
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            # A character that the encoding lacks must not end the run.
            stream.reconfigure(errors="backslashreplace")
    code = main()
    if code == INTERRUPTED:
        # A thread may be in the parser, in which an orderly end would abort the process. What
        # was to be written is written.
        os._exit(code)
    sys.exit(code)

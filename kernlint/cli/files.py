"""Reports in files: replaced as a whole, so that nobody reads half of one."""

from __future__ import annotations

import contextlib
import os
import stat

from kernlint.source.replace import replace_file


def refusal(path: str) -> str | None:
    """Why a report cannot be written there; None where it should be possible.

    Nothing is written, so that a long run is refused before it starts.
    """
    if not path:
        return "the name is empty"
    if os.path.isdir(path):
        return "it is a directory"
    if os.path.exists(path):
        return None if os.access(path, os.W_OK) else "Permission denied"
    folder = os.path.dirname(os.path.realpath(path))
    if not os.path.isdir(folder):
        return "there is no such directory"
    return None if os.access(folder, os.W_OK | os.X_OK) else "Permission denied"


def write_report(path: str, text: str) -> None:
    """Write a report in UTF-8; an OSError leaves an earlier one as it was.

    It goes to a new file beside the old one, which then takes its place, with the permissions of
    the old; a link stays, and what it points to is replaced. What is no regular file (a device, a
    pipe, ``/dev/stdout`` whatever that is), or lies in a folder that takes no new files, is written
    to.
    """
    data = text.encode(errors="backslashreplace")
    target = os.path.realpath(path)
    try:
        before: os.stat_result | None = os.stat(path)
    except FileNotFoundError:
        before = None
    special = before is not None and not stat.S_ISREG(before.st_mode)
    if os.path.abspath(path).startswith("/dev/"):
        special = True
    if special or not os.access(os.path.dirname(target), os.W_OK | os.X_OK):
        # A reader of a pipe that has gone away is no error.
        with contextlib.suppress(BrokenPipeError), open(path, "wb") as file:
            file.write(data)
        return
    replace_file(path, data)

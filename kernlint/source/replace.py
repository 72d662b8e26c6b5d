"""Writes a file so that it is at any time the old one or the new one."""

from __future__ import annotations

import os
import stat
from contextlib import suppress


def replace_file(path: str, data: bytes) -> None:
    """Give a file another content, as a whole; make it where there is none.

    Its permissions stay, and its owner where that is possible. Of a link the file that it
    leads to is written. Raises OSError, and then leaves everything as it was.
    """
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    try:
        before: os.stat_result | None = os.stat(target)
    except FileNotFoundError:
        before = None
    if before is not None and not os.access(target, os.W_OK):
        # In a folder that may be written to it could be replaced all the same.
        raise PermissionError(13, os.strerror(13), path)
    temporary = os.path.join(folder, f".{name[:100]}.{os.getpid()}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if before is not None:
            with suppress(OSError, AttributeError):
                os.chown(temporary, before.st_uid, before.st_gid)
            os.chmod(temporary, stat.S_IMODE(before.st_mode))
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise

"""Puts other bytes in the place of a file, all of them or none."""

from __future__ import annotations

import os

from kernlint.source.read import ReadError, read_bytes
from kernlint.source.replace import replace_file


class WriteError(Exception):
    """A file that keeps what it holds. The message is the reason, without the path."""


def refusal(path: str, folders: tuple[str, ...]) -> str | None:
    """Why a file is not to be changed; None where it may be.

    Args:
        path: The file; a link stands for what it leads to.
        folders: The folders, one of which a link must not lead out of.
    """
    real = os.path.realpath(path)
    inside = not os.path.isabs(path) and not path.startswith("..")
    folder = os.getcwd() if inside else os.path.dirname(path)
    if real != os.path.join(os.path.realpath(folder), os.path.relpath(path, folder)):
        roots = [os.path.realpath(folder) for folder in folders]
        if not any(real.startswith(os.path.join(root, "")) for root in roots):
            return "it is a link to a file outside of the project"
    if not os.access(real, os.W_OK):
        return "the file is not writable"
    return None


def replace(path: str, before: bytes, after: bytes) -> None:
    """Put ``after`` in the place of ``before``, at once for whoever reads the file.

    The permission bits stay, and the owner where the system lets us set it. Of a link the file
    that it leads to is replaced.

    Raises:
        WriteError: The file is another one by now, or it cannot be written.
    """
    try:
        if read_bytes(os.path.realpath(path)) != before:
            raise WriteError("it has changed since it was read")
        replace_file(path, after)
    except OSError as error:
        raise WriteError(error.strerror or str(error)) from None
    except ReadError as error:
        raise WriteError(str(error)) from None

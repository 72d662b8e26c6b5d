"""The text of stdin in place of a file, as editors hand it over."""

from __future__ import annotations

import os
import sys

from kernlint.cli.usage import WrongUsageError
from kernlint.model.hints import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

#: What a text without a file name is called in a report.
NAMELESS = "<stdin>"

_WRITING = ("runtime", "add_ignore", "write_baseline")


def paths_of(
    args: argparse.Namespace, paths: Sequence[str]
) -> tuple[list[str], Mapping[str, bytes]]:
    """The paths of a run, and the contents of those that are not read from the disk.

    ``-`` stands for stdin, and so does ``--stdin-filename``; the text is that of a file of
    this name. Raises WrongUsageError where stdin is asked for and cannot be used.
    """
    if "-" not in paths and args.stdin_filename is None:
        return list(paths) or ["."], {}
    others = [path for path in paths if path != "-"]
    if others:
        raise WrongUsageError(
            f"stdin and other paths exclude each other: `{others[0]}`",
            "a file that is called `-` is `./-`" if "-" in paths else None,
        )
    for name in _WRITING:
        if getattr(args, name) not in (None, False):
            raise WrongUsageError(f"`--{name.replace('_', '-')}` needs files, not stdin")
    path = NAMELESS if args.stdin_filename is None else args.stdin_filename
    if not path or path.endswith(os.sep) or os.path.isdir(path):
        raise WrongUsageError(f"`--stdin-filename` must name a file, not `{path}`")
    needed = not (args.show_settings or args.show_files)
    return [path], {path: _read() if needed else b""}


def _read() -> bytes:
    # Bytes: which encoding they are in is for the file to say.
    if sys.stdin is None:
        raise WrongUsageError("stdin is closed")
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        raise WrongUsageError(f"cannot read stdin: {error.strerror}") from None

"""Paths as a code host knows them: from the root of the repository, whatever the folder of a run.

A code host matches findings to files by these paths alone.
"""

from __future__ import annotations

import posixpath
import re
from urllib.parse import quote

from kernlint.model.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from kernlint.model.run import Run

_DRIVE = re.compile(r"[A-Za-z]:/")


def in_repository(path: str, run: Run) -> str:
    """The path from the root of the repository; an absolute one where it lies outside of it."""
    if not run.root:
        return path
    absolute = posixpath.normpath(posixpath.join(run.cwd, path) if not _absolute(path) else path)
    root = run.root.rstrip("/") + "/"
    return absolute.removeprefix(root)


def uri(path: str) -> str:
    """A path of ``in_repository`` as a URI: relative, or with ``file`` where it is absolute.

    Whatever a URI gives a meaning is percent-encoded, bytes that are no text (PEP 383) included.
    """
    if not _absolute(path):
        return _quoted(path)
    if _DRIVE.match(path):
        return f"file:///{path[:2]}{_quoted(path[2:])}"
    return f"file://{_quoted(path)}"


def is_inside(path: str) -> bool:
    """Whether a path of ``in_repository`` is one from its root."""
    return not _absolute(path)


def _absolute(path: str) -> bool:
    return path.startswith("/") or bool(_DRIVE.match(path))


def _quoted(path: str) -> str:
    try:
        data = path.encode(errors="surrogateescape")
    except UnicodeEncodeError:  # surrogates that stand for no byte, as Windows has them in names
        data = path.encode(errors="surrogatepass")
    return quote(data, safe="/")

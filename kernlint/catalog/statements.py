"""What dependency files say: the shared types, and the text that places refer to."""

from __future__ import annotations

import codecs
import os
import re

from kernlint.catalog.store import Library
from kernlint.model.diagnostic import Place
from kernlint.model.expr import Span
from kernlint.model.pattern import lazy
from kernlint.model.record import Record

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MENTION_IN_BYTES = lazy(rb"transformers|kernels", re.IGNORECASE)


class Requirement(Record):
    """What one place says about one library.

    ``specifier`` is PEP 440, empty where the place names no version. ``place`` is the text of
    the requirement (without quotes), ``line`` its line from 1. ``locked`` tells that the version
    was chosen by a resolver. ``condition`` says in words when the requirement counts (an extra,
    a group, a marker, one of several versions); empty for always.
    """

    library: Library
    specifier: str
    extras: frozenset[str]
    place: Place
    line: int
    locked: bool = False
    condition: str = ""


class FileProblem(Record):
    """Why a dependency file, or a line (from 1) of it, was left out."""

    path: str
    line: int
    message: str


class Statements(Record):
    """What one dependency file says about transformers and kernels."""

    requirements: tuple[Requirement, ...] = ()
    problems: tuple[FileProblem, ...] = ()


class Constraints(Record):
    """What a project says about its releases.

    ``transformers`` and ``kernels`` are the statement that stands for the library, None where
    there is none; its specifier is empty where no file names a version. ``statements`` holds
    that and every other statement of the files that decide, and of files nearer that name no
    version. See :func:`alternatives` for how they combine. ``problems`` are the files and lines
    that were left out on the way.
    """

    transformers: Requirement | None = None
    kernels: Requirement | None = None
    statements: tuple[Requirement, ...] = ()
    problems: tuple[FileProblem, ...] = ()


def alternatives(
    statements: tuple[Requirement, ...], library: Library
) -> tuple[tuple[Requirement, ...], ...]:
    """The sets of statements, one of which any environment fulfils.

    What is always required holds together, and then nothing else matters: an environment
    without the extras is among those allowed. Otherwise the statements under one condition (an
    extra, a group, a marker) hold together, and each condition is an alternative; markers are
    not evaluated. A statement without a version says nothing. Empty for a library that nothing
    constrains.
    """
    groups: dict[str, list[Requirement]] = {}
    for each in statements:
        if each.library == library and each.specifier:
            groups.setdefault(each.condition, []).append(each)
    if "" in groups:
        return (tuple(groups[""]),)
    return tuple(tuple(group) for group in groups.values())


class TextFile:
    """The text of a file, addressed by characters; ``path`` is as in messages."""

    __slots__ = ("_bom", "_encoding", "path", "text")

    def __init__(self, path: str, text: str, encoding: str = "utf-8", bom: int = 0) -> None:
        self.path = path
        self.text = text
        self._encoding = encoding
        self._bom = bom

    @property
    def mentions(self) -> bool:
        """Whether the word transformers or kernels occurs at all."""
        text = self.text.lower()
        return "transformers" in text or "kernels" in text

    def line(self, offset: int) -> int:
        """The line, from 1, of a character."""
        return self.text.count("\n", 0, offset) + 1

    def place(self, start: int, end: int) -> Place:
        """The bytes in the file that the characters from start to end stand in."""
        first = self._bom + len(self.text[:start].encode(self._encoding))
        length = len(self.text[start:end].encode(self._encoding))
        return Place(self.path, Span(first, first + length))

    def problem(self, offset: int, message: str) -> FileProblem:
        """A problem with what stands at a character."""
        return FileProblem(self.path, self.line(offset), message)


def read_text(file: str, path: str) -> TextFile | FileProblem | None:
    """The text of ``file``; ``path`` is how messages name it.

    UTF-8, or UTF-16 behind a byte order mark (Windows shells write it). None for a file that is
    in some other encoding but mentions neither library.
    """
    try:
        with open(file, "rb") as stream:
            data = stream.read()
    except OSError as error:
        return FileProblem(path, 1, f"cannot read the file: {error.strerror}")
    bom, encoding = next((pair for pair in _BOMS if data.startswith(pair[0])), (b"", "utf-8"))
    try:
        return TextFile(path, data[len(bom) :].decode(encoding), encoding, len(bom))
    except UnicodeDecodeError as error:
        if not _MENTION_IN_BYTES.search(data.replace(b"\0", b"")):
            return None
        line = data.count(b"\n", 0, len(bom) + error.start) + 1
        return FileProblem(path, line, f"cannot read the file: it is not {encoding.upper()}")


def shown(file: str, cwd: str) -> str:
    """A file as messages name it: relative to the working directory, with ``/``."""
    try:
        relative = os.path.relpath(file, cwd)
    except ValueError:
        # On Windows there is no relative path to another drive.
        relative = file
    return relative.replace(os.sep, "/")

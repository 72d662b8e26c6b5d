"""Files that hold Python beside other things: their program, and where it stands in the file.

A program is put together from *pieces* of the file. Every later stage reads the program; the
facts of it are moved to the bytes of the file as soon as they are there.
"""

from __future__ import annotations

from bisect import bisect_right

from kernlint.model.expr import Span
from kernlint.model.hints import TYPE_CHECKING, Literal
from kernlint.model.record import Record
from kernlint.model.text import SourceText

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kernlint.model.facts import Problem

Kind = Literal["notebook", "document", "module"]

#: What ends in these holds Python; nothing can import it.
SUFFIXES = (".ipynb", ".md", ".mdx", ".rst")


def is_embedding(path: str) -> bool:
    """Whether a file holds Python instead of being it, by its name."""
    return path.lower().endswith(SUFFIXES)


class Piece(Record):
    """Bytes of a program and the bytes of the file that they stand for.

    Where there are as many of both, they are the same ones.
    """

    start: int
    length: int
    file: int
    width: int


class Note(Record):
    """A comment for kernlint outside of the program: its text, place, and what it reaches."""

    text: str
    span: Span
    reach: Span


class Content:
    """A program that is being put together.

    ``parts`` are the cells or blocks of it, ``stand_ins`` what a name at an offset of the program
    stands for, in words: something that is no Python.
    """

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self.size = 0
        self.pieces: list[Piece] = []
        self.parts: list[Span] = []
        self.stand_ins: dict[int, str] = {}
        self.left_out: list[Problem] = []
        self.notes: list[Note] = []

    @property
    def data(self) -> bytes:
        """All of the program so far."""
        return b"".join(self._chunks)

    def add(self, data: bytes, file: int, width: int | None = None) -> None:
        """Add bytes that stand for ``width`` bytes of the file, for as many if that is None."""
        if not data:
            return
        width = len(data) if width is None else width
        last = self.pieces[-1] if self.pieces else None
        if (
            last is not None
            and last.length == last.width
            and width == len(data)
            and last.file + last.width == file
        ):
            size = last.length + width
            self.pieces[-1] = Piece(last.start, size, last.file, size)
        else:
            self.pieces.append(Piece(self.size, len(data), file, width))
        self._chunks.append(data)
        self.size += len(data)


class EmbeddedText(SourceText):
    """The text of a file that holds Python beside other things."""

    __slots__ = ("_program", "_starts_of_pieces", "kind", "left_out", "notes", "parts", "pieces",
                 "stand_ins")  # fmt: skip

    def __init__(
        self, source: SourceText, kind: Kind, content: Content, program: bytes | None = None
    ) -> None:
        """Take what was put together; ``program`` stands in its place where it is not Python."""
        super().__init__(source.data, source.encoding, source.bom)
        own = source.bom if kind == "module" else 0
        data = content.data if program is None else program
        self._program = SourceText(data, source.encoding, own)
        self.kind: Kind = kind
        self.pieces = tuple(content.pieces)
        self.parts = tuple(content.parts)
        self.stand_ins = dict(content.stand_ins)
        self.left_out = tuple(content.left_out)
        self.notes = tuple(content.notes)
        self._starts_of_pieces = [piece.start for piece in self.pieces]

    @property
    def program(self) -> SourceText:
        """The Python of the file."""
        return self._program

    def in_file(self, span: Span) -> Span:
        """Where a range of bytes of ``program`` stands in the file."""
        start = self._start(span.start)
        if span.end <= span.start:
            return Span(start, start)
        piece = self._piece(span.end - 1)
        if piece.length == piece.width:
            return Span(start, piece.file + span.end - piece.start)
        return Span(start, piece.file + piece.width)

    def same_bytes(self, start: int, length: int) -> int | None:
        """The offset in the file of bytes that stand there as in the program; None elsewhere."""
        piece = self._piece(start)
        if piece.length != piece.width or start + length > piece.start + piece.length:
            return None
        return piece.file + start - piece.start

    def part_at(self, offset: int) -> int:
        """The number of the part, from 0, that holds an offset of the program; -1 before all."""
        return bisect_right([part.start for part in self.parts], offset) - 1

    def is_example(self, offset: int) -> bool:
        """Whether a byte belongs to a document or to the examples of a docstring."""
        if self.kind != "module":
            return self.kind == "document"
        parts = map(self.in_file, self.parts)
        return any(part.start <= offset < part.end for part in parts)

    def _start(self, offset: int) -> int:
        piece = self._piece(offset)
        inside = offset - piece.start
        if piece.length == piece.width:
            return piece.file + min(inside, piece.width)
        return piece.file + (piece.width if inside >= piece.length else 0)

    def _piece(self, offset: int) -> Piece:
        at = bisect_right(self._starts_of_pieces, offset) - 1
        return self.pieces[max(at, 0)] if self.pieces else Piece(0, 0, self.bom, 0)


def blank(data: bytes) -> bytes:
    """As many bytes that say nothing, on as many lines."""
    return bytes(byte if byte in b"\r\n" else 0x20 for byte in data)


def lines_of(data: bytes, start: int = 0) -> Iterable[Span]:
    r"""The lines of a file with their ends, which are ``\n``, ``\r\n`` or ``\r``."""
    for line in data[start:].splitlines(keepends=True):
        yield Span(start, start + len(line))
        start += len(line)

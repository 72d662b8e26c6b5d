"""The text of a source file, addressed by bytes."""

from __future__ import annotations

from bisect import bisect_right

from kernlint.model.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from kernlint.model.expr import Span


class SourceText:
    r"""The bytes of a file and how to find lines and columns in them.

    ``data`` is the file as it is on disk, ``encoding`` the codec of its text
    (``utf-8`` where the file says nothing); ``bom`` is the number of bytes of its
    byte order mark. Lines end at ``\n``, ``\r\n`` or ``\r``.
    """

    __slots__ = ("_starts", "bom", "data", "encoding")

    def __init__(self, data: bytes, encoding: str = "utf-8", bom: int = 0) -> None:
        self.data = data
        self.encoding = encoding
        self.bom = bom
        self._starts: list[int] | None = None

    @property
    def line_starts(self) -> list[int]:
        """Byte offset of the first byte of every line, the first line's included."""
        if self._starts is None:
            starts = [self.bom]
            position = self.bom
            for line in self.data[self.bom :].splitlines(keepends=True):
                position += len(line)
                starts.append(position)
            if len(starts) > 1 and not self.data.endswith((b"\n", b"\r")):
                starts.pop()
            self._starts = starts
        return self._starts

    @property
    def line_count(self) -> int:
        """The number of lines, an empty last one included."""
        return len(self.line_starts)

    def position(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column (in characters) of a byte offset."""
        starts = self.line_starts
        line = max(bisect_right(starts, offset) - 1, 0)
        before = self.data[starts[line] : offset]
        return line + 1, len(self._decode(before)) + 1

    def cell(self, offset: int) -> int | None:
        """The 1-based number of the notebook cell at a byte offset; None outside notebooks."""
        return None

    def position_in_file(self, offset: int) -> tuple[int, int]:
        """Line and column in the file itself, where ``position`` counts within a cell."""
        return self.position(offset)

    @property
    def program(self) -> SourceText:
        """The Python of the file: the file itself, unless it is one that holds Python."""
        return self

    def in_file(self, span: Span) -> Span:
        """Where a range of bytes of ``program`` stands in the file."""
        return span

    def shown(self, cell: int | None) -> SourceText:
        """The text that lines count in: that of a cell, or the file where ``cell`` is None."""
        return self

    def is_example(self, offset: int) -> bool:
        """Whether what stands at a byte is shown to a reader and is no part of a program."""
        return False

    def encoded(self, content: str) -> bytes:
        """The bytes that stand for a text in this file."""
        return content.encode(self.encoding)

    def line(self, number: int) -> str:
        """The text of a 1-based line without its line ending."""
        starts = self.line_starts
        end = starts[number] if number < len(starts) else len(self.data)
        return self._decode(self.data[starts[number - 1] : end]).rstrip("\r\n")

    def slice(self, start: int, end: int) -> str:
        """The text between two byte offsets."""
        return self._decode(self.data[start:end])

    def _decode(self, data: bytes) -> str:
        return data.decode(self.encoding, errors="replace")

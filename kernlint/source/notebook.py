"""Jupyter notebooks: the code cells of a JSON file as one program."""

from __future__ import annotations

import json
import re
from bisect import bisect_right

from kernlint.model.expr import Span
from kernlint.model.hints import Any
from kernlint.model.record import Record
from kernlint.model.text import SourceText
from kernlint.source.embedded import Content, EmbeddedText, blank
from kernlint.source.ipython import COMMAND, begins_with_magic, plain
from kernlint.source.read import DecodeError, mentions_kernels
from kernlint.source.syntax import parses

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]:,]')
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)"
)
_SHORT = {b"\\n": b"\n", b'\\"': b'"', b"\\\\": b"\\", b"\\t": b"\t", b"\\r": b"\r"}
# IPython takes off the margin of a cell; a block around it comes to the same.
_INDENTED = re.compile(r"(?:[ \t]*(?:#[^\r\n]*)?[\r\n])*[ \t]+[^\s#]")
_BLOCK = b"if True:\n"
_BOM = b"\xef\xbb\xbf"


class Cell(Record):
    """A code cell: its number among all cells, and its bytes in the program and in the file."""

    number: int
    program: Span
    file: Span


class Notebook(EmbeddedText):
    """The text of a notebook, whose lines are counted in each cell.

    ``raw`` is what the cells hold, as long as the program.
    """

    __slots__ = ("_cells", "_file_starts", "_raw")

    def __init__(
        self, source: SourceText, content: Content, program: bytes, cells: list[Cell]
    ) -> None:
        super().__init__(source, "notebook", content, program)
        self._raw = content.data
        self._cells = tuple(cells)
        self._file_starts = [piece.file for piece in self.pieces]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column within the cell that holds a byte, else in the file."""
        cell = self._cell(offset)
        if cell is None:
            return self.position_in_file(offset)
        inside = self._in_program(offset, cell) - cell.program.start
        return self.shown(cell.number).position(inside)

    def position_in_file(self, offset: int) -> tuple[int, int]:
        """Line and column in the JSON."""
        return super().position(offset)

    def cell(self, offset: int) -> int | None:
        """The number of the code cell that holds a byte, counted among all cells."""
        cell = self._cell(offset)
        return None if cell is None else cell.number

    def shown(self, cell: int | None) -> SourceText:
        """What a cell holds, with its magics."""
        for each in self._cells:
            if each.number == cell:
                return SourceText(self._raw[each.program.start : each.program.end])
        return self

    def encoded(self, content: str) -> bytes:
        """A text as it stands within a JSON string of this file."""
        escapes = self.data.isascii() and b"\\u" in self.data
        text = json.dumps(content, ensure_ascii=escapes)[1:-1]
        return text.encode(errors="backslashreplace")

    def _cell(self, offset: int) -> Cell | None:
        for cell in self._cells:
            if cell.file.start <= offset <= cell.file.end:
                return cell
        return None

    def _in_program(self, offset: int, cell: Cell) -> int:
        at = bisect_right(self._file_starts, offset) - 1
        piece = self.pieces[max(at, 0)]
        inside = offset - piece.file
        if piece.length != piece.width:
            inside = piece.length if inside >= piece.width else 0
        inside = min(inside, piece.length)
        return min(max(piece.start + inside, cell.program.start), cell.program.end)


def read_notebook(data: bytes) -> EmbeddedText:
    """The program of a notebook; an empty one where its kernel speaks another language.

    Raises:
        DecodeError: It is no JSON, or no notebook.
    """
    values, spans = _json(data)
    source = SourceText(data, bom=len(_BOM) if data.startswith(_BOM) else 0)
    content = Content()
    if not isinstance(values, dict) or not isinstance(values.get("cells"), list):
        raise DecodeError("a notebook is an object with a list of `cells`", source.bom)
    if not _is_python(values.get("metadata")):
        return EmbeddedText(source, "notebook", content)
    cells: list[Cell] = []
    program: list[bytes] = []
    # The spans of an empty list are one more.
    for number, (cell, place) in enumerate(zip(values["cells"], spans["cells"], strict=False), 1):
        where = f"cell {number} of the notebook"
        if not isinstance(cell, dict):
            raise DecodeError(f"{where} is not an object", source.bom)
        if cell.get("cell_type") != "code" or not _is_python_cell(cell.get("metadata")):
            continue
        strings = place.get("source")
        held = cell.get("source")
        if isinstance(held, str):
            held, strings = [held], [strings]
        elif isinstance(held, list) and all(isinstance(each, str) for each in held):
            strings = strings[: len(held)]
        else:
            raise DecodeError(f"the `source` of {where} is no text", source.bom)
        if _INDENTED.match("".join(held)):
            content.add(_BLOCK, strings[0].start, 0)
            program.append(_BLOCK)
        _add(content, program, cells, number, strings, data)
    return Notebook(source, content, b"".join(program), cells)


def _add(
    content: Content,
    program: list[bytes],
    cells: list[Cell],
    number: int,
    strings: list[Span],
    data: bytes,
) -> None:
    """Add a cell to the program."""
    start = content.size
    for span in strings:
        _add_string(content, span, data)
    if content.size == start:
        return
    raw = content.data[start:]
    python, names = plain(raw)
    is_magic = begins_with_magic(raw)
    header = _BLOCK if program and program[-1] is _BLOCK else b""
    if (is_magic or not mentions_kernels(python)) and not parses((header + python).decode()):
        # What follows a header is a block in any case.
        python, names = blank(raw) if not header else b" 0" + blank(raw)[2:], []
    part = Span(start, content.size)
    content.stand_ins.update((start + name, COMMAND) for name in names)
    content.parts.append(part)
    cells.append(Cell(number, part, Span(strings[0].start, strings[-1].end)))
    program.append(python)
    if not raw.endswith((b"\n", b"\r")):
        content.add(b"\n", strings[-1].end, 0)
        program.append(b"\n")


def _add_string(content: Content, span: Span, data: bytes) -> None:
    """Add what a JSON string stands for; ``span`` is without its quotes."""
    at = span.start
    for escape in _ESCAPE.finditer(data, span.start, span.end):
        content.add(data[at : escape.start()], at)
        text = _SHORT.get(escape[0])
        if text is None:
            # Half of a surrogate pair is no character.
            text = json.loads(b'"%s"' % escape[0]).encode(errors="replace")
        content.add(text, escape.start(), len(escape[0]))
        at = escape.end()
    content.add(data[at : span.end], at)


def _is_python(metadata: object) -> bool:
    """Whether the kernel of a notebook speaks Python, as far as its metadata say."""
    if not isinstance(metadata, dict):
        return True
    for part, key in (("language_info", "name"), ("kernelspec", "language")):
        held = metadata.get(part)
        named = held.get(key) if isinstance(held, dict) else None
        if isinstance(named, str):
            return named.lower() in {"python", "ipython", "python3", "ipython3"}
    return True


def _is_python_cell(metadata: object) -> bool:
    """Whether nothing says that a cell is in another language."""
    held = metadata.get("vscode") if isinstance(metadata, dict) else None
    language = held.get("languageId") if isinstance(held, dict) else None
    return language is None or language == "python"


def _json(data: bytes) -> tuple[Any, Any]:
    """What a JSON file holds, and the same with the spans of strings in their place."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DecodeError("a notebook is UTF-8", error.start) from None
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        bom = len(_BOM) if data.startswith(_BOM) else 0
        at = bom + len(text[: error.pos].encode())
        raise DecodeError(f"a notebook is JSON: {error.msg}", at) from None
    except (RecursionError, ValueError):
        raise DecodeError("the JSON of the notebook cannot be read", 0) from None
    return values, _tree(data)


def _tree(data: bytes) -> Any:
    """The objects and lists of valid JSON, with spans for strings and None for other values.

    A list that is empty holds one None, too.
    """
    holders: list[Any] = []
    keys: list[str] = []
    last: Any = None
    for token in _TOKEN.finditer(data):
        kind = token[0][:1]
        if kind == b'"':
            last = Span(token.start() + 1, token.end() - 1)
        elif kind in b"{[":
            holders.append({} if kind == b"{" else [])
            keys.append("")
        elif kind == b":":
            keys[-1] = json.loads(data[last.start - 1 : last.end + 1])
            last = None
        else:
            holder = holders[-1]
            if isinstance(holder, dict):
                holder[keys[-1]] = last
            else:
                holder.append(last)
            last = None
            if kind != b",":
                last = holders.pop()
                keys.pop()
    return last

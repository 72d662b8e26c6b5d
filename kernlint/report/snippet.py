"""Source excerpts with carets.

Columns here are columns of the terminal, from 0, in a line as it is displayed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

from kernlint.model.record import Record
from kernlint.model.text import SourceText
from kernlint.report.location import Location
from kernlint.report.terminal import ELLIPSIS, Tint, cell, display_width, paint, printable, wrap

#: A second place this close to the first, in lines, shares its excerpt.
NEAR = 8

LINES_BEFORE = 2
LINES_AFTER = 1


class Mark(Record):
    """A place to underline, and the text beside the underline."""

    location: Location
    label: str
    primary: bool


class Look(Record):
    """How an excerpt is drawn.

    ``gutter`` is the width of the line numbers, ``room`` the number of columns for
    the source beside them, ``accent`` the tint of the primary mark.
    """

    gutter: int
    room: int
    accent: Tint
    color: bool


class _Underline(Record):
    """The columns that a mark covers in its line, ``end`` exclusive.

    ``open`` tells that the mark goes on in later lines.
    """

    start: int
    end: int
    open: bool
    mark: Mark


class _Row:
    """One source line laid out in columns."""

    __slots__ = ("columns", "shown")

    def __init__(self, line: str) -> None:
        cells = [cell(char) for char in line]
        self.shown = [shown for shown, _ in cells]
        # columns[i] is where character i begins; the last entry is the total.
        self.columns = [0, *accumulate(width for _, width in cells)]

    @property
    def total(self) -> int:
        return self.columns[-1]

    def widen(self, total: int) -> None:
        """Add blank columns, for a mark that reaches past the end of the line."""
        while self.total < total:
            self.shown.append(" ")
            self.columns.append(self.total + 1)

    def underline(self, mark: Mark) -> _Underline:
        """Where a mark that begins in this line lies; at least one column."""
        (line, column), (end_line, end_column) = mark.location.start, mark.location.end
        last = len(self.shown)
        first = min(column - 1, last)
        start = self.columns[first]
        # A span that ends behind the line break covers nothing of the next line.
        is_open = end_line > line + 1 or (end_line == line + 1 and end_column > 1)
        end = self.columns[last if end_line > line else min(end_column - 1, last)]
        return _Underline(start, max(end, start + 1) + is_open, is_open, mark)


def excerpt(text: SourceText, marks: Sequence[Mark], look: Look) -> list[str]:
    """The lines around the first mark and those of the others, each mark below its line.

    All marks lie in ``text``. Long lines are cut around their marks.
    """
    by_line: dict[int, list[Mark]] = {}
    for mark in marks:
        by_line.setdefault(mark.location.start.line, []).append(mark)
    context = context_lines(text, marks[0].location.start.line) if marks[0].primary else ()
    rows: list[str] = []
    previous = 0
    for number in _filled({*context, *by_line}):
        if previous and number > previous + 1:
            rows.append(paint("...", "blue", look.color))
        previous = number
        rows += _line(_Row(text.line(number)), number, by_line.get(number, ()), look)
    return rows


def shares_excerpt(text: SourceText, marks: Sequence[Mark], extra: Mark, room: int) -> bool:
    """Whether ``extra`` can be shown in the excerpt of ``marks``, the first of them primary.

    It is near, and a line that has to be cut still holds all its marks.
    """
    first, line = marks[0].location, extra.location.start.line
    if (extra.location.path, extra.location.cell) != (first.path, first.cell):
        return False
    if abs(line - first.start.line) > NEAR:
        return False
    row = _Row(text.line(line))
    others = [row.underline(mark) for mark in marks if mark.location.start.line == line]
    start, end = _extent([*others, row.underline(extra)])
    return not others or max(row.total, end) <= room or end - start <= room - 2


def context_lines(text: SourceText, line: int) -> range:
    """The lines around ``line`` worth showing: blank ones at the edges are not."""
    first, last = max(line - LINES_BEFORE, 1), min(line + LINES_AFTER, text.line_count)
    while first < line and not text.line(first).strip():
        first += 1
    while last > line and not text.line(last).strip():
        last -= 1
    return range(first, last + 1)


def bare_bar(look: Look) -> str:
    """The bar of the gutter, without a line number."""
    return " " * (look.gutter + 1) + paint("|", "blue", look.color)


def cut_line(line: str, start: int, end: int, room: int) -> str:
    """A line of code as it is displayed, cut to ``room`` columns around some characters."""
    row = _Row(line)
    return _cut(row, row.columns[start], row.columns[end], room)[0]


def _filled(numbers: Iterable[int]) -> list[int]:
    """The numbers in order, and those that alone would leave a gap of one."""
    filled: list[int] = []
    for number in sorted(numbers):
        if filled and number == filled[-1] + 2:
            filled.append(number - 1)
        filled.append(number)
    return filled


def _line(row: _Row, number: int, marks: Iterable[Mark], look: Look) -> list[str]:
    underlines = [row.underline(mark) for mark in marks]
    start, end = _extent(underlines)
    row.widen(end)
    code, first, last, shift = _cut(row, start, end, look.room)
    rows = [_beside(paint(f"{number:>{look.gutter}} |", "blue", look.color), code)]
    bar = bare_bar(look)
    for underline in underlines:
        tint = look.accent if underline.mark.primary else "blue"
        # What is cut off lies under the ellipsis.
        right = min(underline.end, last + (last < row.total)) - shift
        left = max(underline.start, first) - shift
        sign = "^" if underline.mark.primary else "-"
        drawn = sign * max(right - left - underline.open, 1) + ELLIPSIS * underline.open
        for text_start, text in _labelled(left, drawn, underline.mark.label, look.room):
            rows.append(_beside(bar, " " * text_start + paint(text, tint, look.color)))
    return rows


def _beside(gutter: str, content: str) -> str:
    return f"{gutter} {content}".rstrip(" ")


def _extent(underlines: Sequence[_Underline]) -> tuple[int, int]:
    if not underlines:
        return 0, 0
    return min(u.start for u in underlines), max(u.end for u in underlines)


def _labelled(start: int, drawn: str, label: str, room: int) -> list[tuple[int, str]]:
    """The underline and its label: beside it, or below where that is too wide."""
    label = printable(label)
    if not label:
        return [(start, drawn)]
    beside = f"{drawn} {label}"
    if start + display_width(beside) <= room:
        return [(start, beside)]
    lines = wrap(label, room)
    left = min(start, room - max(map(display_width, lines)))
    return [(start, drawn), *((left, line) for line in lines)]


def _window(total: int, start: int, end: int, room: int) -> tuple[int, int]:
    """The columns to show of a line so that ``start`` to ``end`` is seen.

    The beginning of the line is kept where that is possible. One column is left for
    the ellipsis on each side that is cut.
    """
    if total <= room:
        return 0, total
    if end <= room - 1:
        return 0, room - 1
    if total - start <= room - 1:
        return total - (room - 1), total
    inner = room - 2
    left = start - max(0, inner - (end - start)) // 2
    return left, left + inner


def _cut(row: _Row, start: int, end: int, room: int) -> tuple[str, int, int, int]:
    """The line cut to ``room`` columns.

    Returns what is displayed, the first and the last (exclusive) column of the line
    that are in it, and how far its columns have moved to the left.
    """
    left, right = _window(row.total, start, end, room)
    # At a cut, a combining character goes with the character it belongs to.
    first = bisect_left(row.columns, left) if left else 0
    if first:
        first = bisect_right(row.columns, row.columns[first]) - 1
    last = bisect_right(row.columns, right) - 1
    before, after = first > 0, last < len(row.shown)
    shown = ELLIPSIS * before + "".join(row.shown[first:last]) + ELLIPSIS * after
    return shown, row.columns[first], row.columns[last], row.columns[first] - before

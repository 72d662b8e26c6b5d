"""Bytes of a place to the lines and columns that people and tools read."""

from __future__ import annotations

from collections.abc import Mapping

from kernlint.model.diagnostic import Place
from kernlint.model.hints import Protocol
from kernlint.model.record import Record
from kernlint.model.text import SourceText


class WithTexts(Protocol):
    """Something finished that points into files, and keeps their texts."""

    @property
    def texts(self) -> Mapping[str, SourceText]:
        """The source of every file that a place of it is in."""


class Position(Record):
    """A 1-based line and a 1-based column, in characters."""

    line: int
    column: int


class Location(Record):
    """A place in lines and columns; ``end`` is exclusive.

    In a notebook the lines count within ``cell``, the 1-based number of a cell.
    """

    path: str
    start: Position
    end: Position
    cell: int | None = None


def text_of(result: WithTexts, path: str) -> SourceText:
    """The source of a file, empty where the result could not keep it."""
    return result.texts.get(path) or SourceText(b"")


def locate(result: WithTexts, place: Place) -> Location:
    """The lines and columns of a place."""
    text = text_of(result, place.path)
    cell = text.cell(place.span.start)
    start, end = (Position(*text.position(offset)) for offset in place.span)
    if text.cell(place.span.end) != cell:  # one cell is shown, up to its end
        end = _end_of(text.shown(cell))
    return Location(place.path, start, end, cell)


def shown_text(result: WithTexts, location: Location) -> SourceText:
    """The text that the lines of a location count in: that of its cell or file."""
    return text_of(result, location.path).shown(location.cell)


def _end_of(text: SourceText) -> Position:
    return Position(*text.position(len(text.data)))


def locate_in_file(result: WithTexts, place: Place) -> Location:
    """The lines and columns of a place in the file itself, also where that is a notebook."""
    text = text_of(result, place.path)
    start, end = (Position(*text.position_in_file(offset)) for offset in place.span)
    return Location(place.path, start, end)

"""Bytes of a place to the lines and columns that people and tools read."""

from __future__ import annotations

from typing import NamedTuple

from kernlint.model.diagnostic import Place, Result
from kernlint.model.text import SourceText


class Position(NamedTuple):
    """A 1-based line and a 1-based column, in characters."""

    line: int
    column: int


class Location(NamedTuple):
    """A place in lines and columns; ``end`` is exclusive."""

    path: str
    start: Position
    end: Position


def text_of(result: Result, path: str) -> SourceText:
    """The source of a file, empty where the result could not keep it."""
    return result.texts.get(path) or SourceText(b"")


def locate(result: Result, place: Place) -> Location:
    """The lines and columns of a place."""
    text = text_of(result, place.path)
    start, end = (Position(*text.position(offset)) for offset in place.span)
    return Location(place.path, start, end)

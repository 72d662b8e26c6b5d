"""What an expression is known to be, with the place where it was written."""

from __future__ import annotations

from typing import NamedTuple, TypeGuard

from kernlint.model.diagnostic import Place
from kernlint.model.expr import Span


class Known(NamedTuple):
    """A constant.

    ``inner`` is the byte offset of the first character of a string whose
    characters can be pointed at one by one.
    """

    value: object
    place: Place
    inner: int | None = None

    def part(self, start: int, end: int) -> Place:
        """The place of some characters of a string, the whole literal if need be."""
        if self.inner is None:
            return self.place
        return Place(self.place.path, Span(self.inner + start, self.inner + end))


class Entry(NamedTuple):
    """One ``key: value`` of a mapping."""

    key: Value
    value: Value


class MappingValue(NamedTuple):
    """A dict: its entries in order, and what in it could not be read.

    A later entry replaces an earlier one with the same key; ``replaced`` holds
    those that a display wrote twice itself, each with the one that wins.
    """

    entries: tuple[Entry, ...]
    place: Place
    unread: tuple[Unknown, ...] = ()
    replaced: tuple[tuple[Entry, Entry], ...] = ()


class SequenceValue(NamedTuple):
    """A list, tuple or set; ``kind`` is the name of the type."""

    kind: str
    items: tuple[Value, ...]
    place: Place


class Instance(NamedTuple):
    """An object that is known by where it comes from, not by what is in it.

    ``dotted`` is the path of the class that was called, or of a member of
    ``kernels.Mode``.
    """

    dotted: str
    place: Place

    @property
    def short(self) -> str:
        """The last two parts of the path, as they print: ``Mode.INFERENCE``."""
        return ".".join(self.dotted.split(".")[-2:])


class Unknown(NamedTuple):
    """A value that is not known, with a reason for the user."""

    reason: str
    place: Place


Value = Known | MappingValue | SequenceValue | Instance | Unknown


def text_of(value: Value | None) -> str | None:
    """The text of a value that is known to be a str; None for every other."""
    if isinstance(value, Known) and isinstance(value.value, str):
        return value.value
    return None


def is_tuple(value: Value) -> TypeGuard[SequenceValue]:
    """Whether a value is a tuple whose items are known one by one."""
    return isinstance(value, SequenceValue) and value.kind == "tuple"


def type_name(value: Value) -> str | None:
    """The name of the Python type of a value; None where it is not known."""
    if isinstance(value, Known):
        return type(value.value).__name__
    if isinstance(value, MappingValue):
        return "dict"
    if isinstance(value, SequenceValue):
        return value.kind
    if isinstance(value, Instance):
        return value.dotted.rpartition(".")[2]
    return None

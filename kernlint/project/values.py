"""What an expression is known to be, with the place where it was written."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from kernlint.model.diagnostic import Place
from kernlint.model.expr import Span
from kernlint.model.hints import TypeGuard
from kernlint.model.record import Record

#: How many parts the key of an unknown value may have.
_MAX_KEY = 400


class Known(Record):
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


class Entry(Record):
    """One ``key: value`` of a mapping."""

    key: Value
    value: Value


class Replaced(Record):
    """An entry that a display writes twice, first the one that is lost, then the one that wins.

    ``removal`` is what to delete to take the second one out; None where that would take more.
    """

    lost: Entry
    kept: Entry
    removal: Place | None = None


class MappingValue(Record):
    """A dict: its entries in order, and what in it could not be read.

    A later entry replaces an earlier one with the same key; ``replaced`` holds
    those that a display wrote twice itself.
    """

    entries: tuple[Entry, ...]
    place: Place
    unread: tuple[Unknown, ...] = ()
    replaced: tuple[Replaced, ...] = ()


class SequenceValue(Record):
    """A list, tuple or set; ``kind`` is the name of the type."""

    kind: str
    items: tuple[Value, ...]
    place: Place


class Instance(Record):
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


class Demand(Record):
    """What would have to be followed to know more.

    ``kind`` is ``branch`` (go both ways at the condition at ``start``), ``body`` (run the
    function or class whose name starts there), ``module`` (run the module) or ``value``
    (read the large value that starts there).
    """

    kind: str
    path: str
    start: int = 0


class Unknown(Record):
    """A value that is not known, with a reason for the user.

    Two with an equal ``key`` stand for the same value. ``demand`` is set where more can be
    found out.
    """

    reason: str
    place: Place
    key: Hashable = None
    demand: Demand | None = None


def small(key: Hashable) -> Hashable:
    """A key that is made of others; None where it would be too large to be compared."""
    count = 0
    pending = [key]
    while pending:
        current = pending.pop()
        count += 1
        if count > _MAX_KEY:
            return None
        if isinstance(current, tuple):
            pending.extend(current)
    return key


class Live:
    """A value while the program that makes it is followed; no rule ever sees one."""

    __slots__ = ("place",)

    #: Where it was made; only for those that are made in one place.
    place: Place


Value = Known | MappingValue | SequenceValue | Instance | Unknown | Live


def unknowns(value: Value) -> Iterator[Unknown]:
    """Everything in a value that is not known."""
    if isinstance(value, Unknown):
        yield value
    elif isinstance(value, MappingValue):
        yield from value.unread
        for entry in value.entries:
            for part in entry:
                yield from unknowns(part)
    elif isinstance(value, SequenceValue):
        for item in value.items:
            yield from unknowns(item)


def settled(value: Value) -> Value:
    """A value without what only matters while a program is followed."""
    if isinstance(value, Unknown):
        return Unknown(value.reason, value.place)
    if isinstance(value, MappingValue):
        return MappingValue(
            tuple(Entry(settled(each.key), settled(each.value)) for each in value.entries),
            value.place,
            tuple(dict.fromkeys(Unknown(each.reason, each.place) for each in value.unread)),
            value.replaced,
        )
    if isinstance(value, SequenceValue):
        return value._replace(items=tuple(map(settled, value.items)))
    return value


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

"""A dict while it is put together, and the limits on what is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernlint.project.values import (
    Entry,
    Known,
    MappingValue,
    SequenceValue,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from kernlint.model.diagnostic import Place

#: Limits on what a value may hold: entries, items and their parts, and how deep they
#: nest; characters.
MAX_PARTS = 100_000
MAX_DEPTH = 100
MAX_TEXT = 10_000

TOO_LARGE = "it is too large to be followed"


class Merged:
    """A dict while it is being put together."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.unread: dict[Unknown, None] = {}
        self.replaced: dict[tuple[Place, Place], tuple[Entry, Entry]] = {}
        self._entries: dict[int, Entry] = {}
        self._next = 0
        self._index: dict[object, tuple[int, bool]] = {}

    def add(self, entry: Entry, *, written: bool = False) -> None:
        """One entry; ``written`` where this very display spells it out."""
        key = key_of(entry.key)
        earlier = None if key is None else self._index.get(key)
        if earlier is None:
            at = self._next
            self._next += 1
        else:
            at, was_written = earlier
            if written and was_written:
                self._replace(self._entries[at], entry)
        self._entries[at] = entry
        if key is not None:
            self._index[key] = (at, written)

    def _replace(self, earlier: Entry, later: Entry) -> None:
        self.replaced[earlier.key.place, later.key.place] = earlier, later

    def get(self, key: object) -> Value | None:
        """The value under a known key, as ``key_of`` gives it; None where there is none."""
        found = self._index.get(key)
        return None if found is None else self._entries[found[0]].value

    def remove(self, key: object) -> None:
        """Take out the entry under a known key."""
        del self._entries[self._index.pop(key)[0]]

    @property
    def complete(self) -> bool:
        """Whether all keys are known."""
        return not self.unread and len(self._index) == len(self._entries)

    def spread(self, value: Value) -> None:
        """All entries of another mapping."""
        if isinstance(value, MappingValue):
            for entry in value.entries:
                self.add(entry)
            self.unread.update(dict.fromkeys(value.unread))
            for earlier, later in value.replaced:
                self._replace(earlier, later)
        elif isinstance(value, Unknown):
            self.unread[value] = None
        else:
            self.unread[Unknown("a `**` in it is not a dict", value.place)] = None

    def value(self) -> Value:
        """The finished dict."""
        return MappingValue(
            tuple(self._entries.values()),
            self.place,
            tuple(self.unread),
            tuple(self.replaced.values()),
        )


def merged(value: MappingValue) -> Merged:
    """A dict to be changed."""
    copy = Merged(value.place)
    copy.spread(value)
    return copy


def key_of(value: Value) -> object | None:
    """Something that is equal where Python takes keys to be equal; None if not known."""
    if isinstance(value, Known):
        return (value.value,)
    if isinstance(value, SequenceValue) and value.kind == "tuple":
        keys = tuple(key_of(item) for item in value.items)
        return None if None in keys else keys
    return None


def text(written: str, place: Place) -> Value:
    """A computed text."""
    return Known(written, place) if len(written) <= MAX_TEXT else Unknown(TOO_LARGE, place)


def is_too_large(value: Value) -> bool:
    """Whether a value has more parts, or deeper ones, than a traversal should see."""
    count = 0
    level: list[Value] = [value]
    for _ in range(MAX_DEPTH):
        below: list[Value] = []
        for current in level:
            if isinstance(current, SequenceValue):
                below.extend(current.items)
            elif isinstance(current, MappingValue):
                count += len(current.unread)
                below.extend(part for entry in current.entries for part in entry)
            if count + len(below) > MAX_PARTS:
                return True
        count += len(below)
        level = below
    return bool(level)

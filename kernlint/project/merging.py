"""A dict while it is put together, and the limits on what is."""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING
from kernlint.project.values import (
    Entry,
    Known,
    MappingValue,
    Replaced,
    SequenceValue,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernlint.model.diagnostic import Place

#: Limits on what a value may hold: entries, items and their parts, and how deep they
#: nest; characters.
MAX_PARTS = 100_000
MAX_DEPTH = 100
MAX_TEXT = 10_000
#: How many parts a key may have, and so how deep they may nest.
_MAX_KEY = 200

TOO_LARGE = "it is too large to be followed"


class Merged:
    """A dict while it is being put together."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.unread: dict[Unknown, None] = {}
        self.replaced: dict[tuple[Place, Place], Replaced] = {}
        self._entries: dict[int, Entry] = {}
        self._next = 0
        self._index: dict[object, tuple[int, bool]] = {}

    def add(self, entry: Entry, *, written: bool = False, removal: Place | None = None) -> None:
        """One entry; ``written`` where this very display spells it out.

        ``removal`` is what to delete to take it out of the display.
        """
        key = key_of(entry.key)
        earlier = None if key is None else self._index.get(key)
        if earlier is None:
            at = self._next
            self._next += 1
        else:
            at, was_written = earlier
            if written and was_written:
                self._replace(Replaced(self._entries[at], entry, removal))
            before = self._entries[at].key
            if isinstance(before, Known) and isinstance(entry.key, Known):
                entry = entry._replace(key=entry.key._replace(value=before.value))
        self._entries[at] = entry
        if key is not None:
            self._index[key] = (at, written)

    def _replace(self, pair: Replaced) -> None:
        self.replaced[pair.lost.key.place, pair.kept.key.place] = pair

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

    def parts(self) -> Iterator[tuple[object, Value]]:
        """The values under keys that are known, by ``key_of``, and all others by number."""
        known = {at: key for key, (at, _) in self._index.items()}
        for at, entry in self._entries.items():
            yield known.get(at, at), entry.value

    @property
    def size(self) -> int:
        """The number of its entries, and of what in it could not be read."""
        return len(self._entries) + len(self.unread)

    def entries(self) -> tuple[Entry, ...]:
        """The entries, in order."""
        return tuple(self._entries.values())

    def copy(self) -> Merged:
        """The same dict, to be changed by itself."""
        twin = Merged(self.place)
        twin.unread = dict(self.unread)
        twin.replaced = dict(self.replaced)
        twin._entries = dict(self._entries)
        twin._index = dict(self._index)
        twin._next = self._next
        return twin

    def clear(self) -> None:
        """Take out everything."""
        self.__init__(self.place)  # type: ignore[misc]

    def last(self) -> Entry | None:
        """The entry that was put in last."""
        return next(reversed(self._entries.values()), None)

    def spread(self, value: Value) -> None:
        """All entries of another mapping."""
        if isinstance(value, MappingValue):
            for entry in value.entries:
                self.add(entry)
            self.unread.update(dict.fromkeys(value.unread))
            for pair in value.replaced:
                self._replace(pair)
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
        # A slice is no key of a dict, and only from Python 3.12 on can it be hashed.
        return None if isinstance(value.value, slice) else (value.value,)
    return _key(value, iter(range(_MAX_KEY)))


def _key(value: Value, budget: Iterator[int]) -> object | None:
    """The same for a tuple; the same item may stand in it any number of times."""
    if next(budget, None) is None:
        return None
    if isinstance(value, Known):
        return None if isinstance(value.value, slice) else (value.value,)
    if not isinstance(value, SequenceValue) or value.kind != "tuple":
        return None
    keys: list[object] = []
    for item in value.items:
        key = _key(item, budget)
        if key is None:
            return None
        keys.append(key)
    return tuple(keys)


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

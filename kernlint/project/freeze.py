"""Values as rules see them."""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING
from kernlint.project.merging import MAX_DEPTH, MAX_PARTS, TOO_LARGE
from kernlint.project.objects import (
    MODE,
    Builtin,
    Class,
    DictBox,
    External,
    Function,
    ListBox,
    Object,
    plain,
)
from kernlint.project.values import (
    Entry,
    Instance,
    Live,
    MappingValue,
    Replaced,
    SequenceValue,
    Unknown,
)

if TYPE_CHECKING:
    from kernlint.model.diagnostic import Place
    from kernlint.project.values import Value


def freeze(value: Value, place: Place) -> Value:
    """A value as rules see it: what it is now, down to its last part.

    Args:
        value: The value.
        place: Where it is used; for what is no value by itself.
    """
    freezer = _Freezer(place)
    frozen = freezer.freeze(value, 0)
    return Unknown(TOO_LARGE, place) if freezer.is_full else frozen


class _Freezer:
    def __init__(self, place: Place) -> None:
        self._place = place
        self._count = 0
        self._open: set[int] = set()

    @property
    def is_full(self) -> bool:
        """Whether there was more than is looked at."""
        return self._count > MAX_PARTS

    def freeze(self, value: Value, depth: int) -> Value:
        self._count += 1
        if self._count > MAX_PARTS or depth > MAX_DEPTH:
            return Unknown(TOO_LARGE, self._place)
        if isinstance(value, (DictBox, ListBox)):
            if id(value) in self._open:
                return Unknown("it contains itself", self._place)
            self._open.add(id(value))
            frozen = self._parts(plain(value), depth)
            self._open.discard(id(value))
            return frozen
        if isinstance(value, Live):
            return self._object(value)
        return self._parts(value, depth)

    def _parts(self, value: Value, depth: int) -> Value:
        if isinstance(value, MappingValue):
            entries = tuple(self._entry(entry, depth) for entry in value.entries)
            replaced = tuple(
                Replaced(self._entry(pair.lost, depth), self._entry(pair.kept, depth), pair.removal)
                for pair in value.replaced
            )
            return value._replace(entries=entries, replaced=replaced)
        if isinstance(value, SequenceValue):
            return value._replace(items=tuple(self.freeze(v, depth + 1) for v in value.items))
        return value

    def _entry(self, entry: Entry, depth: int) -> Entry:
        return Entry(self.freeze(entry.key, depth + 1), self.freeze(entry.value, depth + 1))

    def _object(self, value: Live) -> Value:
        if isinstance(value, Object):
            return Instance(value.dotted, value.place)
        if isinstance(value, External):
            if value.dotted.startswith(MODE):
                return Instance(value.dotted, value.place)
            return Unknown(f"`{value.dotted}` is defined outside of the project", value.place)
        name = ""
        if isinstance(value, Function):
            name = value.code.name
        elif isinstance(value, (Class, Builtin)):
            name = value.name
        return Unknown(f"`{name}` is not a value" if name else "it is not a value", self._place)

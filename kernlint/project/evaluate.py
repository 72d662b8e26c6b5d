"""From lowered expressions to values, over all files of the project.

Where something cannot be computed without running the code the value is unknown,
with a reason; it is never wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernlint.model.diagnostic import Place
from kernlint.model.expr import (
    Attribute,
    Binary,
    Call,
    Conditional,
    Constant,
    DictDisplay,
    Expr,
    JoinedString,
    Name,
    Opaque,
    SequenceDisplay,
    Span,
    Spread,
    Subscript,
    dotted,
)
from kernlint.project.names import Assigned, Definition, External, Unbound, Unresolved
from kernlint.project.values import (
    Entry,
    Instance,
    Known,
    MappingValue,
    SequenceValue,
    Unknown,
    Value,
    text_of,
)

if TYPE_CHECKING:
    from kernlint.project.names import FactsOf, Names

_MAX_DEPTH = 100
#: Limits on what a name may hold: entries, items and their parts; characters.
_MAX_PARTS = 100_000
_MAX_TEXT = 10_000

_TOO_LARGE = "it is too large to be followed"


class Evaluator:
    """Computes values; bounded in depth and size.

    What a name holds is computed once: names that use others twice, and those again
    others, would double the work with every step.
    """

    def __init__(self, names: Names, facts_of: FactsOf) -> None:
        self._names = names
        self._facts_of = facts_of
        self._held: dict[tuple[str, Span], Value] = {}

    def value(self, path: str, scope: int, expr: Expr, depth: int = 0) -> Value:
        """The value of an expression that is evaluated in a scope of a file."""
        place = Place(path, expr.span)
        if depth > _MAX_DEPTH:
            return Unknown("it is handed on too many times", place)
        if isinstance(expr, Constant):
            return Known(expr.value, place, expr.inner)
        if isinstance(expr, (Name, Attribute)):
            return self._name(path, scope, expr, depth)
        if isinstance(expr, DictDisplay):
            return self._dict(path, scope, expr, depth)
        if isinstance(expr, SequenceDisplay):
            return self._sequence(path, scope, expr, depth)
        if isinstance(expr, Call):
            return self._call(path, scope, expr, depth)
        if isinstance(expr, JoinedString):
            return self._joined(path, scope, expr, depth)
        if isinstance(expr, Binary):
            return self._binary(path, scope, expr, depth)
        return Unknown(_reason(expr), place)

    def _name(self, path: str, scope: int, expr: Name | Attribute, depth: int) -> Value:
        place = Place(path, expr.span)
        reference = self._names.resolve(path, scope, expr)
        if isinstance(reference, Assigned) and reference.binding.value is not None:
            name = reference.binding.name
            if self.is_mutated(reference.path, name) or self.is_mutated(path, _root(expr)):
                return Unknown(f"`{name}` is changed after it is bound", place)
            return self._assigned(reference, reference.binding.value, depth)
        if isinstance(reference, Unresolved):
            return Unknown(reference.reason, place)
        if isinstance(reference, Unbound):
            return Unknown(f"`{reference.name}` is not bound in the project", place)
        if isinstance(reference, External):
            if reference.dotted.startswith("kernels.Mode."):
                return Instance(reference.dotted, place)
            return Unknown(f"`{reference.dotted}` is defined outside of the project", place)
        return Unknown(f"`{dotted(expr)}` is not a value", place)

    def _assigned(self, reference: Assigned, expr: Expr, depth: int) -> Value:
        """What a name holds; unknown where that depends on itself."""
        key = reference.path, reference.binding.span
        if key not in self._held:
            place = Place(reference.path, expr.span)
            self._held[key] = Unknown("it depends on itself", place)
            value = self.value(reference.path, reference.scope, expr, depth + 1)
            self._held[key] = Unknown(_TOO_LARGE, place) if _is_too_large(value) else value
        return self._held[key]

    def is_mutated(self, path: str, name: str) -> bool:
        """Whether a file changes, somewhere, what a name of it holds."""
        facts = self._facts_of(path)
        return facts is not None and any(
            binding.kind == "mutation" and binding.name == name
            for scope in facts.scopes
            for binding in scope.bindings
        )

    def _dict(self, path: str, scope: int, expr: DictDisplay, depth: int) -> Value:
        merged = _Merged(Place(path, expr.span))
        for item in expr.items:
            value = self.value(path, scope, item.value, depth + 1)
            if item.key is None:
                merged.spread(value)
            else:
                merged.add(Entry(self.value(path, scope, item.key, depth + 1), value), written=True)
        return merged.value()

    def _sequence(self, path: str, scope: int, expr: SequenceDisplay, depth: int) -> Value:
        items: list[Value] = []
        for item in expr.items:
            if isinstance(item, Spread):
                inner = self.value(path, scope, item.value, depth + 1)
                if not isinstance(inner, SequenceValue):
                    return Unknown("a `*` in it cannot be read", Place(path, expr.span))
                items.extend(inner.items)
                if len(items) > _MAX_PARTS:
                    return Unknown(_TOO_LARGE, Place(path, expr.span))
            else:
                items.append(self.value(path, scope, item, depth + 1))
        return SequenceValue(expr.kind, tuple(items), Place(path, expr.span))

    def _call(self, path: str, scope: int, expr: Call, depth: int) -> Value:
        place = Place(path, expr.span)
        reference = self._names.origin(path, scope, expr.func)
        called = dotted(expr.func) or "a call"
        if reference == Unbound("dict"):
            return self._dict_call(path, scope, expr, depth)
        if isinstance(reference, External) and reference.last[:1].isupper():
            return Instance(reference.dotted, place)
        if isinstance(reference, Definition) and reference.kind == "class":
            return Instance(reference.name, place)
        return Unknown(f"the result of `{called}(...)` is not known", place)

    def _dict_call(self, path: str, scope: int, expr: Call, depth: int) -> Value:
        merged = _Merged(Place(path, expr.span))
        for arg in expr.args:
            value = self.value(path, scope, arg.value, depth + 1)
            if arg.star == "*":
                merged.unread[Unknown("a `*` in it cannot be read", value.place)] = None
            elif arg.name is None:
                merged.spread(value)
            else:
                span = arg.name_span or arg.span
                merged.add(Entry(Known(arg.name, Place(path, span), span.start), value))
        return merged.value()

    def _joined(self, path: str, scope: int, expr: JoinedString, depth: int) -> Value:
        texts: list[str] = []
        for part in expr.parts:
            value = self.value(path, scope, part, depth + 1)
            if not (isinstance(value, Known) and isinstance(value.value, (str, int))):
                reason = value.reason if isinstance(value, Unknown) else "a part is not a string"
                return Unknown(reason, Place(path, expr.span))
            texts.append(str(value.value))
        return _text("".join(texts), Place(path, expr.span))

    def _binary(self, path: str, scope: int, expr: Binary, depth: int) -> Value:
        place = Place(path, expr.span)
        left = self.value(path, scope, expr.left, depth + 1)
        right = self.value(path, scope, expr.right, depth + 1)
        if expr.op == "|" and isinstance(left, MappingValue) and isinstance(right, MappingValue):
            merged = _Merged(place)
            merged.spread(left)
            merged.spread(right)
            return merged.value()
        first, second = text_of(left), text_of(right)
        if expr.op == "+" and first is not None and second is not None:
            return _text(first + second, place)
        for side in (left, right):
            if isinstance(side, Unknown):
                return Unknown(side.reason, place)
        return Unknown(f"the result of `{expr.op}` is not computed", place)


class _Merged:
    """A dict while it is being put together."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.entries: list[Entry] = []
        self.unread: dict[Unknown, None] = {}
        self.replaced: dict[tuple[Place, Place], tuple[Entry, Entry]] = {}
        self._index: dict[object, tuple[int, bool]] = {}

    def add(self, entry: Entry, *, written: bool = False) -> None:
        """One entry; ``written`` where this very display spells it out."""
        key = _key(entry.key)
        if key is None:
            self.entries.append(entry)
            return
        earlier = self._index.get(key)
        if earlier is None:
            self._index[key] = (len(self.entries), written)
            self.entries.append(entry)
            return
        at, was_written = earlier
        if written and was_written:
            self._replace(self.entries[at], entry)
        self.entries[at] = entry
        self._index[key] = (at, written)

    def _replace(self, earlier: Entry, later: Entry) -> None:
        self.replaced[earlier.key.place, later.key.place] = earlier, later

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
            tuple(self.entries), self.place, tuple(self.unread), tuple(self.replaced.values())
        )


def _key(value: Value) -> object | None:
    """Something that is equal where Python takes keys to be equal; None if not known."""
    if isinstance(value, Known):
        return (value.value,)
    if isinstance(value, SequenceValue) and value.kind == "tuple":
        keys = tuple(_key(item) for item in value.items)
        return None if None in keys else keys
    return None


def _text(text: str, place: Place) -> Value:
    return Known(text, place) if len(text) <= _MAX_TEXT else Unknown(_TOO_LARGE, place)


def _is_too_large(value: Value) -> bool:
    """Whether a value has more parts, or deeper ones, than a traversal should see."""
    count = 0
    level: list[Value] = [value]
    for _ in range(_MAX_DEPTH):
        below: list[Value] = []
        for current in level:
            if isinstance(current, SequenceValue):
                below.extend(current.items)
            elif isinstance(current, MappingValue):
                count += len(current.unread)
                below.extend(part for entry in current.entries for part in entry)
            if count + len(below) > _MAX_PARTS:
                return True
        count += len(below)
        level = below
    return bool(level)


def _root(expr: Name | Attribute) -> str:
    """The leftmost identifier of a dotted name."""
    return (dotted(expr) or "").partition(".")[0]


def _reason(expr: Expr) -> str:
    if isinstance(expr, Opaque):
        return f"{expr.what} is not followed"
    if isinstance(expr, Conditional):
        return "a conditional expression is not followed"
    if isinstance(expr, Subscript):
        return "an element of another value is not followed"
    return "it is not followed"

"""What displays and comprehensions hold."""

from __future__ import annotations

from abc import abstractmethod

from kernlint.model.diagnostic import Place
from kernlint.model.expr import Opaque, Spread
from kernlint.model.hints import TYPE_CHECKING
from kernlint.project.conditions import Conditions
from kernlint.project.functions import iterated
from kernlint.project.merging import MAX_PARTS, TOO_LARGE, Merged, text
from kernlint.project.objects import Class, DictBox, Env, ListBox, Object, demand_in, plain
from kernlint.project.texts import printed
from kernlint.project.values import Entry, Known, MappingValue, SequenceValue, Unknown, small

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from kernlint.model.expr import (
        Clause,
        Comprehension,
        DictDisplay,
        Expr,
        JoinedString,
        SequenceDisplay,
        Span,
    )
    from kernlint.project.values import Value


class Displays(Conditions):
    """Puts together dicts, lists, sets, tuples and texts."""

    @abstractmethod
    def value(self, env: Env, expr: Expr) -> Value:
        """The value of an expression."""

    def boxed(self, value: Value) -> Value:
        """A new dict, list or set, to be changed; any other value as it is."""
        if isinstance(value, MappingValue):
            held = Merged(value.place)
            held.spread(value)
            return DictBox(held)
        if isinstance(value, SequenceValue) and value.kind in _MUTABLE:
            return ListBox(value.kind, list(value.items), value.place)
        return value

    def dict(self, env: Env, expr: DictDisplay) -> Value:
        """``{key: value, **other}``."""
        result = Merged(Place(env.path, expr.span))
        for item in expr.items:
            if item.key is None:
                spread = self.value(env, item.value)
                self.weigh(spread)
                result.spread(self.as_mapping(spread))
                if result.size > MAX_PARTS:
                    return Unknown(TOO_LARGE, result.place)
            else:
                key = self.value(env, item.key)
                removal = None if item.removal is None else Place(env.path, item.removal)
                result.add(Entry(key, self.value(env, item.value)), written=True, removal=removal)
        return DictBox(result)

    def as_mapping(self, value: Value) -> Value:
        """What ``**`` of a value stands for."""
        if isinstance(value, Object) and value.cls is not None:
            return self.unknown("a `**` in it is not a dict", value.place.path, value.place.span)
        return plain(value)

    def sequence(self, env: Env, expr: SequenceDisplay) -> Value:
        """``[...]``, ``(...)`` and ``{...}``."""
        place = Place(env.path, expr.span)
        items: list[Value] = []
        for item in expr.items:
            if isinstance(item, Spread):
                value = self.value(env, item.value)
                self.weigh(value)
                found = iterated(plain(value))
                if found is None:
                    return self.because([value], "a `*` in it cannot be read", env, expr.span)
                items.extend(found)
                if len(items) > MAX_PARTS:
                    return Unknown(TOO_LARGE, place)
            else:
                items.append(self.value(env, item))
        return self.boxed(SequenceValue(expr.kind, tuple(items), place))

    def joined(self, env: Env, expr: JoinedString) -> Value:
        """An f-string."""
        written: list[str] = []
        for part in expr.parts:
            value = plain(self.value(env, part))
            printed_value = printed(value)
            if printed_value is None:
                return self.because([value], "a part is not a string", env, expr.span)
            written.append(printed_value)
        return text("".join(written), Place(env.path, expr.span))

    def comprehension(self, env: Env, expr: Comprehension) -> Value:
        """A comprehension."""
        place = Place(env.path, expr.span)
        inner = Env("comprehension", env.path, env)
        made: list[Entry] = []

        def add() -> None:
            key = Known(None, place) if expr.key is None else self.value(inner, expr.key)
            made.append(Entry(key, self.value(inner, expr.value)))
            if len(made) > MAX_PARTS:
                raise _TooLargeError

        try:
            failed = self._clauses(env, inner, expr.clauses, add)
        except _TooLargeError:
            return Unknown(TOO_LARGE, place)
        if failed is not None:
            return self.because([failed], "a comprehension is not followed", env, expr.span)
        if expr.kind == "dict":
            result = Merged(place)
            for entry in made:
                result.add(entry)
            return DictBox(result)
        return self.boxed(SequenceValue(expr.kind, tuple(entry.value for entry in made), place))

    def _clauses(
        self, outer: Env, env: Env, clauses: Sequence[Clause], add: Callable[[], None]
    ) -> Value | None:
        """Run the loops of a comprehension; the value that cannot be followed, if any."""
        if not clauses:
            add()
            return None
        clause = clauses[0]
        iterable = self.value(outer, clause.iterable)
        items = self.items(iterable)
        if items is None or isinstance(clause.target, Opaque):
            return iterable
        self.loops.append(0)
        try:
            for item in items:
                self.loops[-1] += 1
                self.assign(env, clause.target, item)
                for test in clause.tests:
                    value = self.value(env, test)
                    holds = self.truth(value)
                    if holds is None:
                        return value
                    if not holds:
                        break
                else:
                    failed = self._clauses(env, env, clauses[1:], add)
                    if failed is not None:
                        return failed
        finally:
            self.loops.pop()
        return None

    def items(self, value: Value) -> tuple[Value, ...] | None:
        """What a loop over a value sees; None where that is not known."""
        self.weigh(value)
        if isinstance(value, Class):
            return self.members(value)
        if isinstance(value, Object):
            return self.fields_of(value)
        if isinstance(value, Known) and isinstance(value.value, str):
            return tuple(Known(letter, value.place) for letter in value.value)
        return iterated(plain(value))

    @abstractmethod
    def fields_of(self, value: Object) -> tuple[Value, ...] | None:
        """The items of a named tuple."""

    @abstractmethod
    def members(self, cls: Class) -> tuple[Value, ...] | None:
        """The members of an enum."""

    @abstractmethod
    def assign(self, env: Env, target: Expr, value: Value) -> None:
        """Bind a target to a value."""

    def because(self, parts: Iterable[Value], reason: str, env: Env, span: Span) -> Unknown:
        """Something that cannot be computed, for the reason that a part of it cannot."""
        parts = list(parts)
        unknowns = [part for part in parts if isinstance(part, Unknown)]
        unknown = self.unknown(unknowns[0].reason if unknowns else reason, env.path, span)
        if unknowns and unknowns[0].key is not None:
            whole = small(("of", unknown.key, unknowns[0].key))
            unknown = unknown._replace(key=unknown.key if whole is None else whole)
        demands = [demand for part in parts if (demand := demand_in(part)) is not None]
        return unknown._replace(demand=demands[0]) if demands else unknown


_MUTABLE = frozenset({"list", "set"})


class _TooLargeError(Exception):
    """A comprehension that makes more than is followed."""

"""From lowered expressions to values, over all files of the project.

Where something cannot be computed without running the code the value is unknown,
with a reason; it is never wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from kernlint.model.diagnostic import Place
from kernlint.model.expr import (
    Attribute,
    Binary,
    Call,
    Comparison,
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
from kernlint.project import operations
from kernlint.project.changes import Changes
from kernlint.project.choices import Choices, Fork, UnclearError, outcome
from kernlint.project.functions import FUNCTIONS, function
from kernlint.project.merging import (
    MAX_DEPTH,
    MAX_PARTS,
    TOO_LARGE,
    Merged,
    is_too_large,
    merged,
    text,
)
from kernlint.project.names import (
    Assigned,
    Definition,
    External,
    Rebound,
    Unbound,
    Unresolved,
)
from kernlint.project.values import (
    Entry,
    Instance,
    Known,
    MappingValue,
    SequenceValue,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kernlint.model.facts import Arm, Binding
    from kernlint.project.names import FactsOf, Names, Reference

_Result = TypeVar("_Result")


#: Functions of the standard library that copy what they get.
_COPIES = {"copy.copy": "copy", "copy.deepcopy": "copy"}


class Frame(NamedTuple):
    """Where an expression is evaluated: a scope of a file, and how deep in others."""

    path: str
    scope: int
    depth: int = 0

    def deeper(self) -> Frame:
        """The same place for a part of the expression."""
        return self._replace(depth=self.depth + 1)


class Evaluator:
    """Computes values; bounded in depth and size.

    What a name holds is computed once: names that use others twice, and those again
    others, would double the work with every step. What depends on a condition is kept
    for the run in which the condition is decided.
    """

    def __init__(self, names: Names, facts_of: FactsOf) -> None:
        self._names = names
        self._facts_of = facts_of
        self._choices = Choices()
        self._held: dict[tuple[str, Span, Span], Value] = {}
        self._held_in_run: dict[tuple[str, Span, Span], Value] = {}
        self._changes: dict[str, Changes | None] = {}

    def value(self, path: str, scope: int, expr: Expr) -> Value:
        """The value of an expression that is evaluated in a scope of a file."""
        return self._value(Frame(path, scope), expr)

    def alternatives(
        self, path: str, around: Sequence[Arm], compute: Callable[[], _Result]
    ) -> list[_Result]:
        """What is computed from values, once for each way that conditions can go.

        Args:
            path: The file of the place that it is computed for.
            around: The branches that this place stands in.
            compute: Makes something of what ``value`` gives.
        """

        def run() -> _Result:
            self._held_in_run.clear()
            return compute()

        found = self._choices.every(path, around, run)
        self._held_in_run.clear()
        return found

    def is_mutated(self, path: str, name: str) -> bool:
        """Whether a file changes, somewhere, what a name of it holds."""
        changes = self._changes_of(path)
        return changes is not None and changes.any(name)

    def _changes_of(self, path: str) -> Changes | None:
        if path not in self._changes:
            facts = self._facts_of(path)
            self._changes[path] = None if facts is None else Changes(facts)
        return self._changes[path]

    def _value(self, frame: Frame, expr: Expr) -> Value:
        place = Place(frame.path, expr.span)
        if frame.depth > MAX_DEPTH:
            return Unknown("it is handed on too many times", place)
        if isinstance(expr, Constant):
            return Known(expr.value, place, expr.inner)
        if isinstance(expr, (Name, Attribute)):
            return self._name(frame, expr)
        inside = frame.deeper()
        if isinstance(expr, DictDisplay):
            return self._dict(inside, expr, place)
        if isinstance(expr, SequenceDisplay):
            return self._sequence(inside, expr, place)
        if isinstance(expr, Call):
            return self._call(inside, expr, place)
        if isinstance(expr, JoinedString):
            return self._joined(inside, expr, place)
        if isinstance(expr, Conditional):
            return self._conditional(inside, expr, place)
        if isinstance(expr, (Binary, Comparison, Subscript)):
            return self._operation(inside, expr, place)
        what = expr.what if isinstance(expr, Opaque) else "it"
        return Unknown(f"{what} is not followed", place)

    def _name(self, frame: Frame, expr: Name | Attribute) -> Value:
        place = Place(frame.path, expr.span)
        reference = self._names.resolve(frame.path, frame.scope, expr)
        if isinstance(reference, Assigned) and reference.binding.value is not None:
            bound = Rebound(reference.path, reference.scope, (reference.binding,))
            return self._bound(frame, expr, bound, reference.binding)
        if isinstance(reference, Unresolved):
            if reference.rebound is not None:
                return self._rebound(frame, expr, reference.rebound, reference.reason)
            return Unknown(reference.reason, place)
        if isinstance(reference, Unbound):
            return Unknown(f"`{reference.name}` is not bound in the project", place)
        if isinstance(reference, External):
            if reference.dotted.startswith("kernels.Mode."):
                return Instance(reference.dotted, place)
            return Unknown(f"`{reference.dotted}` is defined outside of the project", place)
        return Unknown(f"`{dotted(expr)}` is not a value", place)

    def _rebound(self, frame: Frame, expr: Expr, rebound: Rebound, reason: str) -> Value:
        """What a name holds that is bound more than once, by what is known of conditions."""
        unknown = Unknown(reason, Place(frame.path, expr.span))
        path = rebound.path
        reaching = [b for b in rebound.bindings if self._is_reached(path, b)]
        late = path == frame.path and any(b.span.start > expr.span.start for b in reaching)
        try:
            current = None if late else outcome(reaching)
        except UnclearError:
            return unknown
        while isinstance(current, Fork):
            way = self._choices.way(path, current.test)
            if way is None:
                return unknown
            current = (current.holds, current.fails)[way]
        if current is None:
            return unknown
        return self._bound(frame, expr, rebound._replace(bindings=tuple(reaching)), current)

    def _is_reached(self, path: str, binding: Binding) -> bool:
        """Whether a binding can stand before the place that is looked at."""
        ways = [(arm.way, self._choices.fixed(path, arm.test)) for arm in binding.arms]
        return all(fixed is None or fixed == way for way, fixed in ways)

    def _bound(self, frame: Frame, expr: Expr, rebound: Rebound, binding: Binding) -> Value:
        """What a name holds where it is used: what it was bound to, with all changes of it."""
        path, name = rebound.path, binding.name
        changed = Unknown(f"`{name}` is changed after it is bound", Place(frame.path, expr.span))
        root = (dotted(expr) or "").partition(".")[0]
        if (path != frame.path or expr != Name(name, expr.span)) and self.is_mutated(
            frame.path, root
        ):
            return changed
        changes = self._changes_of(path)
        last = max(each.span.start for each in rebound.bindings)
        made = [] if changes is None else changes.ordered(rebound.scope, name, last)
        if made is None or (
            path == frame.path and any(each.span.start > expr.span.start for each in made)
        ):
            return changed
        inside = Frame(path, rebound.scope, frame.depth + 1)
        return self._hold(inside, binding, made) or changed

    def _hold(self, frame: Frame, binding: Binding, made: Sequence[Binding] = ()) -> Value | None:
        """What a name holds from a binding on, and after all changes ``made`` to it.

        Unknown where that depends on itself, None where a change is not followed.
        """
        key = frame.path, binding.span, made[-1].span if made else binding.span
        held = self._held.get(key)
        if held is None:
            held = self._held_in_run.get(key)
            self._choices.met = self._choices.met or held is not None
        if held is not None or binding.value is None:
            return held
        place = Place(frame.path, binding.value.span)
        self._held[key] = Unknown("it depends on itself", place)
        met, self._choices.met = self._choices.met, False
        value: Value | None
        if made:
            value = self._changed(frame.deeper(), binding, made)
        else:
            value = self._value(frame, binding.value)
        del self._held[key]
        if value is not None:
            if is_too_large(value):
                value = Unknown(TOO_LARGE, place)
            (self._held_in_run if self._choices.met else self._held)[key] = value
        self._choices.met = met or self._choices.met
        return value

    def _changed(self, frame: Frame, binding: Binding, made: Sequence[Binding]) -> Value | None:
        """A dict after the changes that statements make to it; None if that cannot be told."""
        value = self._hold(frame, binding)
        if not isinstance(value, MappingValue):
            return value if isinstance(value, Unknown) else None
        held = merged(value)
        for each in made:
            call = each.value
            if not isinstance(call, Call) or not isinstance(call.func, Attribute):
                return None
            given = self._given(frame, call)
            if given is None or not operations.change(held, call.func.attr, *given):
                return None
        return held.value()

    def _given(self, frame: Frame, call: Call) -> tuple[list[Value], list[Entry]] | None:
        """The arguments of a call by position and by name; None where a star hides some."""
        args: list[Value] = []
        named: list[Entry] = []
        for arg in call.args:
            if arg.star:
                return None
            value = self._value(frame, arg.value)
            if arg.name is None:
                args.append(value)
            else:
                span = arg.name_span or arg.span
                named.append(Entry(Known(arg.name, Place(frame.path, span), span.start), value))
        return args, named

    def _conditional(self, frame: Frame, expr: Conditional, place: Place) -> Value:
        test = self._value(frame, expr.test)
        way: int | None
        if isinstance(test, Known):
            way = 0 if test.value else 1
        else:
            way = self._choices.way(frame.path, expr.test.span.start)
        if way is None:
            return Unknown("a conditional expression is not followed", place)
        return self._value(frame, (expr.body, expr.orelse)[way])

    def _dict(self, frame: Frame, expr: DictDisplay, place: Place) -> Value:
        result = Merged(place)
        for item in expr.items:
            value = self._value(frame, item.value)
            if item.key is None:
                result.spread(value)
            else:
                result.add(Entry(self._value(frame, item.key), value), written=True)
        return result.value()

    def _sequence(self, frame: Frame, expr: SequenceDisplay, place: Place) -> Value:
        items: list[Value] = []
        for item in expr.items:
            if isinstance(item, Spread):
                value = self._value(frame, item.value)
                if not isinstance(value, SequenceValue):
                    return Unknown("a `*` in it cannot be read", place)
                items.extend(value.items)
                if len(items) > MAX_PARTS:
                    return Unknown(TOO_LARGE, place)
            else:
                items.append(self._value(frame, item))
        return SequenceValue(expr.kind, tuple(items), place)

    def _call(self, frame: Frame, expr: Call, place: Place) -> Value:
        reference = self._names.origin(frame.path, frame.scope, expr.func)
        called = dotted(expr.func) or "a call"
        if reference == Unbound("dict"):
            return self._dict_call(frame, expr, place)
        if isinstance(reference, External) and reference.last[:1].isupper():
            return Instance(reference.dotted, place)
        if isinstance(reference, Definition) and reference.kind == "class":
            return Instance(reference.name, place)
        found = self._computed(frame, expr, reference, place)
        return found or Unknown(f"the result of `{called}(...)` is not known", place)

    def _computed(
        self, frame: Frame, expr: Call, reference: Reference, place: Place
    ) -> Value | None:
        """The result of a function or method of which it can be told."""
        func = expr.func
        name = reference.name if isinstance(reference, Unbound) else ""
        if isinstance(reference, External):
            name = _COPIES.get(reference.dotted, "")
        elif isinstance(func, Attribute) and self._is_built_in(frame, func.value, "dict"):
            name = f"dict.{func.attr}"
        of_value = isinstance(func, Attribute) and isinstance(reference, Unresolved)
        given = self._given(frame, expr) if name in FUNCTIONS or of_value else None
        if given is None:
            return None
        args, named = given
        if name in FUNCTIONS:
            return None if named else function(name, args, place)
        if not isinstance(func, Attribute):
            return None
        by_name = {entry.key.value: entry.value for entry in named if isinstance(entry.key, Known)}
        return operations.method(self._value(frame, func.value), func.attr, args, by_name, place)

    def _is_built_in(self, frame: Frame, expr: Expr, name: str) -> bool:
        return self._names.resolve(frame.path, frame.scope, expr) == Unbound(name)

    def _dict_call(self, frame: Frame, expr: Call, place: Place) -> Value:
        result = Merged(place)
        for arg in expr.args:
            value = self._value(frame, arg.value)
            if arg.star == "*":
                result.unread[Unknown("a `*` in it cannot be read", value.place)] = None
            elif arg.name is None:
                result.spread(value)
            else:
                span = arg.name_span or arg.span
                result.add(Entry(Known(arg.name, Place(frame.path, span), span.start), value))
        return result.value()

    def _joined(self, frame: Frame, expr: JoinedString, place: Place) -> Value:
        texts: list[str] = []
        for part in expr.parts:
            value = self._value(frame, part)
            written = operations.printed(value)
            if written is None:
                reason = value.reason if isinstance(value, Unknown) else "a part is not a string"
                return Unknown(reason, place)
            texts.append(written)
        return text("".join(texts), place)

    def _operation(
        self, frame: Frame, expr: Binary | Comparison | Subscript, place: Place
    ) -> Value:
        """The result of an operator or a subscript."""
        if isinstance(expr, Subscript):
            parts = self._value(frame, expr.value), self._value(frame, expr.key)
            found = operations.element(*parts)
            reason = "an element of another value is not followed"
        else:
            parts = self._value(frame, expr.left), self._value(frame, expr.right)
            reason = f"the result of `{expr.op}` is not computed"
            if isinstance(expr, Binary):
                found = operations.binary(expr.op, *parts, place)
            else:
                answer = operations.compare(expr.op, *parts)
                found = None if answer is None else Known(answer, place)
        if found is not None:
            return found
        reasons = [part.reason for part in parts if isinstance(part, Unknown)]
        return Unknown(next(iter(reasons), reason), place)

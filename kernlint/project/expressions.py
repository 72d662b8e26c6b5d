"""From lowered expressions to values.

Where something cannot be computed without running the code the value is unknown,
with a reason; it is never wrong.
"""

from __future__ import annotations

from abc import abstractmethod

from kernlint.model.diagnostic import Place
from kernlint.model.expr import (
    Attribute,
    Binary,
    Boolean,
    Call,
    Comparison,
    Comprehension,
    Conditional,
    Constant,
    DictDisplay,
    Elided,
    JoinedString,
    Lambda,
    Name,
    Opaque,
    SequenceDisplay,
    Slice,
    Spread,
    Subscript,
    Unary,
    Walrus,
    dotted,
)
from kernlint.model.hints import TYPE_CHECKING
from kernlint.project import operations
from kernlint.project.conditions import key_with
from kernlint.project.displays import Displays
from kernlint.project.machine import ANY_RISK, MAX_NESTING, RaisedError
from kernlint.project.objects import (
    Builtin,
    Class,
    External,
    Function,
    Given,
    ModuleValue,
    Object,
    Super,
    plain,
)
from kernlint.project.values import (
    Demand,
    Entry,
    Known,
    MappingValue,
    SequenceValue,
    Unknown,
    small,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import ClassVar

    from kernlint.model.expr import Argument, Code, Expr
    from kernlint.project.objects import Env
    from kernlint.project.values import Value


class Expressions(Displays):
    """Computes the values of expressions."""

    def value(self, env: Env, expr: Expr) -> Value:
        """The value of an expression."""
        self.step()
        if self.nesting > MAX_NESTING:
            return self.unknown("it is handed on too many times", env.path, expr.span)
        self.nesting += 1
        try:
            return self._EVALUATE[type(expr)](self, env, expr)
        finally:
            self.nesting -= 1

    def _constant(self, env: Env, expr: Constant) -> Value:
        return Known(expr.value, Place(env.path, expr.span), expr.inner)

    def _name(self, env: Env, expr: Name) -> Value:
        return self.lookup(env, expr.id, expr.span)

    def _opaque(self, env: Env, expr: Opaque) -> Value:
        return self.unknown(f"{expr.what} is not followed", env.path, expr.span)

    def _elided(self, env: Env, expr: Elided) -> Value:
        demand = Demand("value", env.path, expr.span.start)
        if demand in self.demands:
            found = self.full_value(env.path, expr)
            if found is not None:
                return self.value(env, found)
        return Unknown("it is not followed", Place(env.path, expr.span), None, demand)

    @abstractmethod
    def full_value(self, path: str, expr: Elided) -> Expr | None:
        """What stands where the facts leave a large value out."""

    def _lambda(self, env: Env, expr: Lambda) -> Value:
        return self.function(env, expr.code)

    @abstractmethod
    def function(self, env: Env, code: Code) -> Function:
        """A function that is made here."""

    def _walrus(self, env: Env, expr: Walrus) -> Value:
        value = self.value(env, expr.value)
        target = env
        while target.kind == "comprehension" and target.parent is not None:
            target = target.parent
        self.set_name(target, expr.name, value)
        return value

    # Displays

    # Operators

    def _conditional(self, env: Env, expr: Conditional) -> Value:
        test = self.value(env, expr.test)
        holds = self.truth(test)
        if holds is None:
            reason = "a conditional expression is not followed"
            return self.unknown(reason, env.path, expr.span)
        return self.value(env, expr.body if holds else expr.orelse)

    def _boolean(self, env: Env, expr: Boolean) -> Value:
        left = self.value(env, expr.left)
        holds = self.truth(left)
        if holds is None:
            return self.because([left], "a boolean expression is not followed", env, expr.span)
        return self.value(env, expr.right) if holds is (expr.op == "and") else left

    def _unary(self, env: Env, expr: Unary) -> Value:
        value = self.value(env, expr.value)
        if expr.op == "not":
            known = self.known_truth(value)
            if known is None and isinstance(value, Unknown):
                return value._replace(key=small(("not", value.key)))
            if known is not None:
                return Known(not known, Place(env.path, expr.span))
        elif isinstance(value, Known) and isinstance(value.value, (int, float)):
            return Known(-value.value, Place(env.path, expr.span))
        return self.because([value], "an operation is not followed", env, expr.span)

    def _binary(self, env: Env, expr: Binary) -> Value:
        left, right = self.value(env, expr.left), self.value(env, expr.right)
        self.weigh(left, right)
        found = operations.binary(expr.op, plain(left), plain(right), Place(env.path, expr.span))
        if found is not None:
            return self.boxed(found)
        self.risk.add(ANY_RISK)
        reason = f"the result of `{expr.op}` is not computed"
        return self.because([left, right], reason, env, expr.span)

    def _comparison(self, env: Env, expr: Comparison) -> Value:
        left, right = self.value(env, expr.left), self.value(env, expr.right)
        self.weigh(left, right)
        place = Place(env.path, expr.span)
        answer = operations.compare(expr.op, left, right)
        if answer is not None:
            return Known(answer, place)
        key = small((expr.op, key_with(left), key_with(right)))
        found = self.because(
            [left, right], f"the result of `{expr.op}` is not computed", env, expr.span
        )
        return found._replace(key=key) if None not in (key_with(left), key_with(right)) else found

    def _subscript(self, env: Env, expr: Subscript) -> Value:
        value, key = self.value(env, expr.value), self.value(env, expr.key)
        self.weigh(value)
        if isinstance(value, Class):
            return self.member_of_class(value, key, env, expr)
        if isinstance(value, Object):
            items = self.fields_of(value)
            if items is not None:
                value = SequenceValue("tuple", items, value.place)
        found = operations.element(plain(value), key)
        if found is not None:
            return self.boxed(found) if isinstance(expr.key, Slice) else found
        raised = operations.missing(plain(value), key) if self.trying else None
        if raised is not None:
            raise RaisedError(raised)
        if isinstance(value, External):
            return self.unknown(
                f"`{value.dotted}` is defined outside of the project",
                env.path,
                expr.span,
                key=("item", value.dotted, key_with(key)),
            )
        self.risk.add(ANY_RISK)
        reason = "an element of another value is not followed"
        unknown = self.because([value, key], reason, env, expr.span)
        if isinstance(value, Unknown) and value.key is not None and key_with(key) is not None:
            return self.assumed(unknown._replace(key=small(("item", value.key, key_with(key)))))
        return unknown

    @abstractmethod
    def member_of_class(self, cls: Class, key: Value, env: Env, expr: Subscript) -> Value:
        """``Class[key]``: a member of an enum, or the class itself for a type parameter."""

    def _slice(self, env: Env, expr: Slice) -> Value:
        place = Place(env.path, expr.span)
        bounds: list[Value] = [
            Known(None, place) if part is None else self.value(env, part)
            for part in (expr.lower, expr.upper, expr.step)
        ]
        for bound in bounds:
            if not isinstance(bound, Known):
                return self.because([bound], "a slice is not followed", env, expr.span)
        return SequenceValue("slice", tuple(bounds), place)

    def _spread(self, env: Env, expr: Spread) -> Value:
        return self.unknown("a `*` in it cannot be read", env.path, expr.span)

    # Calls and attributes

    @abstractmethod
    def _call(self, env: Env, expr: Call) -> Value:
        """The result of a call."""

    def _attribute(self, env: Env, expr: Attribute) -> Value:
        value = self.value(env, expr.value)
        return self.attribute(value, expr.attr, env, expr)

    def attribute(self, value: Value, attr: str, env: Env, expr: Attribute) -> Value:
        """``value.attr``."""
        place = Place(env.path, expr.span)
        if isinstance(value, External):
            # `import a` binds only `a`; `a.b` may still be a file of the project.
            path = f"{value.dotted}.{attr}"
            found = None
            if not self.is_library(env.path, value.root):
                found = self.modules.find(env.path, path)
            return ModuleValue(found) if found else External(path, place)
        if isinstance(value, ModuleValue):
            member = self.member(value.path, attr, env.path, expr.span)
            return member or self.unknown(
                f"`{attr}` is not bound in the project",
                env.path,
                expr.span,
                key=("name", value.path, attr),
            )
        if isinstance(value, (Object, Class, Super)):
            return self.attribute_of_object(value, attr, env, expr)
        if isinstance(value, Unknown):
            whole = dotted(expr) or attr
            reason = f"`{attr}` is an attribute of a value that is not known"
            key = None if value.key is None else small(("attr", value.key, attr))
            if not isinstance(expr.value, Name):
                reason = value.reason
            if attr in self.holders:
                self.use(value)
            found_value = Unknown(
                reason, place, ("at", whole, *place) if key is None else key, value.demand
            )
            return self.assumed(found_value)
        if isinstance(value, Function):
            return self.unknown(f"`{attr}` is an attribute of a function", env.path, expr.span)
        return Builtin(attr, value)

    @abstractmethod
    def attribute_of_object(
        self, value: Object | Class | Super, attr: str, env: Env, expr: Attribute
    ) -> Value:
        """An attribute of an object or class of the project."""

    def given(self, env: Env, args: Sequence[Argument]) -> Given:
        """The arguments of a call, evaluated in order."""
        values: list[Value] = []
        named: list[Entry] = []
        is_open: Unknown | None = None
        for arg in args:
            value = self.value(env, arg.value)
            if arg.star == "*":
                found = self.items(value)
                if found is None:
                    is_open = self.because([value], "a `*` is not followed", env, arg.span)
                else:
                    values.extend(found)
            elif arg.star == "**":
                mapping = plain(value)
                if isinstance(mapping, MappingValue):
                    named.extend(mapping.entries)
                    if mapping.unread:
                        is_open = mapping.unread[0]
                else:
                    is_open = self.because([value], "a `**` is not followed", env, arg.span)
            elif arg.name is None:
                values.append(value)
            else:
                span = arg.name_span or arg.span
                named.append(Entry(Known(arg.name, Place(env.path, span), span.start), value))
        return Given(tuple(values), tuple(named), is_open)

    _EVALUATE: ClassVar[dict[type, Callable[..., Value]]] = {
        Constant: _constant,
        Name: _name,
        Attribute: _attribute,
        DictDisplay: Displays.dict,
        SequenceDisplay: Displays.sequence,
        Spread: _spread,
        Call: lambda self, env, expr: self._call(env, expr),
        Binary: _binary,
        Comparison: _comparison,
        Conditional: _conditional,
        JoinedString: Displays.joined,
        Subscript: _subscript,
        Slice: _slice,
        Boolean: _boolean,
        Unary: _unary,
        Walrus: _walrus,
        Comprehension: Displays.comprehension,
        Lambda: _lambda,
        Elided: _elided,
        Opaque: _opaque,
    }

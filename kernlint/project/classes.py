"""Classes of the project: their attributes, their members and their instances."""

from __future__ import annotations

import itertools
from abc import abstractmethod

from kernlint.model.diagnostic import Place
from kernlint.model.hints import TYPE_CHECKING
from kernlint.project.expressions import Expressions
from kernlint.project.merging import Merged
from kernlint.project.objects import (
    Builtin,
    Class,
    DictBox,
    External,
    Function,
    Given,
    Object,
    Super,
)
from kernlint.project.values import Demand, Known, Unknown, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernlint.model.code import Block
    from kernlint.model.expr import Attribute, Call, Expr, Subscript
    from kernlint.project.objects import Env
    from kernlint.project.values import Value


_ENUMS = frozenset({"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"})
_FIELD = "dataclasses.field"
_MAX_BASES = 50


class Classes(Expressions):
    """Looks into classes and makes instances of them."""

    def class_body(self, cls: Class) -> bool:
        """Run the body of a class that the facts left out; whether there is one."""
        if cls.body is not None:
            return True
        demand = Demand("body", cls.env.path, cls.span.start)
        if demand not in self.demands:
            return False
        body = self.full_class(cls)
        if body is None:
            return False
        cls.body = body
        if not self.apart(lambda: self.run_class(cls)):
            self.passing.append(cls)
        return True

    @abstractmethod
    def full_class(self, cls: Class) -> Block | None:
        """The body of a class in the full facts."""

    @abstractmethod
    def run_class(self, cls: Class) -> None:
        """Run the body of a class."""

    def lineage(self, cls: Class) -> Iterator[Class | External | Unknown]:
        """A class and what it inherits from, nearest first."""
        pending: list[Value] = [cls]
        for _ in range(_MAX_BASES):
            if not pending:
                return
            current = pending.pop(0)
            if isinstance(current, Class):
                yield current
                pending = [*current.bases, *pending]
            elif isinstance(current, (External, Unknown)):
                yield current

    def inherits(self, cls: Class, names: frozenset[str]) -> bool:
        """Whether a class inherits from something outside of one of these names."""
        return any(isinstance(each, External) and each.last in names for each in self.lineage(cls))

    def is_enum(self, cls: Class) -> bool:
        """Whether a class is an enum."""
        return self.inherits(cls, _ENUMS)

    # Attributes

    def attribute_of_object(
        self, value: Object | Class | Super, attr: str, env: Env, expr: Attribute
    ) -> Value:
        """An attribute of an object or class of the project."""
        place = Place(env.path, expr.span)
        demand: Demand | None = None
        skip = 0
        if isinstance(value, Super):
            cls, skip = value.cls, 1
            holder = value.holder
            value = holder if isinstance(holder, (Object, Class)) else cls
        elif isinstance(value, Object):
            if value.open is not None:
                demand = value.open.demand
            if attr in value.attrs and (demand is None or demand in self.demands):
                return self._of_object(value.attrs[attr], env, expr)
            if value.cls is None:
                return Builtin(attr, value)
            cls = value.cls
        else:
            cls = value
        for each in itertools.islice(self.lineage(cls), skip, None):
            if isinstance(each, Unknown):
                demand = demand or each.demand
            if not isinstance(each, Class):
                continue
            if not self.class_body(each):
                demand = demand or Demand("body", each.env.path, each.span.start)
            elif attr in each.env.names:
                if demand is not None and not isinstance(each.env.names[attr], Function):
                    self.demand(demand)
                return self._of_class(each.env.names[attr], attr, value, cls, env, expr)
        key = ("at", f"{cls.name}.{attr}", *place, *self.loops)
        reason = f"`{attr}` is an attribute of a value that is not known"
        return Unknown(reason, place, key, demand)

    def _of_object(self, value: Value, env: Env, expr: Attribute) -> Value:
        if isinstance(value, Unknown):
            return self.assumed(value._replace(place=Place(env.path, expr.span)))
        return value

    def fields_of(self, value: Object) -> tuple[Value, ...] | None:
        """The items of a named tuple."""
        if value.cls is None or not self.inherits(value.cls, frozenset({"NamedTuple"})):
            return None
        return tuple(value.attrs.values())

    def _of_class(
        self, found: Value, attr: str, value: Object | Class, cls: Class, env: Env, expr: Attribute
    ) -> Value:
        """What a class holds under a name, as seen through it or one of its instances."""
        if isinstance(found, Function):
            if found.form == "property" and isinstance(value, Object):
                return self.invoke(found.bind(value), (), env, expr)
            if found.form == "class":
                return found.bind(cls)
            return found.bind(value) if isinstance(value, Object) and not found.form else found
        if isinstance(value, Class) and self.is_enum(cls) and not attr.startswith("_"):
            return self.enum_member(cls, attr, found)
        if isinstance(found, Unknown):
            return self.assumed(found._replace(place=Place(env.path, expr.span)))
        return found

    @abstractmethod
    def invoke(self, called: Function, args: tuple[Value, ...], env: Env, expr: Expr) -> Value:
        """Call a function as ``expr`` does."""

    def set_attribute(self, value: Object | Class, attr: str, to: Value) -> None:
        """``value.attr = to``."""
        self.touch(value)
        if isinstance(value, Class):
            value.env.names[attr] = to
        else:
            value.attrs[attr] = to

    # Enums

    def enum_member(self, cls: Class, name: str, held: Value) -> Value:
        """A member of an enum; one that is a text is that text."""
        if self.inherits(cls, frozenset({"StrEnum"})) or any(
            isinstance(base, Builtin) and base.name == "str" for base in cls.bases
        ):
            return held
        place = Place(cls.env.path, cls.span)
        member = Object(f"{cls.name}.{name}", place, None)
        member.attrs = {"value": held, "name": Known(name, place)}
        return member

    def members(self, cls: Class) -> tuple[Value, ...] | None:
        """The members of an enum."""
        if not self.is_enum(cls):
            return None
        if not self.class_body(cls):
            self.demand(Demand("body", cls.env.path, cls.span.start))
            return None
        return tuple(
            self.enum_member(cls, name, held)
            for name, held in cls.env.names.items()
            if not name.startswith("_") and not isinstance(held, Function)
        )

    def member_of_class(self, cls: Class, key: Value, env: Env, expr: Subscript) -> Value:
        """``Class[key]``: a member of an enum, or the class for a type parameter."""
        name = text_of(key)
        if self.is_enum(cls) and name is not None and self.class_body(cls):
            held = cls.env.names.get(name)
            if held is not None:
                return self.enum_member(cls, name, held)
        if self.is_enum(cls):
            self.class_body(cls)
            demand = Demand("body", cls.env.path, cls.span.start)
            return Unknown(
                "an element of another value is not followed",
                Place(env.path, expr.span),
                ("at", env.path, expr.span.start, *self.loops),
                demand,
            )
        return cls

    # Instances

    def instantiate(self, cls: Class, given: Given, env: Env, expr: Call) -> Value:
        """An instance of a class of the project."""
        place = Place(env.path, expr.span)
        lineage = list(self.lineage(cls))
        for each in lineage:
            demand = None
            if isinstance(each, Class) and not self.class_body(each):
                demand = Demand("body", each.env.path, each.span.start)
            elif isinstance(each, Unknown):
                demand = each.demand
            if demand is not None and demand not in self.demands:
                parts = (*given.args, *(item.value for item in given.named))
                self.hand_on(parts, demand, cls.name, place)
                key = ("at", *place, *self.loops)
                return Unknown(f"what `{cls.name}(...)` makes is not known", place, key, demand)
        if self.is_enum(cls):
            return self._member_of_value(cls, given, place)
        if self.inherits(cls, frozenset({"TypedDict"})):
            result = Merged(place)
            for entry in given.named:
                result.add(entry)
            for arg in given.args:
                result.spread(self.as_mapping(arg))
            if given.open is not None:
                result.unread[given.open] = None
            return DictBox(result)
        made = Object(cls.name, place, cls)
        for each in lineage:
            init = each.env.names.get("__init__") if isinstance(each, Class) else None
            if isinstance(init, Function):
                self.start(init.bind(made), given, env, expr)
                return made
        if self._has_fields(cls):
            self._fill(made, cls, given, env, expr)
        return made

    @abstractmethod
    def hand_on(self, parts: tuple[Value, ...], demand: Demand, name: str, place: Place) -> None:
        """Hand values to something that is not followed yet."""

    @abstractmethod
    def start(self, init: Function, given: Given, env: Env, expr: Call) -> None:
        """Run the constructor of an instance."""

    def _member_of_value(self, cls: Class, given: Given, place: Place) -> Value:
        """``Enum(value)``."""
        for name, held in cls.env.names.items():
            same = isinstance(held, Known) and len(given.args) == 1
            if same and isinstance(given.args[0], Known) and held.value == given.args[0].value:  # type: ignore[union-attr]
                return self.enum_member(cls, name, held)
        key = ("at", *place, *self.loops)
        return Unknown(f"what `{cls.name}(...)` gives is not known", place, key)

    def _has_fields(self, cls: Class) -> bool:
        if self.inherits(cls, frozenset({"NamedTuple"})):
            return True
        return any(
            _name(decorator).rpartition(".")[2] == "dataclass"
            for each in self.lineage(cls)
            if isinstance(each, Class)
            for decorator in each.decorators
        )

    def _fill(self, made: Object, cls: Class, given: Given, env: Env, expr: Call) -> None:
        """The fields of a dataclass or a named tuple."""
        classes = [each for each in self.lineage(cls) if isinstance(each, Class)]
        fields: dict[str, Value | None] = {}
        for each in reversed(classes):
            for name in each.env.fields:
                fields[name] = each.env.names.get(name)
        args = list(given.args)
        named = given.by_name()
        for name, default in fields.items():
            if args:
                made.attrs[name] = args.pop(0)
            elif name in named:
                made.attrs[name] = named[name]
            elif given.open is not None:
                made.attrs[name] = given.open
            elif isinstance(default, Object) and default.dotted == _FIELD:
                made.attrs[name] = self._field(default, env, expr)
            elif default is not None:
                made.attrs[name] = default
        for each in classes:
            after = each.env.names.get("__post_init__")
            if isinstance(after, Function):
                self.start(after.bind(made), Given((), (), None), env, expr)
                break

    def _field(self, field: Object, env: Env, expr: Call) -> Value:
        """The default of ``field(default=..., default_factory=...)``."""
        if "default" in field.attrs:
            return field.attrs["default"]
        factory = field.attrs.get("default_factory")
        if factory is not None:
            return self.called(env, expr, factory, Given((), (), None))
        return self.unknown("a field without a default is not set", env.path, expr.span)

    @abstractmethod
    def called(self, env: Env, expr: Call, callee: Value, given: Given) -> Value:
        """The result of calling something."""


def _name(value: Value) -> str:
    if isinstance(value, External):
        return value.dotted
    return value.dotted if isinstance(value, Object) else ""

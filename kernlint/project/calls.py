"""What calls of functions, classes and built-ins do."""

from __future__ import annotations

from abc import abstractmethod

from kernlint.model.diagnostic import Place
from kernlint.model.expr import Attribute, dotted
from kernlint.model.hints import TYPE_CHECKING
from kernlint.project import methods
from kernlint.project.built_ins import BuiltIns
from kernlint.project.conditions import key_with
from kernlint.project.machine import ANY_RISK
from kernlint.project.merging import Merged
from kernlint.project.objects import (
    Builtin,
    Class,
    DictBox,
    Env,
    External,
    Function,
    ListBox,
    Object,
    demand_in,
    plain,
)
from kernlint.project.values import Demand, Entry, Known, SequenceValue, Unknown, small, text_of

if TYPE_CHECKING:
    from collections.abc import Hashable

    from kernlint.model.expr import Call, Code
    from kernlint.project.objects import Given
    from kernlint.project.values import Value


#: Outside functions whose result may be another one every time.
_RANDOM = frozenset({"random", "secrets", "uuid", "time", "numpy"})
#: Two names of the same thing.
_SAME = {"os.getenv": "os.environ.get"}
#: Outside functions that do not raise.
_SAFE = frozenset({"os.getenv", "os.environ.get", "logging.getLogger", "warnings.warn"})
_COPIES = {"copy.copy", "copy.deepcopy"}
_MAX_CALLS = 24
#: What a call costs, as the parts of a value do: calls may call each other in ever more ways.
_PARTS_OF_CALL = 200


class Calls(BuiltIns):
    """Calls functions."""

    def _call(self, env: Env, expr: Call) -> Value:
        callee = self.value(env, expr.func)
        given = self.given(env, expr.args)
        return self.called(env, expr, callee, given)

    def called(self, env: Env, expr: Call, callee: Value, given: Given) -> Value:
        """The result of calling something."""
        place = Place(env.path, expr.span)
        self.weigh(*given.args)
        if isinstance(callee, Builtin) and callee.holder is not None:
            self.weigh(callee.holder)
        if isinstance(callee, Function):
            return self.call_function(callee, given, env, expr)
        if isinstance(callee, Class):
            return self.instantiate(callee, given, env, expr)
        if isinstance(callee, Builtin):
            found = self.built_in(callee, given, place, env, expr)
            return found if found is not None else self.unknown_result(callee, given, env, expr)
        if isinstance(callee, External):
            return self._external(callee, given, place, env, expr)
        return self.unknown_result(callee, given, env, expr)

    def unknown_result(self, callee: Value, given: Given, env: Env, expr: Call) -> Value:
        """What a call gives that is not followed; what it is given may be changed by it."""
        if not isinstance(callee, External):
            self.risk.add(ANY_RISK)
        name = dotted(expr.func) or "a call"
        reason = f"the result of `{name}(...)` is not known"
        if isinstance(callee, Builtin) and isinstance(callee.holder, Unknown):
            reason = callee.holder.reason
        parts = (*given.args, *(each.value for each in given.named))
        demand = callee.demand if isinstance(callee, Unknown) else None
        if demand is None and isinstance(callee, (Builtin, External)):
            if isinstance(callee, Builtin) and callee.holder is not None:
                parts = (callee.holder, *parts)
            demands = [found for part in parts if (found := demand_in(part)) is not None]
            demand = demands[0] if demands else None
        unknown = self.unknown(reason, env.path, expr.span, key=self._result_key(callee, given))
        if unknown.key is None:
            unknown = self.unknown(reason, env.path, expr.span)
        unknown = unknown._replace(demand=demand)
        self.pending = self.pending or demand
        method = expr.func.attr if isinstance(expr.func, Attribute) else ""
        if method in methods.MUTATORS | methods.LIST_MUTATORS:
            self.use(callee)
        if isinstance(callee, Unknown) and demand is not None:
            self.pass_on(parts, demand, f"it is passed to `{name}`", Place(env.path, expr.span))
        return self.assumed(unknown)

    def pass_on(self, parts: tuple[Value, ...], demand: Demand, reason: str, place: Place) -> None:
        """Hand values to something that is not followed yet and may change them."""
        for part in parts:
            if self.matters(part):
                self.demand(demand)
            if isinstance(part, (DictBox, ListBox, Object)) and demand not in self.demands:
                self.touch(part)
                part.doubt(Unknown(reason, place, None, demand))

    @abstractmethod
    def matters(self, value: Value) -> bool:
        """Whether it has to be known where a value goes."""

    def _result_key(self, callee: Value, given: Given) -> Hashable:
        name: Hashable = None
        if isinstance(callee, External) and callee.root not in _RANDOM:
            name = _SAME.get(callee.dotted, callee.dotted)
        elif isinstance(callee, Unknown):
            name = callee.key
        elif isinstance(callee, Builtin) and callee.holder is not None:
            held = key_with(callee.holder)
            name = None if held is None else (held, callee.name)
        if name is None or given.open is not None:
            return None
        keys = tuple(key_with(arg) for arg in given.args)
        named = tuple((key_with(each.key), key_with(each.value)) for each in given.named)
        if None in keys or any(None in pair for pair in named):
            return None
        return small(("call", name, keys, named))

    # Functions of the project

    def call_function(self, called: Function, given: Given, env: Env, expr: Call) -> Value:
        """Run a function of the project."""
        place = Place(env.path, expr.span)
        code = called.code
        name = dotted(expr.func) or code.name
        unknown = self.unknown(f"the result of `{name}(...)` is not known", *place)
        if called.decorated is not None:
            return unknown._replace(demand=called.decorated.demand)
        parts = (*given.args, *(each.value for each in given.named))
        if code.body is None:
            demand = Demand("body", called.path, code.span.start)
            found = self.full_code(called) if demand in self.demands else None
            if found is None:
                if called.bound is not None:
                    parts = (called.bound, *parts)
                self.pass_on(parts, demand, f"it is passed to `{name}`", place)
                self.risk.add(ANY_RISK)
                self.pending = self.pending or demand
                return unknown._replace(demand=demand)
            code = found
        if code.lazy:
            return unknown._replace(reason=f"what `{name}` yields is not followed")
        if self.calls >= _MAX_CALLS:
            return unknown._replace(reason="the functions call each other too deeply")
        self.entered.add((called.path, code.span))
        inner = Env("function", called.path, called.env)
        inner.called = called
        if not self._bind(called, code, given, inner):
            return unknown._replace(reason=f"the arguments of `{name}` are not known")
        self.calls += 1
        self.step(_PARTS_OF_CALL)
        try:
            return self.run_function(code, inner, unknown)
        finally:
            self.calls -= 1

    @abstractmethod
    def full_code(self, called: Function) -> Code | None:
        """The code of a function with its body."""

    @abstractmethod
    def run_function(self, code: Code, env: Env, unknown: Unknown) -> Value:
        """Run the body of a function with its parameters bound; what it returns."""

    def _bind(self, called: Function, code: Code, given: Given, env: Env) -> bool:
        """Bind the parameters of a function; whether the arguments fit."""
        args = list(given.args)
        if called.bound is not None:
            args.insert(0, called.bound)
        named = {text_of(each.key): each.value for each in given.named}
        for parameter in code.parameters:
            place = Place(env.path, parameter.span)
            if parameter.star == "*":
                env.names[parameter.name] = SequenceValue("tuple", tuple(args), place)
                args = []
            elif parameter.star == "**":
                rest = Merged(place)
                for key, value in named.items():
                    rest.add(Entry(Known(key, place), value))
                if given.open is not None:
                    rest.unread[given.open] = None
                env.names[parameter.name] = DictBox(rest)
                named = {}
            elif args and parameter.only != "name":
                env.names[parameter.name] = args.pop(0)
            elif parameter.name in named and parameter.only != "position":
                env.names[parameter.name] = named.pop(parameter.name)
            elif given.open is not None:
                env.names[parameter.name] = given.open._replace(key=None)
            elif parameter.name in called.defaults:
                env.names[parameter.name] = called.defaults[parameter.name]
            else:
                return False
        return not args and not named

    # Built-ins

    # What comes from outside

    def _external(
        self, callee: External, given: Given, place: Place, env: Env, expr: Call
    ) -> Value:
        if callee.dotted in _COPIES and len(given.args) == 1 and not given.named:
            deep = callee.last == "deepcopy"
            return self.copied(given.args[0], {}) if deep else self.boxed(plain(given.args[0]))
        special = self.special(callee, given, place, env, expr)
        if special is not None:
            return special
        if callee.root != "contextlib" and callee.dotted not in _SAFE:
            self.risk.add(ANY_RISK)
        if callee.last[:1].isupper() and given.open is None:
            return Object(callee.dotted, place)
        return self.unknown_result(callee, given, env, expr)

    @abstractmethod
    def special(
        self, callee: External, given: Given, place: Place, env: Env, expr: Call
    ) -> Value | None:
        """The result of a function of the libraries that kernlint knows."""

    def copied(self, value: Value, made: dict[int, Value]) -> Value:
        """A copy of a value down to its last part."""
        if id(value) in made:
            return made[id(value)]
        if isinstance(value, DictBox):
            twin = DictBox(Merged(value.held.place))
            made[id(value)] = twin
            for entry in value.held.entries():
                twin.held.add(Entry(entry.key, self.copied(entry.value, made)))
            twin.held.unread.update(value.held.unread)
            return twin
        if isinstance(value, ListBox):
            box = ListBox(value.kind, [], value.place)
            made[id(value)] = box
            box.items = [self.copied(item, made) for item in value.items]
            box.doubts = list(value.doubts)
            return box
        if isinstance(value, SequenceValue):
            return value._replace(items=tuple(self.copied(item, made) for item in value.items))
        if isinstance(value, Object):
            return self.copied_object(value, made)
        return value

    def copied_object(self, value: Object, made: dict[int, Value]) -> Value:
        """A copy of an object, as deep."""
        twin = Object(value.dotted, value.place, value.cls)
        made[id(value)] = twin
        twin.open = value.open
        twin.attrs = {name: self.copied(each, made) for name, each in value.attrs.items()}
        return twin

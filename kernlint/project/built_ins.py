"""What calls of built-in functions, and of methods of built-in types, do."""

from __future__ import annotations

from collections.abc import Sequence

from kernlint.model.expr import Attribute, Name
from kernlint.model.hints import TYPE_CHECKING
from kernlint.project import methods
from kernlint.project.classes import Classes
from kernlint.project.functions import FUNCTIONS, function
from kernlint.project.machine import RaisedError
from kernlint.project.merging import Merged
from kernlint.project.objects import (
    Builtin,
    Cell,
    Class,
    DictBox,
    External,
    Function,
    ListBox,
    Object,
    Super,
    demand_in,
    plain,
)
from kernlint.project.values import Instance, Known, SequenceValue, Unknown, Value, small, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from kernlint.model.diagnostic import Place
    from kernlint.model.expr import Call
    from kernlint.project.objects import Env, Given


Args = Sequence[Value]

_OF_ITEMS = frozenset({"list", "tuple", "set", "sorted", "reversed", "enumerate", "zip"})


class BuiltIns(Classes):
    """Calls what Python brings along."""

    def built_in(
        self, callee: Builtin, given: Given, place: Place, env: Env, expr: Call
    ) -> Value | None:
        """The result of a built-in function or method; None where it cannot be told."""
        if callee.holder is not None:
            return self.method(callee.holder, callee.name, given, place)
        name = callee.name
        if name == "dict":
            return self._dict_call(env, expr, given, place)
        if given.open is not None:
            return None
        args = [plain(arg) for arg in given.args]
        special = _SPECIAL.get(name)
        if special is not None:
            found = special(self, given, args, place, env, expr)
            if found is not None:
                return found
        if name in _OF_ITEMS:
            for index, arg in enumerate(given.args):
                items = self.items(arg) if isinstance(arg, (Class, Known)) else None
                if items is not None:
                    args[index] = SequenceValue("list", items, place)
        if name not in FUNCTIONS or given.named:
            return None
        found = function(name, args, place)
        return None if found is None else self.boxed(found)

    def to_bool(self, given: Given, args: Args, place: Place, env: Env, expr: Call) -> Value | None:
        """``bool(value)``: what is true of the value is true of it."""
        if len(args) != 1 or not isinstance(args[0], Unknown):
            return None
        return args[0]._replace(key=small(("not", ("not", args[0].key))))

    def to_int(self, given: Given, args: Args, place: Place, env: Env, expr: Call) -> Value | None:
        """``int(text)`` where it raises."""
        written = text_of(args[0]) if len(args) == 1 else None
        wrong = written is not None and not written.strip().lstrip("+-").isdecimal()
        if wrong and self.trying:
            raise RaisedError("ValueError")
        return None

    def parent(self, given: Given, args: Args, place: Place, env: Env, expr: Call) -> Value | None:
        """``super()``."""
        if args or env.called is None:
            return None
        owner, holder = env.called.owner, env.called.bound
        return None if owner is None or holder is None else Super(owner, holder)

    def iterator(
        self, given: Given, args: Args, place: Place, env: Env, expr: Call
    ) -> Value | None:
        """``iter(value)``."""
        items = self.items(given.args[0]) if len(args) == 1 else None
        return None if items is None else ListBox("iterator", list(items), place)

    def next_item(
        self, given: Given, args: Args, place: Place, env: Env, expr: Call
    ) -> Value | None:
        """``next(iterator)``."""
        box = given.args[0] if args else None
        if not isinstance(box, ListBox) or box.doubts or not box.items:
            return None
        self.touch(box)
        return box.items.pop(0)

    def get_attribute(
        self, given: Given, args: Args, place: Place, env: Env, expr: Call
    ) -> Value | None:
        """``getattr(value, "name")``."""
        attr = text_of(args[1]) if 2 <= len(args) <= 3 else None
        if attr is None:
            return None
        written = Attribute(Name("?", expr.span), attr, expr.span, expr.span)
        return self.attribute(given.args[0], attr, env, written)

    def put_attribute(
        self, given: Given, args: Args, place: Place, env: Env, expr: Call
    ) -> Value | None:
        """``setattr(value, "name", other)``."""
        attr = text_of(args[1]) if len(args) == 3 else None
        if attr is None or not isinstance(given.args[0], Object):
            return None
        self.set_attribute(given.args[0], attr, given.args[2])
        return Known(None, place)

    def check_type(
        self, given: Given, args: Args, place: Place, env: Env, expr: Call
    ) -> Value | None:
        """``isinstance(value, type)``."""
        answer = self.is_instance(args[0], args[1]) if len(args) == 2 else None
        return None if answer is None else Known(answer, place)

    def is_instance(self, value: Value, kind: Value) -> bool | None:
        """``isinstance(value, kind)`` for built-in types; None where it cannot be told."""
        names = {"MappingValue": "dict"}
        if isinstance(value, (Unknown, Cell, Function, External, Instance)):
            return None
        found = names.get(type(value).__name__)
        if isinstance(value, Known):
            found = type(value.value).__name__
        elif isinstance(value, SequenceValue):
            found = value.kind
        kinds = kind.items if isinstance(kind, SequenceValue) else (kind,)
        if found is None or not all(isinstance(k, Builtin) and k.holder is None for k in kinds):
            return None
        wanted = {k.name for k in kinds if isinstance(k, Builtin)}
        return found in wanted or (found == "bool" and "int" in wanted)

    def _dict_call(self, env: Env, expr: Call, given: Given, place: Place) -> Value:
        result = Merged(place)
        for arg in given.args:
            if not methods.change(result, "update", [plain(arg)], ()):
                result.spread(plain(arg))
        for entry in given.named:
            result.add(entry)
        if given.open is not None:
            result.unread[given.open] = None
        return DictBox(result)

    def method(self, holder: Value, name: str, given: Given, place: Place) -> Value | None:
        """A method of a dict, list, set or text."""
        if isinstance(holder, Builtin):
            # The value of `fromkeys` is the same object under every key.
            args = [plain(arg) if index == 0 else arg for index, arg in enumerate(given.args)]
            found = function(f"{holder.name}.{name}", args, place) if not given.named else None
            return None if found is None else self.boxed(found)
        if given.open is not None:
            return None
        args = list(given.args) if name == "get" else [plain(arg) for arg in given.args]
        found = methods.method(plain(holder), name, args, given.by_name(), place)
        if found is not None:
            return self.boxed(found)
        if isinstance(holder, DictBox):
            return self._change_dict(holder, name, given, place)
        if isinstance(holder, ListBox) and not given.named:
            return self._change_list(holder, name, given.args, place)
        return None

    def _change_dict(self, box: DictBox, name: str, given: Given, place: Place) -> Value | None:
        if name not in methods.MUTATORS:
            return None
        args = list(given.args)
        if name in {"update", "__ior__"}:
            args = [plain(arg) for arg in args]
        self.touch(box)
        known = methods.result(box.held, name, args, place)
        if methods.change(box.held, name, args, given.named):
            return known
        self.lose(box, place, args)
        return None

    def _change_list(
        self, box: ListBox, name: str, args: tuple[Value, ...], place: Place
    ) -> Value | None:
        if name not in methods.LIST_MUTATORS:
            return None
        self.touch(box)
        if box.unknown is None:
            answer = methods.change_list(box.items, box.kind, name, args, place)
            if answer is not None:
                return answer
        self.lose(box, place, args)
        return None

    def lose(self, box: DictBox | ListBox, place: Place, args: Sequence[Value] = ()) -> None:
        """A change that is not followed, made with some values."""
        demands = [found for arg in args if (found := demand_in(arg)) is not None]
        reason = "it is changed in a way that is not followed"
        box.doubt(Unknown(reason, place, None, next(iter(demands), None)))


_SPECIAL: dict[str, Callable[..., Value | None]] = {
    "bool": BuiltIns.to_bool,
    "int": BuiltIns.to_int,
    "super": BuiltIns.parent,
    "iter": BuiltIns.iterator,
    "next": BuiltIns.next_item,
    "getattr": BuiltIns.get_attribute,
    "setattr": BuiltIns.put_attribute,
    "isinstance": BuiltIns.check_type,
}

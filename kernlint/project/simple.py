"""Statements that bind, change and define."""

from __future__ import annotations

from abc import abstractmethod

from kernlint.model.diagnostic import Place
from kernlint.model.expr import Attribute, Call, Name, SequenceDisplay, Spread, Subscript, dotted
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.record import Record
from kernlint.project import methods, operations
from kernlint.project.calls import Calls
from kernlint.project.objects import (
    Builtin,
    Class,
    DictBox,
    Env,
    External,
    Function,
    Given,
    ListBox,
    ModuleValue,
    Object,
    plain,
)
from kernlint.project.values import Known, Unknown

if TYPE_CHECKING:
    from kernlint.model.code import (
        Annotate,
        Assign,
        Augment,
        Block,
        Declare,
        Define,
        DefineClass,
        Delete,
        Evaluate,
        Import,
        ImportStar,
        Jump,
        Other,
        Raise,
        Return,
    )
    from kernlint.model.expr import Code, Expr
    from kernlint.project.values import Value


#: Decorators from outside that leave a function what it is, by the last part of their name.
HARMLESS_DECORATORS = frozenset(
    [
        "cache",
        "lru_cache",
        "wraps",
        "abstractmethod",
        "no_grad",
        "inference_mode",
        "override",
        "final",
        "overload",
        "staticmethod",
        "classmethod",
        "property",
        "cached_property",
    ]
)


_FORMS = {
    "staticmethod": "static",
    "classmethod": "class",
    "property": "property",
    "cached_property": "property",
}


class Done(Record):
    """How a block ended early: ``return``, ``break``, ``continue`` or ``raise``."""

    kind: str
    value: Value | None = None
    name: str | None = None


class Simple(Calls):
    """Runs the statements without a block, and definitions."""

    @abstractmethod
    def block(self, env: Env, statements: Block) -> Done | None:
        """Run statements in order; how they ended where that is not at the last."""

    def run_class(self, cls: Class) -> None:
        """Run the body of a class."""
        self.touch(cls)
        self.block(cls.env, cls.body or ())
        for each in cls.env.names.values():
            if isinstance(each, Function) and each.owner is None:
                each.owner = cls

    def assign(self, env: Env, target: Expr, value: Value) -> None:
        """Bind a target to a value."""
        if isinstance(target, Name):
            self.set_name(env, target.id, value)
        elif isinstance(target, SequenceDisplay):
            self._unpack(env, target, value)
        elif isinstance(target, Subscript):
            self._set_item(env, target, value)
        elif isinstance(target, Attribute):
            self._set_attr(env, target, value)

    def _unpack(self, env: Env, target: SequenceDisplay, value: Value) -> None:
        items = self.items(value)
        count = len(target.items)
        star = next((i for i, each in enumerate(target.items) if isinstance(each, Spread)), None)
        fits = items is not None and (
            len(items) == count if star is None else len(items) >= count - 1
        )
        if items is None or not fits:
            demand = value.demand if isinstance(value, Unknown) else None
            for index, each in enumerate(target.items):
                inner = each.value if isinstance(each, Spread) else each
                name = dotted(inner) or "it"
                reason = f"`{name}` is bound by a statement that is not followed"
                key = None
                if isinstance(value, Unknown) and value.key is not None and star is None:
                    key = ("item", value.key, ("constant", index, "int"))
                unknown = self.unknown(reason, env.path, inner.span, key=key)
                self.assign(env, inner, unknown._replace(demand=demand))
            return
        for index, each in enumerate(target.items):
            if star is None or index < star:
                self.assign(env, each, items[index])
            elif isinstance(each, Spread):
                rest = list(items[index : len(items) - (count - index - 1)])
                place = Place(env.path, each.span)
                self.assign(env, each.value, ListBox("list", rest, place))
            else:
                self.assign(env, each, items[len(items) - (count - index)])

    def _set_item(self, env: Env, target: Subscript, value: Value) -> None:
        holder = self.value(env, target.value)
        key = self.value(env, target.key)
        if isinstance(holder, DictBox):
            self.touch(holder)
            methods.change(holder.held, "__setitem__", [key, value], ())
        elif isinstance(holder, ListBox):
            self.touch(holder)
            index = key.value if isinstance(key, Known) else None
            if type(index) is int and -len(holder.items) <= index < len(holder.items):
                holder.items[index] = value
            else:
                self.lose(holder, Place(env.path, target.span))
        else:
            self.use(holder)

    def _set_attr(self, env: Env, target: Attribute, value: Value) -> None:
        holder = self.value(env, target.value)
        if isinstance(holder, (Object, Class)):
            self.set_attribute(holder, target.attr, value)
        elif isinstance(holder, ModuleValue):
            module = self.module(holder.path)
            if module is not None:
                self.set_name(module, target.attr, value)

    def run_assign(self, env: Env, node: Assign) -> None:
        """``a = b = value``."""
        value = self.value(env, node.value)
        for target in node.targets:
            self.assign(env, target, value)

    def run_annotate(self, env: Env, node: Annotate) -> None:
        """``a: T = value``."""
        if env.kind == "class" and isinstance(node.target, Name):
            env.fields.append(node.target.id)
        if node.value is not None:
            self.assign(env, node.target, self.value(env, node.value))

    def run_augment(self, env: Env, node: Augment) -> None:
        """``a op= value``."""
        old = self.value(env, node.target)
        new = self.value(env, node.value)
        place = Place(env.path, node.span)
        if isinstance(old, DictBox) and node.op == "|":
            self.method(old, "__ior__", Given((new,), (), None), place)
            return
        if isinstance(old, ListBox) and old.kind == "list" and node.op == "+":
            self.method(old, "extend", Given((new,), (), None), place)
            return
        found = operations.binary(node.op, plain(old), plain(new), place)
        if found is None:
            name = dotted(node.target) or "it"
            reason = f"`{name}` is changed after it is bound"
            found = self.because([old, new], reason, env, node.span)._replace(reason=reason)
        self.assign(env, node.target, self.boxed(found))

    def run_evaluate(self, env: Env, node: Evaluate) -> None:
        """An expression on a line of its own."""
        self.value(env, node.value)

    def run_delete(self, env: Env, node: Delete) -> None:
        """``del``."""
        for target in node.targets:
            if isinstance(target, Name):
                home = env.globals.get(target.id, env)
                self.touch(home)
                home.names.pop(target.id, None)
                home.to_come.add(target.id)
            elif isinstance(target, Subscript):
                holder, key = self.value(env, target.value), self.value(env, target.key)
                place = Place(env.path, target.span)
                if isinstance(holder, DictBox):
                    self.touch(holder)
                    if not methods.change(holder.held, "__delitem__", [key], ()):
                        self.lose(holder, place)
                elif isinstance(holder, ListBox):
                    self.touch(holder)
                    self.lose(holder, place)

    def run_return(self, env: Env, node: Return) -> Done:
        """``return``."""
        value = None if node.value is None else self.value(env, node.value)
        return Done("return", value)

    def run_raise(self, env: Env, node: Raise) -> Done:
        """``raise``."""
        written = node.value.func if isinstance(node.value, Call) else node.value
        return Done("raise", None, None if written is None else dotted(written))

    def run_jump(self, env: Env, node: Jump) -> Done:
        """``break`` and ``continue``."""
        return Done(node.kind)

    def run_declare(self, env: Env, node: Declare) -> None:
        """``global`` and ``nonlocal``."""
        for name in node.names:
            home: Env | None = env.module
            if node.kind == "nonlocal":
                home = env.parent
                while home is not None and (home.kind == "class" or name not in home.names):
                    home = home.parent
            if home is not None:
                env.globals[name] = home

    def run_other(self, env: Env, node: Other) -> None:
        """A statement that only matters for the names that it binds."""
        for name in node.names:
            reason = f"`{name}` is bound by a statement that is not followed"
            self.set_name(env, name, self.unknown(reason, env.path, node.span))

    def run_import(self, env: Env, node: Import) -> None:
        """``import a``, ``from a import b``."""
        self.set_name(env, node.name, self.imported(env.path, node.target, node.span))

    def run_import_star(self, env: Env, node: ImportStar) -> None:
        """``from a import *``."""
        env.module.stars.append(node.target)

    def function(self, env: Env, code: Code) -> Function:
        """A function that is made here."""
        defaults = {
            each.name: self.value(env, each.default)
            for each in code.parameters
            if each.default is not None
        }
        made = Function(code, env, defaults)
        home: Env | None = env
        while home is not None and home.kind == "class":
            home = home.parent
        if home is not None and home.kind == "module":
            home.created[code.span] = made
        else:
            self.fresh.append(made)
        return made

    def run_define(self, env: Env, node: Define) -> None:
        """``def``."""
        made = self.function(env, node.code)
        value: Value = made
        for decorator in reversed(node.decorators):
            value = self._decorate(env, decorator, value, made)
        self.set_name(env, node.code.name, value)

    def _decorate(self, env: Env, decorator: Expr, value: Value, made: Function) -> Value:
        found = self.value(env, decorator)
        self.decorated(env, decorator, found)
        name = ""
        if isinstance(found, (External, Object)):
            name = found.dotted.rpartition(".")[2]
        elif isinstance(found, Builtin):
            name = found.name
        elif isinstance(found, Unknown):
            written = decorator.func if isinstance(decorator, Call) else decorator
            name = (dotted(written) or "").rpartition(".")[2]
        if name in _FORMS:
            made.form = _FORMS[name]
        if name in HARMLESS_DECORATORS or name.startswith("use_kernel"):
            return value
        place = Place(env.path, decorator.span)
        if isinstance(found, Function):
            written = Call(decorator, (), decorator.span)
            return self.call_function(found, Given((value,), (), None), env, written)
        demand = found.demand if isinstance(found, Unknown) else None
        made.decorated = Unknown("it is decorated", place, None, demand)
        return value

    @abstractmethod
    def decorated(self, env: Env, decorator: Expr, value: Value) -> None:
        """Note that something is decorated."""

    def run_define_class(self, env: Env, node: DefineClass) -> None:
        """``class``."""
        bases = tuple(self.value(env, base) for base in node.bases)
        inner = Env("class", env.path, env)
        cls = Class(node.name, node.span, inner, node.body)
        cls.bases = bases
        decorators: list[Value] = []
        for decorator in node.decorators:
            value = self.value(env, decorator)
            self.decorated(env, decorator, value)
            decorators.append(value)
        cls.decorators = tuple(decorators)
        if node.body is not None:
            self.run_class(cls)
        self.set_name(env, node.name, cls)

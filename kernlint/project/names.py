"""What names mean, followed through imports and re-exports."""

from __future__ import annotations

import builtins
import sys
from abc import ABC, abstractmethod

from kernlint.model.code import ImportStar
from kernlint.model.diagnostic import Place
from kernlint.model.expr import Span
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.record import Record
from kernlint.model.walk import bound
from kernlint.project.machine import IMPORT_RISK, Frame, Machine, RaisedError
from kernlint.project.objects import Builtin, Env, External, ModuleValue
from kernlint.project.values import Demand, Known, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from kernlint.model.code import Block
    from kernlint.project.values import Value


#: The libraries whose names are taken at their word, wherever their files are, each
#: with a module by which its own source differs from a namesake of the project.
LIBRARIES = {"transformers": "modeling_utils", "kernels": "layer"}


_MAX_STARS = 10


_PLACELESS = Span(0, 0)


class Target(Record):
    """What an import target means: the ``name`` of a ``container``, or a ``module``.

    Both are files of the project; without them it is something from outside of it.
    """

    dotted: str
    module: str | None = None
    container: str | None = None
    name: str = ""
    is_library: bool = False


def is_unbound(value: Value) -> bool:
    """Whether a value is that of a name which nothing in sight binds."""
    return (
        isinstance(value, Unknown)
        and value.demand is None
        and isinstance(value.key, tuple)
        and value.key[:1] == ("name",)
    )


class Names(Machine, ABC):
    """Looks up names, and runs the modules that they lead to."""

    def lookup(self, env: Env, name: str, span: Span) -> Value:
        """What a name means where it is used."""
        current: Env | None = env
        while current is not None:
            home = current.globals.get(name)
            if home is not None:
                current = home
            value = current.names.get(name)
            if value is not None and (current is env or current.kind != "class"):
                return self._seen(value, current, env, name, span)
            if name in current.to_come and self._is_local(current, name):
                raise RaisedError("NameError")
            current = current.parent
        return self._from_star(env.module, name, env.path, span)

    def _seen(self, value: Value, home: Env, env: Env, name: str, span: Span) -> Value:
        """A value that is used here, with what other functions may have made of it."""
        if home.kind == "module":
            value = self.seen_later(value, home, name, Place(env.path, span))
        if isinstance(value, Unknown):
            return self.assumed(value._replace(place=Place(env.path, span)))
        if isinstance(value, External):
            return External(value.dotted, Place(env.path, span))
        return value

    @abstractmethod
    def seen_later(self, value: Value, home: Env, name: str, place: Place) -> Value:
        """What a name of a module holds once functions may have changed it."""

    def assumed(self, value: Unknown) -> Value:
        """An unknown value, or the constant that it is taken for in this run."""
        constant = None if value.key is None else self.oracle.known(value.key)
        return value if constant is None else Known(constant[0], value.place)

    def _from_star(self, module: Env, name: str, path: str, span: Span) -> Value:
        """A name that no statement binds: a star import, a built-in, or nothing."""
        for target in reversed(module.stars):
            dotted = self.modules.absolute(module.path, target)
            if self.is_library(module.path, dotted.partition(".")[0]):
                if not hasattr(builtins, name):
                    return External(f"{dotted}.{name}", Place(path, span))
                continue
            found = self.modules.find(module.path, target)
            if found is not None and found != module.path and self.may_bind(found, name):
                value = self.member(found, name, path, span)
                if value is not None:
                    return value
        if hasattr(builtins, name):
            return Builtin(name)
        reason = f"`{name}` is not bound in the project"
        return self.unknown(reason, path, span, key=("name", module.path, name))

    def bound_in(self, block: Block) -> set[str]:
        """The names that statements bind in their scope; computed once for each block."""
        found = self._bound.get(id(block))
        if found is None:
            found = self._bound[id(block)] = block, bound(block)
        return found[1]

    def may_bind(self, path: str, name: str, depth: int = 0) -> bool:
        """Whether a module may bind a name, as far as its text tells."""
        if path not in self._binds:
            facts = self.facts_of(path)
            body = facts.body if facts is not None else ()
            stars = [each.target for each in body if isinstance(each, ImportStar)]
            self._binds[path] = bound(body), stars
        names, stars = self._binds[path]
        if name in names or depth > _MAX_STARS:
            return True
        found = (self.modules.find(path, target) for target in stars)
        return any(
            each is None or (each != path and self.may_bind(each, name, depth + 1))
            for each in found
        )

    def is_library(self, path: str, root: str) -> bool:
        """Whether a file means the library by this name, not a namesake beside it."""
        if root not in LIBRARIES:
            return False
        return (
            self.modules.shadows(path, root) is None
            or self.modules.find(path, f"{root}.{LIBRARIES[root]}") is not None
        )

    def target(self, path: str, target: str) -> Target:
        """What ``target`` means where it is imported in ``path``, as far as paths tell."""
        dotted = self.modules.absolute(path, target)
        if self.is_library(path, dotted.partition(".")[0]):
            return Target(dotted, is_library=True)
        module = self.modules.find(path, target)
        if module is not None:
            return Target(dotted, module)
        parent, _, name = target.rpartition(".")
        if target.startswith("."):
            parent = target[: len(target) - len(name)] if parent.strip(".") == "" else parent
        container = self.modules.find(path, parent) if parent else None
        return Target(dotted, None, None if container == path else container, name)

    def imported(self, path: str, target: str, span: Span) -> Value:
        """What ``target`` means where it is imported in ``path``."""
        dotted, module, container, name, is_library = self.target(path, target)
        if is_library:
            return External(dotted, Place(path, span))
        if module is not None:
            return ModuleValue(module)
        if dotted.partition(".")[0] not in sys.stdlib_module_names:
            self.risk.add(f"{IMPORT_RISK}{dotted}")
        if container is not None:
            found = self.member(container, name, path, span)
            if found is None and self.trying and Demand("module", container) in self.demands:
                raise RaisedError("ImportError")
            reason = f"`{name}` is not bound in the project"
            return found or self.unknown(reason, path, span, key=("name", container, name))
        return External(dotted, Place(path, span))

    def member(self, module: str, name: str, path: str, span: Span) -> Value | None:
        """What a module offers under a name, once it is found to matter; None for nothing."""
        demand = Demand("module", module)
        place = Place(path, span)
        if demand not in self.demands and name in self.holders:
            self.demand(demand)
        if demand not in self.demands:
            key = ("name", module, name)
            return Unknown(f"`{name}` is not followed", place, key, demand)
        env = self.module(module)
        if env is None:
            return self.unknown("the file cannot be read", path, span)
        if name in env.names:
            value = self.seen_later(env.names[name], env, name, place)
            if isinstance(value, Unknown):
                return self.assumed(value._replace(place=place))
            return value
        found = self._from_star(env, name, path, span)
        if isinstance(found, Builtin) or (isinstance(found, Unknown) and found.demand is None):
            submodule = self.modules.find(module, f".{name}")
            if submodule is not None and module.rpartition("/")[2].startswith("__init__."):
                return ModuleValue(submodule)
            if module in self._running:
                return self.unknown("the imports go in a circle", path, span)
            return None
        return found

    def module(self, path: str, *, main: bool = False) -> Env | None:
        """The names of a module after it ran; None where it cannot be read.

        A module that meets no unknown condition runs once for all runs.
        """
        for loaded in (self._loaded, self._kept):
            if path in loaded:
                return loaded[path]
        facts = self.facts_of(path, brief=main)
        if facts is None or facts.problem is not None:
            return None
        env = Env("module", path, None)
        env.names["__name__"] = Known(
            "__main__" if main else self.modules.name(path), Place(path, _PLACELESS)
        )
        if not facts.brief:
            self._loaded[path] = env
        self._running.add(path)
        if main:
            self.run_module(facts.body, env)
        elif self.apart(lambda: self.run_module(facts.body, env)):
            self._kept[path] = env
        self._running.discard(path)
        return env

    def apart(self, run: Callable[[], None]) -> bool:
        """Run a module, or a part of one, to which nothing around makes a difference.

        Returns:
            Whether it met no unknown condition: what it did then stands for all runs.
        """
        kept = self.frames, self.loops, self.trying, self.open_loops, self.calls
        self.frames, self.loops, self.trying = [Frame({}, None)], [], 0
        self.open_loops, self.calls = [], 0
        met, self.oracle.met = self.oracle.met, False
        try:
            run()
        finally:
            (frame,) = self.frames[:1]
            self.frames, self.loops, self.trying, self.open_loops, self.calls = kept
            always = not self.oracle.met
            self.oracle.met |= met
        if not always and self.frames:
            for number, saved in frame.saved.items():
                self.frames[0].saved.setdefault(number, saved)
        return always

    @abstractmethod
    def run_module(self, body: Block, env: Env) -> None:
        """Run the statements of a module."""

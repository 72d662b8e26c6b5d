"""What a name stands for, followed through imports and re-exports.

Nothing is executed. A name that may mean two different things is unknown; only a
fallback (the ``except ImportError`` of an import) yields to its first choice.
"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, NamedTuple, Protocol

from kernlint.model.expr import Attribute, Constant, Expr, Name

if TYPE_CHECKING:
    from kernlint.model.facts import Binding, FileFacts
    from kernlint.project.modules import Modules

#: The libraries whose names are taken at their word, wherever their files are, each
#: with a module by which its own source differs from a namesake of the project.
LIBRARIES = {"transformers": "modeling_utils", "kernels": "layer"}

_MAX_STEPS = 40


class External(NamedTuple):
    """Something outside of the project, by its dotted path."""

    dotted: str

    @property
    def root(self) -> str:
        """The first part of the dotted path."""
        return self.dotted.partition(".")[0]

    @property
    def last(self) -> str:
        """The last part of the dotted path."""
        return self.dotted.rpartition(".")[2]


class ModuleRef(NamedTuple):
    """A module of the project."""

    path: str


class Definition(NamedTuple):
    """A class or function of the project."""

    path: str
    name: str
    kind: str


class Assigned(NamedTuple):
    """A name that is assigned exactly once."""

    path: str
    scope: int
    binding: Binding


class Rebound(NamedTuple):
    """All that a scope assigns to one name, in source order."""

    path: str
    scope: int
    bindings: tuple[Binding, ...]


class Unresolved(NamedTuple):
    """A name that cannot be followed, and why; ``rebound`` where it has several values."""

    reason: str
    rebound: Rebound | None = None


class Unbound(NamedTuple):
    """A name that no statement in sight binds: a built-in, or an error."""

    name: str


Reference = External | ModuleRef | Definition | Assigned | Unresolved | Unbound


class FactsOf(Protocol):
    """Gives the facts of a project file, reading it first where needed."""

    def __call__(self, path: str) -> FileFacts | None:
        """The facts; None where the file cannot be read."""


class Names:
    """Follows names over the files of one project."""

    def __init__(self, modules: Modules, facts_of: FactsOf) -> None:
        self._modules = modules
        self._facts_of = facts_of
        self._steps = 0

    def resolve(self, path: str, scope: int, expr: Expr) -> Reference:
        """What a name or attribute means where it is written."""
        self._steps = 0
        return self._expr(path, scope, expr)

    def origin(self, path: str, scope: int, expr: Expr) -> Reference:
        """What a name means, assigned aliases followed: ``KC = transformers.KernelConfig``."""
        reference = self.resolve(path, scope, expr)
        for _ in range(_MAX_STEPS):
            if not isinstance(reference, Assigned):
                break
            value = reference.binding.value
            if not isinstance(value, (Name, Attribute)):
                break
            reference = self.resolve(reference.path, reference.scope, value)
        return reference

    def _expr(self, path: str, scope: int, expr: Expr) -> Reference:
        self._steps += 1
        if self._steps > _MAX_STEPS:
            return Unresolved("the name is handed on too many times")
        if isinstance(expr, Name):
            return self._name(path, scope, expr.id)
        if isinstance(expr, Attribute):
            return self._attribute(path, self._expr(path, scope, expr.value), expr.attr)
        return Unresolved("not a name")

    def _attribute(self, path: str, base: Reference, attr: str) -> Reference:
        if isinstance(base, External):
            # `import a` binds only `a`; `a.b` may still be a file of the project.
            module = self._module(path, f"{base.dotted}.{attr}")
            return module or External(f"{base.dotted}.{attr}")
        if isinstance(base, ModuleRef):
            return self._member(base.path, attr)
        if isinstance(base, Assigned) and base.binding.value is not None:
            value = self._expr(base.path, base.scope, base.binding.value)
            if not isinstance(value, (Assigned, Unresolved, Unbound)):
                return self._attribute(base.path, value, attr)
        return Unresolved(f"`{attr}` is an attribute of a value that is not known")

    def _name(self, path: str, scope: int, name: str) -> Reference:
        facts = self._facts_of(path)
        if facts is None or not facts.scopes:
            return Unresolved("the file cannot be read")
        index: int | None = scope
        while index is not None:
            current = facts.scopes[index]
            if current.kind != "class" or index == scope:
                bindings = [b for b in current.bindings if b.name == name and b.kind != "mutation"]
                if any(b.kind == "global" for b in bindings):
                    return self._name(path, 0, name) if index else Unresolved("a global name")
                if bindings:
                    return self._choose(path, index, bindings)
            index = current.parent
        return self._from_star(path, facts, name)

    def _choose(self, path: str, scope: int, bindings: list[Binding]) -> Reference:
        """The one thing that all bindings of a name agree on."""
        usable = [b for b in bindings if not _is_none(b)] or bindings
        references = [self._binding(path, scope, binding) for binding in usable]
        agreed = _agreed(references)
        if agreed is None and all(b.fallback or b.kind != "assign" for b in usable):
            agreed = _agreed(
                [
                    reference
                    for reference, binding in zip(references, usable, strict=True)
                    if not binding.fallback
                ]
            )
        if agreed is not None:
            return agreed
        values = all(b.kind == "assign" and b.value is not None for b in bindings)
        return Unresolved(
            f"`{bindings[0].name}` is bound more than once",
            Rebound(path, scope, tuple(bindings)) if values else None,
        )

    def _binding(self, path: str, scope: int, binding: Binding) -> Reference:
        if binding.kind == "import" and binding.target is not None:
            return self._target(path, binding.target)
        if binding.kind in {"class", "function"}:
            return Definition(path, binding.name, binding.kind)
        if binding.kind == "assign" and binding.value is not None:
            return Assigned(path, scope, binding)
        reason = {
            "parameter": f"`{binding.name}` is a parameter",
            "augmented": f"`{binding.name}` is changed after it is bound",
            "assign": f"the value of `{binding.name}` is too large to be followed",
        }.get(binding.kind, f"`{binding.name}` is bound by a statement that is not followed")
        return Unresolved(reason)

    def _target(self, path: str, target: str) -> Reference:
        self._steps += 1
        if self._steps > _MAX_STEPS:
            return Unresolved("the name is handed on too many times")
        dotted = self._modules.absolute(path, target)
        if self._is_library(path, dotted.partition(".")[0]):
            return External(dotted)
        module = self._modules.find(path, target)
        if module is not None:
            return ModuleRef(module)
        parent, _, name = target.rpartition(".")
        if target.startswith("."):
            parent = target[: len(target) - len(name)] if parent.strip(".") == "" else parent
        container = self._modules.find(path, parent) if parent else None
        if container is not None and container != path:
            return self._member(container, name)
        return External(dotted)

    def _is_library(self, path: str, root: str) -> bool:
        """Whether a file means the library by this name, not a namesake beside it."""
        if root not in LIBRARIES:
            return False
        return (
            self._modules.shadows(path, root) is None
            or self._modules.find(path, f"{root}.{LIBRARIES[root]}") is not None
        )

    def _module(self, path: str, dotted: str) -> ModuleRef | None:
        if self._is_library(path, dotted.partition(".")[0]):
            return None
        found = self._modules.find(path, dotted)
        return ModuleRef(found) if found else None

    def _member(self, path: str, name: str) -> Reference:
        """What a module of the project offers under a name."""
        self._steps += 1
        if self._steps > _MAX_STEPS:
            return Unresolved("the name is handed on too many times")
        reference = self._name(path, 0, name)
        if isinstance(reference, Unbound):
            submodule = self._modules.find(path, f".{name}")
            if submodule is not None and path.rpartition("/")[2].startswith("__init__."):
                return ModuleRef(submodule)
        return reference

    def _from_star(self, path: str, facts: FileFacts, name: str) -> Reference:
        """A name that no statement binds: a star import, a built-in, or nothing."""
        found: list[Reference] = []
        for star in facts.star_imports:
            dotted = self._modules.absolute(path, star.target)
            if self._is_library(path, dotted.partition(".")[0]):
                if not hasattr(builtins, name):
                    found.append(External(f"{dotted}.{name}"))
                continue
            module = self._modules.find(path, star.target)
            if module is not None and module != path:
                self._steps += 1
                if self._steps > _MAX_STEPS:
                    break
                reference = self._member(module, name)
                if not isinstance(reference, Unbound):
                    found.append(reference)
        if found:
            return _agreed(found) or Unresolved(f"`{name}` may come from several star imports")
        return Unbound(name)


def _is_none(binding: Binding) -> bool:
    value = binding.value
    return isinstance(value, Constant) and value.value is None


def _agreed(references: list[Reference]) -> Reference | None:
    """The one thing that all references mean, if they do."""
    kinds = {type(reference) for reference in references}
    same = len(kinds) == 1 and all(item == references[0] for item in references)
    return references[0] if same else None

"""One walk over a module: its scopes, what they bind, and every call in them.

Nothing is judged here. The walk keeps tree nodes, so that only what turns out to
matter is lowered afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import libcst as cst

from kernlint.extract.nodes import children, dotted_name, parameters
from kernlint.extract.raw import (
    RawAttribute,
    RawBinding,
    RawCall,
    RawDecoration,
    RawScope,
)
from kernlint.source.slice import MUTATORS

if TYPE_CHECKING:
    from collections.abc import Callable

    from kernlint.extract.raw import BindingKind

_COMPREHENSION = "<comprehension>"


class Walk:
    """The walk itself; read its attributes after construction.

    ``statements`` holds the identity of every expression that is a statement of its
    own, ``loads`` every name that is read, with the scope that reads it, ``changes`` the
    names of the module that another scope binds, with that scope.
    """

    def __init__(self, module: cst.Module) -> None:
        self.scopes: list[RawScope] = [RawScope("module", "", None)]
        self.calls: list[RawCall] = []
        self.decorations: list[RawDecoration] = []
        self.attributes: list[RawAttribute] = []
        self.changes: list[tuple[str, int]] = []
        self.statements: set[int] = set()
        self.loads: set[tuple[int, str]] = set()
        self._homes: dict[tuple[int, str], int] = {}
        self._scope = 0
        self._path: tuple[str, ...] = ()
        for statement in module.body:
            self._visit(statement)

    def _visit(self, node: cst.CSTNode) -> None:
        visitor = _VISITORS.get(type(node))
        if visitor is not None:
            visitor(self, node)
        else:
            for child in children(node):
                self._visit(child)

    def _bind(
        self,
        node: cst.CSTNode,
        kind: BindingKind,
        *,
        target: str | None = None,
        value: cst.BaseExpression | None = None,
        name: str | None = None,
    ) -> None:
        if name is None:
            name = node.value if isinstance(node, cst.Name) else ""
        home = self._homes.get((self._scope, name))
        if home == 0 and kind != "global":
            self.changes.append((name, self._scope))
        if home is not None and kind == "assign":
            kind, value = "other", None
        self.scopes[self._scope if home is None else home].bindings.append(
            RawBinding(name, kind, node, target, value)
        )

    def _bind_target(self, node: cst.CSTNode, kind: BindingKind = "other") -> None:
        """Bind every name of an assignment target whose value is not kept."""
        if isinstance(node, cst.Name):
            self._bind(node, kind)
        elif isinstance(node, (cst.Tuple, cst.List)):
            for element in node.elements:
                self._bind_target(element.value, kind)
        else:
            if _reaches_inside(node):
                self._mutate(node)
            self._visit(node)

    def _enter(self, kind: Literal["class", "function"], name: str, node: cst.CSTNode) -> int:
        outer = self._scope
        self.scopes.append(RawScope(kind, ".".join((*self._path, name)), outer, node))
        self._scope = len(self.scopes) - 1
        return outer

    def definition(self, node: cst.ClassDef | cst.FunctionDef) -> None:
        """A class or function: decorators and defaults outside, the body in a new scope."""
        kind: Literal["class", "function"] = (
            "class" if isinstance(node, cst.ClassDef) else "function"
        )
        owner = ".".join((*self._path, node.name.value))
        for decorator in node.decorators:
            self.decorations.append(
                RawDecoration(decorator.decorator, self._scope, owner, kind, node.name)
            )
            self._visit(decorator.decorator)
        self._bind(node.name, "definition")
        if isinstance(node, cst.ClassDef):
            for arg in (*node.bases, *node.keywords):
                self._visit(arg.value)
        else:
            self._defaults(node.params)
        outer, saved = self._enter(kind, node.name.value, node), self._path
        self._path = (*self._path, node.name.value)
        if isinstance(node, cst.FunctionDef):
            self._parameters(node.params)
        self._visit(node.body)
        self._path = saved
        self._scope = outer

    def lambda_(self, node: cst.Lambda) -> None:
        """A lambda: like a function without a name."""
        self._defaults(node.params)
        outer = self._enter("function", "<lambda>", node)
        self._parameters(node.params)
        self._visit(node.body)
        self._scope = outer

    def comprehension(self, node: cst.BaseComp) -> None:
        """A comprehension: its targets are names of their own."""
        outer = self._enter("function", _COMPREHENSION, node)
        clause: cst.CompFor | None = node.for_in
        while clause is not None:
            self._bind_target(clause.target)
            self._visit(clause.iter)
            for condition in clause.ifs:
                self._visit(condition.test)
            clause = clause.inner_for_in
        for child in children(node):
            if not isinstance(child, cst.CompFor):
                self._visit(child)
        self._scope = outer

    def _defaults(self, params: cst.Parameters) -> None:
        for param in parameters(params):
            if param.default is not None:
                self._visit(param.default)

    def _parameters(self, params: cst.Parameters) -> None:
        for param in parameters(params):
            self._bind(param.name, "parameter")

    def assign(self, node: cst.Assign | cst.AnnAssign) -> None:
        """``a = value``, ``a: T = value``, ``x.y = value``."""
        if node.value is None:
            return
        self._visit(node.value)
        targets = (
            [t.target for t in node.targets] if isinstance(node, cst.Assign) else [node.target]
        )
        for target in targets:
            if isinstance(target, cst.Attribute):
                if isinstance(node, cst.Assign):
                    self._mutate(target)
                self.attributes.append(RawAttribute(target, node.value, self._scope))
            if isinstance(target, cst.Name):
                self._bind(target, "assign", value=node.value)
            else:
                self._bind_target(target)

    def _mutate(self, target: cst.CSTNode) -> None:
        """``name[...] = value``, ``name.x = value`` and the like change what a name holds.

        What is written in a way that ``mentioned`` does not see in the text is left out: a
        slice has to tell the same of it.
        """
        while isinstance(target, (cst.Subscript, cst.Attribute)) and not target.lpar:
            target = target.value
        if isinstance(target, cst.Name) and not target.lpar:
            self._bind(target, "mutation")

    def augmented(self, node: cst.AugAssign) -> None:
        """``a |= value``."""
        self._visit(node.value)
        self._bind_target(node.target)
        self._mutate(node.target)

    def named(self, node: cst.NamedExpr) -> None:
        """``(a := value)``."""
        self._visit(node.value)
        inner = self._scope
        if not self.scopes[inner].name.endswith(_COMPREHENSION):
            self._bind(node.target, "assign", value=node.value)
            return
        while self.scopes[self._scope].name.endswith(_COMPREHENSION):
            self._scope = self.scopes[self._scope].parent or 0
        self._bind(node.target, "other")
        self._scope = inner

    def import_(self, node: cst.Import) -> None:
        """``import a.b``, ``import a.b as c``."""
        for alias in node.names:
            path = dotted_name(alias.name)
            if alias.asname is not None:
                self._bind(alias.asname.name, "import", target=path)
            else:
                root = path.partition(".")[0]
                self._bind(alias.name, "import", target=root, name=root)

    def import_from(self, node: cst.ImportFrom) -> None:
        """``from a import b as c``, ``from . import *``."""
        module = "." * len(node.relative) + (dotted_name(node.module) if node.module else "")
        if isinstance(node.names, cst.ImportStar):
            return
        for alias in node.names:
            name = dotted_name(alias.name)
            joined = module + name if module.endswith(".") else f"{module}.{name}"
            bound = alias.asname.name if alias.asname is not None else alias.name
            self._bind(bound, "import", target=joined)

    def loop(self, node: cst.For) -> None:
        """A loop binds its target."""
        self._visit(node.iter)
        self._bind_target(node.target)
        for part in (node.body, node.orelse):
            if part is not None:
                self._visit(part)

    def as_name(self, node: cst.AsName) -> None:
        """``with ... as name``, ``except ... as name``."""
        self._bind_target(node.name)

    def match_name(self, node: cst.MatchAs | cst.MatchStar) -> None:
        """A capture pattern."""
        if node.name is not None:
            self._bind_target(node.name)
        for child in children(node):
            if child is not node.name:
                self._visit(child)

    def match_mapping(self, node: cst.MatchMapping) -> None:
        """``case {"key": a, **rest}``."""
        for element in node.elements:
            self._visit(element)
        if node.rest is not None:
            self._bind_target(node.rest)

    def type_alias(self, node: cst.TypeAlias) -> None:
        """``type A = ...``."""
        self._bind_target(node.name)
        self._visit(node.value)

    def global_(self, node: cst.Global) -> None:
        """``global a``: what this scope binds belongs to the module."""
        for item in node.names:
            self._bind(item.name, "global")
            self._homes[self._scope, item.name.value] = 0

    def nonlocal_(self, node: cst.Nonlocal) -> None:
        """``nonlocal a``: what this scope binds belongs to the function around it."""
        for item in node.names:
            index = self.scopes[self._scope].parent
            while index and not any(
                binding.name == item.name.value for binding in self.scopes[index].bindings
            ):
                index = self.scopes[index].parent
            self._homes[self._scope, item.name.value] = index or 0

    def delete(self, node: cst.Del) -> None:
        """``del a`` leaves the name without a value; ``del a[k]`` changes it."""
        self._bind_target(node.target)

    def call(self, node: cst.Call) -> None:
        """Any call; which ones matter is decided after the walk."""
        self.calls.append(RawCall(node, self._scope))
        if isinstance(node.func, cst.Attribute) and node.func.attr.value in MUTATORS:
            self._mutate(node.func.value)
        elif dotted_name(node.func) in {"setattr", "delattr"} and (
            node.args and node.args[0].keyword is None
        ):
            self._mutate(node.args[0].value)
        self._visit(node.func)
        for arg in node.args:
            self._visit(arg.value)

    def statement(self, node: cst.Expr) -> None:
        """An expression on a line of its own: its value goes nowhere."""
        self.statements.add(id(node.value))
        self._visit(node.value)

    def name(self, node: cst.Name) -> None:
        """A name that is read."""
        self.loads.add((self._scope, node.value))

    def attribute(self, node: cst.Attribute) -> None:
        """The attribute of a value is no name of its own."""
        self._visit(node.value)


def _reaches_inside(node: cst.CSTNode) -> bool:
    """Whether a target is an element of something: ``name.attr[...]``."""
    while isinstance(node, cst.Attribute):
        node = node.value
    return isinstance(node, cst.Subscript)


_VISITORS: dict[type[cst.CSTNode], Callable[..., None]] = {
    cst.ClassDef: Walk.definition,
    cst.FunctionDef: Walk.definition,
    cst.Lambda: Walk.lambda_,
    cst.DictComp: Walk.comprehension,
    cst.ListComp: Walk.comprehension,
    cst.SetComp: Walk.comprehension,
    cst.GeneratorExp: Walk.comprehension,
    cst.Assign: Walk.assign,
    cst.AnnAssign: Walk.assign,
    cst.AugAssign: Walk.augmented,
    cst.NamedExpr: Walk.named,
    cst.Import: Walk.import_,
    cst.ImportFrom: Walk.import_from,
    cst.For: Walk.loop,
    cst.AsName: Walk.as_name,
    cst.MatchAs: Walk.match_name,
    cst.MatchStar: Walk.match_name,
    cst.MatchMapping: Walk.match_mapping,
    cst.TypeAlias: Walk.type_alias,
    cst.Global: Walk.global_,
    cst.Nonlocal: Walk.nonlocal_,
    cst.Del: Walk.delete,
    cst.Call: Walk.call,
    cst.Attribute: Walk.attribute,
    cst.Expr: Walk.statement,
    cst.Name: Walk.name,
}

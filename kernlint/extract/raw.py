"""What the walk over a module notes, still as tree nodes."""

from __future__ import annotations

from typing import Literal

import libcst as cst

from kernlint.model.record import Record

BindingKind = Literal["import", "assign", "mutation", "parameter", "definition", "global", "other"]


class RawBinding(Record):
    """A place, its node, that binds a name or changes what it holds."""

    name: str
    kind: BindingKind
    node: cst.CSTNode
    target: str | None
    value: cst.BaseExpression | None


class RawScope:
    """A scope while it is being filled; ``node`` is the definition that makes it."""

    def __init__(
        self,
        kind: Literal["module", "class", "function"],
        name: str,
        parent: int | None,
        node: cst.CSTNode | None = None,
    ) -> None:
        self.kind = kind
        self.name = name
        self.parent = parent
        self.node = node
        self.bindings: list[RawBinding] = []

    @property
    def is_function(self) -> bool:
        """Whether a call runs it: a function or a lambda, no comprehension."""
        return isinstance(self.node, (cst.FunctionDef, cst.Lambda))


class RawCall(Record):
    """A call and the scope it is evaluated in."""

    node: cst.Call
    scope: int


class RawDecoration(Record):
    """A decorator and what it decorates."""

    node: cst.BaseExpression
    scope: int
    owner: str
    owner_kind: Literal["class", "function"]
    owner_node: cst.Name


class RawAttribute(Record):
    """``target.attr = value``."""

    target: cst.Attribute
    value: cst.BaseExpression
    scope: int

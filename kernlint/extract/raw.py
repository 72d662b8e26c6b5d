"""What the walk over a module notes, still as tree nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import libcst as cst

if TYPE_CHECKING:
    from kernlint.model.facts import BindingKind

#: The branches around a statement, outermost first: the test of an ``if`` and which
#: of its two arms; ``None`` for the body of a loop and whatever else may not run.
RawArms = tuple[tuple[cst.BaseExpression, int] | None, ...]


class RawChange(NamedTuple):
    """A statement of its own that changes what a name holds.

    ``method`` is the special method that Python calls for it and ``args`` what that
    is given; an empty ``method`` stands for a method call as written.
    """

    method: str
    args: tuple[cst.BaseExpression, ...]


class RawBinding(NamedTuple):
    """A binding whose place and value are still tree nodes."""

    name: str
    kind: BindingKind
    node: cst.CSTNode
    target: str | None
    value: cst.BaseExpression | None
    conditional: bool
    fallback: bool
    arms: RawArms
    change: RawChange | None = None

    @property
    def depends_on(self) -> tuple[cst.BaseExpression, ...]:
        """The expressions that its value is made of."""
        if self.change is not None:
            return self.change.args
        return () if self.value is None else (self.value,)


class RawScope:
    """A scope while it is being filled."""

    def __init__(
        self, kind: Literal["module", "class", "function"], name: str, parent: int | None
    ) -> None:
        self.kind = kind
        self.name = name
        self.parent = parent
        self.bindings: list[RawBinding] = []


class RawCall(NamedTuple):
    """A call, the scope it is evaluated in, and the branches around it."""

    node: cst.Call
    scope: int
    arms: RawArms


class RawDecoration(NamedTuple):
    """A decorator and what it decorates."""

    node: cst.BaseExpression
    scope: int
    owner: str
    owner_kind: Literal["class", "function"]
    owner_node: cst.Name


class RawAttribute(NamedTuple):
    """``target.attr = value``."""

    target: cst.Attribute
    value: cst.BaseExpression
    scope: int

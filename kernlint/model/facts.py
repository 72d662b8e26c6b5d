"""What one file says, independent of every other file, rule and release.

Facts are immutable, hold no syntax tree and survive a trip between processes.
They depend on the bytes of the file alone, so they can be kept by content.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from kernlint.model.expr import Argument, Call, Expr, Span

BindingKind = Literal[
    "import",
    "assign",
    "augmented",
    "mutation",
    "parameter",
    "function",
    "class",
    "global",
    "other",
]


class Arm(NamedTuple):
    """One of the two ways that an ``if`` can go.

    ``test`` is the byte offset of the condition; ``way`` is 0 where it holds and 1
    where it does not. Both are -1 for the body of a loop, a ``try`` and the like.
    """

    test: int
    way: int


class Binding(NamedTuple):
    """One place where a scope binds a name.

    ``target`` is the dotted path of an import, with its leading dots where it is
    relative (``"..utils.KernelConfig"``, ``"transformers"``). ``value`` is the
    right-hand side of an assignment to a single name. A ``mutation`` binds nothing:
    it changes what the name holds (``a[k] = v``, ``a.update(...)``), and its ``value`` is
    the call of the method that does, where a statement of its own calls one. ``conditional``
    is true where control flow can pass the binding by; ``fallback`` where it stands
    in an ``except`` handler or an ``else`` branch, as the second choice does. ``arms``
    are the branches around it within its scope, outermost first.
    """

    name: str
    kind: BindingKind
    span: Span
    target: str | None = None
    value: Expr | None = None
    conditional: bool = False
    fallback: bool = False
    arms: tuple[Arm, ...] = ()


class Scope(NamedTuple):
    """A module, class or function and the names it binds, in source order."""

    kind: Literal["module", "class", "function"]
    name: str
    parent: int | None
    bindings: tuple[Binding, ...]


class CallSite(NamedTuple):
    """A call worth looking at: its callee may be one that kernlint knows.

    ``discarded`` tells that nothing can use its value: it is a statement of its own,
    or is bound to a name of a function that is never read. ``arms`` are the branches
    around it, as of a ``Binding``.
    """

    call: Call
    scope: int
    discarded: bool = False
    arms: tuple[Arm, ...] = ()


class Decoration(NamedTuple):
    """A decorator on a class or function; ``owner`` is its qualified name."""

    decorator: Expr
    scope: int
    owner: str
    owner_kind: Literal["class", "function"]
    owner_span: Span


class LayerName(NamedTuple):
    """A place that sets ``kernel_layer_name`` by hand.

    ``form`` is ``class-attribute`` (in a class body), ``attribute``
    (``Cls.kernel_layer_name = ...``) or ``setattr``.
    """

    form: Literal["class-attribute", "attribute", "setattr"]
    value: Expr
    scope: int
    owner: str
    span: Span


class StarImport(NamedTuple):
    """``from target import *`` in a scope."""

    target: str
    scope: int


class Problem(NamedTuple):
    """Why a file, or a part of it, could not be read."""

    message: str
    span: Span


class FileFacts(NamedTuple):
    """Everything that later stages need to know of one file.

    ``scopes[0]`` is the module. ``problem`` is set where the file could not be
    read or parsed; everything else is empty then.
    """

    scopes: tuple[Scope, ...] = ()
    calls: tuple[CallSite, ...] = ()
    decorations: tuple[Decoration, ...] = ()
    layer_names: tuple[LayerName, ...] = ()
    star_imports: tuple[StarImport, ...] = ()
    problem: Problem | None = None


def argument(call: Call, name: str, position: int | None = None) -> Argument | None:
    """The argument passed as ``name``, by keyword or at ``position`` (from 0).

    None where it is not passed, or where a ``*`` before it hides its position.
    """
    for index, arg in enumerate(call.args):
        if arg.star == "" and arg.name == name:
            return arg
        if arg.star == "*":
            position = None
        elif arg.name is None and arg.star == "" and index == position:
            return arg
    return None

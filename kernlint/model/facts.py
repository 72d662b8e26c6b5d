"""What one file says, independent of every other file, rule and release.

Facts are immutable, hold no syntax tree and survive a trip between processes.
They depend on the bytes of the file alone, so they can be kept by content.
"""

from __future__ import annotations

from kernlint.model.code import Block
from kernlint.model.expr import Argument, Call, Expr, Span
from kernlint.model.hints import Literal
from kernlint.model.record import Record


class CallSite(Record):
    """A call worth looking at: its callee may be one that kernlint knows.

    ``discarded`` tells that nothing can use its value: it is a statement of its own,
    or is bound to a name of a function that is never read.
    """

    span: Span
    discarded: bool = False


class Decoration(Record):
    """A decorator on a class or function; ``owner`` is its qualified name."""

    decorator: Expr
    owner: str
    owner_kind: Literal["class", "function"]
    owner_span: Span


class LayerName(Record):
    """A place that sets ``kernel_layer_name`` by hand.

    ``form`` is ``class-attribute`` (in a class body), ``attribute``
    (``Cls.kernel_layer_name = ...``) or ``setattr``.
    """

    form: Literal["class-attribute", "attribute", "setattr"]
    value: Expr
    owner: str
    span: Span


class Change(Record):
    """A function, by its span, that changes what a name of the module holds."""

    name: str
    function: Span


class Problem(Record):
    """Why a file, or a part of it, could not be read."""

    message: str
    span: Span


class FileFacts(Record):
    """Everything that later stages need to know of one file.

    ``body`` is the program of the file. Unless the facts are ``full`` it leaves out the
    bodies of functions and classes that hold none of the calls, decorations and layer
    names and change nothing of the module, and large values. ``problem`` is set where
    the file could not be read or parsed; everything else is empty then. Where they are
    ``brief``, the body holds the declarations of layers and what they need, and nothing else.
    ``left_out`` are the blocks of a document that are no Python.
    """

    body: Block = ()
    calls: tuple[CallSite, ...] = ()
    decorations: tuple[Decoration, ...] = ()
    layer_names: tuple[LayerName, ...] = ()
    changes: tuple[Change, ...] = ()
    full: bool = False
    problem: Problem | None = None
    brief: bool = False
    left_out: tuple[Problem, ...] = ()


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

"""The lowered statements of a file: what it does, step by step, not what comes of it.

Like the expressions of ``kernlint.model.expr`` they keep their shape and their place.
Every span counts bytes of the original file.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, Protocol

from kernlint.model.expr import Code, Expr, Span


class Statement(Protocol):
    """Any of the statements below."""

    @property
    def span(self) -> Span:
        """Where it stands, or the part of it that stands for it."""


Block = tuple[Statement, ...]


class Assign(NamedTuple):
    """``a = b = value``; a target is a name, an attribute, a subscript or a display of them."""

    targets: tuple[Expr, ...]
    value: Expr
    span: Span


class Augment(NamedTuple):
    """``target op= value``; op as written, without the ``=``."""

    op: str
    target: Expr
    value: Expr
    span: Span


class Evaluate(NamedTuple):
    """An expression on a line of its own."""

    value: Expr
    span: Span


class Annotate(NamedTuple):
    """``name: annotation = value``; value is None where nothing is assigned."""

    target: Expr
    annotation: Expr
    value: Expr | None
    span: Span


class Delete(NamedTuple):
    """``del a, b[c]``."""

    targets: tuple[Expr, ...]
    span: Span


class If(NamedTuple):
    """``if test: body else: orelse``; an ``elif`` is an If within ``orelse``."""

    test: Expr
    body: Block
    orelse: Block
    span: Span


class For(NamedTuple):
    """``for target in iterable: body else: orelse``."""

    target: Expr
    iterable: Expr
    body: Block
    orelse: Block
    span: Span


class While(NamedTuple):
    """``while test: body else: orelse``."""

    test: Expr
    body: Block
    orelse: Block
    span: Span


class Handler(NamedTuple):
    """``except types as name: body``."""

    types: Expr | None
    name: str | None
    body: Block


class Try(NamedTuple):
    """``try: body except ...: else: orelse finally: final``."""

    body: Block
    handlers: tuple[Handler, ...]
    orelse: Block
    final: Block
    span: Span


class With(NamedTuple):
    """``with context as target, ...: body``."""

    items: tuple[tuple[Expr, Expr | None], ...]
    body: Block
    span: Span


class Pattern(NamedTuple):
    """The pattern of a ``case``.

    ``kind`` says how to read the rest: ``value`` (equal to ``value``), ``class`` (an
    instance of ``value``, whatever it holds), ``or`` (one of ``parts``), ``as`` (the one of
    ``parts``, if any, bound to ``name``, if any), ``sequence`` (``parts``; one of the kind
    ``star`` takes what is left over), ``mapping`` (``keys`` with ``parts``; ``name`` takes
    the rest), ``other``.
    ``names`` are all that it can bind.
    """

    kind: Literal["value", "class", "or", "as", "sequence", "mapping", "star", "other"]
    names: tuple[str, ...]
    span: Span
    value: Expr | None = None
    name: str | None = None
    keys: tuple[Expr, ...] = ()
    parts: tuple[Pattern, ...] = ()


class Case(NamedTuple):
    """``case pattern if guard: body``."""

    pattern: Pattern
    guard: Expr | None
    body: Block


class Match(NamedTuple):
    """``match subject: case ...``."""

    subject: Expr
    cases: tuple[Case, ...]
    span: Span


class Return(NamedTuple):
    """``return value``."""

    value: Expr | None
    span: Span


class Raise(NamedTuple):
    """``raise value``."""

    value: Expr | None
    span: Span


class Jump(NamedTuple):
    """``break`` or ``continue``."""

    kind: Literal["break", "continue"]
    span: Span


class Define(NamedTuple):
    """``def name(...): ...`` with its decorators, outermost first."""

    code: Code
    decorators: tuple[Expr, ...]
    span: Span


class DefineClass(NamedTuple):
    """``class name(bases): body``; ``body`` is None where the facts leave it out."""

    name: str
    bases: tuple[Expr, ...]
    decorators: tuple[Expr, ...]
    body: Block | None
    span: Span


class Import(NamedTuple):
    """``import target as name`` or ``from ... import ... as name``.

    ``target`` is the dotted path, with its leading dots where it is relative.
    ``member`` tells that its last part was imported from the rest.
    """

    name: str
    target: str
    span: Span
    member: bool


class ImportStar(NamedTuple):
    """``from target import *``."""

    target: str
    span: Span


class Declare(NamedTuple):
    """``global names`` or ``nonlocal names``."""

    kind: Literal["global", "nonlocal"]
    names: tuple[str, ...]
    span: Span


class Other(NamedTuple):
    """A statement that only matters for the names that it binds."""

    names: tuple[str, ...]
    span: Span


class Boundary(NamedTuple):
    """Where another block of a document begins, which may be read without those before it.

    Its names are those of the blocks before it. What these did with a model or a config is
    not certain to have happened.
    """

    span: Span

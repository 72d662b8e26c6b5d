"""The lowered statements of a file: what it does, step by step, not what comes of it.

Like the expressions of ``kernlint.model.expr`` they keep their shape and their place.
Every span counts bytes of the original file.
"""

from __future__ import annotations

from kernlint.model.expr import Code, Expr, Span
from kernlint.model.hints import Literal, Protocol
from kernlint.model.record import Record


class Statement(Protocol):
    """Any of the statements below."""

    @property
    def span(self) -> Span:
        """Where it stands, or the part of it that stands for it."""


Block = tuple[Statement, ...]


class Assign(Record):
    """``a = b = value``; a target is a name, an attribute, a subscript or a display of them."""

    targets: tuple[Expr, ...]
    value: Expr
    span: Span


class Augment(Record):
    """``target op= value``; op as written, without the ``=``."""

    op: str
    target: Expr
    value: Expr
    span: Span


class Evaluate(Record):
    """An expression on a line of its own."""

    value: Expr
    span: Span


class Annotate(Record):
    """``name: annotation = value``; value is None where nothing is assigned."""

    target: Expr
    annotation: Expr
    value: Expr | None
    span: Span


class Delete(Record):
    """``del a, b[c]``."""

    targets: tuple[Expr, ...]
    span: Span


class If(Record):
    """``if test: body else: orelse``; an ``elif`` is an If within ``orelse``."""

    test: Expr
    body: Block
    orelse: Block
    span: Span


class For(Record):
    """``for target in iterable: body else: orelse``."""

    target: Expr
    iterable: Expr
    body: Block
    orelse: Block
    span: Span


class While(Record):
    """``while test: body else: orelse``."""

    test: Expr
    body: Block
    orelse: Block
    span: Span


class Handler(Record):
    """``except types as name: body``."""

    types: Expr | None
    name: str | None
    body: Block


class Try(Record):
    """``try: body except ...: else: orelse finally: final``."""

    body: Block
    handlers: tuple[Handler, ...]
    orelse: Block
    final: Block
    span: Span


class With(Record):
    """``with context as target, ...: body``."""

    items: tuple[tuple[Expr, Expr | None], ...]
    body: Block
    span: Span


class Pattern(Record):
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


class Case(Record):
    """``case pattern if guard: body``."""

    pattern: Pattern
    guard: Expr | None
    body: Block


class Match(Record):
    """``match subject: case ...``."""

    subject: Expr
    cases: tuple[Case, ...]
    span: Span


class Return(Record):
    """``return value``."""

    value: Expr | None
    span: Span


class Raise(Record):
    """``raise value``."""

    value: Expr | None
    span: Span


class Jump(Record):
    """``break`` or ``continue``."""

    kind: Literal["break", "continue"]
    span: Span


class Define(Record):
    """``def name(...): ...`` with its decorators, outermost first."""

    code: Code
    decorators: tuple[Expr, ...]
    span: Span


class DefineClass(Record):
    """``class name(bases): body``; ``body`` is None where the facts leave it out."""

    name: str
    bases: tuple[Expr, ...]
    decorators: tuple[Expr, ...]
    body: Block | None
    span: Span


class Import(Record):
    """``import target as name`` or ``from ... import ... as name``.

    ``target`` is the dotted path, with its leading dots where it is relative.
    ``member`` tells that its last part was imported from the rest.
    """

    name: str
    target: str
    span: Span
    member: bool


class ImportStar(Record):
    """``from target import *``."""

    target: str
    span: Span


class Declare(Record):
    """``global names`` or ``nonlocal names``."""

    kind: Literal["global", "nonlocal"]
    names: tuple[str, ...]
    span: Span


class Other(Record):
    """A statement that only matters for the names that it binds."""

    names: tuple[str, ...]
    span: Span


class Boundary(Record):
    """Where another block of a document begins, which may be read without those before it.

    Its names are those of the blocks before it. What these did with a model or a config is
    not certain to have happened.
    """

    span: Span

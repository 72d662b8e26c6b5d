"""The lowered expression tree: what the extractor saw, not what it means.

An expression keeps its shape and its place in the file; names are resolved and
values computed later, over the whole project. Every span counts bytes of the
original file, its byte order mark included.
"""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING, Literal, Protocol
from kernlint.model.record import Record

if TYPE_CHECKING:
    from kernlint.model.code import Block


class Span(Record):
    """A half-open range of bytes in a file."""

    start: int
    end: int


class Expr(Protocol):
    """Any of the expressions below.

    A protocol, not a union of them: each may hold all others, and a type checker cannot
    afford to look into a type that contains itself in this many ways.
    """

    @property
    def span(self) -> Span:
        """Where it stands."""


class Constant(Record):
    """A literal: str, bytes, int, float, complex, bool, None or Ellipsis.

    ``inner`` is the byte offset of the value's first character when every
    character of a string value is exactly one byte of the source (no escapes, no
    implicit concatenation, ASCII only); None where parts cannot be pointed at.
    """

    value: object
    span: Span
    inner: int | None = None


class Name(Record):
    """A bare name, to be resolved in the scope of the expression."""

    id: str
    span: Span


class Attribute(Record):
    """``value.attr``; ``attr_span`` covers the attribute alone."""

    value: Expr
    attr: str
    span: Span
    attr_span: Span


class DictItem(Record):
    """``key: value`` of a dict display, or ``**value`` where key is None.

    ``removal`` is what to delete so that the display has one item less, from the end of the
    item before it: None for the first one, and where that would delete a comment.
    """

    key: Expr | None
    value: Expr
    removal: Span | None = None


class DictDisplay(Record):
    """``{...: ...}``."""

    items: tuple[DictItem, ...]
    span: Span


class SequenceDisplay(Record):
    """A list, tuple or set display; ``kind`` is the name of the built-in type."""

    kind: str
    items: tuple[Expr, ...]
    span: Span


class Spread(Record):
    """``*value`` inside a sequence display."""

    value: Expr
    span: Span


class Argument(Record):
    """One argument of a call; ``star`` is ``""``, ``"*"`` or ``"**"``.

    ``removal`` is what to delete so that the call has one argument less, of one that is passed by
    its name behind another one; None where that would take a comment along.
    """

    name: str | None
    star: str
    value: Expr
    span: Span
    name_span: Span | None = None
    removal: Span | None = None


class Call(Record):
    """``func(...)``."""

    func: Expr
    args: tuple[Argument, ...]
    span: Span


class Binary(Record):
    """``left op right`` for arithmetic and bit operators; op as written."""

    op: str
    left: Expr
    right: Expr
    span: Span


class Comparison(Record):
    """``left op right`` with one of Python's comparison operators; op as written."""

    op: str
    left: Expr
    right: Expr
    span: Span


class Conditional(Record):
    """``body if test else orelse``."""

    test: Expr
    body: Expr
    orelse: Expr
    span: Span


class JoinedString(Record):
    """An f-string: constant parts and plain ``{expression}`` parts."""

    parts: tuple[Expr, ...]
    span: Span


class Subscript(Record):
    """``value[key]``; several keys are a tuple."""

    value: Expr
    key: Expr
    span: Span


class Slice(Record):
    """``lower:upper:step`` as the key of a subscript."""

    lower: Expr | None
    upper: Expr | None
    step: Expr | None
    span: Span


class Boolean(Record):
    """``left and right``, ``left or right``."""

    op: Literal["and", "or"]
    left: Expr
    right: Expr
    span: Span


class Unary(Record):
    """``not value``, ``-value``."""

    op: Literal["not", "-"]
    value: Expr
    span: Span


class Walrus(Record):
    """``(name := value)``."""

    name: str
    value: Expr
    span: Span


class Clause(Record):
    """``for target in iterable if test if test`` of a comprehension."""

    target: Expr
    iterable: Expr
    tests: tuple[Expr, ...]


class Comprehension(Record):
    """A comprehension; ``kind`` is ``dict``, ``list``, ``set`` or ``generator``.

    ``key`` is None for all but a dict.
    """

    kind: Literal["dict", "list", "set", "generator"]
    key: Expr | None
    value: Expr
    clauses: tuple[Clause, ...]
    span: Span


class Parameter(Record):
    """A parameter of a function; ``star`` is ``""``, ``"*"`` or ``"**"``.

    ``only`` tells by what alone it can be passed: ``position``, ``name`` or ``""``.
    """

    name: str
    star: str
    only: str
    default: Expr | None
    span: Span


class Code(Record):
    """What a function does when it is called.

    ``body`` is None where the facts leave it out. ``lazy`` tells that a call does not
    run it: a generator, where the body is there, or a coroutine. ``span`` covers the name,
    or a whole lambda.
    """

    name: str
    parameters: tuple[Parameter, ...]
    body: Block | None
    lazy: bool
    span: Span


class Lambda(Record):
    """``lambda ...: ...``; the body returns its expression."""

    code: Code
    span: Span


class Elided(Record):
    """A large value that the facts leave out."""

    span: Span


class Opaque(Record):
    """Anything else. ``what`` names it for the user: "a template string"."""

    what: str
    span: Span


def dotted(expr: Expr) -> str | None:
    """``a.b.c`` for a name with attributes, None for anything else."""
    parts: list[str] = []
    while isinstance(expr, Attribute):
        parts.append(expr.attr)
        expr = expr.value
    if not isinstance(expr, Name):
        return None
    parts.append(expr.id)
    return ".".join(reversed(parts))


def last_name(expr: Expr) -> str | None:
    """The rightmost identifier of a name or attribute: ``c`` of ``a().b.c``."""
    if isinstance(expr, Attribute):
        return expr.attr
    return expr.id if isinstance(expr, Name) else None

"""The lowered expression tree: what the extractor saw, not what it means.

An expression keeps its shape and its place in the file; names are resolved and
values computed later, over the whole project. Every span counts bytes of the
original file, its byte order mark included.
"""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """A half-open range of bytes in a file."""

    start: int
    end: int


class Constant(NamedTuple):
    """A literal: str, bytes, int, float, complex, bool, None or Ellipsis.

    ``inner`` is the byte offset of the value's first character when every
    character of a string value is exactly one byte of the source (no escapes, no
    implicit concatenation, ASCII only); None where parts cannot be pointed at.
    """

    value: object
    span: Span
    inner: int | None = None


class Name(NamedTuple):
    """A bare name, to be resolved in the scope of the expression."""

    id: str
    span: Span


class Attribute(NamedTuple):
    """``value.attr``; ``attr_span`` covers the attribute alone."""

    value: Expr
    attr: str
    span: Span
    attr_span: Span


class DictItem(NamedTuple):
    """``key: value`` of a dict display, or ``**value`` where key is None."""

    key: Expr | None
    value: Expr


class DictDisplay(NamedTuple):
    """``{...: ...}``."""

    items: tuple[DictItem, ...]
    span: Span


class SequenceDisplay(NamedTuple):
    """A list, tuple or set display; ``kind`` is the name of the built-in type."""

    kind: str
    items: tuple[Expr, ...]
    span: Span


class Spread(NamedTuple):
    """``*value`` inside a sequence display."""

    value: Expr
    span: Span


class Argument(NamedTuple):
    """One argument of a call; ``star`` is ``""``, ``"*"`` or ``"**"``."""

    name: str | None
    star: str
    value: Expr
    span: Span
    name_span: Span | None = None


class Call(NamedTuple):
    """``func(...)``."""

    func: Expr
    args: tuple[Argument, ...]
    span: Span


class Binary(NamedTuple):
    """``left op right`` for arithmetic and bit operators; op as written."""

    op: str
    left: Expr
    right: Expr
    span: Span


class Comparison(NamedTuple):
    """``left op right`` for ``==``, ``!=``, ``in`` and ``not in``."""

    op: str
    left: Expr
    right: Expr
    span: Span


class Conditional(NamedTuple):
    """``body if test else orelse``."""

    test: Expr
    body: Expr
    orelse: Expr
    span: Span


class JoinedString(NamedTuple):
    """An f-string: constant parts and plain ``{expression}`` parts."""

    parts: tuple[Expr, ...]
    span: Span


class Subscript(NamedTuple):
    """``value[key]`` with a single key that is not a slice."""

    value: Expr
    key: Expr
    span: Span


class Opaque(NamedTuple):
    """Anything else. ``what`` names it for the user: "a comprehension"."""

    what: str
    span: Span


Expr = (
    Constant
    | Name
    | Attribute
    | DictDisplay
    | SequenceDisplay
    | Spread
    | Call
    | Binary
    | Comparison
    | Conditional
    | JoinedString
    | Subscript
    | Opaque
)


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

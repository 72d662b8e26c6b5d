"""Facts of small sources, and the text at their places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernlint.engine.runner import extract_one
from kernlint.model.expr import (
    Argument,
    Attribute,
    Binary,
    Call,
    Comparison,
    Conditional,
    Constant,
    DictDisplay,
    Expr,
    JoinedString,
    Name,
    Opaque,
    SequenceDisplay,
    Span,
    Spread,
    Subscript,
)
from kernlint.source.read import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernlint.model.facts import FileFacts

CONFIG = "from transformers import KernelConfig\n"


def facts_of(source: str | bytes) -> FileFacts:
    """The facts of a file."""
    return extract_one(decode(source.encode() if isinstance(source, str) else source))


def problem_of(source: str | bytes) -> tuple[str, Span] | None:
    """Why a file cannot be read, and where; None where it can."""
    problem = facts_of(source).problem
    return None if problem is None else (problem.message, problem.span)


def calls_of(source: str | bytes) -> list[str]:
    """The source of every call of a file that matters."""
    data = source.encode() if isinstance(source, str) else source
    return [cut(data, site.call.span) for site in facts_of(data).calls]


def argument_of(expression: str) -> Expr:
    """An expression lowered, as the only argument of a config."""
    (site,) = facts_of(f"{CONFIG}KernelConfig({expression})\n").calls
    return site.call.args[0].value


def cut(data: bytes, span: Span, encoding: str = "utf-8") -> str:
    """The text of a place."""
    return data[span.start : span.end].decode(encoding)


def walk(expr: Expr) -> Iterator[Expr]:
    """An expression and all expressions in it."""
    yield expr
    for child in _children(expr):
        yield from walk(child)


def _children(expr: Expr) -> list[Expr]:
    if isinstance(expr, (Constant, Name, Opaque)):
        return []
    if isinstance(expr, (Attribute, Spread)):
        return [expr.value]
    if isinstance(expr, DictDisplay):
        return [part for item in expr.items for part in item if part is not None]
    if isinstance(expr, SequenceDisplay):
        return list(expr.items)
    if isinstance(expr, Call):
        return [expr.func, *(arg.value for arg in expr.args)]
    if isinstance(expr, (Binary, Comparison)):
        return [expr.left, expr.right]
    if isinstance(expr, Conditional):
        return [expr.test, expr.body, expr.orelse]
    if isinstance(expr, JoinedString):
        return list(expr.parts)
    assert isinstance(expr, Subscript)
    return [expr.value, expr.key]


def arguments(expr: Expr) -> Iterator[Argument]:
    """All arguments of all calls in an expression."""
    for part in walk(expr):
        if isinstance(part, Call):
            yield from part.args

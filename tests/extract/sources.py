"""Facts of small sources, and the text at their places."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from kernlint.engine.runner import extract_one
from kernlint.model import code, expr
from kernlint.model.expr import Argument, Call, Span
from kernlint.model.walk import calls, walk
from kernlint.source.read import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernlint.model.expr import Expr
    from kernlint.model.facts import FileFacts

#: What has a place of its own in a lowered program.
EXPRESSIONS = {
    kind
    for kind in vars(expr).values()
    if "span" in getattr(kind, "_fields", ())
    and kind not in {expr.Argument, expr.Parameter, expr.Code}
}
STATEMENTS = tuple(
    kind
    for kind in vars(code).values()
    if "span" in getattr(kind, "_fields", ()) and kind not in {expr.Code, code.Pattern}
)

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
    return [cut(data, site.span) for site in facts_of(data).calls]


def chosen(source: str | bytes) -> list[Call]:
    """The calls of a file that matter, as its program holds them."""
    facts = facts_of(source)
    sites = {site.span for site in facts.calls}
    return [call for call in calls(facts.body) if call.span in sites]


def argument_of(expression: str) -> Expr:
    """An expression lowered, as the only argument of a config."""
    (call,) = chosen(f"{CONFIG}KernelConfig({expression})\n")
    return call.args[0].value


def cut(data: bytes, span: Span, encoding: str = "utf-8") -> str:
    """The text of a place."""
    return data[span.start : span.end].decode(encoding)


def expressions(node: object) -> Iterator[Expr]:
    """All expressions below a part of a program."""
    for part in walk(node):
        if part.__class__ in EXPRESSIONS:
            yield cast("Expr", part)


def arguments(node: object) -> Iterator[Argument]:
    """All arguments of all calls below a part of a program."""
    for part in walk(node):
        if isinstance(part, Argument):
            yield part

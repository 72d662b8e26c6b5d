"""Everything that a lowered program holds, without regard to what it means."""

from __future__ import annotations

from kernlint.model.code import (
    Annotate,
    Assign,
    Augment,
    Define,
    DefineClass,
    For,
    If,
    Import,
    Match,
    Other,
    Statement,
    Try,
    While,
    With,
)
from kernlint.model.expr import Call, Expr, Name, SequenceDisplay, Span, Spread
from kernlint.model.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def walk(node: object) -> Iterator[tuple[object, ...]]:
    """All statements, expressions and parts of them below a block, in no particular order."""
    pending: list[object] = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, tuple) and not isinstance(current, Span):
            if type(current) is not tuple:
                yield current
            pending.extend(current)


def calls(node: object) -> Iterator[Call]:
    """All calls below a block, by place."""
    found = (each for each in walk(node) if isinstance(each, Call))
    yield from sorted(found, key=lambda call: call.span)


def bound(block: Iterable[Statement]) -> set[str]:
    """The names that statements bind in their scope, those of walruses left out."""
    found: set[str] = set()
    pending: list[Statement] = list(block)
    while pending:
        each = pending.pop()
        if isinstance(each, Assign):
            found.update(*map(_targets, each.targets))
        elif isinstance(each, (Augment, Annotate)):
            found |= _targets(each.target)
        elif isinstance(each, Define):
            found.add(each.code.name)
        elif isinstance(each, (DefineClass, Import)):
            found.add(each.name)
        elif isinstance(each, Other):
            found.update(each.names)
        elif isinstance(each, (If, While)):
            pending += (*each.body, *each.orelse)
        elif isinstance(each, For):
            found |= _targets(each.target)
            pending += (*each.body, *each.orelse)
        elif isinstance(each, With):
            found.update(*(_targets(target) for _, target in each.items if target is not None))
            pending += each.body
        elif isinstance(each, Try):
            found |= {handler.name for handler in each.handlers if handler.name is not None}
            pending += (*each.body, *each.orelse, *each.final)
            pending += (statement for handler in each.handlers for statement in handler.body)
        elif isinstance(each, Match):
            found.update(*(case.pattern.names for case in each.cases))
            pending += (statement for case in each.cases for statement in case.body)
    return found


def _targets(target: Expr) -> set[str]:
    if isinstance(target, Name):
        return {target.id}
    if isinstance(target, SequenceDisplay):
        return {name for each in target.items for name in _targets(each)}
    return _targets(target.value) if isinstance(target, Spread) else set()

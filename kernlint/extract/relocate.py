"""Facts of a program to facts of the file that holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kernlint.model.code import Boundary
from kernlint.model.expr import Argument, Constant, Name, Opaque, SequenceDisplay, Span
from kernlint.source.blocks import ELLIPSIS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernlint.model.code import Block
    from kernlint.model.facts import FileFacts
    from kernlint.source.embedded import EmbeddedText

#: Strings that stand for something that a document does not say.
_OPEN_TEXTS = frozenset({"...", "\u2026"})


def relocated(facts: FileFacts, text: EmbeddedText) -> FileFacts:
    """The facts of a file's program, with the places of the file.

    In a document, and in the examples of a docstring, ``...`` stands for something that is not
    told, and what is shown and not used is not said to be idle.
    """
    mover = _Mover(text)
    body = facts.body
    if text.kind == "document":
        body = tuple(_bounded(body, text))
    return facts._replace(
        body=mover.move(body),
        calls=tuple(
            site._replace(
                span=text.in_file(site.span),
                discarded=site.discarded and not mover.is_shown(site.span),
            )
            for site in facts.calls
        ),
        decorations=mover.move(facts.decorations),
        layer_names=mover.move(facts.layer_names),
        changes=mover.move(facts.changes),
        problem=mover.move(facts.problem),
        left_out=text.left_out,
    )


def _bounded(body: Block, text: EmbeddedText) -> Iterator[Any]:
    """The statements of a document, with a boundary where a block begins."""
    number = -1
    for statement in body:
        part = text.part_at(statement.span.start)
        if part != number and number >= 0:
            yield Boundary(Span(statement.span.start, statement.span.start))
        number = part
        yield statement


class _Mover:
    """Moves spans, and tells what stands for something that is no Python."""

    def __init__(self, text: EmbeddedText) -> None:
        self._text = text
        # From where on `...` is that of a document.
        self._open_from: int | None = None
        if text.kind == "document":
            self._open_from = 0
        elif text.kind == "module" and text.parts:
            self._open_from = text.parts[0].start

    def is_shown(self, span: Span) -> bool:
        """Whether a value that the program does not use may be there to be looked at."""
        if self._open_from is not None:
            return span.start >= self._open_from
        part = self._text.parts[max(self._text.part_at(span.start), 0)]
        return not self._text.program.data[span.end : part.end].strip(b" \t\r\n;")

    def move(self, node: Any) -> Any:
        """A part of facts with the places of the file."""
        if isinstance(node, Span):
            return self._text.in_file(node)
        if not isinstance(node, tuple):
            return node
        what = self._stands_for(node)
        if what is not None:
            return Opaque(what, self._text.in_file(node.span))  # type: ignore[attr-defined]
        if isinstance(node, Constant):
            return self._constant(node)
        if isinstance(node, Argument) and not node.star and node.name is None:
            value = self.move(node.value)
            is_open = isinstance(value, Opaque) and value.what == ELLIPSIS
            return node._replace(
                star="**" if is_open else "", value=value, span=self.move(node.span)
            )
        moved = [self.move(each) for each in node]
        return type(node)._make(moved) if hasattr(node, "_make") else tuple(moved)

    def _stands_for(self, node: tuple[object, ...]) -> str | None:
        if isinstance(node, Name):
            return self._text.stand_ins.get(node.span.start)
        if isinstance(node, SequenceDisplay):
            # `{...}` is a mapping of which nothing is told.
            is_open = any(self._is_open(item) for item in node.items)
            return ELLIPSIS if node.kind == "set" and is_open else None
        return ELLIPSIS if self._is_open(node) else None

    def _is_open(self, node: object) -> bool:
        if not isinstance(node, Constant) or self._open_from is None:
            return False
        if node.span.start < self._open_from:
            return False
        return node.value is ... or (isinstance(node.value, str) and node.value in _OPEN_TEXTS)

    def _constant(self, node: Constant) -> Constant:
        inner = node.inner
        if inner is not None and isinstance(node.value, str):
            inner = self._text.same_bytes(inner, len(node.value))
        return Constant(node.value, self._text.in_file(node.span), inner)

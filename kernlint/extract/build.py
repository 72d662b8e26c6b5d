"""What was chosen of a file, placed, lowered and made into facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from kernlint.extract.lower import Lowering
from kernlint.extract.parse import Spans
from kernlint.extract.statements import Program
from kernlint.model.facts import CallSite, Change, Decoration, FileFacts, LayerName

if TYPE_CHECKING:
    from kernlint.extract.choose import Chosen
    from kernlint.extract.parse import Parsed
    from kernlint.extract.scopes import Walk


def build(parsed: Parsed, chosen: Chosen, *, full: bool = False) -> FileFacts:
    """The facts of a parsed file; with ``full`` nothing is left out of its program."""
    spans = Spans(parsed, parsed.module.body)
    lowering = Lowering(spans)
    discarded = chosen.walk.statements | _never_read(chosen.walk)
    return FileFacts(
        Program(spans, None if full else chosen.kept).block(parsed.module.body),
        tuple(CallSite(spans[call.node], id(call.node) in discarded) for call in chosen.calls),
        tuple(
            Decoration(
                lowering.expr(item.node), item.owner, item.owner_kind, spans[item.owner_node]
            )
            for item in chosen.decorations
        ),
        tuple(
            LayerName(item.form, lowering.expr(item.value), item.owner, spans[item.node])
            for item in chosen.names
        ),
        tuple(sorted({Change(name, spans[_place(node)]) for name, node in chosen.changes})),
        full,
    )


def _place(node: cst.CSTNode) -> cst.CSTNode:
    """What the span of a definition covers."""
    return node.name if isinstance(node, (cst.FunctionDef, cst.ClassDef)) else node


def _never_read(walk: Walk) -> set[int]:
    """The values, by identity, that only reach a name of a function which it never reads."""
    read: set[tuple[int, str]] = set()
    for scope, name in walk.loads:
        index: int | None = scope
        while index is not None and (index, name) not in read:
            read.add((index, name))
            index = walk.scopes[index].parent
    return {
        id(binding.value)
        for index, scope in enumerate(walk.scopes)
        for binding in scope.bindings
        if scope.kind == "function" and binding.value is not None
        if (index, binding.name) not in read
    }

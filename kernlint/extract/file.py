"""One file to its facts: parse, walk, choose, place, lower."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from kernlint.extract.configs import config_calls
from kernlint.extract.declarations import (
    declaring_names,
    layer_calls,
    layer_decorations,
    layer_names,
)
from kernlint.extract.lower import Lowering
from kernlint.extract.nodes import children
from kernlint.extract.parse import Spans, parse
from kernlint.extract.scopes import RawBinding, RawScope, Walk
from kernlint.extract.usages import usage_calls
from kernlint.model.expr import Span
from kernlint.model.facts import (
    Binding,
    CallSite,
    Decoration,
    FileFacts,
    LayerName,
    Problem,
    Scope,
    StarImport,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kernlint.model.text import SourceText

# An assigned value of a module may be asked for by another file. Tables beyond
# this many nodes are lowered only where this file itself uses them in a config.
_SMALL = 400


def extract(source: SourceText) -> FileFacts:
    """The facts of one file; a ``problem`` where it cannot be parsed."""
    try:
        return _extract(source)
    except (RecursionError, MemoryError):
        start = Span(source.bom, source.bom)
        return FileFacts(problem=Problem("the code nests too deeply to be read", start))


def _extract(source: SourceText) -> FileFacts:
    parsed = parse(source)
    if isinstance(parsed, Problem):
        return FileFacts(problem=parsed)
    walk = Walk(parsed.module)
    declaring = declaring_names(walk.scopes)
    decorations = layer_decorations(walk.decorations, declaring)
    names = list(layer_names(walk.scopes, walk.attributes, walk.calls))
    chosen = {
        id(call.node): call
        for call in (
            *config_calls(walk.scopes, walk.calls),
            *layer_calls(walk.calls, decorations, declaring),
            *usage_calls(walk.calls),
        )
    }
    calls = [call for call in walk.calls if id(call.node) in chosen]

    uses: list[tuple[cst.BaseExpression, int]] = [(call.node, call.scope) for call in calls]
    uses += [(item.node, item.scope) for item in decorations]
    uses += [(item.value, item.scope) for item in names]
    wanted = _closure(walk.scopes, uses)
    kept = _kept_scopes(walk.scopes, [scope for _, scope in uses])
    followed = {
        binding.name
        for index, scope in enumerate(walk.scopes)
        for binding in scope.bindings
        if index == 0 or id(binding) in wanted
    }

    roots: list[cst.CSTNode] = [node for node, _ in uses]
    roots += [item.owner_node for item in decorations]
    roots += [item.node for item in names]
    bindings = {
        index: _kept_bindings(scope, index in kept, followed)
        for index, scope in enumerate(walk.scopes)
    }
    for index, kept_here in bindings.items():
        for binding in kept_here:
            roots.append(binding.node)
            if binding.value is not None and _lowered(binding, index, wanted):
                roots.append(binding.value)
    discarded = walk.statements | _never_read(walk)
    spans = Spans(parsed, roots)
    lowering = Lowering(spans)

    return FileFacts(
        scopes=tuple(
            Scope(
                scope.kind,
                scope.name,
                scope.parent,
                tuple(
                    _binding(raw, spans, lowering if _lowered(raw, index, wanted) else None)
                    for raw in bindings[index]
                ),
            )
            for index, scope in enumerate(walk.scopes)
        ),
        calls=tuple(
            CallSite(lowering.call(call.node), call.scope, id(call.node) in discarded)
            for call in calls
        ),
        decorations=tuple(
            Decoration(
                lowering.expr(item.node),
                item.scope,
                item.owner,
                item.owner_kind,
                spans[item.owner_node],
            )
            for item in decorations
        ),
        layer_names=tuple(
            LayerName(
                item.form, lowering.expr(item.value), item.scope, item.owner, spans[item.node]
            )
            for item in names
        ),
        star_imports=tuple(StarImport(target, scope) for target, scope in walk.stars),
    )


def _binding(raw: RawBinding, spans: Spans, lowering: Lowering | None) -> Binding:
    return Binding(
        raw.name,
        raw.kind,
        spans[raw.node],
        raw.target,
        lowering.expr(raw.value) if raw.value is not None and lowering is not None else None,
        raw.conditional,
        raw.fallback,
    )


def _never_read(walk: Walk) -> set[int]:
    """The values, by identity, that only reach a local name which nothing reads."""
    return {
        id(binding.value)
        for scope in walk.scopes
        for binding in scope.bindings
        if scope.kind == "function" and binding.value is not None
        if binding.name not in walk.loads
    }


def _kept_bindings(scope: RawScope, kept: bool, followed: set[str]) -> list[RawBinding]:
    """All bindings of a scope in sight; elsewhere what changes a value that is followed."""
    return [
        raw for raw in scope.bindings if (raw.name in followed if raw.kind == "mutation" else kept)
    ]


def _lowered(binding: RawBinding, scope: int, wanted: set[int]) -> bool:
    """Whether the value of a binding is part of the facts."""
    if id(binding) in wanted:
        return True
    return scope == 0 and binding.value is not None and _size(binding.value) <= _SMALL


def _size(node: cst.CSTNode) -> int:
    """The number of nodes below, counted no further than just beyond the limit."""
    count = 0
    pending = [node]
    while pending and count <= _SMALL:
        count += 1
        pending.extend(children(pending.pop()))
    return count


def _kept_scopes(scopes: Sequence[RawScope], used: Iterable[int]) -> set[int]:
    """The module and every scope that some used expression can see."""
    kept = {0}
    for start in used:
        index: int | None = start
        while index is not None and index not in kept:
            kept.add(index)
            index = scopes[index].parent
    return kept


def _closure(scopes: Sequence[RawScope], uses: Iterable[tuple[cst.CSTNode, int]]) -> set[int]:
    """The bindings whose values the used expressions depend on, by identity."""
    wanted: set[int] = set()
    seen: set[tuple[int, str]] = set()
    pending = list(uses)
    while pending:
        node, scope = pending.pop()
        for name in _names(node):
            owner = _binding_scope(scopes, scope, name)
            if owner is None or (owner, name) in seen:
                continue
            seen.add((owner, name))
            for binding in scopes[owner].bindings:
                if binding.name == name and binding.value is not None:
                    wanted.add(id(binding))
                    pending.append((binding.value, owner))
    return wanted


def _names(node: cst.CSTNode) -> set[str]:
    names: set[str] = set()
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, cst.Name):
            names.add(current.value)
        pending.extend(children(current))
    return names


def _binding_scope(scopes: Sequence[RawScope], scope: int, name: str) -> int | None:
    """The scope that a name refers to; a class body is invisible from inside functions."""
    index: int | None = scope
    while index is not None:
        current = scopes[index]
        visible = current.kind != "class" or index == scope
        if visible and any(b.name == name and b.kind != "mutation" for b in current.bindings):
            return index
        index = current.parent
    return None

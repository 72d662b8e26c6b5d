"""What of a parsed file matters: calls, declarations, and the names they depend on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import libcst as cst

from kernlint.extract.configs import config_calls, config_names
from kernlint.extract.declarations import (
    RawLayerName,
    declaring_names,
    layer_calls,
    layer_decorations,
    layer_names,
)
from kernlint.extract.nodes import children
from kernlint.extract.scopes import Walk
from kernlint.extract.usages import usage_calls

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kernlint.extract.raw import RawCall, RawDecoration, RawScope


class Chosen(NamedTuple):
    """The parts of a walk that become facts.

    ``wanted`` holds the identity of the bindings whose values some chosen expression
    depends on, ``kept`` the scopes that one can see, ``aliases`` the names that stand
    for something that kernlint looks for, ``assigned`` the names that the module
    assigns, and those of its imports that a chosen expression depends on.
    """

    walk: Walk
    calls: list[RawCall]
    decorations: list[RawDecoration]
    names: list[RawLayerName]
    wanted: set[int]
    kept: set[int]
    aliases: frozenset[str]
    assigned: frozenset[str]


def choose(module: cst.Module) -> Chosen:
    """Walk a module and pick what matters."""
    walk = Walk(module)
    declaring = declaring_names(walk.scopes)
    config = config_names(walk.scopes)
    decorations = layer_decorations(walk.decorations, declaring)
    names = list(layer_names(walk.scopes, walk.attributes, walk.calls))
    picked = {
        id(call.node)
        for call in (
            *config_calls(walk.calls, config),
            *layer_calls(walk.calls, decorations, declaring),
            *usage_calls(walk.calls),
        )
    }
    calls = [call for call in walk.calls if id(call.node) in picked]
    uses: list[tuple[cst.BaseExpression, int]] = [(call.node, call.scope) for call in calls]
    uses += [(item.node, item.scope) for item in decorations]
    uses += [(item.value, item.scope) for item in names]
    wanted, used = _closure(walk.scopes, uses)
    return Chosen(
        walk,
        calls,
        decorations,
        names,
        wanted,
        _kept_scopes(walk.scopes, [scope for _, scope in uses]),
        frozenset(declaring | config.config),
        frozenset(
            b.name
            for b in walk.scopes[0].bindings
            if b.value is not None or (b.kind == "import" and b.name in used)
        ),
    )


def _kept_scopes(scopes: Sequence[RawScope], used: Iterable[int]) -> set[int]:
    """The module and every scope that some used expression can see."""
    kept = {0}
    for start in used:
        index: int | None = start
        while index is not None and index not in kept:
            kept.add(index)
            index = scopes[index].parent
    return kept


def _closure(
    scopes: Sequence[RawScope], uses: Iterable[tuple[cst.CSTNode, int]]
) -> tuple[set[int], set[str]]:
    """The bindings whose values the used expressions depend on, by identity, and all names."""
    wanted: set[int] = set()
    seen: set[tuple[int, str]] = set()
    pending = list(uses)
    while pending:
        node, scope = pending.pop()
        for name in _names(node):
            owner = binding_scope(scopes, scope, name)
            if owner is None or (owner, name) in seen:
                continue
            seen.add((owner, name))
            for binding in scopes[owner].bindings:
                if binding.name == name and binding.depends_on:
                    wanted.add(id(binding))
                    pending.extend((part, owner) for part in binding.depends_on)
    return wanted, {name for _, name in seen}


def _names(node: cst.CSTNode) -> set[str]:
    names: set[str] = set()
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, cst.Name):
            names.add(current.value)
        pending.extend(children(current))
    return names


def binding_scope(scopes: Sequence[RawScope], scope: int, name: str) -> int | None:
    """The scope that a name refers to; a class body is invisible from inside functions."""
    index: int | None = scope
    while index is not None:
        current = scopes[index]
        visible = current.kind != "class" or index == scope
        if visible and any(b.name == name and b.kind != "mutation" for b in current.bindings):
            return index
        index = current.parent
    return None

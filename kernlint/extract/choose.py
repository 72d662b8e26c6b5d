"""What of a parsed file matters: calls, declarations, and the definitions around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from kernlint.extract.configs import config_calls, config_names
from kernlint.extract.declarations import (
    RawLayerName,
    declaring_names,
    layer_calls,
    layer_decorations,
    layer_names,
)
from kernlint.extract.nodes import children, dotted_name
from kernlint.extract.scopes import Walk
from kernlint.extract.usages import usage_calls
from kernlint.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from kernlint.extract.raw import RawCall, RawDecoration, RawScope


class Chosen(Record):
    """The parts of a walk that become facts.

    ``kept`` holds the identity of the definitions whose bodies matter and of the chosen
    calls, ``changes`` the names of the module that a definition changes, ``aliases`` the
    names that stand for something that kernlint looks for, ``assigned`` the names of the
    module but for its definitions.
    """

    walk: Walk
    calls: list[RawCall]
    decorations: list[RawDecoration]
    names: list[RawLayerName]
    kept: set[int]
    changes: list[tuple[str, cst.CSTNode]]
    aliases: frozenset[str]
    assigned: frozenset[str]


def choose(module: cst.Module, names_of_interest: frozenset[str] = frozenset()) -> Chosen:
    """Walk a module and pick what matters; calls of the names of interest do, too."""
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
            *(
                call
                for call in walk.calls
                if dotted_name(call.node.func).rpartition(".")[2] in names_of_interest
            ),
        )
    }
    calls = [call for call in walk.calls if id(call.node) in picked]
    asked = [*(call.node for call in calls), *(name.value for name in names)]
    asked += [item.node for item in decorations]
    read = _names_read(walk, asked, {call.scope for call in calls})
    assigned = frozenset(
        binding.name
        for binding in walk.scopes[0].bindings
        if binding.kind in {"assign", "other"}
        or (binding.kind == "import" and binding.name in read)
    )
    changes = list(_changes(walk, assigned))
    used = [call.scope for call in calls]
    used += [item.scope for item in decorations]
    used += [name.scope for name in names]
    used += [scope for _, scope in changes]
    return Chosen(
        walk,
        calls,
        decorations,
        names,
        picked | set(_definitions(walk.scopes, used)),
        [(name, node) for name, scope in changes if (node := walk.scopes[scope].node) is not None],
        frozenset(declaring | config.config) | names_of_interest,
        assigned,
    )


def _names_read(walk: Walk, asked: Iterable[cst.CSTNode], scopes: set[int]) -> set[str]:
    """The names that expressions read, and those that these are bound to, around them."""
    around: set[int] = {0}
    for start in scopes:
        index: int | None = start
        while index is not None:
            around.add(index)
            index = walk.scopes[index].parent
    values: dict[str, list[cst.CSTNode]] = {}
    for index in sorted(around):
        for binding in walk.scopes[index].bindings:
            if binding.value is not None:
                values.setdefault(binding.name, []).append(binding.value)
    read: set[str] = set()
    pending = list(asked)
    while pending:
        current = pending.pop()
        if isinstance(current, cst.Name) and current.value not in read:
            read.add(current.value)
            pending += values.get(current.value, ())
        pending.extend(children(current))
    return read


def _definitions(scopes: Sequence[RawScope], used: Iterable[int]) -> Iterator[int]:
    """The definitions around some scopes, by identity."""
    for start in used:
        index: int | None = start
        while index is not None:
            yield id(scopes[index].node)
            index = scopes[index].parent


def _changes(walk: Walk, assigned: frozenset[str]) -> Iterator[tuple[str, int]]:
    """The names of the module that functions change, with the scope of the function."""
    mutations = [
        (binding.name, index)
        for index, scope in enumerate(walk.scopes)
        for binding in scope.bindings
        if binding.kind == "mutation" and binding.name in assigned
        if not _owner(walk.scopes, index, binding.name)
    ]
    for name, start in (*walk.changes, *mutations):
        function = _function(walk.scopes, start)
        if function is not None:
            yield name, function


def _function(scopes: Sequence[RawScope], start: int) -> int | None:
    """The function that a scope is, or is part of; None where it is run with the module."""
    index: int | None = start
    while index is not None:
        if scopes[index].is_function:
            return index
        index = scopes[index].parent
    return None


def _owner(scopes: Sequence[RawScope], scope: int, name: str) -> int:
    """The scope that a name refers to; the module where no other binds it."""
    index: int | None = scope
    while index:
        current = scopes[index]
        if current.kind != "class" or index == scope:
            kinds = {b.kind for b in current.bindings if b.name == name} - {"mutation"}
            if kinds:
                return 0 if "global" in kinds else index
        index = current.parent
    return 0

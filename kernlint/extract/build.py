"""What was chosen of a file, placed, lowered and made into facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernlint.extract.choose import binding_scope
from kernlint.extract.lower import Lowering
from kernlint.extract.nodes import children
from kernlint.extract.parse import Spans
from kernlint.model.expr import Argument, Attribute, Call, Name
from kernlint.model.facts import (
    Arm,
    Binding,
    CallSite,
    Decoration,
    FileFacts,
    LayerName,
    Scope,
    StarImport,
)

if TYPE_CHECKING:
    import libcst as cst

    from kernlint.extract.choose import Chosen
    from kernlint.extract.parse import Parsed
    from kernlint.extract.raw import RawArms, RawBinding
    from kernlint.extract.scopes import Walk
    from kernlint.model.expr import Expr

# An assigned value of a module may be asked for by another file. Tables beyond
# this many nodes are lowered only where this file itself uses them in a config.
_SMALL = 400


def build(parsed: Parsed, chosen: Chosen) -> FileFacts:
    """The facts of a parsed file."""
    scopes = _Scopes(chosen)
    roots: list[cst.CSTNode] = [call.node for call in chosen.calls]
    for call in chosen.calls:
        roots += _tests(call.arms)
    for item in chosen.decorations:
        roots += [item.node, item.owner_node]
    for name in chosen.names:
        roots += [name.value, name.node]
    roots += scopes.roots()
    spans = Spans(parsed, roots)
    lowering = Lowering(spans)
    discarded = chosen.walk.statements | _never_read(chosen.walk)
    return FileFacts(
        scopes=scopes.build(spans, lowering),
        calls=tuple(
            CallSite(
                lowering.call(call.node),
                scopes.number[call.scope],
                id(call.node) in discarded,
                _arms(call.arms, spans),
            )
            for call in chosen.calls
        ),
        decorations=tuple(
            Decoration(
                lowering.expr(item.node),
                scopes.number[item.scope],
                item.owner,
                item.owner_kind,
                spans[item.owner_node],
            )
            for item in chosen.decorations
        ),
        layer_names=tuple(
            LayerName(
                item.form,
                lowering.expr(item.value),
                scopes.number[item.scope],
                item.owner,
                spans[item.node],
            )
            for item in chosen.names
        ),
        star_imports=tuple(
            StarImport(target, scopes.number[scope])
            for target, scope in chosen.walk.stars
            if scope in scopes.number
        ),
    )


class _Scopes:
    """The scopes that become facts, numbered anew.

    Those that a chosen expression can see are kept with all their bindings; others
    only for what they change of a value that is followed.
    """

    def __init__(self, chosen: Chosen) -> None:
        self._wanted = chosen.wanted
        self._scopes = chosen.walk.scopes
        self._bindings: dict[int, list[RawBinding]] = {}
        for index, scope in enumerate(self._scopes):
            found = [
                raw
                for raw in scope.bindings
                if (
                    index in chosen.kept if raw.kind != "mutation" else _matters(raw, index, chosen)
                )
            ]
            if found or index in chosen.kept:
                self._bindings[index] = found
        self.number = {index: number for number, index in enumerate(self._bindings)}

    def roots(self) -> list[cst.CSTNode]:
        """The nodes that need a place."""
        nodes: list[cst.CSTNode] = []
        for index, bindings in self._bindings.items():
            for binding in bindings:
                nodes.append(binding.node)
                nodes += _tests(binding.arms)
                if self._lowered(binding, index):
                    nodes += binding.depends_on
        return nodes

    def build(self, spans: Spans, lowering: Lowering) -> tuple[Scope, ...]:
        """The scopes as facts."""
        return tuple(
            Scope(
                self._scopes[index].kind,
                self._scopes[index].name,
                self._parent(index),
                tuple(
                    _binding(raw, spans, lowering if self._lowered(raw, index) else None)
                    for raw in bindings
                ),
            )
            for index, bindings in self._bindings.items()
        )

    def _parent(self, index: int) -> int | None:
        """The nearest scope around that is kept."""
        parent = self._scopes[index].parent
        while parent is not None and parent not in self.number:
            parent = self._scopes[parent].parent
        return None if parent is None else self.number[parent]

    def _lowered(self, binding: RawBinding, scope: int) -> bool:
        """Whether the value of a binding is part of the facts."""
        if id(binding) in self._wanted:
            return True
        return scope == 0 and sum(map(_size, binding.depends_on)) <= _SMALL


def _binding(raw: RawBinding, spans: Spans, lowering: Lowering | None) -> Binding:
    return Binding(
        raw.name,
        raw.kind,
        spans[raw.node],
        raw.target,
        _value(raw, spans, lowering) if lowering is not None else None,
        raw.conditional,
        raw.fallback,
        _arms(raw.arms, spans),
    )


def _value(raw: RawBinding, spans: Spans, lowering: Lowering) -> Expr | None:
    """What a name holds from here on; for a change, the call that makes it."""
    if raw.change is None or not raw.change.method:
        return lowering.expr(raw.depends_on[0]) if raw.depends_on else None
    span = spans[raw.node]
    args = [lowering.expr(part) for part in raw.change.args]
    method = Attribute(Name(raw.name, span), raw.change.method, span, span)
    return Call(method, tuple(Argument(None, "", arg, arg.span) for arg in args), span)


def _tests(arms: RawArms) -> list[cst.CSTNode]:
    """The conditions of branches, which stand for them."""
    return [arm[0] for arm in arms if arm is not None]


def _arms(arms: RawArms, spans: Spans) -> tuple[Arm, ...]:
    return tuple(Arm(-1, -1) if arm is None else Arm(spans[arm[0]].start, arm[1]) for arm in arms)


def _matters(change: RawBinding, scope: int, chosen: Chosen) -> bool:
    """Whether what is changed is followed: a value of the module, or of a kept scope."""
    owner = binding_scope(chosen.walk.scopes, scope, change.name)
    return change.name in chosen.assigned if not owner else owner in chosen.kept


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


def _size(node: cst.CSTNode) -> int:
    """The number of nodes below, counted no further than just beyond the limit."""
    count = 0
    pending = [node]
    while pending and count <= _SMALL:
        count += 1
        pending.extend(children(pending.pop()))
    return count

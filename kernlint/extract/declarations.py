"""Where a file may declare layer names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import libcst as cst

from kernlint.extract.nodes import dotted_name, literal
from kernlint.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kernlint.extract.raw import RawAttribute, RawCall, RawDecoration, RawScope

ATTRIBUTE = "kernel_layer_name"

_DECLARING = frozenset(
    {
        "use_kernel_forward_from_hub",
        "use_kernel_func_from_hub",
        "use_kernel_func_from_hub_with_fallback",
        "replace_kernel_forward_from_hub",
    }
)


def declaring_names(scopes: Iterable[RawScope]) -> set[str]:
    """The names that stand for a declaring function in this file."""
    names = set(_DECLARING)
    for scope in scopes:
        for binding in scope.bindings:
            target = binding.target
            if isinstance(binding.value, (cst.Name, cst.Attribute)):
                target = dotted_name(binding.value)
            if target is not None and target.rpartition(".")[2] in names:
                names.add(binding.name)
    return names


def layer_decorations(decorations: Iterable[RawDecoration], names: set[str]) -> list[RawDecoration]:
    """The decorations that may declare a layer, called or forgotten to be called."""
    return [item for item in decorations if _declares(item.node, names)]


def layer_calls(
    calls: Iterable[RawCall], decorations: Iterable[RawDecoration], names: set[str]
) -> list[RawCall]:
    """Declaring calls that are no decorators, and calls that get a declaring function.

    ``replace_...(Cls, "X")``, ``use_...("X")(Cls)``, ``partial(use_..., "X")``.
    """
    decorators = {id(item.node) for item in decorations}
    return [
        call
        for call in calls
        if (id(call.node) not in decorators and _declares(call.node, names))
        or any(
            isinstance(arg.value, (cst.Name, cst.Attribute)) and _declares(arg.value, names)
            for arg in call.node.args
        )
    ]


def _declares(node: cst.BaseExpression, names: set[str]) -> bool:
    target = node.func if isinstance(node, cst.Call) else node
    return dotted_name(target).rpartition(".")[2] in names


class RawLayerName(Record):
    """A place that sets ``kernel_layer_name`` by hand; see ``LayerName``."""

    form: Literal["class-attribute", "attribute", "setattr"]
    value: cst.BaseExpression
    scope: int
    owner: str
    node: cst.CSTNode


def layer_names(
    scopes: Iterable[RawScope], attributes: Iterable[RawAttribute], calls: Iterable[RawCall]
) -> Iterator[RawLayerName]:
    """All assignments to ``kernel_layer_name`` that are written in the file."""
    for index, scope in enumerate(scopes):
        if scope.kind == "class":
            for binding in scope.bindings:
                if binding.name == ATTRIBUTE and binding.value is not None:
                    yield RawLayerName(
                        "class-attribute", binding.value, index, scope.name, binding.node
                    )
    for item in attributes:
        if item.target.attr.value == ATTRIBUTE:
            owner = dotted_name(item.target.value)
            yield RawLayerName("attribute", item.value, item.scope, owner, item.target)
    for call in calls:
        args = call.node.args
        if dotted_name(call.node.func) == "setattr" and len(args) == 3:
            name = args[1].value
            if isinstance(name, cst.SimpleString) and literal(name) == ATTRIBUTE:
                owner = dotted_name(args[0].value)
                yield RawLayerName("setattr", args[2].value, call.scope, owner, call.node)

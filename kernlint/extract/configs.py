"""Which calls may construct a KernelConfig.

Only the file's own names are known here, so the answer is "may": where a name
comes from is settled later, over the whole project.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from kernlint.extract.nodes import children, dotted_name, literal
from kernlint.model.record import Record
from kernlint.source.read import KERNEL_STRING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kernlint.extract.raw import RawCall, RawScope

CONFIG = "KernelConfig"
_KEYWORDS = frozenset({"kernel_mapping", "use_local_kernel"})


def config_calls(calls: Iterable[RawCall], names: Names) -> list[RawCall]:
    """The calls whose callee may be KernelConfig, whatever the file calls it."""
    return [call for call in calls if _may_construct(call.node, names)]


class Names(Record):
    """The names that stand for KernelConfig in a file, and all that it imports."""

    config: set[str]
    imported: set[str]


def config_names(scopes: Iterable[RawScope]) -> Names:
    """What the file calls KernelConfig, as far as it can know."""
    names = {CONFIG}
    imported: set[str] = set()
    assigned: list[tuple[str, str]] = []
    for scope in scopes:
        for binding in scope.bindings:
            if binding.target is not None:
                imported.add(binding.name)
                if binding.target.rpartition(".")[2] == CONFIG:
                    names.add(binding.name)
            elif isinstance(binding.value, (cst.Name, cst.Attribute)):
                assigned.append((binding.name, dotted_name(binding.value).rpartition(".")[2]))
    names.update(name for name, value in assigned if value in names)
    return Names(names, imported)


def _may_construct(call: cst.Call, names: Names) -> bool:
    last = dotted_name(call.func).rpartition(".")[2]
    if last in names.config:
        return True
    # A project may hand KernelConfig on under another name: `from .compat import KC`.
    if not (isinstance(call.func, cst.Name) and last in names.imported):
        return False
    if call.args and call.args[0].keyword is None and _names_a_kernel(call.args[0].value):
        return True
    return any(arg.keyword and arg.keyword.value in _KEYWORDS for arg in call.args)


def _names_a_kernel(node: cst.BaseExpression) -> bool:
    """Whether a dict display holds a string such as ``"org/repo:Layer"``."""
    pending: list[cst.CSTNode] = [node] if isinstance(node, cst.Dict) else []
    while pending:
        current = pending.pop()
        if isinstance(current, cst.SimpleString):
            value = literal(current)
            if isinstance(value, str) and re.fullmatch(KERNEL_STRING, value):
                return True
        pending.extend(children(current))
    return False

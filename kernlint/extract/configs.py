"""Which calls may construct a KernelConfig.

Only the file's own names are known here, so the answer is "may": where a name
comes from is settled later, over the whole project.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from kernlint.extract.nodes import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kernlint.extract.scopes import RawCall, RawScope

CONFIG = "KernelConfig"
_KEYWORDS = frozenset({"kernel_mapping", "use_local_kernel", "inherit_mapping"})


def config_calls(scopes: Iterable[RawScope], calls: Iterable[RawCall]) -> list[RawCall]:
    """The calls whose callee may be KernelConfig, whatever the file calls it."""
    names, imported = _names(scopes)
    return [call for call in calls if _may_construct(call.node, names, imported)]


def _names(scopes: Iterable[RawScope]) -> tuple[set[str], set[str]]:
    """Names that stand for KernelConfig in this file, and all imported names."""
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
    return names, imported


def _may_construct(call: cst.Call, names: set[str], imported: set[str]) -> bool:
    last = dotted_name(call.func).rpartition(".")[2]
    if last in names:
        return True
    # A project may hand KernelConfig on under another name: `from .compat import KC`.
    if not (isinstance(call.func, cst.Name) and last in imported):
        return False
    if call.args and call.args[0].keyword is None and isinstance(call.args[0].value, cst.Dict):
        return True
    return any(arg.keyword and arg.keyword.value in _KEYWORDS for arg in call.args)

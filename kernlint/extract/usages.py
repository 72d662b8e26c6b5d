"""Calls that a config, or the wrong thing in its place, is handed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernlint.extract.nodes import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kernlint.extract.raw import RawCall

_KEYWORDS = frozenset({"kernel_config"})
_METHODS = frozenset(
    {
        "set_use_kernels",
        "sanitize_kernel_mapping",
        "create_compatible_mapping",
        "update_kernel",
    }
)


def usage_calls(calls: Iterable[RawCall]) -> list[RawCall]:
    """The calls that take a kernel config by keyword, or by a method of that name."""
    return [
        call
        for call in calls
        if dotted_name(call.node.func).rpartition(".")[2] in _METHODS
        or any(arg.keyword and arg.keyword.value in _KEYWORDS for arg in call.node.args)
    ]

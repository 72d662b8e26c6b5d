"""Every class that carries a layer name, against the kernel's layer.

kernels compares the signature with that of the first class alone: the layer is cached by its
repository after that (``_get_layer_memoize`` of kernels 0.17.2, layer/layer.py).
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from inspect import Parameter
from typing import Any, NamedTuple

from .modules import Target


class ClassFacts(NamedTuple):
    """A class with a layer name; see ``kernlint/model/runtime.py``."""

    name: str
    modules: int
    signature: str | None
    renamed: tuple[tuple[str, str], ...]
    inherited: str | None


def compare(group: Iterable[Target], layer: Any, kernel: str) -> list[ClassFacts]:
    """The facts of each distinct class of the modules of a layer name, in their order.

    Args:
        group: the modules.
        layer: the kernel's class; None where it could not be loaded.
        kernel: the repository as kernels' messages name it.
    """
    counts: dict[type, int] = {}
    names: dict[type, str] = {}
    for target in group:
        cls = type(target.module)
        counts[cls] = counts.get(cls, 0) + 1
        names.setdefault(cls, _name(target.module))
    found = []
    for cls, count in counts.items():
        signature = None if layer is None else mismatch(layer, cls, kernel)
        renamed = () if layer is None or signature else renamed_arguments(layer, cls)
        found.append(ClassFacts(names[cls], count, signature, renamed, _inherited(cls)))
    return found


def mismatch(layer: Any, cls: Any, kernel: str) -> str | None:
    """What kernels would say of the two forwards if it compared them; None if nothing.

    The text and the order are those of ``_validate_layer`` of kernels 0.17.2, layer/layer.py.
    """
    own, reference = _arguments(layer), _arguments(cls)
    begin = f"Forward signature of {kernel} does not match `{cls.__name__}`: different"
    if len(own) != len(reference):
        return f"{begin} number of arguments."
    for one, other in zip(own, reference, strict=True):
        if one.kind != other.kind:
            return f"{begin} kind of arguments ({one} ({one.kind}) and {other} ({other.kind})"
    return None


def renamed_arguments(layer: Any, cls: Any) -> tuple[tuple[str, str], ...]:
    """The arguments at the same place with another name: that of the class, that of the kernel.

    A caller that passes them by name gets a TypeError from the kernel.
    """
    by_name = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    pairs = zip(_arguments(cls)[1:], _arguments(layer)[1:], strict=False)  # the first one is self
    return tuple(
        (of_class.name, of_kernel.name)
        for of_class, of_kernel in pairs
        if of_class.name != of_kernel.name and of_class.kind in by_name
    )


def _arguments(cls: Any) -> list[Parameter]:
    return list(inspect.signature(cls.forward).parameters.values())


def _inherited(cls: Any) -> str | None:
    """The base that the layer name is from, where the class has a forward of its own."""
    if "forward" not in vars(cls) or "kernel_layer_name" in vars(cls):
        return None
    bases = (base for base in cls.__mro__ if "kernel_layer_name" in vars(base))
    return next((_qualified(base) for base in bases), None)


def _name(module: Any) -> str:
    """The class of a module, or the function that kernels has made it of."""
    cls = type(module)
    cells = getattr(cls.forward, "__closure__", None) or ()
    if cls.__module__.startswith("kernels.") and cells and callable(cells[0].cell_contents):
        return _qualified(cells[0].cell_contents)
    return _qualified(cls)


def _qualified(value: Any) -> str:
    return f"{value.__module__}.{value.__qualname__}"

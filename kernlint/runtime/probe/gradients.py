"""Whether gradients come through a layer in a backward pass of the whole model."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

from . import tensors
from .hooks import hooked


class Passage:
    """What was seen of gradients at some modules: each is known by its ``id``."""

    def __init__(self, modules: Iterable[Any]) -> None:
        self._modules = list(modules)
        self._wanted: set[int] = set()
        self._cut: set[int] = set()
        self._entered: set[int] = set()
        self._left: set[int] = set()

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Watch a forward and a backward pass within."""
        with hooked(self._modules, self._before, self._after):
            yield
        for module in self._modules:
            if any(parameter.grad is not None for parameter in module.parameters()):
                self._left.add(id(module))

    def came_through(self) -> bool | None:
        """Whether gradients came through every module that they reached; None if none did."""
        reached = self._wanted & (self._cut | self._entered)
        if not reached:
            return None
        return not reached & self._cut and reached <= self._left

    def _before(self, module: Any, arguments: Any, named: Any) -> tuple[Any, Any]:
        """Give the module inputs of its own, so that what arrives there came through it."""

        def own(value: Any) -> Any:
            if not (tensors.is_float(value) and value.requires_grad):
                return value
            self._wanted.add(id(module))
            alias = value.view_as(value)
            alias.register_hook(lambda _gradient: self._left.add(id(module)))
            return alias

        if any(parameter.requires_grad for parameter in module.parameters()):
            self._wanted.add(id(module))
        return tuple(map(own, arguments)), {name: own(value) for name, value in named.items()}

    def _after(self, module: Any, _arguments: Any, results: Any) -> None:
        found = [leaf.tensor for leaf in tensors.leaves(results) if tensors.is_float(leaf.tensor)]
        differentiable = [tensor for tensor in found if tensor.requires_grad]
        if found and not differentiable:
            self._cut.add(id(module))
        for tensor in differentiable:
            tensor.register_hook(lambda _gradient: self._entered.add(id(module)))

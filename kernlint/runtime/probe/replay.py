"""What the layers of a model are really called with, and each call made again, with either forward.

The calls are taken from a forward pass of the original model. Made again, both forwards get the
same numbers in memory of the same shape, so that all that differs between them is the kernel.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from inspect import Parameter
from typing import Any, NamedTuple

from . import tensors
from .hooks import hooked

MOST_CALLS = 3
"""Calls of one module that are kept, each with arguments of another shape, layout or precision."""

SEED = 11


class Call(NamedTuple):
    """The arguments of a call, copied.

    ``differentiable`` are the paths of those that a gradient is wanted of; ``strides`` are those
    of the gradients that came back for each result, by its path.
    """

    arguments: tuple[Any, ...]
    named: dict[str, Any]
    differentiable: frozenset[str]
    strides: dict[str, tuple[int, ...]]


class Outcome(NamedTuple):
    """What came of a call.

    ``results`` are detached. ``gradients`` are those of the arguments and parameters (``self.``
    before their names) that one is wanted of, None where none came. ``changed`` are arguments,
    parameters and buffers that the call wrote to, with what they hold now.
    """

    results: list[tensors.Leaf]
    gradients: dict[str, Any]
    changed: dict[str, Any]


class Captured:
    """The calls of some modules, taken down while a model runs within ``recording``."""

    def __init__(self, modules: Iterable[Any]) -> None:
        self._modules = list(modules)
        self._calls: dict[int, dict[object, Call]] = {}
        self._running: list[Call | None] = []

    def of(self, module: Any) -> list[Call]:
        """The calls of a module."""
        return list(self._calls.get(id(module), {}).values())

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """Take down the calls that are made within."""
        try:
            with hooked(self._modules, self._before, self._after):
                yield
        finally:
            self._running.clear()

    def _before(self, module: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        found = list(tensors.leaves(_by_name(module, arguments, named)))
        kind = tuple(
            (path, tuple(tensor.shape), tuple(tensor.stride()), str(tensor.dtype))
            for path, tensor in found
        )
        kept = self._calls.setdefault(id(module), {})
        if kind in kept or len(kept) >= MOST_CALLS:
            self._running.append(None)
            return
        call = Call(
            tensors.mapped(arguments, lambda tensor, _: tensors.cloned(tensor)),
            tensors.mapped(named, lambda tensor, _: tensors.cloned(tensor)),
            frozenset(path for path, tensor in found if tensor.requires_grad),
            {},
        )
        kept[kind] = call
        self._running.append(call)

    def _after(self, _module: Any, _arguments: Any, results: Any) -> None:
        call = self._running.pop()
        if call is None:
            return
        for path, tensor in tensors.leaves(results):
            if tensor.requires_grad:
                tensor.register_hook(_noting(call.strides, path))


def _noting(strides: dict[str, tuple[int, ...]], path: str) -> Callable[[Any], None]:
    def note(gradient: Any) -> None:
        strides.setdefault(path, tuple(gradient.stride()))

    return note


def _by_name(module: Any, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Any]:
    return {**dict(zip(_names(module, len(arguments)), arguments, strict=True)), **named}


def _names(module: Any, count: int) -> list[str]:
    """The names of the first arguments of a module's forward, numbers where it has none."""
    parameters = list(inspect.signature(type(module).forward).parameters.values())[1:]
    positional = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    names = [parameter.name for parameter in parameters if parameter.kind in positional]
    return [names[at] if at < len(names) else str(at) for at in range(count)]


def replay(
    forward: Callable[..., Any],
    module: Any,
    call: Call,
    change: Callable[[Any], Any],
    *,
    training: bool,
) -> Outcome:
    """Make a call again.

    Args:
        forward: The function to call, with ``module`` as its ``self``.
        module: The layer; it is left as it was.
        call: What to call it with.
        change: What copies each tensor of it, on its device and in its precision.
        training: Whether to compute gradients, of a fixed random gradient of the results.
    """
    torch = importlib.import_module("torch")
    wanted: dict[str, Any] = {}
    passed: dict[str, Any] = {}

    def prepare(tensor: Any, path: str) -> Any:
        value = change(tensor)
        if training and path in call.differentiable and value.is_floating_point():
            memory, size, stride = tensors.region(value)
            wanted[path] = memory.requires_grad_()
            # In a model the inputs of a layer are results: writing to them is no error of autograd.
            value = tensors.Region(memory.clone(), size, stride).view()
        passed[path] = value
        return value

    arguments, named = _copied(module, call, prepare)
    state = dict(_state(module))
    before = {path: tensors.cloned(tensor) for path, tensor in {**passed, **state}.items()}
    if training:
        parameters = module.named_parameters()
        wanted |= {f"self.{name}": value for name, value in parameters if value.requires_grad}
    torch.manual_seed(SEED)
    try:
        with torch.set_grad_enabled(training):
            raw = forward(module, *arguments, **named)
        results = list(tensors.leaves(raw))
        gradients = _gradients(results, wanted, call.strides) if training else {}
        changed = {
            path: tensors.cloned(value)
            for path, value in {**passed, **state}.items()
            if not tensors.equal(value.detach(), before[path])
        }
    finally:
        with torch.no_grad():
            for path, tensor in state.items():
                if not tensors.equal(tensor, before[path]):
                    tensor.copy_(before[path])
    plain = [tensors.Leaf(path, tensor.detach()) for path, tensor in results]
    return Outcome(plain, gradients, changed)


def caller(
    forward: Callable[..., Any], module: Any, call: Call, *, training: bool
) -> Callable[[], object]:
    """What makes a call as often as wanted, as a whole: in training mode with its gradients."""
    torch: Any = importlib.import_module("torch")

    def copied(tensor: Any, path: str) -> Any:
        value = tensors.cloned(tensor)
        return value.requires_grad_() if training and path in call.differentiable else value

    arguments, named = _copied(module, call, copied)

    def once() -> None:
        with torch.set_grad_enabled(training):
            raw = forward(module, *arguments, **named)
        results = [leaf.tensor for leaf in tensors.leaves(raw) if leaf.tensor.requires_grad]
        if results:
            torch.autograd.backward(results, [torch.ones_like(result) for result in results])

    return once


def _copied(
    module: Any, call: Call, change: Callable[[Any, str], Any]
) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of a call, each tensor replaced by what ``change`` makes of it and its path."""
    names = _names(module, len(call.arguments))
    arguments = [
        tensors.mapped(value, change, name)
        for name, value in zip(names, call.arguments, strict=True)
    ]
    return arguments, {
        name: tensors.mapped(value, change, name) for name, value in call.named.items()
    }


def _state(module: Any) -> Iterator[tuple[str, Any]]:
    for name, tensor in (*module.named_parameters(), *module.named_buffers()):
        yield f"self.{name}", tensor


def _gradients(
    results: list[tensors.Leaf], wanted: dict[str, Any], strides: Mapping[str, tuple[int, ...]]
) -> dict[str, Any]:
    """The gradients of what they are wanted of, None for those that do not get one."""
    torch = importlib.import_module("torch")
    differentiable = [leaf for leaf in results if leaf.tensor.requires_grad]
    if not differentiable or not wanted:
        return dict.fromkeys(wanted)
    found = torch.autograd.grad(
        [leaf.tensor for leaf in differentiable],
        list(wanted.values()),
        [_cotangent(leaf, strides.get(leaf.path)) for leaf in differentiable],
        allow_unused=True,
    )
    return dict(zip(wanted, found, strict=True))


def _cotangent(leaf: tensors.Leaf, stride: tuple[int, ...] | None) -> Any:
    """A random gradient of a result, always the same, laid out as the real one was."""
    torch = importlib.import_module("torch")
    tensor = leaf.tensor
    generator = torch.Generator().manual_seed(SEED)
    numbers = torch.randn(tensor.shape, generator=generator, device="cpu")
    if stride is None or len(stride) != tensor.dim() or 0 in stride:
        stride = tensor.stride() if 0 not in tensor.stride() else numbers.stride()
    laid = torch.empty_strided(tensor.shape, stride, dtype=tensor.dtype, device=tensor.device)
    return laid.copy_(numbers)

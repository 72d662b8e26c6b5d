"""Arguments and results of a layer: nested values with tensors in them.

A copy of a tensor keeps its strides, holes and elements that share memory included: queries and
keys arrive at a rotary embedding as transposed views, and a kernel that takes them for contiguous
is right on contiguous copies alone.
"""

from __future__ import annotations

import copy
import dataclasses
import importlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

LARGE = 1e4
"""From here on a value is a mask's, not an activation's: scaling it would change its meaning."""


class Leaf(NamedTuple):
    """A tensor among arguments or results, and where it is: ``hidden_states``, ``1``, ``0.q``."""

    path: str
    tensor: Any


def is_tensor(value: Any) -> bool:
    """Whether a value is a tensor."""
    return isinstance(value, importlib.import_module("torch").Tensor)


def is_float(value: Any) -> bool:
    """Whether a value is a tensor of floating-point numbers."""
    return is_tensor(value) and value.is_floating_point()


def leaves(value: Any, path: str = "") -> Iterator[Leaf]:
    """All tensors in a value, in a fixed order; tensors within objects of a class are not seen."""
    if is_tensor(value):
        yield Leaf(path, value)
        return
    for name, part in _parts(value):
        yield from leaves(part, _joined(path, name))


def _joined(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)


def _parts(value: Any) -> list[tuple[object, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, (list, tuple)):
        return list(enumerate(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [(field.name, getattr(value, field.name)) for field in dataclasses.fields(value)]
    return []


def mapped(value: Any, change: Callable[[Any, str], Any], path: str = "") -> Any:
    """A copy of a value with each tensor replaced by what ``change`` makes of it and its path.

    What is neither a tensor nor a container of Python's is copied deeply, or shared where that
    is impossible: a cache of keys and values must not carry over from one call to the next.
    """
    if is_tensor(value):
        return change(value, path)
    if type(value) is dict:
        return {name: mapped(part, change, _joined(path, name)) for name, part in value.items()}
    if type(value) in (list, tuple) or (isinstance(value, tuple) and hasattr(value, "_fields")):
        parts = [mapped(part, change, _joined(path, at)) for at, part in enumerate(value)]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes, type)):
        return value
    try:
        return copy.deepcopy(value)
    except Exception:  # noqa: BLE001 (an object of somebody else's: a handle, a process group)
        return value


class Region(NamedTuple):
    """The memory that a tensor reaches, as a vector, and how the tensor lies in it."""

    memory: Any
    size: tuple[int, ...]
    stride: tuple[int, ...]

    def view(self) -> Any:
        """The tensor that lies in the region; derivatives pass through to its memory."""
        return self.memory.as_strided(self.size, self.stride, 0)


def region(tensor: Any) -> Region:
    """A copy of the memory that a tensor reaches."""
    size, stride = tuple(tensor.shape), tuple(tensor.stride())
    extent = 1 + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if 0 in size:
        extent = 0
    memory = tensor.detach().as_strided((extent,), (1,), tensor.storage_offset())
    return Region(memory.clone(), size, stride)


def cloned(tensor: Any) -> Any:
    """A copy of a tensor with the same strides, without its derivatives."""
    if _is_plain(tensor):
        return region(tensor).view()
    return tensor.detach().clone()


def _is_plain(tensor: Any) -> bool:
    """Whether a tensor is made of strides over memory: no sparse, quantized or wrapped one."""
    torch = importlib.import_module("torch")
    return tensor.layout is torch.strided and type(tensor) in (torch.Tensor, torch.nn.Parameter)


def converted(dtype: Any, scale: float = 1.0, from_dtype: Any = None) -> Callable[[Any], Any]:
    """What clones a tensor, in another precision where it has floating-point numbers.

    Activations are multiplied by ``scale``; masks, recognised by their huge values, are not.
    ``dtype`` None keeps the precision; with ``from_dtype`` only tensors of that one change.
    """

    def change(tensor: Any) -> Any:
        if not tensor.is_floating_point() or not _is_plain(tensor):
            return cloned(tensor)
        memory, size, stride = region(tensor)
        if scale != 1.0 and not _is_mask(tensor):
            memory = memory * scale
        if dtype is not None and from_dtype in (None, tensor.dtype):
            memory = memory.to(dtype)
        return Region(memory, size, stride).view()

    return change


def _is_mask(tensor: Any) -> bool:
    if not tensor.numel():
        return True
    largest = tensor.abs().max().item()
    return not largest < LARGE  # also where it is not a number


def equal(one: Any, other: Any) -> bool:
    """Whether two tensors are the same, element by element; what is no number equals itself."""
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    torch = importlib.import_module("torch")
    if one.is_floating_point():
        return bool(torch.all((one == other) | (torch.isnan(one) & torch.isnan(other))).item())
    return bool(torch.equal(one, other))

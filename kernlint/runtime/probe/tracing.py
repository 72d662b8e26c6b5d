"""Which modules were called, for which of them a kernel's own code ran, and on which devices.

Modules are known by their ``id``, which holds as long as the model does.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping
from inspect import CO_VARARGS
from types import CodeType, FrameType
from typing import Any, NamedTuple

from . import tensors

MOST_WRAPPERS = 20


class Calls(NamedTuple):
    """Of one layer: the modules called, those the kernel's code ran for, devices of tensors."""

    called: set[int]
    ran: set[int]
    devices: set[str]


def codes(forward: Callable[..., Any]) -> frozenset[CodeType]:
    """The code of a forward, and of what it wraps: ``torch.no_grad`` and its like have their own.

    A code that many functions share counts only together with the module that it is called for.
    """
    found = set()
    function: Any = forward
    for _ in range(MOST_WRAPPERS):
        if isinstance(getattr(function, "__code__", None), CodeType):
            found.add(function.__code__)
        if not hasattr(function, "__wrapped__"):
            break
        function = function.__wrapped__
    return frozenset(found)


def first_argument(frame: FrameType) -> Any:
    """What a function is being called for: its first argument; None where it has none."""
    code, values = frame.f_code, frame.f_locals
    if code.co_argcount:
        return values.get(code.co_varnames[0])
    if code.co_flags & CO_VARARGS:
        arguments = values.get(code.co_varnames[code.co_kwonlyargcount])
        return arguments[0] if isinstance(arguments, tuple) and arguments else None
    return None


@contextlib.contextmanager
def watched(
    kernels: Mapping[str, Any], modules: Mapping[str, list[Any]]
) -> Iterator[dict[str, Calls]]:
    """Watch the calls within, of this thread.

    Args:
        kernels: The layer class of each kernel, by layer name.
        modules: The modules of each layer name.

    Yields:
        What was called, by layer name; filled while the code within runs.
    """
    seen = {name: Calls(set(), set(), set()) for name in kernels}
    wanted: dict[CodeType, list[tuple[str, set[int]]]] = {}
    for name, layer in kernels.items():
        ids = {id(module) for module in modules.get(name, ())}
        for code in codes(layer.forward):
            wanted.setdefault(code, []).append((name, ids))

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event != "call" or frame.f_code not in wanted:
            return
        module = id(first_argument(frame))
        for name, ids in wanted[frame.f_code]:
            if module in ids:
                seen[name].ran.add(module)

    def hook(name: str) -> Callable[[Any, Any, Any], None]:
        def before(module: Any, arguments: Any, named: Any) -> None:
            seen[name].called.add(id(module))
            found = tensors.leaves((arguments, named))
            seen[name].devices.update(str(leaf.tensor.device) for leaf in found)

        return before

    hooks = [
        module.register_forward_pre_hook(hook(name), with_kwargs=True)
        for name in kernels
        for module in modules.get(name, ())
    ]
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield seen
    finally:
        sys.setprofile(before)
        for handle in hooks:
            handle.remove()
        for calls in seen.values():
            calls.called.update(calls.ran)

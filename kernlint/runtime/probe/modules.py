"""The modules of a model that carry layer names, and what each of them runs.

A module is run by a kernel if and only if the function of the ``forward`` on the instance is the
one of the kernel's layer: ``kernels.layer.layer._replace_forward`` of kernels 0.17.2 puts a forward
on the instance for the original as well.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

MOST_NAMED = 20
"""How many modules are named that the kernel does not run."""


class Target(NamedTuple):
    """A module with a layer name, or a function that counts as one, and its path in the model."""

    path: str
    module: Any


class ModuleStates(NamedTuple):
    """How many modules run what; see ``kernlint/model/runtime.py``."""

    kernel: int = 0
    original: int = 0
    untouched: int = 0
    foreign: int = 0
    others: tuple[str, ...] = ()


def targets(model: Any) -> dict[str, list[Target]]:
    """The modules of each layer name, in the order of the model.

    A function is one object, however many modules use it, and so it is one target.
    """
    found: dict[str, list[Target]] = {}
    seen: set[int] = set()
    for path, module in model.named_modules():
        functions = getattr(module, "_kernel_funcs", None) or {}
        candidates = [Target(f"{path}.{key}".lstrip("."), func) for key, func in functions.items()]
        for target in (*candidates, Target(path, module)):
            name = getattr(target.module, "kernel_layer_name", None)
            if name is not None and id(target.module) not in seen:
                seen.add(id(target.module))
                found.setdefault(str(name), []).append(target)
    return found


def states(group: Iterable[Target], layer: Any) -> ModuleStates:
    """What the modules of a layer name run; ``layer`` is the kernel's class, None if not loaded."""
    found = [(target.path, state(target.module, layer)) for target in group]
    counts = dict.fromkeys(("kernel", "original", "untouched", "foreign"), 0)
    for _, kind in found:
        counts[kind] += 1
    others = tuple(path for path, kind in found if kind != "kernel")[:MOST_NAMED]
    return ModuleStates(**counts, others=others)


def state(module: Any, layer: Any) -> str:
    """What a module runs: ``kernel``, ``original`` (of its class) or ``foreign``.

    It is ``untouched`` where kernelize has not been, and so runs the original as well.
    """
    forward = module.__dict__.get("forward")
    if forward is None:
        return "untouched"
    if isinstance(forward, functools.partial):  # accelerate: its hooks call what was there before
        forward = module.__dict__.get("_old_forward")
    function = getattr(forward, "__func__", None)
    if layer is not None and function is layer.forward:
        return "kernel"
    return "original" if function is type(module).forward else "foreign"


def included(group: Iterable[Target]) -> list[Target]:
    """The modules that kernelize does not pass over: the ``kernel_condition`` of their class."""
    return [target for target in group if _allowed(target.module)]


def excluded(group: Sequence[Target]) -> int:
    """For how many modules the ``kernel_condition`` of their class says no."""
    return len(group) - len(included(group))


def _allowed(module: Any) -> bool:
    condition = getattr(type(module), "kernel_condition", None)
    try:
        return condition is None or bool(condition(module))
    except Exception:  # noqa: BLE001 (kernelize calls it, too, and what it raises is recorded)
        return True


@contextlib.contextmanager
def restored(model: Any) -> Iterator[None]:
    """Give every module with a layer name, at the end, the ``forward`` that it has now."""
    before = [
        (target.module, target.module.__dict__.get("forward"))
        for group in targets(model).values()
        for target in group
    ]
    try:
        yield
    finally:
        for module, forward in before:
            module.__dict__.pop("forward", None)
            if forward is not None:
                module.__dict__["forward"] = forward

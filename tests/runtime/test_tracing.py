"""Whether a kernel's own code ran, seen without torch."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from types import MethodType, SimpleNamespace
from typing import Any

from kernlint.runtime.probe.tracing import codes, watched


class Module:
    """What a module of torch does as far as hooks and calls go."""

    def __init__(self) -> None:
        self.hooks: list[Callable[..., None]] = []
        self.forward: Callable[..., Any] = lambda value: value

    def register_forward_pre_hook(self, hook: Callable[..., None], with_kwargs: bool) -> Any:
        assert with_kwargs
        self.hooks.append(hook)
        return SimpleNamespace(remove=lambda: self.hooks.remove(hook))

    def __call__(self, *values: Any) -> Any:
        return self.forward(*values)


class Kernel:
    def forward(self, value: int) -> int:
        return value + 1


def shared(function: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator as ``torch.no_grad()`` is one: all that it wraps have the same code."""

    @functools.wraps(function)
    def decorate(*arguments: Any, **named: Any) -> Any:
        return function(*arguments, **named)

    return decorate


class Wrapped:
    @shared
    def forward(self, value: int) -> int:
        return value + 2


class WrappedToo:
    @shared
    def forward(self, value: int) -> int:
        return value + 3


def with_kernel(layer: Any) -> Module:
    module = Module()
    module.forward = MethodType(layer.forward, module)
    return module


def test_the_code_of_a_kernel_is_seen_module_by_module() -> None:
    run, idle, original = with_kernel(Kernel), with_kernel(Kernel), Module()
    modules = {"A": [run, idle, original]}
    with watched({"A": Kernel}, modules) as seen:
        assert run(1) == 2
        assert original(1) == 1
    assert seen["A"].ran == {id(run)}
    assert seen["A"].called == {id(run)}
    assert run.hooks == []
    assert sys.getprofile() is None


def test_a_kernel_called_for_something_else_did_not_run_the_module() -> None:
    module = Module()
    with watched({"A": Kernel}, {"A": [module]}) as seen:
        Kernel().forward(1)
    assert seen["A"].ran == set()


def test_wrappers_that_share_their_code_are_told_apart_by_the_module() -> None:
    one, other = with_kernel(Wrapped), with_kernel(WrappedToo)
    assert codes(Wrapped.forward) & codes(WrappedToo.forward)
    with watched({"A": Wrapped, "B": WrappedToo}, {"A": [one], "B": [other]}) as seen:
        assert one(1) == 3
    assert seen["A"].ran == {id(one)}
    assert seen["B"].ran == set()


def test_a_profiler_that_was_there_is_there_again() -> None:
    calls = []

    def profiler(_frame: object, event: str, _argument: object) -> None:
        calls.append(event)

    sys.setprofile(profiler)
    try:
        with watched({}, {}):
            pass
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(None)


def test_what_has_no_code_has_none() -> None:
    assert codes(len) == frozenset()

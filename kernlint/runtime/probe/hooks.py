"""Hooks around the forward passes of modules, for as long as somebody looks."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


@contextlib.contextmanager
def hooked(
    modules: Iterable[Any], before: Callable[..., Any], after: Callable[..., Any]
) -> Iterator[None]:
    """Call ``before`` and ``after`` around every forward pass of the modules within.

    ``before`` gets the module, its arguments and those by name; ``after`` the module, its
    arguments and its result.
    """
    with contextlib.ExitStack() as stack:
        for module in modules:
            stack.callback(module.register_forward_pre_hook(before, with_kwargs=True).remove)
            stack.callback(module.register_forward_hook(after).remove)
        yield

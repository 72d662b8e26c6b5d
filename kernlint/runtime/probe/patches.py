"""What from_pretrained leaves behind in transformers, and how it is taken back.

A kernel with a layout class replaces classes of transformers. The replacement is registered for
the whole process, so that every model that is built later would have it, too.
"""

from __future__ import annotations

import contextlib
import importlib
import re
import sys
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def taken_back() -> Iterator[None]:
    """Take back, at the end, the replacements of classes that are registered meanwhile."""
    patching: Any = importlib.import_module("transformers.monkey_patching")
    before = patching.get_patch_mapping()
    try:
        yield
    finally:
        added = [name for name in patching.get_patch_mapping() if name not in before]
        patching.unregister_patch_mapping(added)
        patching.register_patch_mapping(before, overwrite=True)


def registered() -> dict[str, type]:
    """The replacements: class of transformers, or a pattern for its name, to what replaces it."""
    patching: Any = importlib.import_module("transformers.monkey_patching")
    found: dict[str, type] = patching.get_patch_mapping()
    return found


@contextlib.contextmanager
def put_back_on_error() -> Iterator[None]:
    """Build a model within; where that raises, transformers gets its own classes back.

    ``apply_patches`` puts them back only after a model that could be built (transformers 5.22.2,
    monkey_patching.py).
    """
    patterns = list(registered())
    before = _classes(patterns)
    try:
        yield
    except BaseException:
        for (module, name), value in _classes(patterns).items():
            if (module, name) not in before:
                delattr(sys.modules[module], name)  # imported lazily: it will be again
            elif before[module, name] is not value:
                setattr(sys.modules[module], name, before[module, name])
        raise


def _classes(patterns: list[str]) -> dict[tuple[str, str], Any]:
    """The classes of transformers' loaded modules that a replacement is registered for."""
    return {
        (module, name): value
        for module, loaded in list(sys.modules.items())
        if patterns and module.split(".")[0] == "transformers" and loaded is not None
        for name, value in list(vars(loaded).items())
        if isinstance(value, type) and any(_matches(pattern, name) for pattern in patterns)
    }


def _matches(pattern: str, name: str) -> bool:
    try:
        return pattern == name or re.search(pattern, name) is not None
    except re.error:
        return False

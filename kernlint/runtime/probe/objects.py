"""What the user names in their own code: ``package.module:attribute`` or ``file.py:attribute``."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import sys
from typing import Any, NamedTuple


class Named(NamedTuple):
    """An object of the user's code, and the file of the module that it is an attribute of."""

    value: Any
    file: str | None


def names_an_object(text: str) -> bool:
    """Whether a text has the form of an attribute, and is not a path that exists."""
    module, _, attribute = text.rpartition(":")
    return bool(module and attribute) and not os.path.exists(text)


def import_named(text: str) -> Named:
    """Import the module of ``module:attribute`` and get the attribute; it may be dotted.

    The working directory is where modules are looked for first, as with ``python -m``; for a file
    its own folder is, as with ``python file.py``. What the import raises is raised here, too;
    AttributeError where there is no such attribute.
    """
    name, _, attribute = text.rpartition(":")
    if name.endswith(".py"):
        file = os.path.abspath(name)
        search_first(os.path.dirname(file))
        module = _import_file(file)
    else:
        search_first(os.getcwd())
        module = importlib.import_module(name)
    value = functools.reduce(getattr, attribute.split("."), module)
    return Named(value, getattr(module, "__file__", None))


def search_first(folder: str) -> None:
    """Let modules be looked for in ``folder`` before anywhere else."""
    if sys.path[:1] != [folder]:
        sys.path.insert(0, folder)


def _import_file(file: str) -> Any:
    """The module of a file under the name that an import from beside it would give it."""
    name = os.path.splitext(os.path.basename(file))[0]
    loaded = sys.modules.get(name)
    if loaded is not None and getattr(loaded, "__file__", None) == file:
        return loaded
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no Python module")
    module = importlib.util.module_from_spec(spec)
    if loaded is None:  # never in the way of a module of that name that others have imported
        sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        if sys.modules.get(name) is module:
            del sys.modules[name]
        raise
    return module

"""The kernels that a project locks: ``[tool.kernels.dependencies]`` of its pyproject.toml."""

from __future__ import annotations

import os
import sys

from kernlint.catalog.statements import TextFile, read_text, shown
from kernlint.catalog.toml_strings import string_places
from kernlint.model.diagnostic import Place
from kernlint.model.record import Record

_TABLE = ("tool", "kernels", "dependencies")


class KernelPin(Record):
    """A version that is written as a string, with its place (without the quotes)."""

    repository: str
    version: str
    place: Place


def kernel_pins(folder: str, *, root: str, cwd: str) -> tuple[KernelPin, ...]:
    """The versions written as strings in the nearest table, from a folder up to the root.

    ``folder`` and ``root`` are absolute; places are relative to ``cwd``. A file that cannot
    be read or parsed says nothing here; the search for requirements tells of it.
    """
    while True:
        found = _pins_in(os.path.join(folder, "pyproject.toml"), cwd)
        parent = os.path.dirname(folder)
        if found is not None or folder in (root, parent):
            return found or ()
        folder = parent


def _pins_in(file: str, cwd: str) -> tuple[KernelPin, ...] | None:
    """The pins of one file; None where it has no such table."""
    if not os.path.isfile(file):
        return None
    text = read_text(file, shown(file, cwd))
    if not isinstance(text, TextFile) or "kernels" not in text.text:
        return None
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        table = tomllib.loads(text.text).get("tool", {}).get("kernels", {}).get("dependencies")
    except (tomllib.TOMLDecodeError, AttributeError, RecursionError):
        return None
    if not isinstance(table, dict):
        return None
    places = string_places(text.text)
    return tuple(
        KernelPin(repository, version, text.place(start, end))
        for repository, version in table.items()
        if isinstance(version, str)
        for start, end in [places.get((*_TABLE, repository), (0, 0))]
    )

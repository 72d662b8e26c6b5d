"""Small projects in a folder, and what is found in them."""

from __future__ import annotations

import textwrap
from pathlib import Path

from kernlint.catalog.constraints import ConstraintFinder
from kernlint.catalog.statements import Constraints, Requirement
from kernlint.catalog.target import Target, find_target


def write(folder: Path, **files: str) -> None:
    """Write files; in their names ``__`` stands for a dot and ``___`` for a slash."""
    for name, text in files.items():
        path = folder / name.replace("___", "/").replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(textwrap.dedent(text).lstrip("\n").encode())


def constraints(root: Path, folder: str = ".") -> Constraints:
    """The constraints of a folder of the project at ``root``, which is the working folder."""
    return ConstraintFinder(root=str(root), cwd=str(root)).constraints_for(folder)


def target(root: Path, folder: str = ".") -> Target:
    """The releases to judge a folder of the project at ``root`` by."""
    return find_target(constraints=constraints(root, folder))


def said(root: Path, folder: str = ".") -> list[tuple[str, str, str]]:
    """Library, specifier and condition of every statement."""
    return [(r.library, r.specifier, r.condition) for r in constraints(root, folder).statements]


def quoted(root: Path, requirement: Requirement | None) -> tuple[str, int, str]:
    """Where a requirement stands: path, line, and the bytes of its span."""
    assert requirement is not None
    path, span = requirement.place
    data = (root / path).read_bytes()
    return path, requirement.line, data[span.start : span.end].decode()


def problems(root: Path, folder: str = ".") -> list[tuple[str, int, str]]:
    """What was left out."""
    return [(each.path, each.line, each.message) for each in constraints(root, folder).problems]

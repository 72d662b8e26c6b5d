"""Reads the versions that a lock file pins, without parsing the file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kernlint.catalog.requirement import library_named
from kernlint.catalog.statements import FileProblem, Requirement, Statements, TextFile

# Tools write these files, one key a line: a search takes 2 ms where a parser takes 150 ms. The
# names in them are normalized, and a fixed start is what a regular expression finds fast.
_NAME = re.compile(r"""\nname[ \t]*=[ \t]*["'](transformers|kernels)["'][ \t]*\r?(?:\n|$)""")
_VERSION = re.compile(r"""^version[ \t]*=[ \t]*["']([^"'\n]*)["']""", re.MULTILINE)
_CONFLICT = "\n<<<<<<< "


def read_lock(file: TextFile) -> Statements:
    """The versions that a lock file pins; a package without a version says nothing.

    Several versions of one library, which a lock for several platforms may hold, count under a
    condition each.
    """
    conflict = file.text.find(_CONFLICT)
    if conflict >= 0:
        problem = file.problem(conflict + 1, "the file holds an unresolved merge conflict")
        return Statements((), (problem,))
    problems: list[FileProblem] = []
    pins: dict[tuple[str, str], Requirement] = {}
    for name, version in _stanzas(file.text):
        library = library_named(name[1])
        if library is None or version is None:
            continue
        if not _is_version(version[1]):
            message = f"`{version[1]}` is left out: it is not a version of {library}"
            problems.append(file.problem(version.start(), message))
            continue
        start, end = version.span(1)
        pins.setdefault(
            (library, version[1]),
            Requirement(
                library,
                f"=={version[1]}",
                frozenset(),
                file.place(start, end),
                file.line(start),
                locked=True,
            ),
        )
    counted = [library for library, _ in pins]
    return Statements(
        tuple(
            pin._replace(condition=f"one of several versions: {version}")
            if counted.count(library) > 1
            else pin
            for (library, version), pin in pins.items()
        ),
        tuple(problems),
    )


def _stanzas(text: str) -> Iterator[tuple[re.Match[str], re.Match[str] | None]]:
    """The name and version of every package that is one of the libraries."""
    for name in _NAME.finditer(text):
        start = text.rfind("\n[", 0, name.start()) + 1
        if text.startswith(("[[package]]", "[[packages]]"), start):
            end = text.find("\n[", name.end() - 1)
            yield name, _VERSION.search(text, start, end if end >= 0 else len(text))


def _is_version(text: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        Version(text)
    except InvalidVersion:
        return False
    return True

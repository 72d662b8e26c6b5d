"""Finds what the dependency files around a folder say about transformers and kernels."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from kernlint.catalog.statements import (
    Constraints,
    FileProblem,
    Requirement,
    Statements,
    TextFile,
    alternatives,
    read_text,
    shown,
)
from kernlint.catalog.store import Library
from kernlint.model.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from kernlint.catalog.requirements import RequirementsFile

#: The lock files that kernlint knows, in the order in which one is preferred.
LOCK_FILES = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml")


class ConstraintFinder:
    """Finds the constraints of folders; reads each dependency file once.

    ``root`` is the top of the project, above which nothing is read; ``cwd`` the folder that the
    paths in answers are relative to. Both are absolute.
    """

    def __init__(self, *, root: str, cwd: str) -> None:
        self._root = os.path.normpath(root)
        self._cwd = cwd
        self._sources: dict[str, list[_Source]] = {}
        self._found: dict[str, Constraints] = {}
        self._deciding: dict[str, str] = {}

    def constraints_for(self, folder: str) -> Constraints:
        """The constraints for the files in ``folder`` (absolute or relative to ``cwd``).

        For each library the nearest folder decides, from ``folder`` up to the root; in a folder
        a lock comes before pyproject.toml, setup.cfg and requirements files, and kernels is
        read from the file that decides on transformers where that names it. A statement
        decides when it names a version. Outside of the root, ``folder`` alone counts.
        """
        absolute = os.path.normpath(os.path.join(self._cwd, folder))
        if absolute not in self._found:
            self._found[absolute] = self._search(absolute)
        return self._found[absolute]

    def deciding(self, folder: str) -> str:
        """The nearest folder with dependency files, from an absolute one up to the root.

        The last one looked at where there is none. Folders with the same answer have the same
        constraints.
        """
        passed: list[str] = []
        decides = folder
        for place in self._upwards(folder):
            decides = self._deciding.get(place, place)
            passed.append(place)
            if decides != place or self._sources_in(place):
                break
        self._deciding.update(dict.fromkeys(passed, decides))
        return decides

    def _search(self, folder: str) -> Constraints:
        search = _Search()
        for place in self._upwards(folder):
            for source in self._sources_in(place):
                if search.complete:
                    return search.result()
                search.visit(place, source.read())
        return search.result()

    def _upwards(self, folder: str) -> Iterator[str]:
        yield folder
        inside = f"{folder}{os.sep}".startswith(f"{self._root.rstrip(os.sep)}{os.sep}")
        while inside and folder != self._root:
            folder = os.path.dirname(folder)
            yield folder

    def _sources_in(self, folder: str) -> list[_Source]:
        if folder not in self._sources:
            self._sources[folder] = list(_sources(folder, self._cwd))
        return self._sources[folder]


class _Search:
    """What has been found on the way up."""

    def __init__(self) -> None:
        self.decided: dict[Library, tuple[str, tuple[Requirement, ...]]] = {}
        self.undecided: list[Requirement] = []
        self.problems: list[FileProblem] = []

    @property
    def complete(self) -> bool:
        return len(self.decided) == 2

    def visit(self, folder: str, statements: Statements) -> None:
        self.problems += statements.problems
        said: dict[Library, tuple[Requirement, ...]] = {
            library: tuple(each for each in statements.requirements if each.library == library)
            for library in ("transformers", "kernels")
        }
        both_here = "transformers" not in self.decided and all(
            _constrains(each) for each in said.values()
        )
        for library, requirements in said.items():
            earlier = self.decided.get(library)
            if earlier and not (both_here and earlier[0] == folder):
                continue
            if _constrains(requirements):
                self.decided[library] = (folder, requirements)
            else:
                self.undecided += requirements

    def result(self) -> Constraints:
        deciding = [each for _, group in self.decided.values() for each in group]
        statements = (*self.undecided, *deciding)
        return Constraints(
            _representative(statements, "transformers"),
            _representative(statements, "kernels"),
            statements,
            tuple(self.problems),
        )


def _constrains(requirements: tuple[Requirement, ...]) -> bool:
    return any(each.specifier for each in requirements)


def _representative(statements: tuple[Requirement, ...], library: Library) -> Requirement | None:
    """The statement that messages name: one that decides, else the nearest."""
    deciding = alternatives(statements, library)
    if deciding:
        return deciding[0][0]
    return next((each for each in statements if each.library == library), None)


class _Source:
    """Something in a folder that may state requirements, read when it is first needed."""

    def __init__(self, read: Callable[[], Statements]) -> None:
        self._read = read
        self._statements: Statements | None = None

    def read(self) -> Statements:
        if self._statements is None:
            self._statements = self._read()
        return self._statements


def _sources(folder: str, cwd: str) -> Iterator[_Source]:
    """What a folder holds, the most telling first."""
    try:
        names = set(os.listdir(folder))
    except OSError:
        return

    def parsed(name: str) -> Iterator[_Source]:
        if name in names:
            yield _Source(lambda: _read(folder, name, cwd))

    for name in LOCK_FILES:
        yield from parsed(name)
    texts = [_Requirements(folder, name, cwd) for name in _requirements_names(names)]
    if texts:
        yield _Source(lambda: _joined(text for text in texts if text.is_lock()))
    yield from parsed("pyproject.toml")
    yield from parsed("setup.cfg")
    if texts:
        yield _Source(lambda: _joined(text for text in texts if not text.is_lock()))


def _read(folder: str, name: str, cwd: str) -> Statements:
    file = os.path.join(folder, name)
    text = read_text(file, shown(file, cwd))
    if isinstance(text, FileProblem):
        return Statements((), (text,))
    if text is None or not text.mentions:
        return Statements()
    return _reader(name)(text)


def _reader(name: str) -> Callable[[TextFile], Statements]:
    """What reads a file of this name, loaded only where a file needs it."""
    if name in LOCK_FILES:
        from kernlint.catalog.lockfiles import read_lock

        return read_lock
    if name == "pyproject.toml":
        from kernlint.catalog.pyproject import read_pyproject

        return read_pyproject
    from kernlint.catalog.setup_cfg import read_setup_cfg

    return read_setup_cfg


def _requirements_names(names: set[str]) -> list[str]:
    """The requirements files among names; ``requirements.txt`` first."""
    found = [name for name in names if name.startswith("requirements") and name.endswith(".txt")]
    return sorted(found, key=lambda name: (name != "requirements.txt", name))


class _Requirements:
    """A requirements file; any but ``requirements.txt`` counts as one group among others."""

    def __init__(self, folder: str, name: str, cwd: str) -> None:
        self._file = os.path.join(folder, name)
        self._name = name
        self._cwd = cwd
        self._content: RequirementsFile | None = None

    @property
    def content(self) -> RequirementsFile:
        if self._content is None:
            from kernlint.catalog.requirements import read_requirements

            condition = "" if self._name == "requirements.txt" else self._name
            self._content = read_requirements(self._file, self._cwd, condition)
        return self._content

    def is_lock(self) -> bool:
        """Whether it pins everything, and is not there for a purpose of its own."""
        purpose = self._name != "requirements.txt" and "lock" not in self._name
        return not purpose and self.content.pinned


def _joined(texts: Iterator[_Requirements]) -> Statements:
    contents = [text.content.statements for text in texts]
    return Statements(
        tuple(each for content in contents for each in content.requirements),
        tuple(each for content in contents for each in content.problems),
    )

"""Reads the dependencies in a pyproject.toml: PEP 621, PEP 735, poetry, pdm and uv."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence

from kernlint.catalog.requirement import (
    InvalidRequirementError,
    Parsed,
    extras_of,
    library_named,
    normalized,
    parse_requirement,
    poetry_specifiers,
    project_name,
)
from kernlint.catalog.statements import FileProblem, Requirement, Statements, TextFile
from kernlint.catalog.toml_strings import Path, string_places
from kernlint.model.record import Record

_POSITION = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


class _Entry(Record):
    """Something in a list or table of dependencies: where it stands and when it counts."""

    path: Path
    value: object
    condition: str


def read_pyproject(file: TextFile) -> Statements:
    """What a pyproject.toml requires.

    A group or extra counts with everything that it includes. An override of uv replaces all
    that is said about a library.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        values = tomllib.loads(file.text)
    except tomllib.TOMLDecodeError as error:
        return Statements((), (_syntax_problem(file, str(error)),))
    except RecursionError:
        return Statements((), (_syntax_problem(file, "Its values nest too deeply to be read"),))
    return _Reader(file).read(values)


def _syntax_problem(file: TextFile, message: str) -> FileProblem:
    found = _POSITION.search(message)
    line = int(found[1]) if found and found[1] else file.line(len(file.text))
    reason = _POSITION.sub("", message)
    return FileProblem(file.path, line, f"not valid TOML: {reason[:1].lower()}{reason[1:]}")


class _Reader:
    """Collects the requirements of one file."""

    def __init__(self, file: TextFile) -> None:
        self.file = file
        self.places = string_places(file.text)
        self.requirements: list[Requirement] = []
        self.problems: dict[FileProblem, None] = {}

    def read(self, values: Mapping[str, object]) -> Statements:
        self.add_all(_overrides(values))
        overridden = {each.library for each in self.requirements}
        kept = self.requirements
        self.requirements = []
        self.add_all(_standard(values))
        self.add_all(_tools(values))
        self.add_poetry(values)
        others = [each for each in self.requirements if each.library not in overridden]
        return Statements((*kept, *others), tuple(self.problems))

    def add_all(self, entries: Iterator[_Entry]) -> None:
        """Add PEP 508 strings."""
        for entry in entries:
            if isinstance(entry.value, str):
                try:
                    parsed = parse_requirement(entry.value)
                except InvalidRequirementError as error:
                    self.problem(entry.path, str(error))
                    continue
                if parsed is not None:
                    self.add(parsed, entry.path, entry.condition)

    def add(self, parsed: Parsed, path: Path, condition: str) -> None:
        start, end = self.places.get(path, (0, 0))
        self.requirements.append(
            Requirement(
                parsed.library,
                parsed.specifier,
                parsed.extras,
                self.file.place(start, end),
                self.file.line(start),
                condition="; ".join(filter(None, (condition, parsed.marker))),
            )
        )

    def problem(self, path: Path, message: str) -> None:
        start, _ = self.places.get(path, (0, 0))
        self.problems[self.file.problem(start, message)] = None

    def add_poetry(self, values: Mapping[str, object]) -> None:
        """Add the tables of poetry, which map a project to a version or a table."""
        poetry: Path = ("tool", "poetry")
        tables = [((*poetry, "dependencies"), ""), ((*poetry, "dev-dependencies"), "group dev")]
        tables += [
            ((*poetry, "group", name, "dependencies"), f"group {name}")
            for name in _table(_at(values, (*poetry, "group")))
        ]
        for table, condition in tables:
            for name, value in _table(_at(values, table)).items():
                several = isinstance(value, list)
                for index, each in enumerate(_list(value)) if several else [(None, value)]:
                    path = (*table, name) if index is None else (*table, name, index)
                    self.add_poetry_value(name, _Entry(path, each, condition))

    def add_poetry_value(self, name: str, entry: _Entry) -> None:
        library = library_named(name)
        if library is None:
            return
        table = _table(entry.value)
        path = (*entry.path, "version") if table else entry.path
        version = table.get("version", "*") if table else entry.value
        if path not in self.places:
            # A link or a folder instead of a version: point at whatever names it.
            path = next(
                (each for each in self.places if each[: len(entry.path)] == entry.path), path
            )
        markers = [f"{key} {table[key]}" for key in ("python", "platform") if key in table]
        markers += [str(table["markers"])] if "markers" in table else []
        markers += ["optional"] if table.get("optional") is True else []
        condition = "; ".join(filter(None, (entry.condition, *markers)))
        extras = extras_of(",".join(map(str, _list(table.get("extras")))))
        try:
            specifiers = poetry_specifiers(version if isinstance(version, str) else str(version))
        except InvalidRequirementError as error:
            self.problem(path, f"{name}: {error}")
            return
        for specifier in specifiers:
            one_of = f"one of several versions: {specifier}" if len(specifiers) > 1 else ""
            self.add(Parsed(library, specifier, extras, one_of), path, condition)


def _overrides(values: Mapping[str, object]) -> Iterator[_Entry]:
    yield from _strings(values, ("tool", "uv", "override-dependencies"), "")


def _standard(values: Mapping[str, object]) -> Iterator[_Entry]:
    """PEP 621 and PEP 735."""
    yield from _strings(values, ("project", "dependencies"), "")
    own = normalized(str(_at(values, ("project", "name"))))
    for table, kind in (
        (("project", "optional-dependencies"), "extra"),
        (("dependency-groups",), "group"),
    ):
        groups = _table(_at(values, table))
        for name in groups:
            yield from _group(groups, table, name, own, f"{kind} {name}", set())


def _group(
    groups: Mapping[str, object],
    table: Path,
    name: str,
    own: str,
    condition: str,
    seen: set[str],
) -> Iterator[_Entry]:
    """The entries of a group and of the groups it includes, each once."""
    if name in seen:
        return
    seen.add(name)
    for index, value in enumerate(_list(groups[name])):
        included: frozenset[str] = frozenset()
        if isinstance(value, str):
            yield _Entry((*table, name, index), value, condition)
            # An extra includes another by requiring its own project: package[other].
            if project_name(value) == own and "[" in value:
                included = extras_of(value.partition("[")[2].partition("]")[0])
        else:
            included = extras_of(str(_table(value).get("include-group", "")))
        for other in groups:
            if normalized(other) in included:
                yield from _group(groups, table, other, own, condition, seen)


def _tools(values: Mapping[str, object]) -> Iterator[_Entry]:
    """The lists of uv and pdm."""
    yield from _strings(values, ("tool", "uv", "constraint-dependencies"), "")
    yield from _strings(values, ("tool", "uv", "dev-dependencies"), "group dev")
    pdm: Path = ("tool", "pdm", "dev-dependencies")
    for name in _table(_at(values, pdm)):
        yield from _strings(values, (*pdm, name), f"group {name}")


def _strings(values: Mapping[str, object], path: Path, condition: str) -> Iterator[_Entry]:
    for index, value in enumerate(_list(_at(values, path))):
        yield _Entry((*path, index), value, condition)


def _at(values: Mapping[str, object], path: Path) -> object:
    found: object = values
    for key in path:
        found = _table(found).get(str(key))
    return found


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()

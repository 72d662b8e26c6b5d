"""Reads the dependencies in a setup.cfg."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kernlint.catalog.requirement import InvalidRequirementError, parse_requirement
from kernlint.catalog.statements import FileProblem, Requirement, Statements, TextFile
from kernlint.model.record import Record

_SECTION = re.compile(r"\[([^\]]+)\]")
_OPTION = re.compile(r"([^\s=:][^=:]*?)\s*[=:]\s*")
_DIRECTIVES = ("file:", "attr:")


class _Entry(Record):
    """A requirement, where it begins in the file, and when it counts."""

    text: str
    start: int
    condition: str


def read_setup_cfg(file: TextFile) -> Statements:
    """What ``install_requires`` and ``[options.extras_require]`` of a setup.cfg say."""
    from configparser import Error, MissingSectionHeaderError, ParsingError, RawConfigParser

    try:
        RawConfigParser().read_string(file.text)
    except Error as error:
        line = getattr(error, "lineno", None) or 1
        if isinstance(error, ParsingError) and not isinstance(error, MissingSectionHeaderError):
            line = error.errors[0][0] if error.errors else line
        return Statements((), (FileProblem(file.path, line, "not a valid configuration file"),))
    requirements: list[Requirement] = []
    problems: list[FileProblem] = []
    for entry in _entries(file.text):
        try:
            parsed = parse_requirement(entry.text)
        except InvalidRequirementError as error:
            problems.append(file.problem(entry.start, str(error)))
            continue
        if parsed is not None:
            requirements.append(
                Requirement(
                    parsed.library,
                    parsed.specifier,
                    parsed.extras,
                    file.place(entry.start, entry.start + len(entry.text)),
                    file.line(entry.start),
                    condition="; ".join(filter(None, (entry.condition, parsed.marker))),
                )
            )
    return Statements(tuple(requirements), tuple(problems))


def _entries(text: str) -> Iterator[_Entry]:
    """The requirements in the options that hold some, one a line or separated by ``;``."""
    section = ""
    condition: str | None = None
    start = 0
    for line in text.split("\n"):
        content = line.strip()
        if not content or content[0] in "#;":
            pass
        elif line[0].isspace():
            if condition is not None:
                yield _Entry(content, start + line.index(content), condition)
        elif header := _SECTION.match(line):
            section, condition = header[1], None
        elif option := _OPTION.match(line):
            condition = _condition(section, option[1].lower())
            value = line[option.end() :].rstrip()
            if condition is not None and not value.startswith(_DIRECTIVES):
                yield from _one_line(value, start + option.end(), condition)
        start += len(line) + 1


def _condition(section: str, option: str) -> str | None:
    """When the requirements of an option count; None where it holds none."""
    if section == "options":
        return "" if option in ("install_requires", "install-requires") else None
    return f"extra {option}" if section == "options.extras_require" else None


def _one_line(value: str, start: int, condition: str) -> Iterator[_Entry]:
    """On the line of its option a semicolon separates requirements, as in setuptools."""
    for part in re.finditer(r"[^;\s](?:[^;]*[^;\s])?", value):
        yield _Entry(part[0], start + part.start(), condition)

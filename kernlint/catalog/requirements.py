"""Reads requirements files, as pip understands them."""

from __future__ import annotations

import os
import re

from kernlint.catalog.requirement import (
    InvalidRequirementError,
    Parsed,
    parse_link,
    parse_requirement,
)
from kernlint.catalog.statements import (
    FileProblem,
    Requirement,
    Statements,
    TextFile,
    read_text,
    shown,
)
from kernlint.model.record import Record

# A comment line ends at its line break even behind a backslash; any other line goes on.
_CONTINUATION = re.compile(r"^[ \t]*#[^\n]*$|\\\r?\n", re.MULTILINE)
_COMMENT = re.compile(r"(?:^|\s)#.*")
_OPTIONS = re.compile(r"\s-.*")
_INCLUDE = re.compile(r"(?:-r|--requirement|-c|--constraint)(?:\s+|=|(?<=-[rc]))(?P<file>.+)")
_EDITABLE = re.compile(r"(?:-e|--editable)(?:\s+|=|(?<=-e))(?P<link>.+)")
_PINNED = re.compile(r"[^;@]*(?:===[^;]+|==[^*;,]+)(?:;.*)?|[^;@]*@.*")


class RequirementsFile(Record):
    """A requirements file with the files it includes; ``pinned`` where every version is."""

    statements: Statements
    pinned: bool


def read_requirements(file: str, cwd: str, condition: str = "") -> RequirementsFile:
    """What a requirements file and the files it includes (``-r``, ``-c``) say.

    Its requirements count under ``condition``. Versions from environment variables are not
    looked up. A file in which every requirement is pinned acts as a lock.
    """
    reader = _Reader(cwd, condition)
    reader.read(file, read_text(file, shown(file, cwd)), constraints=False)
    pinned = bool(reader.pins) and all(reader.pins)
    requirements = tuple(each._replace(locked=pinned) for each in reader.requirements)
    return RequirementsFile(Statements(requirements, tuple(reader.problems)), pinned)


class _Reader:
    """Collects the requirements of a file and of those that it includes, each file once."""

    def __init__(self, cwd: str, condition: str) -> None:
        self.cwd = cwd
        self.condition = condition
        self.seen: set[str] = set()
        self.requirements: list[Requirement] = []
        self.problems: list[FileProblem] = []
        self.pins: list[bool] = []

    def read(self, name: str, file: TextFile | FileProblem | None, *, constraints: bool) -> None:
        self.seen.add(os.path.normpath(name))
        if isinstance(file, FileProblem):
            self.problems.append(file)
        if not isinstance(file, TextFile):
            return
        # Blanks in place of a line break between continued lines keep all offsets.
        joined = _CONTINUATION.sub(
            lambda match: match[0] if "#" in match[0] else " " * len(match[0]), file.text
        )
        start = 0
        for line in joined.split("\n"):
            text = _COMMENT.sub("", line)
            self.read_line(
                name, file, start + len(text) - len(text.lstrip()), text.strip(), constraints
            )
            start += len(line) + 1

    def read_line(
        self, name: str, file: TextFile, start: int, text: str, constraints: bool
    ) -> None:
        include, editable = _INCLUDE.fullmatch(text), _EDITABLE.fullmatch(text)
        if include:
            within = constraints or text.startswith(("-c", "--constraint"))
            self.include(name, file, start, include["file"].strip("\"'"), constraints=within)
        elif editable:
            link = editable["link"]
            self.add(file, start + editable.start("link"), link, parse_link(link))
        elif text and not text.startswith("-"):
            requirement = _OPTIONS.sub("", text).rstrip()
            if not constraints:
                self.pins.append(_PINNED.fullmatch(requirement) is not None)
            try:
                parsed = parse_requirement(requirement) or parse_link(requirement)
            except InvalidRequirementError as error:
                self.problems.append(file.problem(start, str(error)))
            else:
                self.add(file, start, requirement, parsed)

    def add(self, file: TextFile, start: int, text: str, parsed: Parsed | None) -> None:
        if parsed is not None:
            self.requirements.append(
                Requirement(
                    parsed.library,
                    parsed.specifier,
                    parsed.extras,
                    file.place(start, start + len(text)),
                    file.line(start),
                    condition="; ".join(filter(None, (self.condition, parsed.marker))),
                )
            )

    def include(
        self, name: str, file: TextFile, start: int, target: str, *, constraints: bool
    ) -> None:
        if "://" in target:
            message = f"`{target}` is left out: kernlint reads local files only"
            self.problems.append(file.problem(start, message))
            return
        other = os.path.join(os.path.dirname(name), target)
        if os.path.normpath(other) in self.seen:
            return
        found = read_text(other, shown(other, self.cwd))
        if isinstance(found, FileProblem) and not os.path.isfile(other):
            message = f"`{target}` is left out: there is no such file"
            self.problems.append(file.problem(start, message))
            return
        self.read(other, found, constraints=constraints)

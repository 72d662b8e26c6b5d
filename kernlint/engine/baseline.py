"""The findings that a project lives with for now: written down, and hidden from then on."""

from __future__ import annotations

import json
import os
import re

from kernlint.config import ConfigError
from kernlint.model.diagnostic import OPEN_CODES, Diagnostic, Result
from kernlint.model.fingerprint import fingerprints
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: The version of the format.
VERSION = 1

#: What is not known to be right or wrong is no finding to live with.
_NEVER_HIDDEN = OPEN_CODES | {"KL003"}


class Entry(Record):
    """A finding that is hidden; ``path`` is relative to the folder of the baseline, with ``/``."""

    path: str
    code: str
    message: str
    fingerprint: str


class Baseline:
    """A baseline file; ``path`` is relative to the working directory, or absolute.

    Raises ConfigError where it is no baseline. With ``write`` it takes in what a run finds, and
    need not exist.
    """

    def __init__(self, path: str, *, write: bool = False) -> None:
        self._path = path
        self._folder = os.path.dirname(os.path.abspath(path))
        self._write = write
        is_new = write and not os.path.lexists(path)
        self._entries: frozenset[Entry] = frozenset() if is_new else frozenset(_read(path))

    def applied(self, result: Result, looked_for: Callable[[str, str], bool]) -> Result:
        """A result without the findings of the baseline, which are counted.

        Args:
            result: What a run has found.
            looked_for: Whether the run would have reported a rule, by its code, in the file of
                a path, if there were something to report.

        Raises ConfigError where the baseline is to be written and cannot be.
        """
        found = self._entries_of(result)
        known = {entry.fingerprint for entry in self._entries}
        present = {entry.fingerprint for entry, _ in found}
        missing = known - present
        gone = {
            entry
            for entry in self._entries
            if entry.fingerprint in missing and self._is_gone(entry, looked_for)
        }
        notes = result.notes
        if self._write:
            kept = {entry for entry in self._entries - gone if entry.fingerprint in missing}
            self._save([*kept, *(entry for entry, _ in found)])
            known = present
        elif gone:
            entries = "1 entry" if len(gone) == 1 else f"{len(gone)} entries"
            verb = "is" if len(gone) == 1 else "are"
            told = f"{entries} of the baseline {verb} no longer found; "
            notes = (*notes, f"{told}`--write-baseline {self._path}` takes out what is gone")
        hidden = {id(item) for entry, item in found if entry.fingerprint in known}
        return result._replace(
            diagnostics=tuple(item for item in result.diagnostics if id(item) not in hidden),
            counts=result.counts._replace(baselined=len(hidden)),
            notes=notes,
        )

    def _entries_of(self, result: Result) -> list[tuple[Entry, Diagnostic]]:
        items = [item for item in result.diagnostics if item.code not in _NEVER_HIDDEN]
        prints = fingerprints(items, result.texts, self._inner)
        return [
            (Entry(self._inner(item.place.path), item.code, item.message, each), item)
            for item, each in zip(items, prints, strict=True)
        ]

    def _inner(self, path: str) -> str:
        """A path as it is written in the baseline."""
        try:
            return os.path.relpath(path, self._folder).replace(os.sep, "/")
        except ValueError:  # on another drive
            return path

    def _is_gone(self, entry: Entry, looked_for: Callable[[str, str], bool]) -> bool:
        """Whether a finding that is not there would have been found, or cannot be any more."""
        path = os.path.join(self._folder, entry.path)
        shown = os.path.relpath(path).replace(os.sep, "/")
        return looked_for(entry.code, shown) or not os.path.lexists(path)

    def _save(self, entries: Iterable[Entry]) -> None:
        from kernlint.source.replace import replace_file

        # An entry a line, so that changes of several people can be merged.
        rows = [f"    {json.dumps(entry._asdict())}" for entry in sorted({*entries})]
        findings = "[\n{}\n  ]".format(",\n".join(rows)) if rows else "[]"
        text = f'{{\n  "version": {VERSION},\n  "findings": {findings}\n}}\n'
        try:
            replace_file(self._path, text.encode())
        except OSError as error:
            message = f"cannot write the baseline `{self._path}`: {error.strerror}"
            raise ConfigError(message) from None


def _read(path: str) -> Iterable[Entry]:
    try:
        with open(path, "rb") as file:
            text = file.read().decode()
    except OSError as error:
        raise ConfigError(f"cannot read the baseline: {error.strerror}", path=path) from None
    except UnicodeDecodeError:
        raise ConfigError("no baseline: the file is not UTF-8", path=path) from None
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        what = error.msg[:1].lower() + error.msg[1:]
        raise _error(path, text, error.pos, f"no baseline: not valid JSON: {what}") from None
    except RecursionError:
        raise ConfigError("no baseline: its values nest too deeply", path=path) from None
    version = values.get("version") if isinstance(values, dict) else None
    if not isinstance(version, int) or isinstance(version, bool):
        raise _error(path, text, 0, "no baseline: there is no `version`")
    if version != VERSION:
        message = f"the baseline has version {version}; this kernlint knows version {VERSION}"
        raise _error(path, text, text.find('"version"'), message)
    findings = values.get("findings")
    if not isinstance(findings, list):
        raise _error(path, text, 0, "no baseline: there is no list of `findings`")
    for number, item in enumerate(findings):
        fields = [item.get(name) for name in Entry._fields] if isinstance(item, dict) else [None]
        if not all(isinstance(field, str) for field in fields):
            names = ", ".join(f"`{name}`" for name in Entry._fields)
            message = f"no baseline: an entry must have the strings {names}"
            raise _error(path, text, _offset(text, number), message)
        yield Entry._make(fields)


def _offset(text: str, number: int) -> int:
    """Where an entry begins, by its number, in a text that is valid."""
    opened = re.search(r'"findings"\s*:\s*\[', text)
    at = opened.end() if opened else 0
    decoder = json.JSONDecoder()
    for _ in range(number):
        at = decoder.raw_decode(text, _next(text, at))[1]
    return _next(text, at)


def _next(text: str, at: int) -> int:
    """The next offset behind spaces and commas."""
    while text[at] in " \t\r\n,":
        at += 1
    return at


def _error(path: str, text: str, offset: int, message: str) -> ConfigError:
    start = text.rfind("\n", 0, offset) + 1
    line, column = text.count("\n", 0, offset) + 1, offset - start + 1
    return ConfigError(message, path=path, line=line, column=column, text=text)

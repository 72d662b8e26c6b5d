"""The files of a run: read once, extracted once, on demand."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from kernlint.model.expr import Span
from kernlint.model.facts import FileFacts, Problem
from kernlint.model.text import SourceText
from kernlint.source.read import (
    DecodeError,
    ReadError,
    decode,
    mentions_kernels,
    names_kernels,
    read_bytes,
)
from kernlint.source.suppress import holds_comment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

#: How many files are read because they may call a function that gets a mapping.
_MAX_CALLERS = 200


class Files:
    """Texts and facts by path; a file that cannot be read has a problem for facts.

    ``jobs`` is the number of worker processes, 0 for one per processor.
    """

    def __init__(self, jobs: int = 0) -> None:
        self._jobs = jobs
        self._facts: dict[str, FileFacts] = {}
        self._names: frozenset[str] = frozenset()
        self._brief: dict[str, FileFacts] = {}
        self._full: dict[str, FileFacts] = {}
        self.texts: dict[str, SourceText] = {}

    def read(self, paths: Iterable[str], *, alone: bool = False) -> tuple[list[str], list[str]]:
        """Read files that may matter.

        Args:
            paths: The files.
            alone: Whether the rest of their project is not read with them, so that a
                mapping for a config in another file matters, too.

        Returns:
            The files that mention kernels or cannot be read, and those that only
            hold a comment for kernlint.
        """
        candidates: list[str] = []
        commented: list[str] = []
        for path in paths:
            try:
                data = read_bytes(path)
            except ReadError as error:
                self._fail(path, b"", f"the file cannot be read: {error}", 0)
                candidates.append(path)
                continue
            if mentions_kernels(data) or (alone and names_kernels(data)):
                self._decode(path, data)
                candidates.append(path)
            elif holds_comment(data):
                self._decode(path, data)
                commented.append(path)
        return candidates, commented

    def callers(self, paths: Iterable[str], wanted: Collection[tuple[str, str]]) -> list[str]:
        """Read the files that may call functions of others, and say so in their facts.

        Args:
            paths: The files to look into.
            wanted: Pairs of a file and the name of a function or class in it. A file that
                calls it names it, and the file or its folder, too.

        Returns:
            The files of which the facts are now others.
        """
        self._names |= {name for _, name in wanted}
        found: list[str] = []
        searches = [_search(path, name) for path, name in sorted(wanted)]
        for path in paths:
            try:
                data = self.texts[path].data if path in self.texts else read_bytes(path)
            except ReadError:
                continue
            if any(all(part.search(data) for part in search) for search in searches):
                if path not in self.texts:
                    self._decode(path, data)
                facts = self._facts.get(path)
                if facts is None or facts.problem is None:
                    self._facts.pop(path, None)
                    self._brief.pop(path, None)
                    found.append(path)
            if len(found) >= _MAX_CALLERS:
                break
        self.extract(found)
        return found

    def matter_elsewhere(self, paths: Iterable[str]) -> bool:
        """Whether what stands in these files, which are read, may be about other files.

        That is a comment for kernlint, or a kernel: the config may be elsewhere.
        """
        found = (self.texts[path].data for path in paths)
        return any(holds_comment(data) or names_kernels(data) for data in found)

    def shown(self, paths: Iterable[str], others: Iterable[str]) -> dict[str, SourceText]:
        """The texts of some files; of ``others`` also those that are no Python."""
        for path in others:
            if path not in self.texts:
                self.texts[path] = SourceText(read_bytes(path))
        return {path: self.texts[path] for path in sorted({*paths, *others})}

    def extract(self, paths: Iterable[str]) -> None:
        """Make the facts of several files at once: brief ones, where these say it all."""
        from kernlint.engine.runner import Extent, extract_all

        done = self._facts.keys() | self._brief.keys()
        missing = {path: self.texts[path] for path in paths if path not in done}
        found = extract_all(missing, self._jobs, Extent(self._names, brief=True))
        for path, facts in found.items():
            (self._brief if facts.brief else self._facts)[path] = facts

    def facts(self, path: str, *, full: bool = False, brief: bool = False) -> FileFacts:
        """The facts of a file, made now if need be.

        Args:
            path: The file.
            full: Whether nothing may be left out of its program.
            brief: Whether its declarations are enough, where there is nothing else.
        """
        if full:
            return self._whole(path)
        if brief and path in self._brief and path not in self._facts:
            return self._brief[path]
        if path not in self._facts:
            if path not in self.texts:
                try:
                    self._decode(path, read_bytes(path))
                except ReadError as error:
                    self._fail(path, b"", f"the file cannot be read: {error}", 0)
            if path not in self._facts:
                self._facts[path] = self._one(path)
        return self._facts[path]

    def _whole(self, path: str) -> FileFacts:
        found = self._full.get(path)
        if found is None:
            found = self.facts(path)
            if found.problem is None:
                found = self._one(path, full=True)
            self._full[path] = found
        return found

    def _one(self, path: str, *, full: bool = False) -> FileFacts:
        from kernlint.engine.runner import Extent, extract_one

        return extract_one(self.texts[path], Extent(self._names, full=full))

    def _decode(self, path: str, data: bytes) -> None:
        try:
            self.texts[path] = decode(data)
        except DecodeError as error:
            self._fail(path, data, f"the file cannot be decoded: {error}", error.offset)

    def _fail(self, path: str, data: bytes, message: str, offset: int) -> None:
        end = min(offset + 1, len(data))
        self.texts[path] = SourceText(data, "latin-1")
        self._facts[path] = FileFacts(problem=Problem(message, Span(min(offset, end), end)))


def _search(path: str, name: str) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """What a file holds that calls a function of another one: its name, and that file's.

    A relative import may bring it from a package that hands it on.
    """
    parts = os.path.splitext(path)[0].replace(os.sep, "/").split("/")[-2:]
    module = "|".join(re.escape(part) for part in parts if part)
    return re.compile(rf"\b{re.escape(name)}\b".encode()), re.compile(
        rf"\b(?:{module})\b|\bfrom\s+\.".encode()
    )

"""The files of a run: read once, extracted once, on demand."""

from __future__ import annotations

import os
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING

from kernlint.engine.ahead import Ahead
from kernlint.engine.callers import search
from kernlint.extract.brief import brief
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
    from collections.abc import Callable, Collection, Iterable, Mapping

    from kernlint.engine.cache import Cache
    from kernlint.engine.runner import Extent
    from kernlint.project.outcome import Project

#: How many files are read because they may call a function that gets a mapping.
_MAX_CALLERS = 200

#: More than this is left to all processors, in bytes.
_AHEAD_BYTES = 400_000

#: How many files are read before progress is told again.
_OFTEN = 100

# What is found out about the content of a file, to be kept as one number.
_MENTIONS, _COMMENT, _NAMES, _NAMES_ARE_KNOWN = 1, 2, 4, 8


class Files:
    """Texts and facts by path; a file that cannot be read has a problem for facts.

    ``jobs`` is the number of worker processes, 0 for one per processor. With a ``cache``
    nothing is read that is known from before. ``progress`` is told what is done, in words.
    ``given`` are contents that count instead of what is on disk, by path.
    ``texts`` are those that were needed.
    """

    def __init__(
        self,
        jobs: int = 0,
        cache: Cache | None = None,
        progress: Callable[[str], None] = lambda text: None,
        given: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        self._progress = progress
        self._jobs = jobs
        self._cache = cache
        self._facts: dict[str, FileFacts] = {}
        self._names: frozenset[str] = frozenset()
        self._brief: dict[str, FileFacts] = {}
        self._full: dict[str, FileFacts] = {}
        self._traits: dict[str, int] = {}
        self._ahead = Ahead() if Ahead.is_possible(jobs) else None
        self._ahead_of: set[str] = set()
        self._handed_over = 0
        self.texts: dict[str, SourceText] = {}
        self._given = given
        for path, data in given.items():
            self._decode(path, data)

    def read(self, paths: Iterable[str], *, alone: bool = False) -> tuple[list[str], list[str]]:
        """Look into files, to find those that may matter.

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
        for number, path in enumerate(paths, 1):
            if number % _OFTEN == 0:
                self._progress(f"{number} files read: {path}")
            try:
                traits = self._traits_of(path, names=alone)
            except ReadError as error:
                self._fail(path, b"", f"the file cannot be read: {error}", 0)
                candidates.append(path)
                continue
            if traits & _MENTIONS or (alone and traits & _NAMES):
                candidates.append(path)
            elif traits & _COMMENT:
                commented.append(path)
        return candidates, commented

    def _traits_of(self, path: str, *, names: bool) -> int:
        """What is known of the content of a file; ReadError where it cannot be read."""
        known = self._traits.get(path)
        if known is not None and (not names or known & _NAMES_ARE_KNOWN):
            return known
        cache = self._cache_of(path)
        status = None if path in self._given else _status(path)
        if cache is not None and status is not None:
            seen = cache.seen(path, status)
            if seen is not None and (not names or seen.traits & _NAMES_ARE_KNOWN):
                self._traits[path] = seen.traits
                return seen.traits
        data = self.texts[path].data if path in self.texts else read_bytes(path, status)
        traits = _traits(data, names=names)
        self._traits[path] = traits
        if traits & ~_NAMES_ARE_KNOWN and path not in self.texts:
            self._decode(path, data)
        if cache is not None and status is not None:
            from kernlint.engine.cache import digest

            matters = traits & ~_NAMES_ARE_KNOWN
            cache.note(path, status, digest(data) if matters else "", traits)
        if traits & _MENTIONS and path not in self._facts:
            self._begin(path)
        return traits

    def _cache_of(self, path: str) -> Cache | None:
        """Where is kept what is known of a file as it is on disk; None where that is of no use."""
        return None if path in self._given else self._cache

    def save(self) -> tuple[str, ...]:
        """Keep what was found out for later runs; what to tell the user where that fails."""
        note = None if self._cache is None else self._cache.save()
        return () if note is None else (note,)

    def _begin(self, path: str) -> None:
        """Find the facts of a file that was read, or have them made while others are."""
        from kernlint.engine.runner import Extent

        found = self._kept(path, Extent())
        if found is None and not self._traits[path] & _NAMES:
            found = brief(self.texts[path], unnamed=True)
        if found is not None:
            self._put(path, found)
        elif self._ahead is not None and self._handed_over < _AHEAD_BYTES:
            self._handed_over += len(self.texts[path].data)
            self._ahead_of.add(path)
            self._ahead.put(path, self.texts[path])

    def text(self, path: str) -> SourceText:
        """The text of a file; an empty one where it cannot be read."""
        if path not in self.texts:
            try:
                self._decode(path, read_bytes(path))
            except ReadError as error:
                self._fail(path, b"", f"the file cannot be read: {error}", 0)
        return self.texts[path]

    def recall(self, paths: Iterable[str], candidates: Iterable[str]) -> Project | None:
        """What all files came to in an earlier run; None where that is not known for certain.

        Args:
            paths: All files of the project.
            candidates: Those that mention kernels.
        """
        if self._cache is None:
            return None
        key = self._key(paths, candidates)
        also = self._cache.project_reads(key)
        if also is None or any(self._digest(path) != content for path, content in also):
            return None
        return self._cache.project(key)

    def remember(self, paths: Iterable[str], candidates: Iterable[str], project: Project) -> None:
        """Keep what all files come to, with what was read besides the candidates."""
        if self._cache is not None:
            candidates = tuple(candidates)
            also = sorted({*self._facts, *self._full} - {*candidates})
            reads = [(path, self._digest(path)) for path in also]
            self._cache.keep_project(self._key(paths, candidates), reads, project)

    def _key(self, paths: Iterable[str], candidates: Iterable[str]) -> str:
        from kernlint.engine.cache import digest_of_all

        contents = [part for path in candidates for part in (path, self._digest(path))]
        return digest_of_all((*paths, "", *contents))

    def _digest(self, path: str) -> str:
        """What stands for the content of a file; nothing where it cannot be read."""
        from kernlint.engine.cache import digest

        if self._cache is None:
            return ""
        if path in self._given:
            return digest(self._given[path])
        try:
            status = _status(path)
            seen = self._cache.seen(path, status)
            if seen is not None and seen.digest:
                return seen.digest
            content = digest(self.texts[path].data if path in self.texts else read_bytes(path))
        except ReadError:
            return ""
        self._cache.note(path, status, content, self._traits.get(path, 0))
        return content

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
        searches = [search(path, name) for path, name in sorted(wanted)]
        for path in paths:
            try:
                data = self.texts[path].data if path in self.texts else read_bytes(path)
            except ReadError:
                continue
            if any(all(part.search(data) for part in parts) for parts in searches):
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
        for path in paths:
            if path in self._traits:
                with suppress(ReadError):
                    if self._traits_of(path, names=True) & (_COMMENT | _NAMES):
                        return True
        return False

    def commented(self, paths: Iterable[str]) -> list[str]:
        """Those of the files that hold a comment for kernlint."""
        return [path for path in paths if self._traits.get(path, 0) & _COMMENT]

    def shown(self, paths: Iterable[str]) -> dict[str, SourceText]:
        """The texts of some files, also of such that are no Python."""
        for path in paths:
            if path not in self.texts and path not in self._traits:
                with suppress(ReadError):
                    self.texts[path] = SourceText(read_bytes(path))
        return {path: self.text(path) for path in sorted({*paths})}

    def extract(self, paths: Iterable[str]) -> None:
        """Make the facts of several files at once: brief ones, where these say it all."""
        from kernlint.engine.runner import Extent, extract_all, extract_apart

        extent = Extent(self._names)
        missing = {path for path in paths if not (path in self._facts or path in self._brief)}
        for path in sorted(missing):
            self._put(path, self._kept(path, extent), keep=False)
        missing -= self._facts.keys() | self._brief.keys()
        for path in sorted(missing):
            text = self.text(path)
            if path not in self._ahead_of and path not in self._facts and not extent.names:
                self._put(path, brief(text))
        missing -= self._facts.keys() | self._brief.keys()
        if self._ahead is not None and self._ahead_of & missing:
            made = self._ahead.facts()
            lost = {path: self.texts[path] for path in self._ahead_of & missing - made.keys()}
            made |= extract_apart(lost, extent) if lost else {}
            for path, facts in made.items():
                self._put(path, facts)
            missing -= made.keys()
        rest = {path: self.texts[path] for path in sorted(missing)}
        self._progress(f"{len(rest)} files to parse")
        for path, facts in extract_all(rest, self._jobs, extent).items() if rest else ():
            self._put(path, facts)

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
        self._progress(f"following what {path} does")
        from kernlint.engine.runner import Extent, extract_all

        extent = Extent(frozenset() if full else self._names, full=full)
        kept = self._kept(path, extent)
        if kept is not None and not kept.brief:
            return kept
        text = self.text(path)
        failed = self._facts.get(path)
        if failed is not None and failed.problem is not None:
            return failed
        found = extract_all({path: text}, 1, extent)[path]
        self._keep(path, extent, found)
        return found

    def _put(self, path: str, facts: FileFacts | None, *, keep: bool = True) -> None:
        """Take facts, and keep them for other runs."""
        if facts is None:
            return
        (self._brief if facts.brief else self._facts)[path] = facts
        if keep:
            from kernlint.engine.runner import Extent

            self._keep(path, Extent(self._names), facts)

    def _kept(self, path: str, extent: Extent) -> FileFacts | None:
        """The facts of an earlier run, brief ones where there are such and no others."""
        cache = self._cache_of(path)
        if cache is None or not (content := cache.digest_of(path)):
            return None
        found = cache.facts(f"{content}:{extent.key}")
        if found is None and not (extent.full or extent.names):
            return cache.facts(f"{content}:brief")
        return found

    def _keep(self, path: str, extent: Extent, facts: FileFacts) -> None:
        # What cannot be read may only have taken too long, this once.
        cache = self._cache_of(path)
        if cache is None or facts.problem is not None:
            return
        if content := cache.digest_of(path):
            cache.keep(f"{content}:{'brief' if facts.brief else extent.key}", facts)

    def _decode(self, path: str, data: bytes) -> None:
        try:
            self.texts[path] = decode(data)
        except DecodeError as error:
            self._fail(path, data, f"the file cannot be decoded: {error}", error.offset)

    def _fail(self, path: str, data: bytes, message: str, offset: int) -> None:
        end = min(offset + 1, len(data))
        self.texts[path] = SourceText(data, "latin-1")
        self._facts[path] = FileFacts(problem=Problem(message, Span(min(offset, end), end)))


def _status(path: str) -> os.stat_result:
    try:
        return os.stat(path)
    except OSError as error:
        raise ReadError(error.strerror or str(error)) from None
    except ValueError:  # its wording depends on the version of Python
        raise ReadError("Null byte in the path") from None


def _traits(data: bytes, *, names: bool) -> int:
    """What a content is found to hold; whether it names kernels only where that is asked for."""
    found = (_MENTIONS if mentions_kernels(data) else 0) | (_COMMENT if holds_comment(data) else 0)
    if names or found & _MENTIONS:
        found |= _NAMES_ARE_KNOWN | (_NAMES if names_kernels(data) else 0)
    return found

"""The files of a run: read once, extracted once, on demand."""

from __future__ import annotations

import os
from types import MappingProxyType

from kernlint.engine.ahead import Ahead
from kernlint.engine.seen import Known, split
from kernlint.engine.texts import Texts, status_of
from kernlint.engine.traits import (
    COMMENT,
    MENTIONS,
    NAMES,
    NAMES_ARE_KNOWN,
    reading_of,
    traits_of,
)
from kernlint.model.expr import Span
from kernlint.model.hints import TYPE_CHECKING, Any
from kernlint.model.text import SourceText
from kernlint.source.embedded import EmbeddedText, is_embedding
from kernlint.source.read import ReadError, mentions_kernels

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from kernlint.engine.cache import Cache
    from kernlint.engine.runner import Extent
    from kernlint.model.facts import FileFacts

_NONE: Mapping[str, Any] = MappingProxyType({})

#: How many files are read because they may call a function that gets a mapping.
_MAX_CALLERS = 200

#: With more files than this to read, the parser is loaded before it is known to be needed.
_LONG = 500

#: How many files are read before progress is told again.
_OFTEN = 100


class Files(Texts):
    """Texts and facts by path; a file that cannot be read has a problem for facts.

    ``jobs`` is the number of worker processes, 0 for one per processor. With a ``cache``
    nothing is read that is known from before. ``progress`` is told what is done, in words.
    ``given`` has the contents of files that are not read from the disk, by path; where there
    are such, the cache is used and stays as it is. ``texts`` are those that were needed.
    """

    def __init__(
        self,
        jobs: int = 0,
        cache: Cache | None = None,
        progress: Callable[[str], None] = lambda text: None,
        given: Mapping[str, bytes] | None = None,
    ) -> None:
        super().__init__(given or {}, cache)
        self._progress = progress
        self._jobs = jobs
        self._facts: dict[str, FileFacts] = {}
        self._names: frozenset[str] = frozenset()
        self._brief: dict[str, FileFacts] = {}
        self._full: dict[str, FileFacts] = {}
        self._traits: dict[str, int] = {}
        self._ahead = Ahead(jobs) if Ahead.is_possible(jobs) else None
        self._ahead_of: set[str] = set()
        self._is_long = False

    def read(
        self,
        paths: Sequence[str],
        statuses: Mapping[str, Mapping[str, os.stat_result]] = _NONE,
        *,
        alone: bool = False,
    ) -> tuple[list[str], list[str]]:
        """Look into files, to find those that may matter.

        Args:
            paths: The files.
            statuses: What the system says of them, as far as it was asked: by name, below what
                precedes the name in the path.
            alone: Whether the rest of their project is not read with them, so that a
                mapping for a config in another file matters, too.

        Returns:
            The files that mention kernels or cannot be read, and those that only
            hold a comment for kernlint.
        """
        candidates: list[str] = []
        commented: list[str] = []
        new = self._new(paths, statuses, names=alone)
        self._is_long = len(new) > _LONG
        for number, path in enumerate(new, 1):
            if number % _OFTEN == 0:
                self._progress(f"{number} files read: {path}")
            try:
                head, name = split(path)
                traits = self._traits_of(path, statuses.get(head, _NONE).get(name), names=alone)
            except ReadError as error:
                self.fail(path, b"", f"the file cannot be read: {error}", 0)
                candidates.append(path)
                continue
            if traits & MENTIONS or (alone and traits & NAMES):
                candidates.append(path)
            elif traits & COMMENT:
                commented.append(path)
        if self._ahead is not None and not self._ahead_of:
            self._ahead.stop()
        return candidates, commented

    def _new(
        self,
        paths: Sequence[str],
        statuses: Mapping[str, Mapping[str, os.stat_result]],
        *,
        names: bool,
    ) -> list[str]:
        """The files in which something matters, or that are not known to be as before."""
        if self.cache is None or not statuses:
            return [*paths]
        new: list[str] = []
        asked = 0
        wanted = NAMES_ARE_KNOWN if names else 0
        for head, members in statuses.items():
            asked += len(members)
            unchanged = None
            if not (self._given and any(self.is_given(head + name) for name in members)):
                unchanged = self.cache.files.unchanged(head, members, wanted)
            if unchanged is None:
                new += [head + name for name in members]
            elif unchanged:
                self._traits.update((path, each.traits) for path, each in unchanged.items())
                new += [path for path, each in unchanged.items() if each.traits & ~NAMES_ARE_KNOWN]
        if asked < len(paths):  # such as what is given
            new += [
                path for path in paths if split(path)[1] not in statuses.get(split(path)[0], _NONE)
            ]
        return sorted(new)

    def _traits_of(self, path: str, status: os.stat_result | None = None, *, names: bool) -> int:
        """What is known of the content of a file; ReadError where it cannot be read."""
        known = self._traits.get(path)
        if known is not None and (not names or known & NAMES_ARE_KNOWN):
            return known
        if self.is_given(path):
            status = None
        elif status is None:
            status = status_of(path)
        if self.cache is not None and status is not None:
            seen = self.cache.files.get(path, status)
            if seen is not None and (not names or seen.traits & NAMES_ARE_KNOWN):
                self._traits[path] = seen.traits
                return seen.traits
        data = self.content(path, status)
        traits = traits_of(path, data, names=names)
        self._traits[path] = traits
        if traits & ~NAMES_ARE_KNOWN and path not in self.texts:
            self.take(path, data)
        if self.cache is not None and status is not None:
            from kernlint.engine.cache import digest

            matters = traits & ~NAMES_ARE_KNOWN
            self.cache.files.note(path, status, Known(digest(data) if matters else "", traits))
        if traits & MENTIONS and path not in self._facts:
            self._begin(path)
        return traits

    def save(self) -> tuple[str, ...]:
        """Keep what was found out for later runs; what to tell the user where that fails."""
        note = None if self.cache is None or self._given else self.cache.save()
        return () if note is None else (note,)

    def _begin(self, path: str) -> None:
        """Find the facts of a file that was read, or have them made while others are."""
        if self._ahead is not None and self._is_long:
            self._ahead.start()
        from kernlint.engine.runner import Extent
        from kernlint.extract.brief import brief

        text = self.texts[path]
        found = _without_kernels(text)
        if found is None and not self._traits[path] & NAMES and text.program is text:
            found = brief(text, unnamed=True)
        found = found or self._kept(path, Extent())
        if found is not None:
            self._put(path, found)
        elif self._ahead is not None:
            self._ahead_of.add(path)
            self._ahead.put(path, text.program)

    def brief(self, path: str) -> FileFacts | None:
        """The brief facts of a file, where it was read in this run and has such."""
        return self._brief.get(path)

    @property
    def parsed(self) -> set[str]:
        """The files of which more is known than brief facts."""
        return {*self._facts, *self._full}

    def callers(self, paths: Iterable[str], wanted: Collection[tuple[str, str]]) -> list[str]:
        """Read the files that may call functions of others, and say so in their facts.

        Args:
            paths: The files to look into.
            wanted: Pairs of a file and the name of a function or class in it. A file that
                calls it names it, and the file or its folder, too.

        Returns:
            The files of which the facts are now others.
        """
        from kernlint.engine.callers import calling

        self._names |= {name for _, name in wanted}
        found: list[str] = []
        for path in calling(
            (each for each in paths if not is_embedding(each)), wanted, self.content
        ):
            self.text(path)
            facts = self._facts.get(path)
            if facts is None or facts.problem is None:
                self._facts.pop(path, None)
                self._brief.pop(path, None)
                found.append(path)
            if len(found) >= _MAX_CALLERS:
                break
        self.extract(found)
        return found

    def hands_on(self, paths: Iterable[str]) -> bool:
        """Whether one of some files may put an argument for kernels into a dict."""
        from kernlint.engine.callers import put_into_dicts
        from kernlint.project.records import TELLING

        return put_into_dicts(sorted(TELLING), (self.text(path).program.data for path in paths))

    def matter_elsewhere(self, paths: Iterable[str]) -> bool:
        """Whether what stands in these files, which are read, may be about other files.

        That is a comment for kernlint, or a kernel: the config may be elsewhere.
        """
        for path in paths:
            if path in self._traits:
                try:
                    if self._traits_of(path, names=True) & (COMMENT | NAMES):
                        return True
                except ReadError:
                    continue
        return False

    def commented(self, paths: Iterable[str]) -> list[str]:
        """Those of the files that hold a comment for kernlint."""
        return [path for path in paths if self._traits.get(path, 0) & COMMENT]

    def extract(self, paths: Iterable[str]) -> None:
        """Make the facts of several files at once: brief ones, where these say it all."""
        from kernlint.engine.runner import Extent, extract_all, extract_apart
        from kernlint.extract.brief import brief

        extent = Extent(self._names)
        missing = {path for path in paths if not (path in self._facts or path in self._brief)}
        for path in sorted(missing):
            self._put(path, self._kept(path, extent), keep=False)
        missing -= self._facts.keys() | self._brief.keys()
        for path in sorted(missing):
            text = self.text(path)
            if path not in self._ahead_of and path not in self._facts and not extent.names:
                self._put(path, brief(text) if text.program is text else _without_kernels(text))
        missing -= self._facts.keys() | self._brief.keys()
        if self._ahead is not None and self._ahead_of & missing:
            made = self._ahead.facts()
            lost = self._programs(self._ahead_of & missing - made.keys())
            made |= extract_apart(lost, extent) if lost else {}
            for path, facts in made.items():
                self._put(path, self._in_file(path, facts))
            missing -= made.keys()
        rest = self._programs(missing)
        self._progress(f"{len(rest)} files to parse")
        for path, facts in extract_all(rest, self._jobs, extent).items() if rest else ():
            self._put(path, self._in_file(path, facts))

    def _programs(self, paths: Iterable[str]) -> dict[str, SourceText]:
        """The Python that is to be parsed of some files."""
        return {path: self.texts[path].program for path in sorted(paths)}

    def _in_file(self, path: str, facts: FileFacts) -> FileFacts:
        """The facts of the program of a file, with places of the file."""
        text = self.texts[path]
        if not isinstance(text, EmbeddedText):
            return facts
        from kernlint.extract.relocate import relocated

        return relocated(facts, text)

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
        if kept is not None:
            return kept
        text = self.text(path)
        failed = self._facts.get(path)
        if failed is not None and failed.problem is not None:
            return failed
        found = _without_kernels(text)
        if found is None:
            made = extract_all({path: text.program}, 1, extent)[path]
            found = self._in_file(path, made)
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
        if self.cache is None or not (content := self.cache.files.digest_of(path)):
            return None
        return self.cache.facts(f"{content}:{reading_of(path)}{extent.key}")

    def _keep(self, path: str, extent: Extent, facts: FileFacts) -> None:
        # What cannot be read may only have taken too long, this once. Brief facts are made faster
        # than they are found.
        if self.cache is None or facts.problem is not None or facts.brief:
            return
        if content := self.cache.files.digest_of(path):
            self.cache.keep(f"{content}:{reading_of(path)}{extent.key}", facts)

    def is_known(self, path: str) -> bool:
        """Whether a file was looked into as one that may hold Python."""
        return path in self._traits

    def known_traits(self, path: str) -> int:
        """What was found out about a content, as far as it was."""
        return self._traits.get(path, 0)

    def fail(self, path: str, data: bytes, message: str, offset: int) -> None:
        """As for any text; such a file has no facts but that."""
        from kernlint.model.facts import FileFacts, Problem

        super().fail(path, data, message, offset)
        end = min(offset + 1, len(data))
        self._facts[path] = FileFacts(problem=Problem(message, Span(min(offset, end), end)))


def _without_kernels(text: SourceText) -> FileFacts | None:
    """The facts of a notebook or document whose Python says nothing of kernels."""
    if not isinstance(text, EmbeddedText) or mentions_kernels(text.program.data):
        return None
    from kernlint.model.facts import FileFacts

    return FileFacts(full=True, left_out=text.left_out)

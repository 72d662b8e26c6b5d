"""The texts of the files of a run, each read once."""

from __future__ import annotations

import os

from kernlint.engine.seen import Known
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.text import SourceText
from kernlint.source.containers import read_text
from kernlint.source.read import DecodeError, ReadError, read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kernlint.engine.cache import Cache


class Texts:
    """Texts by path; ``texts`` are those that were needed.

    ``given`` has the contents of files that are not read from the disk, by path; ``cache`` knows
    digests of contents.
    """

    def __init__(self, given: Mapping[str, bytes], cache: Cache | None) -> None:
        self._given = given
        self.cache = cache
        self.texts: dict[str, SourceText] = {}

    @property
    def has_given(self) -> bool:
        """Whether there are contents that are not read from the disk."""
        return bool(self._given)

    def is_given(self, path: str) -> bool:
        """Whether the content of a file is not read from the disk."""
        return path in self._given

    def content(self, path: str, status: os.stat_result | None = None) -> bytes:
        """The content of a file, whose status may be known; ReadError where there is none."""
        if path in self.texts:
            return self.texts[path].data
        return self._given[path] if path in self._given else read_bytes(path, status)

    def text(self, path: str) -> SourceText:
        """The text of a file; an empty one where it cannot be read."""
        if path not in self.texts:
            try:
                self.take(path, self.content(path))
            except ReadError as error:
                self.fail(path, b"", f"the file cannot be read: {error}", 0)
        return self.texts[path]

    def shown(self, paths: Iterable[str]) -> dict[str, SourceText]:
        """The texts of some files, also of such that are no Python."""
        for path in paths:
            if path not in self.texts and not self.is_known(path):
                try:
                    self.texts[path] = SourceText(self.content(path))
                except ReadError:
                    continue
        return {path: self.text(path) for path in sorted({*paths})}

    def is_known(self, path: str) -> bool:
        """Whether a file was looked into as one that may hold Python."""
        return False

    def digest(self, path: str) -> str:
        """What stands for the content of a file; nothing where it cannot be read."""
        from kernlint.engine.cache import digest

        if self.cache is None:
            return ""
        if known := self.cache.files.digest_of(path):
            return known
        try:
            if path in self._given:
                return digest(self._given[path])
            status = status_of(path)
            seen = self.cache.files.get(path, status)
            if seen is not None and seen.digest:
                return seen.digest
            content = digest(self.content(path, status))
        except ReadError:
            return ""
        self.cache.files.note(path, status, Known(content, self.known_traits(path)))
        return content

    def known_traits(self, path: str) -> int:
        """What was found out about a content, as far as it was."""
        return 0

    def take(self, path: str, data: bytes) -> None:
        """Take a content as the text of a file."""
        try:
            self.texts[path] = read_text(path, data)
        except DecodeError as error:
            self.fail(path, data, f"the file cannot be decoded: {error}", error.offset)

    def fail(self, path: str, data: bytes, message: str, offset: int) -> None:
        """Note that a file cannot be read, and the byte that shows it."""
        self.texts[path] = SourceText(data, "latin-1")


def status_of(path: str) -> os.stat_result:
    """What the system says of a file; ReadError where it says nothing."""
    try:
        return os.stat(path)
    except OSError as error:
        raise ReadError(error.strerror or str(error)) from None
    except ValueError:  # its wording depends on the version of Python
        raise ReadError("Null byte in the path") from None

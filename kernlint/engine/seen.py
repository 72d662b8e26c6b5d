"""What is known of files from earlier runs, folder by folder.

Of a folder with the same files as before one comparison tells that all are the same. What its
files are known to hold is kept for the few in which something matters.
"""

from __future__ import annotations

import os
import time

from kernlint.model.hints import TYPE_CHECKING, Any
from kernlint.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Set

#: A file that was changed so shortly before may be changed again without a trace, in nanoseconds.
_TOO_RECENT = 2_000_000_000

# Neither a name nor a number holds one.
_SEPARATOR = "/"
_FIELDS = 4


class Known(Record):
    """What is known of a file: the digest of its content, empty where nothing matters; traits."""

    digest: str
    traits: int


class Seen:
    """The files of earlier runs, as they are read from the cache and written to it.

    ``has_lost`` tells that a file is no longer there.
    """

    def __init__(self, held: object) -> None:
        self._held: dict[str, Any] = held if isinstance(held, dict) else {}
        self._files: dict[str, dict[str, tuple[str, Known]]] = {}
        self._now: dict[str, Known] = {}
        self._changed: set[str] = set()
        self.has_lost = False

    @property
    def is_changed(self) -> bool:
        """Whether there is more to keep than there was."""
        return bool(self._changed)

    def unchanged(
        self, head: str, statuses: Mapping[str, os.stat_result], wanted: int
    ) -> dict[str, Known] | None:
        """What matters in a folder, by path, if all its files are the same as before.

        Args:
            head: What precedes the names of its files in paths.
            statuses: All files of it that there are, by name, with what the system says of them.
            wanted: The traits that have to be there: what was not looked for is not known.
        """
        held = self._held.get(head)
        try:
            before, matters, plain = held or ("", {}, 0)
            # As ``_stamp`` does, without a call for each of very many.
            stamps = [
                f"{name}/{of.st_size}/{of.st_mtime_ns}/{of.st_ctime_ns}"
                for name, of in sorted(statuses.items())
            ]
            if before != _SEPARATOR.join(stamps):
                self._forget(head, statuses.keys())
                return None
            if plain & wanted != wanted:
                return None
            if not matters:
                return {}
            found = {head + name: Known(*each) for name, each in matters.items()}
        except (AttributeError, TypeError, ValueError):
            return None
        if any(each.traits & wanted != wanted for each in found.values()):
            return None
        self._now.update(found)
        return found

    def _forget(self, head: str, names: Set[str]) -> None:
        """Forget the files of a folder, other than those named, that are no longer there."""
        files = self._in(head)
        gone = [name for name in files.keys() - names if not os.path.lexists(head + name)]
        for name in gone:
            del files[name]
            self._changed.add(head)
            self.has_lost = True

    def get(self, path: str, status: os.stat_result) -> Known | None:
        """What is known of one file, if it is still the same."""
        head, name = split(path)
        stamp, known = self._in(head).get(name, ("", None))
        if known is None or stamp != _stamp(name, status):
            return None
        self._now[path] = known
        return known

    def note(self, path: str, status: os.stat_result, known: Known) -> None:
        """Keep what was found out about a file."""
        head, name = split(path)
        self._now[path] = known
        self._changed.add(head)
        if max(status.st_mtime_ns, status.st_ctime_ns) < time.time_ns() - _TOO_RECENT:
            self._in(head)[name] = _stamp(name, status), known
        else:
            self._in(head).pop(name, None)

    def state(self, paths: Iterable[str]) -> str | None:
        """What the system said of all these files; None where that is not known of one."""
        stamps: list[str] = []
        for path in paths:
            head, name = split(path)
            stamp, _ = self._in(head).get(name, ("", None))
            if not stamp:
                return None
            stamps += head, stamp
        return _SEPARATOR.join(stamps)

    def digest_of(self, path: str) -> str:
        """The digest of a file's content, as far as it is known in this run and matters."""
        found = self._now.get(path)
        return "" if found is None else found.digest

    def digests(self) -> set[str]:
        """All contents that are known of."""
        heads = {*self._held, *self._files}
        return {known.digest for head in heads for _, known in self._in(head).values()}

    def content(self) -> Mapping[str, Any]:
        """What to keep."""
        kept = dict(self._held)
        for head in self._changed:
            files = dict(sorted(self._in(head).items()))
            matters = {name: [*known] for name, (_, known) in files.items() if known.digest}
            plain = [known.traits for _, known in files.values() if not known.digest]
            stamps = _SEPARATOR.join(stamp for stamp, _ in files.values())
            kept[head] = [stamps, matters, min(plain, default=_ALL)]
        return kept

    def _in(self, head: str) -> dict[str, tuple[str, Known]]:
        """The files of a folder by name: what the system said of them, and what is known."""
        if head not in self._files:
            self._files[head] = _read(self._held.get(head))
        return self._files[head]


#: More than any trait, for a folder in which all files matter.
_ALL = (1 << 16) - 1


def _read(held: object) -> dict[str, tuple[str, Known]]:
    """The files of a folder as they were kept; none where they were not kept like this."""
    found: dict[str, tuple[str, Known]] = {}
    try:
        stamps, matters, plain = held if isinstance(held, list) else ("", {}, 0)
        parts = stamps.split(_SEPARATOR)
        for at in range(0, len(parts) - _FIELDS + 1, _FIELDS):
            name = parts[at]
            stamp = _SEPARATOR.join(parts[at : at + _FIELDS])
            found[name] = stamp, Known(*matters.get(name, ("", plain)))
    except (AttributeError, TypeError, ValueError):
        return {}
    return found


def _stamp(name: str, status: os.stat_result) -> str:
    return f"{name}/{status.st_size}/{status.st_mtime_ns}/{status.st_ctime_ns}"


def split(path: str) -> tuple[str, str]:
    """What precedes the name of a file in its path, and the name."""
    at = path.rfind(_SEPARATOR) + 1
    return path[:at], path[at:]

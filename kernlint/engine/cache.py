"""What is kept between runs: which files matter, their facts, and what these come to.

Everything is kept by content, so nothing in it can make a result differ from that of a run
without it; verdicts are not kept at all. What cannot be read, or is of another version, counts
as empty. A file is replaced as a whole, so runs at the same time do not disturb each other.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from kernlint import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kernlint.model.codec import Codec
    from kernlint.model.facts import FileFacts
    from kernlint.project.outcome import Project

#: A file that was changed so shortly before may be changed again without a trace, in nanoseconds.
_TOO_RECENT = 2_000_000_000
#: Facts that take more characters than this are not kept.
_LARGEST = 2_000_000
_IGNORE = "*\n"
_TAG = """Signature: 8a477f597d28d172789f06886806bc55
# A cache of kernlint, which may be deleted. See https://bford.info/cachedir/
"""


class Seen(NamedTuple):
    """A file as it was: size in bytes, times in nanoseconds, digest and traits of its content."""

    size: int
    modified: int
    changed: int
    digest: str
    traits: int

    def is_still(self, status: os.stat_result) -> bool:
        """Whether a file is the same by what the system says of it."""
        return (self.size, self.modified, self.changed) == (
            status.st_size,
            status.st_mtime_ns,
            status.st_ctime_ns,
        )


class Cache:
    """The cache of one working directory, below ``folder``; read when it is first asked."""

    def __init__(self, folder: str, cwd: str) -> None:
        self._folder = folder
        self._base = digest(os.path.realpath(cwd).encode(errors="surrogateescape"))[:16]
        self._index: dict[str, Any] = self._read("")
        self._seen: dict[str, Seen] = {}
        for path, fields in _mapping(self._index.get("files")).items():
            if isinstance(fields, list) and len(fields) == len(Seen._fields):
                self._seen[path] = Seen._make(fields)
        self._facts: dict[str, Any] | None = None
        self._used: dict[str, Any] = {}
        self._project: list[Any] = []
        self._now: dict[str, Seen] = {}
        self._is_changed = False

    # Files

    def seen(self, path: str, status: os.stat_result) -> Seen | None:
        """What is known of a file, if it is still the same."""
        found = self._seen.get(path)
        if found is None or not found.is_still(status):
            return None
        self._now[path] = found
        return found

    def note(self, path: str, status: os.stat_result, content: str, traits: int) -> None:
        """Keep what was found out about a file."""
        self._now[path] = Seen(
            status.st_size, status.st_mtime_ns, status.st_ctime_ns, content, traits
        )
        self._is_changed = True

    def digest_of(self, path: str) -> str | None:
        """The digest of a file's content, as far as it is known in this run."""
        found = self._now.get(path)
        return found.digest if found is not None else None

    # Facts

    def facts(self, key: str) -> FileFacts | None:
        """The facts kept under a key."""
        if self._facts is None:
            self._facts = _mapping(self._read(".facts").get("facts"))
        encoded = self._facts.get(key)
        if encoded is None:
            return None
        self._used[key] = encoded
        found: FileFacts | None = _decoded(encoded)
        return found

    def keep(self, key: str, facts: FileFacts) -> None:
        """Keep facts under a key."""
        encoded = _encoded(facts)
        if encoded is not None:
            self._used[key] = encoded
            self._is_changed = True

    # The project

    def project_reads(self, key: str) -> list[tuple[str, str]] | None:
        """The files, with digests, that a project depends on besides what makes up its key.

        None where no project is kept under the key.
        """
        held = self._index.get("project")
        if not isinstance(held, list) or len(held) != 3 or held[0] != key:
            return None
        return [(str(path), str(content)) for path, content in held[1]]

    def project(self, key: str) -> Project | None:
        """What the facts of a project came to, if that is kept under the key."""
        if self.project_reads(key) is None:
            return None
        self._project = self._index["project"]
        found: Project | None = _decoded(self._project[2])
        return found

    def keep_project(self, key: str, reads: list[tuple[str, str]], project: Project) -> None:
        """Keep what the facts of a project come to, and what else it was made from."""
        encoded = _encoded(project)
        if encoded is not None:
            self._project = [key, reads, encoded]
            self._is_changed = True

    # On disk

    def save(self) -> str | None:
        """Write what has changed; what to tell the user where that fails."""
        if not self._is_changed:
            return None
        latest = time.time_ns() - _TOO_RECENT
        files = {
            path: seen
            for path, seen in {**self._seen, **self._now}.items()
            if max(seen.modified, seen.changed) < latest
        }
        try:
            os.makedirs(self._folder, exist_ok=True)
            self._mark()
            self._write("", {"files": files, "project": self._project})
            if self._used:
                known = {seen.digest for seen in self._now.values()}
                kept = {
                    key: facts
                    for key, facts in {**(self._facts or {}), **self._used}.items()
                    if key.partition(":")[0] in known
                }
                self._write(".facts", {"facts": kept})
        except OSError as error:
            reason = error.strerror or str(error)
            return f"the cache in `{self._folder}` cannot be written: {reason}"
        return None

    def _mark(self) -> None:
        """Keep the folder out of version control and of backups."""
        for name, text in ((".gitignore", _IGNORE), ("CACHEDIR.TAG", _TAG)):
            path = os.path.join(self._folder, name)
            if not os.path.exists(path):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)

    def _path(self, part: str) -> str:
        return os.path.join(self._folder, f"{self._base}{part}.json")

    def _read(self, part: str) -> dict[str, Any]:
        try:
            with open(self._path(part), "rb") as file:
                head, _, body = file.read().partition(b"\n")
            if head.decode() != _head(body):
                return {}
            return _mapping(json.loads(body))
        except (OSError, ValueError, RecursionError, MemoryError):
            return {}

    def _write(self, part: str, content: Mapping[str, object]) -> None:
        body = json.dumps(content, separators=(",", ":")).encode()
        handle, temporary = tempfile.mkstemp(".tmp", self._base, self._folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(f"{_head(body)}\n".encode() + body)
            os.replace(temporary, self._path(part))
        except BaseException:
            os.unlink(temporary)
            raise


def digest(content: bytes) -> str:
    """What stands for a content: 32 hexadecimal digits."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def digest_of_all(parts: Iterable[str]) -> str:
    """What stands for several texts in their order."""
    return digest("\0".join(parts).encode(errors="surrogatepass"))


def _head(body: bytes) -> str:
    """The first line of a cache file: by which kernlint it is, and that it is whole."""
    return f"kernlint {__version__} {_own_files()} {digest(body)}"


@lru_cache(maxsize=1)
def _own_files() -> str:
    """What tells this kernlint from one with the same version and other code."""
    top = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parts = []
    for room in ("engine", "extract", "model", "project", "source"):
        with os.scandir(os.path.join(top, room)) as entries:
            for entry in entries:
                if entry.name.endswith(".py"):
                    status = entry.stat()
                    parts.append(f"{entry.name} {status.st_size} {status.st_mtime_ns}")
    return digest_of_all(sorted(parts))


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


@lru_cache(maxsize=1)
def _codec() -> Codec:
    from kernlint.model.codec import Codec
    from kernlint.project import flow, outcome, values

    return Codec(flow, outcome, values)


def _encoded(value: object) -> object | None:
    """The value for JSON; None where it cannot be kept."""
    try:
        encoded = _codec().encode(value)
        return encoded if len(json.dumps(encoded)) < _LARGEST else None
    except (TypeError, ValueError, RecursionError, MemoryError):
        return None


def _decoded(value: object) -> Any:
    """What was encoded; None where it was not written by this kernlint."""
    try:
        return _codec().decode(value)
    except (TypeError, ValueError, LookupError, AttributeError, RecursionError, MemoryError):
        return None

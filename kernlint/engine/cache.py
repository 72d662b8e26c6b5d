"""What is kept between runs: which files matter, their facts, and what these come to.

Everything is kept by content, so nothing in it can make a result differ from that of a run
without it; verdicts are not kept at all. What cannot be read, or is of another version, counts
as empty. A file is replaced as a whole, so runs at the same time do not disturb each other.
"""

from __future__ import annotations

import json
import os
import time
from functools import lru_cache

from kernlint import __version__
from kernlint.engine.seen import Seen
from kernlint.model.hints import TYPE_CHECKING, Any

try:
    from _blake2 import blake2b  # without `hashlib`, which loads OpenSSL
except ImportError:
    from hashlib import blake2b

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kernlint.model.codec import Codec
    from kernlint.model.facts import FileFacts

#: Facts that take more characters than this are not kept.
_LARGEST = 2_000_000
_IGNORE = "*\n"
_TAG = """Signature: 8a477f597d28d172789f06886806bc55
# A cache of kernlint, which may be deleted. See https://bford.info/cachedir/
"""


class Cache:
    """The cache of one working directory, below ``folder``; read when it is first asked.

    ``files`` is what is known of files.
    """

    def __init__(self, folder: str, cwd: str) -> None:
        self._folder = folder
        self._base = digest(os.path.realpath(cwd).encode(errors="surrogateescape"))[:16]
        index = self._read("")
        self.files = Seen(index.get("files"))
        self._projects: dict[str, Any] = {"": index.get("project")}
        self._changed: set[str] = set()
        self._facts: dict[str, Any] | None = None
        self._used: dict[str, Any] = {}
        self._has_new_facts = False

    # Facts

    def facts(self, key: str) -> FileFacts | None:
        """The facts kept under a key."""
        kept = self._kept_facts().get(key)
        if kept is None:
            return None
        self._used[key] = kept
        found: FileFacts | None = decoded(kept, _of_facts())
        return found

    def _kept_facts(self) -> dict[str, Any]:
        if self._facts is None:
            self._facts = _mapping(self._read(".facts").get("facts"))
        return self._facts

    def keep(self, key: str, facts: FileFacts) -> None:
        """Keep facts under a key."""
        value = encoded(facts, _of_facts())
        if value is not None:
            self._used[key] = value
            self._has_new_facts = True

    # The project

    def project(self, part: str = "") -> Any:
        """What was kept of a project last, as it was encoded; None where nothing was.

        Each ``part`` is kept apart: they are looked at in turns, as by hand and by a hook.
        """
        if part not in self._projects:
            self._projects[part] = self._read(f".{part}").get("project")
        return self._projects[part]

    def keep_project(self, project: object, part: str = "") -> None:
        """Keep something of a project; it has to be JSON."""
        self._projects[part] = project
        self._changed.add(part)

    # On disk

    def save(self) -> str | None:
        """Write what has changed; what to tell the user where that fails."""
        if not (self._changed or self._has_new_facts or self.files.is_changed):
            return None
        try:
            os.makedirs(self._folder, exist_ok=True)
            self._mark()
            for part in sorted(self._changed - {""}):
                self._write(f".{part}", {"project": self._projects[part]})
            if "" in self._changed or self.files.is_changed:
                self._write("", {"project": self._projects[""], "files": self.files.content()})
            if self._has_new_facts or self.files.has_lost:
                known = self.files.digests()
                kept = {
                    key: facts
                    for key, facts in {**self._kept_facts(), **self._used}.items()
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
        # Another run may write at the same time; `tempfile` takes 4 ms to import.
        temporary = f"{self._path(part)}.{os.getpid()}.{time.time_ns()}.tmp"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        handle = os.open(temporary, flags, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(f"{_head(body)}\n".encode() + body)
            os.replace(temporary, self._path(part))
        except BaseException:
            os.unlink(temporary)
            raise


def digest(content: bytes) -> str:
    """What stands for a content: 32 hexadecimal digits."""
    return blake2b(content, digest_size=16).hexdigest()


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
def _of_facts() -> Codec:
    from kernlint.model import code, diagnostic, expr, facts
    from kernlint.model.codec import Codec

    return Codec(code, diagnostic, expr, facts)


@lru_cache(maxsize=1)
def of_projects() -> Codec:
    """What encodes and decodes a project, or a part of one."""
    from kernlint.model import diagnostic, expr
    from kernlint.model.codec import Codec
    from kernlint.project import flow, outcome, values

    return Codec(diagnostic, expr, flow, outcome, values)


def encoded(value: object, codec: Codec) -> object | None:
    """The value for JSON; None where it cannot be kept."""
    try:
        found = codec.encode(value)
        return found if len(json.dumps(found)) < _LARGEST else None
    except (TypeError, ValueError, RecursionError, MemoryError):
        return None


def decoded(value: object, codec: Codec) -> Any:
    """What was encoded; None where it was not written by this kernlint."""
    try:
        return codec.decode(value)
    except (TypeError, ValueError, LookupError, AttributeError, RecursionError, MemoryError):
        return None

"""Which file an import means, decided from paths alone.

A project is a set of files. A folder that is no package (it has no ``__init__``
file) may be on the import path, so a file can be imported under the dotted name
that starts at any such folder.
"""

from __future__ import annotations

import os.path
import posixpath
import sys

from kernlint.model.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_ENDINGS = (".py", ".pyi", ".pyw")


class Modules:
    """The importable files of a project.

    ``paths`` are relative to the working directory, with ``/``.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = set(paths)
        self._packages: set[str] = set()
        # By the last part of their dotted names, in reverse order; the names are made for those
        # few that are asked for.
        self._by_last: dict[str, list[str]] = {}
        self._dotted: dict[str, dict[tuple[str, ...], str]] = {}
        # The same questions come with every run of a module.
        self._names: dict[str, str] = {}
        self._found: dict[tuple[str, str], str | None] = {}
        for path in sorted(self._paths, reverse=True):
            head, _, name = path.rpartition("/")
            stem, dot, ending = name.rpartition(".")
            if f"{dot}{ending}" not in _ENDINGS:
                continue
            if stem == "__init__":
                if ending in {"py", "pyi"}:
                    self._packages.add(head)
                stem = head.rpartition("/")[2]
            self._by_last.setdefault(stem, []).append(path)

    def name(self, path: str) -> str:
        """The dotted name of a file, from its outermost package on."""
        if path not in self._names:
            self._names[path] = self._name(path)
        return self._names[path]

    def _name(self, path: str) -> str:
        parts = _parts(path)
        folder = posixpath.dirname(path)
        if posixpath.basename(path).startswith("__init__."):
            folder = posixpath.dirname(folder)
        depth = 1
        while folder in self._packages and depth < len(parts):
            depth += 1
            folder = posixpath.dirname(folder)
        return ".".join(parts[-depth:])

    def absolute(self, path: str, target: str) -> str:
        """The absolute dotted path of an import target written in ``path``.

        A relative target that leaves the packages of the project keeps its dots.
        """
        level = len(target) - len(target.lstrip("."))
        if level == 0:
            return target
        package = self.name(path).split(".")
        if not posixpath.basename(path).startswith("__init__."):
            package = package[:-1]
        if level - 1 > len(package):
            return target
        base = package[: len(package) - (level - 1)]
        return ".".join([*base, *filter(None, [target[level:]])])

    def find(self, path: str, target: str) -> str | None:
        """The file of the project that ``target`` means as a module in ``path``."""
        asked = path, target
        if asked not in self._found:
            self._found[asked] = self._find(path, target)
        return self._found[asked]

    def _find(self, path: str, target: str) -> str | None:
        level = len(target) - len(target.lstrip("."))
        rest = tuple(filter(None, target[level:].split(".")))
        if level:
            folder = posixpath.dirname(path)
            for _ in range(level - 1):
                folder = posixpath.normpath(posixpath.join(folder, ".."))
            return self._file(posixpath.normpath(posixpath.join(folder, *rest)))
        if not rest:
            return None
        named = self._named(rest[-1])
        folders = [
            parts[: len(parts) - len(rest)]
            for parts in named
            if parts[-len(rest) :] == rest and self._importable(parts, len(rest))
        ]
        folder_of_file = tuple(filter(None, posixpath.dirname(path).split("/")))
        start = _import_folder(folders, folder_of_file, rest[0])
        return None if start is None else named[start + rest]

    def _named(self, last: str) -> dict[tuple[str, ...], str]:
        """The files by their dotted names, of those names that end with a part."""
        if last not in self._dotted:
            paths = self._by_last.get(last, ())
            self._dotted[last] = {parts: path for path in paths if (parts := _parts(path))}
        return self._dotted[last]

    def shadows(self, path: str, name: str) -> str | None:
        """The file of the project that stands in the place of an installed library.

        That is so where it lies beside the importing file or in a folder above it,
        which come first on the import path.
        """
        found = self.find(path, name)
        if found is None:
            return None
        folder = posixpath.dirname(found)
        if posixpath.basename(found).startswith("__init__."):
            folder = posixpath.dirname(folder)
        here = posixpath.dirname(path)
        return found if not folder or f"{here}/".startswith(f"{folder}/") else None

    def _file(self, stem: str) -> str | None:
        for ending in _ENDINGS:
            for candidate in (stem + ending, posixpath.join(stem, f"__init__{ending}")):
                if candidate in self._paths:
                    return candidate
        return None

    def _importable(self, parts: tuple[str, ...], length: int) -> bool:
        """Whether the folder above the dotted name can be on the import path."""
        above = parts[: len(parts) - length]
        return "/".join(above) not in self._packages


def _parts(path: str) -> tuple[str, ...]:
    stem, ending = os.path.splitext(path)
    if ending not in _ENDINGS:
        return ()
    parts = tuple(part for part in stem.split("/") if part not in {"", "."})
    return parts[:-1] if parts and parts[-1] == "__init__" else parts


def _import_folder(
    folders: list[tuple[str, ...]], here: tuple[str, ...], name: str
) -> tuple[str, ...] | None:
    """The folder that an import most probably starts from; None where two are as likely.

    A folder that holds the importing file, the innermost first, wins over every other;
    a module of the standard library is replaced only from there.
    """
    above = [folder for folder in folders if folder == here[: len(folder)]]
    if above:
        return max(above, key=len)
    if name in sys.stdlib_module_names or not folders:
        return None
    nearest = max(_shared(folder, here) for folder in folders)
    near = [folder for folder in folders if _shared(folder, here) == nearest]
    return near[0] if len(near) == 1 else None


def _shared(left: tuple[str, ...], right: tuple[str, ...]) -> int:
    count = 0
    for a, b in zip(left, right, strict=False):
        if a != b:
            break
        count += 1
    return count

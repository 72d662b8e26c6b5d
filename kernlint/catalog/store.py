"""Answers what a release of transformers or kernels accepts, and since when.

The data is generated from the released wheels (``tools/build_catalog.py``) and holds the
newest patch release of every minor.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import lru_cache

from kernlint.catalog.release import (
    KernelsRelease,
    Period,
    TransformersRelease,
    minor,
)
from kernlint.model.hints import TYPE_CHECKING, Any, Literal, overload

if TYPE_CHECKING:
    from kernlint.catalog.shapes import LayersData, LibraryData

Library = Literal["transformers", "kernels"]


class Catalog:
    """Every release that kernlint knows; see :func:`load`."""

    __slots__ = ("_kernels", "_layers", "_transformers")

    def __init__(self, transformers: LibraryData, layers: LayersData, kernels: LibraryData) -> None:
        self._layers = layers["layers"]
        self._transformers = {
            version: TransformersRelease(transformers, layers, index)
            for index, version in enumerate(transformers["releases"])
        }
        self._kernels = {
            version: KernelsRelease(kernels, index)
            for index, version in enumerate(kernels["releases"])
        }

    def releases(self, library: Library) -> tuple[str, ...]:
        """The releases of ``library``, oldest first."""
        return tuple(self._transformers if library == "transformers" else self._kernels)

    def newest(self, library: Library) -> str:
        """The newest release of ``library``."""
        return self.releases(library)[-1]

    def transformers(self, version: str) -> TransformersRelease:
        """The facts of a release; KeyError where the catalog lacks it."""
        return self._transformers[version]

    def kernels(self, version: str) -> KernelsRelease:
        """The facts of a release; KeyError where the catalog lacks it."""
        return self._kernels[version]

    @overload
    def where(
        self, library: Literal["transformers"], predicate: Callable[[TransformersRelease], bool]
    ) -> tuple[str, ...]: ...

    @overload
    def where(
        self, library: Literal["kernels"], predicate: Callable[[KernelsRelease], bool]
    ) -> tuple[str, ...]: ...

    def where(
        self,
        library: Library,
        predicate: Callable[[Any], bool],
    ) -> tuple[str, ...]:
        """The releases for which ``predicate`` is true, oldest first."""
        table = self._transformers if library == "transformers" else self._kernels
        return tuple(version for version, release in table.items() if predicate(release))

    def specifier(self, library: Library, versions: Iterable[str]) -> str:
        """Releases of the catalog as a PEP 440 specifier in minors: ``>=5.9,<5.21``.

        Stretches are joined with `` or ``; the empty string means every release. ValueError
        where ``versions`` is empty or names a release that the catalog lacks.
        """
        known = self.releases(library)
        chosen = sorted({known.index(version) for version in versions})
        if not chosen:
            raise ValueError("no release to describe")
        if len(chosen) == len(known):
            return ""
        starts = [i for i in chosen if i - 1 not in chosen]
        ends = [i for i in chosen if i + 1 not in chosen]
        return " or ".join(
            f">={minor(known[start])}"
            + (f",<{minor(known[end + 1])}" if end + 1 < len(known) else "")
            for start, end in zip(starts, ends, strict=True)
        )

    def layer_history(self, name: str) -> tuple[Period, ...]:
        """When the layer name was declared, oldest first; empty where it never was."""
        known = self.releases("transformers")
        found: list[Period] = []
        since: str | None = None
        for version in known:
            declared = self._transformers[version].declares(name)
            if declared and since is None:
                since = version
            elif not declared and since is not None:
                found.append(Period(since, version))
                since = None
        return (*found, Period(since, None)) if since is not None else tuple(found)

    def layer_successor(self, name: str) -> str | None:
        """The name that took over when ``name`` was last dropped, where exactly one did.

        A name took over where it is new in that release and declared at every place where
        ``name`` was before.
        """
        history = self.layer_history(name)
        if not history or history[-1].until is None:
            return None
        known = self.releases("transformers")
        after = self._transformers[history[-1].until]
        before = self._transformers[known[known.index(after.version) - 1]]
        places = set(before.layer_sites(name))
        found = [
            other
            for other in sorted(after.layer_names - before.layer_names)
            if places <= set(after.layer_sites(other))
        ]
        return found[0] if len(found) == 1 else None


@lru_cache(maxsize=1)
def load() -> Catalog:
    """The catalog that kernlint ships, read once per process."""
    return Catalog(_read("transformers.json"), _read("layers.json"), _read("kernels.json"))


def _read(name: str) -> Any:
    import json

    path = os.path.join(os.path.dirname(__file__), "data", name)
    with open(path, encoding="utf-8") as file:
        return json.load(file)

"""Which releases each file is judged by."""

from __future__ import annotations

import os

from kernlint.catalog.constraints import ConstraintFinder
from kernlint.catalog.kernel_pins import kernel_pins
from kernlint.catalog.store import load
from kernlint.catalog.target import Target, TargetError, find_target
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kernlint.catalog.statements import Constraints, FileProblem, Requirement
    from kernlint.catalog.store import Library
    from kernlint.config import Settings


class JudgedFiles(Record):
    """Files that are judged by the same releases."""

    target: Target
    paths: frozenset[str]


class Targets:
    """Finds the releases for files; one for each project, or for each part of a monorepo.

    ``root`` is the top of the project, absolute. Specifiers of the settings and an
    environment that they name go before what dependency files say.

    Raises TargetError for a specifier of the settings that kernlint cannot judge by, and
    NoEnvironmentError where there is no environment.
    """

    def __init__(self, settings: Settings, *, root: str, cwd: str) -> None:
        self._finder = ConstraintFinder(root=root, cwd=cwd)
        self._root, self._cwd = os.path.normpath(root), cwd
        self._given = {
            library: (specifier, _origin(settings, library))
            for library, specifier in (
                ("transformers", settings.transformers),
                ("kernels", settings.kernels),
            )
            if specifier is not None
        }
        if settings.python is not None:
            from kernlint.catalog.installed import installed

            place = settings.python
            if settings.sources["python"][-1].line is not None:
                place = os.path.join(settings.root, place)
            for library, version in installed(place).items():
                origin = f"the environment of {settings.python}"
                self._given.setdefault(library, (f"=={version}", origin))
        self._targets: dict[Constraints, Target] = {}
        self._found: dict[str, Target] = {}
        self._by_folder: dict[str, Target] = {}
        self.problems: set[FileProblem] = set()
        # What is asked for is wrong wherever it is used: say so before anything is read.
        self.default = self._target(None)

    def of(self, path: str) -> Target:
        """The releases for one file."""
        head = os.path.dirname(path)
        if head not in self._found:
            folder = os.path.join(self._cwd, head) if head else self._cwd
            self._found[head] = self._of_folder(
                os.path.normpath(folder) if ".." in head else folder
            )
        return self._found[head]

    def _of_folder(self, folder: str) -> Target:
        """The releases for an absolute folder: what the nearest dependency files allow."""
        folder = self._finder.deciding(folder)
        if folder not in self._by_folder:
            self._by_folder[folder] = self._in(folder)
        return self._by_folder[folder]

    def _in(self, folder: str) -> Target:
        constraints = self._finder.constraints_for(folder)
        self.problems.update(constraints.problems)
        if constraints not in self._targets:
            self._targets[constraints] = self._target(constraints)
        pins = kernel_pins(folder, root=self._root, cwd=self._cwd)
        return self._targets[constraints]._replace(kernel_pins=pins)

    def group(self, paths: Iterable[str]) -> list[JudgedFiles]:
        """The files by what they are judged by, in the order of their paths."""
        # Most folders have the same object; to compare two takes a look at all that they hold.
        by_object: dict[int, tuple[Target, set[str]]] = {}
        for path in sorted(paths):
            target = self.of(path)
            by_object.setdefault(id(target), (target, set()))[1].add(path)
        groups: dict[Target, set[str]] = {}
        for target, members in by_object.values():
            groups.setdefault(target, set()).update(members)
        return [JudgedFiles(target, frozenset(found)) for target, found in groups.items()]

    def _target(self, constraints: Constraints | None) -> Target:
        transformers, origin = self._given.get("transformers", (None, None))
        kernels, kernels_origin = self._given.get("kernels", (None, None))
        try:
            return find_target(
                transformers,
                kernels,
                constraints=constraints,
                transformers_origin=origin,
                kernels_origin=kernels_origin,
            )
        except TargetError as error:
            if error.requirement is None or constraints is None:
                raise
            return self._without_release(error.library, error.requirement, constraints)

    def _without_release(
        self, library: Library, requirement: Requirement, constraints: Constraints
    ) -> Target:
        """The target of a project that allows only releases from before the catalog."""
        rest = tuple(each for each in constraints.statements if each.library != library)
        oldest = load().releases(library)[:1]
        if library == "kernels":
            target = self._target(constraints._replace(kernels=None, statements=rest))
            return target._replace(
                kernels=oldest, kernels_requirement=requirement, kernels_constrained=True
            )
        target = self._target(constraints._replace(transformers=None, statements=rest))
        origin = f"{requirement.place.path} line {requirement.line}"
        return target._replace(
            transformers=(), origin=origin, requirement=requirement, before_first=True
        )

    def notes(self, groups: Iterable[JudgedFiles]) -> tuple[str, ...]:
        """What the user has to be told of the releases, each thing once."""
        notes = [f"{path}:{line}: {message}" for path, line, message in sorted(self.problems)]
        newest = load().newest("transformers")
        notes += sorted(
            {
                f"{target.origin} asks for a newer transformers than kernlint knows; "
                f"it is judged as {newest}"
                for target, _ in groups
                if target.only_newer
            }
        )
        return tuple(notes)


def pairs(target: Target) -> list[tuple[str, str]]:
    """Each allowed release of transformers, oldest first, with the kernels to go with it.

    That is the newest allowed one that fits, else the newest. A target without a release
    of transformers is looked at as the oldest one.
    """
    catalog = load()
    found: list[tuple[str, str]] = []
    constrained = target.kernels_constrained
    for version in target.transformers or catalog.releases("transformers")[:1]:
        wanted = catalog.transformers(version).kernels_extra
        known = target.kernels if constrained else catalog.releases("kernels")
        fitting = [release for release in known if wanted.admits(release)]
        found.append((version, (fitting or target.kernels)[-1]))
    return found


def _origin(settings: Settings, library: str) -> str | None:
    """Where the settings have a specifier from; None for the command line."""
    origin = settings.sources[library][-1]
    if origin.line is None:
        return None
    return f"{os.path.relpath(origin.where)} line {origin.line}"

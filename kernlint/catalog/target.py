"""Finds the releases to judge a project by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from kernlint.catalog.release import minor, release_key
from kernlint.catalog.store import Catalog, Library, load

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

    from kernlint.catalog.requirement import Requirement


class TargetError(ValueError):
    """A version specifier cannot be read, or admits no release that kernlint can judge by."""


class Target(NamedTuple):
    """The judged releases of each library, oldest first, and in words where they come from."""

    transformers: tuple[str, ...]
    kernels: tuple[str, ...]
    origin: str
    requirement: Requirement | None = None
    kernels_requirement: Requirement | None = None
    before_first: bool = False


def find_target(transformers: str | None = None, kernels: str | None = None) -> Target:
    """The newest releases that two PEP 440 specifiers admit; a bare version means ``==``.

    The catalog holds one release of every minor, which stands for all its patch releases. A
    specifier that admits only what is newer than the catalog is judged by the newest release.
    Without a specifier it is the newest transformers, and the newest kernels that this
    transformers asks for, or the newest of all where the catalog has none.
    Raises TargetError for a specifier that cannot be read, or that admits only older releases,
    or none.
    """
    catalog = load()
    if transformers is None:
        judged, origin = catalog.newest("transformers"), "the newest release that kernlint knows"
    else:
        judged, origin = _newest_admitted(catalog, "transformers", transformers)
    if kernels is None:
        return Target((judged,), (_default_kernels(catalog, judged),), origin)
    judged_kernels, kernels_origin = _newest_admitted(catalog, "kernels", kernels)
    return Target((judged,), (judged_kernels,), f"{origin}, {kernels_origin}")


def _default_kernels(catalog: Catalog, transformers: str) -> str:
    """The newest kernels that the extra of a transformers release requires.

    The extra rather than the range at run time, which has no upper bound up to 5.12 although
    transformers up to there does not even import with kernels 0.15.
    """
    wanted = catalog.transformers(transformers).kernels_extra
    fitting = [release for release in catalog.releases("kernels") if wanted.admits(release)]
    return fitting[-1] if fitting else catalog.newest("kernels")


def _newest_admitted(catalog: Catalog, library: Library, text: str) -> tuple[str, str]:
    """The release to judge by, and its origin in words."""
    option = f"--{library}"
    specifiers = _parse(option, text)
    origin = f"{option} {specifiers}"
    known = catalog.releases(library)
    for release in reversed(known):
        if any(_admits(specifiers, patch) for patch in _patches(specifiers, release)):
            return release, origin
    if any(_admits(specifiers, version) for version in _later(specifiers, known[-1])):
        return known[-1], f"{origin}, judged as {known[-1]}, the newest that kernlint knows"
    raise TargetError(
        f"{origin} admits no release of {library} that kernlint can judge by: it knows "
        f"{minor(known[0])} to {minor(known[-1])}"
    )


def _parse(option: str, text: str) -> SpecifierSet:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    bare = text.strip()
    try:
        if not bare:
            raise InvalidSpecifier
        return SpecifierSet(f"=={bare}" if bare[0].isdigit() else bare)
    except InvalidSpecifier:
        raise TargetError(
            f"{option} {text!r} is not a version specifier: write a version such as 5.22.2 or "
            "bounds such as >=5.20,<5.23"
        ) from None


def _admits(specifiers: SpecifierSet, version: str) -> bool:
    return specifiers.contains(version, prereleases=True)


def _patches(specifiers: SpecifierSet, release: str) -> Iterator[str]:
    """Versions of the minor of ``release`` of which one is admitted if any is.

    All patches up to the one in the catalog, and those at and right after each bound.
    """
    major, middle, newest = release_key(release)
    yield from (f"{major}.{middle}.{patch}" for patch in range(newest + 1))
    for bound in _bounds(specifiers):
        if (bound.major, bound.minor) == (major, middle):
            yield str(bound)
            yield f"{major}.{middle}.{bound.micro + 1}"


def _later(specifiers: SpecifierSet, newest: str) -> Iterator[str]:
    """Versions after the minor of ``newest`` of which one is admitted if any is."""
    major, middle, _ = release_key(newest)
    yield f"{major}.{middle + 1}"
    for bound in _bounds(specifiers):
        if (bound.major, bound.minor) > (major, middle):
            yield str(bound)
            yield f"{bound.major}.{bound.minor}.{bound.micro + 1}"
            yield f"{bound.major}.{bound.minor + 1}"
            yield f"{bound.major + 1}"


def _bounds(specifiers: SpecifierSet) -> Iterator[Version]:
    """The versions that the specifiers name, without their wildcards."""
    from packaging.version import Version

    for specifier in specifiers:
        # Behind === any text may stand; it is compared letter by letter.
        if specifier.operator != "===":
            yield Version(specifier.version.removesuffix(".*"))

"""Finds the releases to judge a project by."""

from __future__ import annotations

from collections.abc import Iterator

from kernlint.catalog.kernel_pins import KernelPin
from kernlint.catalog.release import minor, release_key
from kernlint.catalog.statements import Constraints, Requirement, alternatives
from kernlint.catalog.store import Catalog, Library, load
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.record import Record

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

_NEWEST = "the newest release that kernlint knows"


class TargetError(ValueError):
    """A version specifier cannot be read, or admits no release that kernlint can judge by.

    ``library`` is the one it constrains, ``requirement`` the statement of a dependency file; None
    where the specifier was given.
    """

    def __init__(
        self, message: str, library: Library, requirement: Requirement | None = None
    ) -> None:
        super().__init__(message)
        self.library = library
        self.requirement = requirement


class NoEnvironmentError(ValueError):
    """A path that leads to no Python environment, or to one that cannot be read for certain."""


class Target(Record):
    """The judged releases of each library, oldest first, and in words where they come from.

    The last one is the judged release, the others are those that the project allows, too.
    ``requirement`` and ``kernels_requirement`` are the statements of dependency files.

    About transformers: ``before_first`` tells that releases before 5.0 are admitted, which
    have no KernelConfig, ``newer`` that releases after the newest known are, ``only_newer``
    that nothing else is, so that the newest known stands for them. ``extras`` are those
    that the project asks for anywhere. ``kernels_constrained`` tells that something is
    said of the releases of kernels; ``kernel_pins`` are the kernels that the project locks.
    """

    transformers: tuple[str, ...]
    kernels: tuple[str, ...]
    origin: str
    kernels_origin: str
    requirement: Requirement | None = None
    kernels_requirement: Requirement | None = None
    before_first: bool = False
    newer: bool = False
    only_newer: bool = False
    extras: frozenset[str] = frozenset()
    kernels_constrained: bool = False
    kernel_pins: tuple[KernelPin, ...] = ()


class _Wanted(Record):
    """Specifiers, one of which has to hold; none where nothing is asked for.

    ``refused`` begins the message for specifiers that admit nothing.
    """

    library: Library
    specifiers: tuple[SpecifierSet, ...] = ()
    origin: str = _NEWEST
    refused: str = ""
    requirement: Requirement | None = None


class _Admitted(Record):
    """What specifiers admit: releases of the catalog, and whether others before or after it."""

    releases: tuple[str, ...]
    before_first: bool
    newer: bool


def find_target(
    transformers: str | None = None,
    kernels: str | None = None,
    *,
    constraints: Constraints | None = None,
    transformers_origin: str | None = None,
    kernels_origin: str | None = None,
) -> Target:
    """The releases that two PEP 440 specifiers, or else a project's constraints, admit.

    A bare version means ``==``. The origins say where the specifiers come from; by default they
    are options of the command line. The catalog holds one release of every minor, which stands
    for all its patch releases. What admits only releases newer than the catalog is judged by the
    newest release. Where nothing constrains it, it is the newest transformers, and the newest
    kernels that this transformers asks for, or the newest of all where the catalog has none.
    Raises TargetError for a specifier that cannot be read, or that admits only older releases,
    or none.
    """
    catalog = load()
    given = constraints or Constraints()
    wanted = _wanted("transformers", transformers, transformers_origin, given)
    admitted = _admitted(catalog, wanted)
    judged = admitted.releases or (catalog.newest("transformers"),)
    wanted_kernels = _wanted("kernels", kernels, kernels_origin, given)
    judged_kernels, origin = _kernels(catalog, judged[-1], wanted_kernels, given)
    return Target(
        judged,
        judged_kernels,
        wanted.origin,
        origin,
        wanted.requirement,
        wanted_kernels.requirement,
        admitted.before_first,
        admitted.newer,
        bool(wanted.specifiers) and not admitted.releases,
        frozenset(
            extra
            for each in given.statements
            if each.library == "transformers"
            for extra in each.extras
        ),
        bool(wanted_kernels.specifiers),
    )


def _kernels(
    catalog: Catalog, transformers: str, wanted: _Wanted, constraints: Constraints
) -> tuple[tuple[str, ...], str]:
    """The releases of kernels to judge by, and where they come from.

    The extra's range rather than that at run time, which has no upper bound up to 5.12 although
    transformers up to there does not even import with kernels 0.15.
    """
    release = catalog.transformers(transformers)
    fitting = tuple(
        each for each in catalog.releases("kernels") if release.kernels_extra.admits(each)
    )
    if not wanted.specifiers:
        if fitting:
            return fitting[-1:], f"the newest that transformers {transformers} asks for"
        return (catalog.newest("kernels"),), _NEWEST
    admitted = _admitted(catalog, wanted).releases or (catalog.newest("kernels"),)
    if wanted.requirement and _installs_extra(
        constraints, wanted.requirement, release.kernels_extra_name
    ):
        # An installer fulfils both, so only what both admit is ever installed.
        admitted = tuple(each for each in admitted if each in fitting) or admitted
    return admitted, wanted.origin


def _installs_extra(constraints: Constraints, kernels: Requirement, extra: str) -> bool:
    """Whether transformers is required with ``extra`` wherever ``kernels`` is."""
    return any(
        each.library == "transformers"
        and extra in each.extras
        and each.condition in ("", kernels.condition)
        for each in constraints.statements
    )


def _wanted(
    library: Library, text: str | None, origin: str | None, constraints: Constraints
) -> _Wanted:
    """What is asked for: by ``text``, else by the constraints."""
    from_file = constraints.transformers if library == "transformers" else constraints.kernels
    if text is not None:
        specifiers = _parse(library, text, origin)
        words = origin or f"--{library} {specifiers}"
        return _Wanted(library, (specifiers,), words, words)
    groups = alternatives(constraints.statements, library)
    if not groups:
        return _Wanted(library, requirement=from_file)
    from packaging.specifiers import SpecifierSet

    texts = [",".join(each.specifier for each in group) for group in groups]
    places = dict.fromkeys(f"{each.place.path} line {each.line}" for each in sum(groups, ()))
    words = " and ".join(places)
    return _Wanted(
        library,
        tuple(map(SpecifierSet, texts)),
        words,
        f"{words}: {library}{' or '.join(texts)}",
        from_file,
    )


def _admitted(catalog: Catalog, wanted: _Wanted) -> _Admitted:
    """What the catalog has of what is wanted; TargetError where it cannot judge by any of it."""
    known = catalog.releases(wanted.library)
    specifiers = wanted.specifiers
    releases = tuple(
        release
        for release in known
        if any(_admits_any(each, _patches(each, release)) for each in specifiers)
    )
    newer = any(_admits_any(each, _later(each, known[-1])) for each in specifiers)
    if specifiers and not releases and not newer:
        raise TargetError(
            f"{wanted.refused} admits no release of {wanted.library} that kernlint can judge by: "
            f"it knows {minor(known[0])} to {minor(known[-1])}",
            wanted.library,
            wanted.requirement,
        )
    before = any(_admits_any(each, _earlier(each, known[0])) for each in specifiers)
    return _Admitted(releases, before, newer)


def _parse(library: Library, text: str, origin: str | None) -> SpecifierSet:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    bare = text.strip()
    try:
        if not bare:
            raise InvalidSpecifier
        return SpecifierSet(f"=={bare}" if bare[0].isdigit() else bare)
    except InvalidSpecifier:
        subject = f"{origin}:" if origin else f"--{library}"
        raise TargetError(
            f"{subject} {text!r} is not a version specifier: write a version such as 5.22.2 or "
            "bounds such as >=5.20,<5.23",
            library,
        ) from None


def _admits_any(specifiers: SpecifierSet, versions: Iterator[str]) -> bool:
    return any(specifiers.contains(version, prereleases=True) for version in versions)


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


def _earlier(specifiers: SpecifierSet, first: str) -> Iterator[str]:
    """Versions before the minor of ``first`` of which one is admitted if any is."""
    major, middle, _ = release_key(first)
    yield "0"
    for bound in _bounds(specifiers):
        if (bound.major, bound.minor) < (major, middle):
            yield str(bound)
            yield f"{bound.major}.{bound.minor}.{bound.micro + 1}"
            if (bound.major, bound.minor + 1) < (major, middle):
                yield f"{bound.major}.{bound.minor + 1}"


def _bounds(specifiers: SpecifierSet) -> Iterator[Version]:
    """The versions that the specifiers name, without their wildcards."""
    from packaging.version import Version

    for specifier in specifiers:
        # Behind === any text may stand; it is compared letter by letter.
        if specifier.operator != "===":
            yield Version(specifier.version.removesuffix(".*"))

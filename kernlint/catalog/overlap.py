"""Whether a specifier and bounds have a release in common."""

from __future__ import annotations

from kernlint.catalog.release import release_key
from kernlint.model.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.specifiers import SpecifierSet

    from kernlint.catalog.release import Bounds


def admits_within(specifier: str, bounds: Bounds) -> bool:
    """Whether a PEP 440 specifier admits some final release within the bounds.

    An empty specifier admits every release. Raises
    ``packaging.specifiers.InvalidSpecifier`` for one that cannot be read.
    """
    from packaging.specifiers import SpecifierSet

    specifiers = SpecifierSet(specifier)
    return any(
        bounds.admits(version) and specifiers.contains(version)
        for version in _edges(specifiers, bounds)
    )


def _edges(specifiers: SpecifierSet, bounds: Bounds) -> Iterator[str]:
    """Releases of which one is in common if any is: those at and right after each bound."""
    from packaging.version import Version

    yield from _at_and_after(release_key(bounds.minimum))
    for each in specifiers:
        if each.operator != "===":  # which compares with any text
            yield from _at_and_after(Version(each.version.removesuffix(".*")).release)


def _at_and_after(release: tuple[int, ...]) -> Iterator[str]:
    major, minor, micro = (*release, 0, 0, 0)[:3]
    yield f"{major}.{minor}.{micro}"
    yield f"{major}.{minor}.{micro + 1}"
    yield f"{major}.{minor + 1}.0"
    yield f"{major + 1}.0.0"

"""Tests of kernlint.project.modules."""

from __future__ import annotations

import pytest

from kernlint.project.modules import Modules


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a.py", "a"),
        ("scripts/a.py", "a"),
        ("src/pkg/__init__.py", "pkg"),
        ("src/pkg/a.py", "pkg.a"),
        ("src/pkg/sub/__init__.py", "pkg.sub"),
        ("src/pkg/sub/b.py", "pkg.sub.b"),
        ("src/pkg/loose/c.py", "c"),
    ],
)
def test_a_file_is_named_from_its_outermost_package_on(path: str, name: str) -> None:
    modules = Modules(
        [
            "a.py",
            "scripts/a.py",
            "src/pkg/__init__.py",
            "src/pkg/a.py",
            "src/pkg/sub/__init__.py",
            "src/pkg/sub/b.py",
            "src/pkg/loose/c.py",
        ]
    )
    assert modules.name(path) == name


@pytest.mark.parametrize(
    ("path", "target", "absolute"),
    [
        ("pkg/a.py", "other.x", "other.x"),
        ("pkg/a.py", ".b.x", "pkg.b.x"),
        ("pkg/__init__.py", ".b.x", "pkg.b.x"),
        ("pkg/sub/c.py", "..b.x", "pkg.b.x"),
        ("pkg/sub/c.py", "...x", "x"),
        ("pkg/sub/c.py", "....x", "....x"),
    ],
)
def test_relative_targets_become_absolute(path: str, target: str, absolute: str) -> None:
    modules = Modules(["pkg/__init__.py", "pkg/a.py", "pkg/sub/__init__.py", "pkg/sub/c.py"])
    assert modules.absolute(path, target) == absolute


@pytest.mark.parametrize(
    ("files", "path", "target", "found"),
    [
        # A script imports its sibling, a test the package under src.
        (["s/a.py", "s/b.py"], "s/a.py", "b", "s/b.py"),
        (["src/p/__init__.py", "src/p/a.py", "tests/t.py"], "tests/t.py", "p.a", "src/p/a.py"),
        (["ns/p/a.py", "b.py"], "b.py", "ns.p.a", "ns/p/a.py"),
        # The part of a package is no module of its own.
        (["p/__init__.py", "p/a.py", "b.py"], "b.py", "a", None),
        # The innermost folder that holds the importing file comes first.
        (["c.py", "x/c.py", "x/y/a.py"], "x/y/a.py", "c", "x/c.py"),
        (["c.py", "z/c.py", "x/a.py"], "x/a.py", "c", "c.py"),
        (["q/r/c.py", "z/c.py", "q/a/a.py"], "q/a/a.py", "c", "q/r/c.py"),
        # Two that are as likely are none.
        (["y/c.py", "z/c.py", "x/a.py"], "x/a.py", "c", None),
        (["y/c.py", "z/c.py", "a.py"], "a.py", "c", None),
        # The standard library is replaced only by what lies beside or above.
        (["x/logging.py", "y/a.py"], "y/a.py", "logging", None),
        (["x/logging.py", "x/a.py"], "x/a.py", "logging", "x/logging.py"),
        # Relative imports name one place.
        (["p/__init__.py", "p/a.py", "p/b/__init__.py"], "p/a.py", ".b", "p/b/__init__.py"),
        (["p/a.py", "b.py"], "p/a.py", "..b", "b.py"),
        (["p/a.py", "b.py"], "p/a.py", "....b", None),
        (["p/__init__.py", "p/a.py"], "p/a.py", ".", "p/__init__.py"),
        (["a.py", "b.pyi"], "a.py", "b", "b.pyi"),
        (["a.py", "b.py", "b.pyi"], "a.py", "b", "b.py"),
        (["a.py"], "a.py", "", None),
    ],
)
def test_the_file_that_an_import_means(
    files: list[str], path: str, target: str, found: str | None
) -> None:
    assert Modules(files).find(path, target) == found


@pytest.mark.parametrize(
    ("files", "path", "shadow"),
    [
        (["a.py", "kernels.py"], "a.py", "kernels.py"),
        (["x/a.py", "kernels/__init__.py"], "x/a.py", "kernels/__init__.py"),
        (["a.py", "x/kernels/__init__.py"], "a.py", None),
        (["xy/a.py", "x/kernels.py"], "xy/a.py", None),
        (["a.py"], "a.py", None),
    ],
)
def test_a_namesake_shadows_a_library_from_beside_or_above(
    files: list[str], path: str, shadow: str | None
) -> None:
    assert Modules(files).shadows(path, "kernels") == shadow

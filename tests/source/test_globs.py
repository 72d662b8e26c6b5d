from __future__ import annotations

import pytest

from kernlint.source.globs import compile_globs


@pytest.mark.parametrize(
    ("pattern", "fits", "fails"),
    [
        ("build", ["build", "a/build"], ["build/a.py", "rebuild", "builds"]),
        ("build/", ["build", "a/build"], ["build/a.py"]),
        ("/build", ["build"], ["a/build"]),
        ("./build", ["build"], ["a/build"]),
        ("*.pyi", ["a.pyi", "a/b.pyi", ".pyi"], ["a.py", "a.pyi/b"]),
        ("test_?.py", ["test_a.py", "x/test_é.py"], ["test_.py", "test_ab.py"]),
        (".*", [".venv", "a/.git"], ["a", "a.b"]),
        ("src/gen", ["src/gen"], ["gen", "a/src/gen", "src/gen/a.py"]),
        ("src/*/gen", ["src/a/gen"], ["src/gen", "src/a/b/gen"]),
        ("src/**", ["src/a", "src/a/b.py"], ["src", "a/src/b"]),
        ("src/**/gen", ["src/gen", "src/a/gen", "src/a/b/gen"], ["src/regen", "gen"]),
        ("**/gen", ["gen", "a/gen", "a/b/gen"], ["regen"]),
        ("a\\b", ["a/b"], ["ab"]),
        ("v[0-9].py", ["v1.py"], ["vx.py", "v10.py"]),
        ("v[!0-9].py", ["vx.py"], ["v1.py", "v/.py"]),
        ("[^]", ["^"], ["a", "[^]"]),
        ("[a&&b]", ["a", "b", "&"], ["c"]),
        ("a[", ["a["], ["a"]),
        ("a+(b)|c", ["a+(b)|c"], ["aab", "c"]),
        ("a\nb", ["a\nb"], ["a", "b"]),
    ],
)
def test_pattern(pattern: str, fits: list[str], fails: list[str]) -> None:
    compiled = compile_globs([pattern])
    assert compiled is not None
    paths = [*fits, *fails]
    assert [path for path in paths if compiled.fullmatch(path)] == fits


@pytest.mark.parametrize("patterns", [[], [""], ["/"], ["./"]])
def test_no_pattern(patterns: list[str]) -> None:
    assert compile_globs(patterns) is None


def test_any_pattern_counts() -> None:
    compiled = compile_globs(["a", "b/c"])
    assert compiled is not None
    assert [path for path in ("a", "b/c", "x/a", "x/b/c") if compiled.fullmatch(path)] == [
        "a",
        "b/c",
        "x/a",
    ]


@pytest.mark.parametrize("pattern", ["v[z-a]", "v[!]", "v[]"])
def test_impossible_set_is_taken_literally(pattern: str) -> None:
    compiled = compile_globs([pattern])
    assert compiled is not None
    assert compiled.fullmatch(pattern)

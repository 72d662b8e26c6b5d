"""Versions in lock files."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.catalog.projects import constraints, problems, quoted, said, target, write

UV = """
    version = 1
    revision = 3

    [[package]]
    name = "kernels"
    version = "0.17.2"
    source = { registry = "https://example.org/registry" }
    dependencies = [
        { name = "transformers" },
    ]

    [[package]]
    name = "project"
    version = "9.9"
    source = { virtual = "." }

    [package.metadata]
    requires-dist = [{ name = "transformers", specifier = ">=5" }]

    [[package]]
    name = "sentence-transformers"
    version = "5.5.0"

    [[package]]
    name = "transformers"
    version = "5.22.2"
    source = { registry = "https://example.org/registry" }
    wheels = [
        { url = "https://example.org/transformers-5.22.2.whl", hash = "sha256:0" },
    ]

    [package.optional-dependencies]
    kernels = [{ name = "kernels" }]
"""
POETRY = """
    [[package]]
    name = "transformers"
    version = "5.22.2"
    description = "version = 1"
    optional = false
    groups = ["main"]
    files = [
        {file = "transformers-5.22.2.whl", hash = "sha256:0"},
    ]

    [package.dependencies]
    kernels = {version = ">=0.17.2", optional = true}

    [[package]]
    name = "kernels"
    version = "0.17.2"
"""
PDM = """
    [metadata]
    groups = ["default"]

    [[package]]
    name = "transformers"
    version = "5.22.2"
    requires_python = ">=3.10"

    [[package]]
    name = "transformers"
    version = "5.22.2"
    extras = ["kernels"]
    dependencies = ["kernels", "transformers==5.22.2"]

    [[package]]
    name = "kernels"
    version = "0.17.2"
"""
PYLOCK = """
    lock-version = "1.0"

    [[packages]]
    name = "kernels"
    version = "0.17.2"

    [[packages]]
    name = 'transformers'
    version = '5.22.2'

    [[packages.wheels]]
    name = "transformers-5.22.2-py3-none-any.whl"
"""


@pytest.mark.parametrize(
    ("name", "text", "line", "kernels_line"),
    [
        ("uv__lock", UV, 26, 6),
        ("poetry__lock", POETRY, 3, 16),
        ("pdm__lock", PDM, 6, 17),
        ("pylock__toml", PYLOCK, 9, 5),
    ],
)
def test_formats(tmp_path: Path, name: str, text: str, line: int, kernels_line: int) -> None:
    write(tmp_path, **{name: text})
    found = constraints(tmp_path)
    path = name.replace("__", ".")
    assert said(tmp_path) == [("transformers", "==5.22.2", ""), ("kernels", "==0.17.2", "")]
    assert [each.locked for each in found.statements] == [True, True]
    assert quoted(tmp_path, found.transformers) == (path, line, "5.22.2")
    assert quoted(tmp_path, found.kernels) == (path, kernels_line, "0.17.2")
    judged = target(tmp_path)
    assert (judged.transformers, judged.kernels) == (("5.22.2",), ("0.17.2",))
    assert judged.origin == f"{path} line {line}"
    assert judged.kernels_origin == f"{path} line {kernels_line}"


def test_several_versions(tmp_path: Path) -> None:
    stanza = '[[package]]\nname = "transformers"\nversion = "{}"\nresolution-markers = []\n'
    (tmp_path / "uv.lock").write_text(stanza.format("5.3.0") + stanza.format("5.10.4"))
    assert said(tmp_path) == [
        ("transformers", "==5.3.0", "one of several versions: 5.3.0"),
        ("transformers", "==5.10.4", "one of several versions: 5.10.4"),
    ]
    judged = target(tmp_path)
    assert judged.transformers == ("5.3.0", "5.10.4")
    assert judged.origin == "uv.lock line 3 and uv.lock line 7"


@pytest.mark.parametrize(
    ("version", "releases", "only_newer"),
    [
        ("5.22.0", ("5.22.2",), False),
        ("5.22.2+cu130", ("5.22.2",), False),
        ("5.22.0.dev0", ("5.22.2",), False),
        ("5.99.0.dev0", ("5.23.0",), True),
    ],
)
def test_versions(
    tmp_path: Path, version: str, releases: tuple[str, ...], only_newer: bool
) -> None:
    write(tmp_path, uv__lock=UV.replace("5.22.2", version))
    judged = target(tmp_path)
    assert (judged.transformers, judged.only_newer) == (releases, only_newer)


def test_without_a_version_the_next_source_decides(tmp_path: Path) -> None:
    write(
        tmp_path,
        uv__lock="""
            [[package]]
            name = "transformers"
            source = { editable = "../transformers" }

            [[package]]
            name = "zzz"
            version = "1"
        """,
        pyproject__toml="[project]\ndependencies = ['transformers==5.3.0']\n",
    )
    assert said(tmp_path) == [("transformers", "==5.3.0", "")]


def test_problems(tmp_path: Path) -> None:
    write(tmp_path, uv__lock=UV.replace('"5.22.2"', '"five"'))
    assert problems(tmp_path) == [
        ("uv.lock", 26, "`five` is left out: it is not a version of transformers")
    ]
    write(tmp_path, uv__lock=UV + "<<<<<<< ours\n")
    (problem,) = problems(tmp_path)
    assert problem == ("uv.lock", 34, "the file holds an unresolved merge conflict")
    assert said(tmp_path) == []


def test_a_name_that_is_no_package(tmp_path: Path) -> None:
    text = '[[tool.x]]\nname = "transformers"\nversion = "5.1.0"\n[[package]]\nname = "a"\n'
    (tmp_path / "poetry.lock").write_text(text)
    assert said(tmp_path) == []


def test_windows_line_ends(tmp_path: Path) -> None:
    write(tmp_path, uv__lock=UV)
    path = tmp_path / "uv.lock"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert quoted(tmp_path, constraints(tmp_path).transformers) == ("uv.lock", 26, "5.22.2")


def test_a_large_lock_takes_milliseconds(tmp_path: Path) -> None:
    stanza = '[[package]]\nname = "package-{}"\nversion = "1.0"\nwheels = [\n{}]\n\n'
    wheel = '    { url = "https://example.org/transformers/x.whl", hash = "sha256:0" },\n'
    rows = [stanza.format(number, wheel * 10) for number in range(1300)]
    rows.append('[[package]]\nname = "transformers"\nversion = "5.3.0"\n')
    text = "".join(rows)
    assert len(text) > 1_000_000
    (tmp_path / "uv.lock").write_text(text)
    constraints(tmp_path)
    best = min(_seconds(tmp_path) for _ in range(5))
    assert said(tmp_path) == [("transformers", "==5.3.0", "")]
    assert best < 0.05


def _seconds(root: Path) -> float:
    start = time.process_time()
    constraints(root)
    return time.process_time() - start

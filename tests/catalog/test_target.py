"""Which releases a project is judged by."""

from __future__ import annotations

import subprocess
import sys

import pytest
from packaging.specifiers import SpecifierSet

from kernlint.catalog.store import load
from kernlint.catalog.target import Target, TargetError, find_target

NEWEST = load().newest("transformers")
NEWEST_KERNELS = load().newest("kernels")


def test_newest_by_default() -> None:
    target = find_target()
    assert target.transformers == (NEWEST,)
    assert target.origin == "the newest release that kernlint knows"


@pytest.mark.parametrize(
    ("specifier", "judged"),
    [
        ("5.22.2", "5.22.2"),
        ("==5.22.2", "5.22.2"),
        (" == 5.22.0 ", "5.22.2"),
        ("==5.22.*", "5.22.2"),
        ("==5.22", "5.22.2"),
        ("==5.22.0rc1", "5.22.2"),
        ("===5.22.2", "5.22.2"),
        ("<5.22.1", "5.22.2"),
        ("<5.22", "5.21.1"),
        ("<=5.22", "5.22.2"),
        ("~=5.22.7", "5.22.2"),
        (">5.22.2,<5.23", "5.22.2"),
        (">=5.9,<5.21", "5.20.2"),
        (">=4.56,!=5.22.2,<5.23", "5.22.2"),
        ("<5.23,!=5.22.*", "5.21.1"),
        (">=5.0.0,<5.0.1", "5.0.0"),
        (">=4", NEWEST),
    ],
)
def test_newest_admitted(specifier: str, judged: str) -> None:
    assert find_target(specifier).transformers[-1] == judged


def test_origin_names_the_specifier() -> None:
    assert find_target("5.22.2").origin == "--transformers ==5.22.2"
    assert find_target(" == 5.22.2").origin == "--transformers ==5.22.2"


@pytest.mark.parametrize("specifier", ["==99.1", ">=99", ">99.1,<99.2", "~=99.1.3", "==99.0rc1"])
def test_newer_than_the_catalog(specifier: str) -> None:
    target = find_target(specifier)
    assert target == Target(
        (NEWEST,),
        find_target().kernels,
        f"--transformers {SpecifierSet(specifier)}",
        find_target().kernels_origin,
        newer=True,
        only_newer=True,
    )


@pytest.mark.parametrize(
    ("specifier", "admitted"),
    [
        ("==5.22.2", ("5.22.2",)),
        ("~=5.10.0", ("5.10.4",)),
        (">=5.9,<5.13,!=5.11.*", ("5.9.0", "5.10.4", "5.12.1")),
        ("<5.2", ("5.0.0", "5.1.0")),
        (">5.3.0,<5.5.1", ("5.3.0", "5.4.0", "5.5.4")),
    ],
)
def test_every_admitted_minor(specifier: str, admitted: tuple[str, ...]) -> None:
    assert find_target(specifier).transformers == admitted


@pytest.mark.parametrize(
    ("specifier", "before_first", "newer"),
    [
        (">=4.56.2", True, True),
        (">=4.57,<5.23", True, False),
        (">=5", False, True),
        (">=5.0.0rc1,<6", False, True),
        ("<5.24", True, False),
        ("<5.24.0", True, False),
        ("<5.24.1", True, True),
        ("==5.22.*", False, False),
        ("!=4.57.*,>=4.57,<5.3", True, False),
        (">=5.3,!=5.24.*,<6", False, True),
        ("~=5.23", False, True),
        ("~=5.23.0", False, False),
        ("==5.23.7", False, False),
        ("===5.23.0", False, False),
    ],
)
def test_beyond_the_catalog(specifier: str, before_first: bool, newer: bool) -> None:
    target = find_target(specifier)
    assert (target.before_first, target.newer, target.only_newer) == (before_first, newer, False)


@pytest.mark.parametrize(
    "specifier", ["==4.57.6", "<5", ">5.22,<5.21", "==5.22.2,==5.21.1", "<5.0.0"]
)
def test_nothing_to_judge_by(specifier: str) -> None:
    with pytest.raises(TargetError) as failure:
        find_target(specifier)
    known = NEWEST.rsplit(".", 1)[0]
    assert str(failure.value).endswith(
        f" admits no release of transformers that kernlint can judge by: it knows 5.0 to {known}"
    )
    assert str(failure.value).startswith("--transformers ")


@pytest.mark.parametrize("specifier", ["", "five", "5.x", "=5.22", ">=5.22<5.23"])
def test_no_specifier(specifier: str) -> None:
    with pytest.raises(TargetError) as failure:
        find_target(kernels=specifier)
    assert str(failure.value) == (
        f"--kernels {specifier!r} is not a version specifier: write a version such as 5.22.2 or "
        "bounds such as >=5.20,<5.23"
    )


@pytest.mark.parametrize(
    ("transformers", "kernels"),
    [
        ("5.0.0", "0.10.5"),
        ("5.12.1", "0.12.3"),
        ("5.13.1", "0.15.2"),
        ("5.17.0", "0.16.2"),
        ("5.22.2", "0.17.2"),
    ],
)
def test_kernels_that_transformers_asks_for(transformers: str, kernels: str) -> None:
    assert find_target(transformers).kernels == (kernels,)


def test_both_given() -> None:
    assert find_target("5.12.1", ">=0.13,<0.15") == Target(
        ("5.12.1",),
        ("0.13.0", "0.14.1"),
        "--transformers ==5.12.1",
        "--kernels <0.15,>=0.13",
        kernels_constrained=True,
    )


def test_kernels_alone() -> None:
    assert find_target(kernels="0.16.0") == Target(
        (NEWEST,),
        ("0.16.2",),
        "the newest release that kernlint knows",
        "--kernels ==0.16.0",
        kernels_constrained=True,
    )


def test_kernels_origin_by_default() -> None:
    assert find_target("5.22.2").kernels_origin == "the newest that transformers 5.22.2 asks for"
    # 5.23 asks for kernels 0.18, which the catalog lacks.
    assert find_target("5.23.0").kernels_origin == "the newest release that kernlint knows"


def test_origin_is_taken_as_given() -> None:
    target = find_target("5.22.2", "0.17", transformers_origin="a", kernels_origin="b")
    assert (target.origin, target.kernels_origin) == ("a", "b")
    with pytest.raises(TargetError) as failure:
        find_target("4.57", transformers_origin="kernlint.toml line 3")
    assert str(failure.value).startswith("kernlint.toml line 3 admits no release of transformers ")
    with pytest.raises(TargetError) as failure:
        find_target("five", transformers_origin="kernlint.toml line 3")
    assert str(failure.value).startswith("kernlint.toml line 3: 'five' is not a version specifier")


def test_no_import_of_packaging_without_a_specifier() -> None:
    program = (
        "import sys; from kernlint.catalog.target import find_target; find_target(); "
        "print(sorted({'packaging', 'dataclasses', 'pathlib', 'inspect'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-S", "-c", program], check=True, capture_output=True, text=True
    )
    assert run.stdout == "[]\n"

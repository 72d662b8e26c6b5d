"""Which releases a project is judged by."""

from __future__ import annotations

import subprocess
import sys

import pytest

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
    assert find_target(specifier).transformers == (judged,)


def test_origin_names_the_specifier() -> None:
    assert find_target("5.22.2").origin == "--transformers ==5.22.2"
    assert find_target(" == 5.22.2").origin == "--transformers ==5.22.2"


@pytest.mark.parametrize("specifier", ["==99.1", ">=99", ">99.1,<99.2", "~=99.1.3", "==99.0rc1"])
def test_newer_than_the_catalog(specifier: str) -> None:
    target = find_target(specifier)
    assert target.transformers == (NEWEST,)
    assert target.origin.endswith(f", judged as {NEWEST}, the newest that kernlint knows")
    assert target.origin.startswith("--transformers ")


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
    assert find_target("5.12.1", "<0.15") == Target(
        ("5.12.1",), ("0.14.1",), "--transformers ==5.12.1, --kernels <0.15"
    )


def test_kernels_alone() -> None:
    assert find_target(kernels="0.16.0") == Target(
        (NEWEST,), ("0.16.2",), "the newest release that kernlint knows, --kernels ==0.16.0"
    )


def test_no_import_of_packaging_without_a_specifier() -> None:
    program = (
        "import sys; from kernlint.catalog.target import find_target; find_target(); "
        "print(sorted({'packaging', 'dataclasses', 'pathlib', 'inspect'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-S", "-c", program], check=True, capture_output=True, text=True
    )
    assert run.stdout == "[]\n"

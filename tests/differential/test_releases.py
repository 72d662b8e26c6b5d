"""kernlint against the validation of every release, on thousands of programs."""

from __future__ import annotations

import functools

import pytest

from kernlint.catalog.target import find_target
from tests.differential import recorded
from tests.differential.compare import (
    OPEN,
    RELEASES,
    SINKS,
    Finding,
    Linted,
    Raised,
    Sink,
    compare,
    difference,
    open_point,
    unexpected,
)
from tests.differential.configs import FUSIONS, draw_programs
from tests.real.old_release import kernels_release_for

COUNT = 300

GOOD = 'config = KernelConfig({"RMSNorm": "a/b:L"})\n'
REJECTED = Finding("KL103", "with transformers 5.23.0 `x` raises ValueError: no")
LOADING = Finding("KL103", "with transformers 5.23.0 loading the kernel raises ValueError: no")
MISPLACED = Finding("KL201", "with transformers 5.23.0 loading the kernel raises ValueError: no")
RAISED = Raised("ValueError", "sanitize", "no such thing here")


@functools.cache
def programs() -> list[str]:
    return draw_programs(COUNT)


def test_the_same_seed_draws_the_same_programs() -> None:
    assert draw_programs(40, 3) == draw_programs(40, 3)
    assert draw_programs(40, 3) != draw_programs(40, 4)


@pytest.mark.parametrize("release", RELEASES)
def test_both_take_the_same_kernels(release: str) -> None:
    assert find_target(f"=={release}").kernels == (kernels_release_for(release),)


@pytest.mark.parametrize(
    ("raised", "errors", "expected"),
    [
        (None, (), None),
        (None, (LOADING,), None),
        (None, (REJECTED,), "false alarm: KL103"),
        (None, (MISPLACED,), f"KL201 speaks of loading: {MISPLACED.effect}"),
        (RAISED, (REJECTED,), None),
        (RAISED, (LOADING, REJECTED), None),
        (RAISED, (), "missed: ValueError at sanitize (no such thing)"),
        (RAISED, (LOADING,), "missed: ValueError at sanitize (no such thing)"),
        (
            RAISED._replace(exception="TypeError"),
            (REJECTED,),
            "other exception: TypeError at sanitize (no such thing), but KL103",
        ),
    ],
)
def test_difference(
    raised: Raised | None, errors: tuple[Finding, ...], expected: str | None
) -> None:
    assert difference("5.23.0", GOOD, "set_use_kernels", raised, Linted(errors, ())) == expected


def test_a_kernel_is_loaded_before_the_validation_of_from_pretrained() -> None:
    found = Linted((LOADING,), ())
    assert difference("5.23.0", GOOD, "from_pretrained", RAISED, found) is None
    assert difference("5.10.4", GOOD, "from_pretrained", RAISED, found) is not None


def test_only_a_fusion_may_stay_unchecked() -> None:
    open_one = Linted((), ("why",))
    assert difference("5.23.0", GOOD, "set_use_kernels", RAISED, open_one) == "not checked: why"
    fusion = GOOD.replace('"RMSNorm"', FUSIONS[0])
    assert difference("5.23.0", fusion, "set_use_kernels", RAISED, open_one) is None


@pytest.mark.slow
@pytest.mark.parametrize("sink", SINKS)
@pytest.mark.parametrize("release", RELEASES)
def test_kernlint_agrees_with_the_release(release: str, sink: Sink) -> None:
    assert unexpected(compare(release, programs(), sink)) == []


@pytest.mark.slow
def test_what_was_recorded_is_what_the_releases_do() -> None:
    known = recorded.read()
    assert recorded.record(list(known)) == known


@pytest.mark.slow
def test_what_is_open_is_still_so() -> None:
    differing = [
        each
        for sink in SINKS
        for release in ("5.12.1", "5.13.1", "5.23.0")
        for each in compare(release, programs(), sink)
    ]
    assert {open_point(each) for each in differing} - {None} == {*OPEN}

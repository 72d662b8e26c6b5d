"""Tests of kernlint.project.oracle: every way that conditions can go gets its turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernlint.project.oracle import MAX_WAYS, Oracle

if TYPE_CHECKING:
    from collections.abc import Callable


def seen(ask: Callable[[Oracle], object]) -> list[object]:
    """What is answered in every way."""
    oracle = Oracle()
    return [ask(oracle) for _ in oracle.ways()]


def test_a_program_without_conditions_runs_once() -> None:
    assert seen(lambda oracle: oracle.met) == [False]


def test_independent_conditions_go_in_all_combinations() -> None:
    assert seen(lambda oracle: (oracle.true("a"), oracle.true("b"))) == [
        (True, True),
        (True, False),
        (False, True),
        (False, False),
    ]


def test_a_condition_that_is_met_on_one_way_alone() -> None:
    assert seen(lambda oracle: oracle.true("a") and oracle.true("b")) == [True, False, False]


def test_what_is_decided_holds_throughout_a_run() -> None:
    assert seen(lambda oracle: (oracle.true("a"), oracle.true("a"))) == [
        (True, True),
        (False, False),
    ]


def test_what_equals_one_constant_equals_no_other() -> None:
    def ask(oracle: Oracle) -> object:
        first = oracle.equal("a", "x")
        return first, oracle.equal("a", "y"), oracle.known("a")

    assert seen(ask) == [
        (True, False, ("x",)),
        (False, True, ("y",)),
        (False, False, None),
    ]


def test_a_constant_tells_whether_the_value_is_true() -> None:
    assert seen(lambda oracle: (oracle.equal("a", "x"), oracle.decided("a"))) == [
        (True, True),
        (False, None),
    ]
    assert seen(lambda oracle: (oracle.true("a"), oracle.equal("a", ""))) == [
        (True, False),
        (False, True),
        (False, False),
    ]


def test_conditions_about_the_same_value_may_exclude_each_other() -> None:
    def ask(oracle: Oracle) -> object:
        oracle.holds(("<", "a", 1), "a")
        before = oracle.doubtful
        oracle.holds((">", "a", 2), "a")
        return before, oracle.doubtful

    assert seen(ask) == [(False, True)] * 4
    assert seen(lambda oracle: (oracle.holds("c", "a"), oracle.true("b"), oracle.doubtful)) == [
        (True, True, False),
        (True, False, False),
        (False, True, False),
        (False, False, False),
    ]


def test_beyond_the_limit_conditions_are_left_open() -> None:
    found = seen(lambda oracle: tuple(oracle.true(number) for number in range(6)))
    assert len(set(found)) == len(found) == MAX_WAYS == 64
    found = seen(lambda oracle: tuple(oracle.true(number) for number in range(7)))
    assert len(found) == MAX_WAYS + 1
    assert found[-1] == (None,) * 7


def test_in_a_hurry_conditions_are_left_open() -> None:
    oracle = Oracle()
    found = []
    for _ in oracle.ways():
        found.append((oracle.true("a"), oracle.true("b")))
        oracle.hurry = True
    assert found == [(True, True), (None, None)]
    assert [oracle.true("a") for _ in oracle.ways()] == [True, False]

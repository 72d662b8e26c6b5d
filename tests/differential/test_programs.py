"""kernlint against Python, on whole programs that build a mapping in many ways."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import pytest

from tests.differential import recorded_programs
from tests.differential.program_check import (
    RELEASES,
    Disagreement,
    differing,
    shortest,
    show,
    values,
)
from tests.differential.program_shrink import shrink
from tests.differential.program_writer import Program
from tests.differential.programs import CONSTRUCTS, EXTRAS, Case, draw, run
from tests.differential.recorded_programs import verdicts_on
from tests.differential.truth_runner import literal

RECORDED = recorded_programs.read()
COUNT = 400
SEED = 1

IMPORTS = 'import os\nfrom transformers import KernelConfig\nFLAG0 = os.environ.get("FLAG0")\n'


@functools.cache
def fresh() -> list[Case]:
    return draw(COUNT, SEED)


def none(found: Sequence[Disagreement]) -> None:
    """Fail where anything differs, with the shortest program of every kind."""
    if found:
        least = shortest(found).values()
        pytest.fail("\n\n".join([f"{len(found)} differ", *map(show, least)]), pytrace=False)


def program(text: str) -> Program:
    return Program({"main.py": IMPORTS + text}, "main.py", ())


def test_the_values_of_recorded_programs() -> None:
    none(differing(RECORDED.cases))


@pytest.mark.parametrize("release", RELEASES)
def test_the_verdicts_on_recorded_programs(release: str) -> None:
    none(differing(RECORDED.cases, [release], RECORDED.ask))


@pytest.mark.slow
def test_the_values_of_fresh_programs() -> None:
    none(differing(fresh()))


@pytest.mark.slow
@pytest.mark.parametrize("release", RELEASES)
def test_the_verdicts_on_fresh_programs(release: str) -> None:
    none(differing(fresh(), [release]))


def test_what_was_recorded_is_what_python_computes() -> None:
    assert run([case.program for case in RECORDED.cases]) == [c.truth for c in RECORDED.cases]


@pytest.mark.slow
def test_what_was_recorded_is_what_the_releases_do() -> None:
    again = {mapping: verdicts_on(mapping) for mapping in RECORDED.verdicts}
    assert again == RECORDED.verdicts


def test_the_recorded_programs_use_every_construct() -> None:
    used = {name for case in RECORDED.cases for name in case.program.constructs}
    assert used == {*CONSTRUCTS, *EXTRAS}


def test_the_recorded_programs_are_good_and_bad_ones() -> None:
    for release in RELEASES:
        bad = sum(any(RECORDED.ask(release, m) for m in case.mappings) for case in RECORDED.cases)
        assert 0.2 < bad / len(RECORDED.cases) < 0.8


def test_the_same_seed_draws_the_same_programs() -> None:
    assert draw(20, 3) == draw(20, 3)
    assert draw(20, 3) != draw(20, 4)


def test_the_truth_of_a_program() -> None:
    text = 'config = KernelConfig({"B": 1, "A": (True, None)} if FLAG0 == "x" else [1.5, {2}])\n'
    truth = frozenset({"{'A': (True, None), 'B': 1}", "[1.5, {2}]"})
    assert run([program(text)]) == [{("main.py", 4): truth}]


def test_a_module_may_be_installed_or_not() -> None:
    text = "try:\n    from fast_kernels_of_nobody import A\n    m = 1\nexcept ImportError:\n"
    answer = run([program(f"{text}    m = 2\nKernelConfig(m)\n")])
    assert answer == [{("main.py", 9): frozenset({"1", "2"})}]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("KernelConfig(FLAG0['a'])\n", "TypeError: 'NoneType' object is not subscriptable"),
        ("m = {}\nKernelConfig(m)\nm['A'] = 'a'\n", "the mapping of line 5 is changed later"),
        ("KernelConfig(object())\n", "TypeError: object has no literal"),
    ],
)
def test_a_program_without_truth(text: str, expected: str) -> None:
    (answer,) = run([program(text)])
    assert isinstance(answer, str)
    assert expected in answer


@pytest.mark.slow
def test_a_program_that_never_ends() -> None:
    assert run([program("while True:\n    pass\n")]) == ["TimeoutError: runs for more than 2 s"]


def test_a_program_is_cut_down_to_what_differs() -> None:
    text = "OTHER = 1\nif FLAG0:\n    OTHER = 2\nm = {'A': 'a', 'B': {'C': 'c', 'D': OTHER}}\n"

    def judge(case: Case) -> Disagreement | None:
        wrong = any("'D': 2" in mapping for mapping in case.mappings)
        return Disagreement("wrong", case, ()) if wrong else None

    whole = program(f"{text}config = KernelConfig(m)\n")
    least = shrink(Disagreement("wrong", Case(whole, {}), ()), judge).case.program.text
    assert "'A'" not in least
    assert "if" not in least
    assert "OTHER = 2" in least


def test_literals_tell_types_apart() -> None:
    values = [True, 1, 1.0, "1", b"1", (1,), [1], {1}, {1: 1}, None, ..., ()]
    assert len({literal(value) for value in values}) == len(values)
    assert literal({"b": 1, "a": {"d": 2, "c": 3}}) == "{'a': {'c': 3, 'd': 2}, 'b': 1}"


@pytest.mark.parametrize(
    ("truth", "expected"),
    [
        ({"{'A': 'a'}", "{'A': 'b'}"}, None),
        ({"{'A': 'a'}"}, "mapping that never happens"),
        ({"{'A': 'a'}", "{'A': 'b'}", "{'A': 'c'}"}, "mapping is missing"),
        ({"{'A': 'c'}"}, "wrong mapping"),
        (set(), "config that is never made"),
    ],
)
def test_how_values_differ(truth: set[str], expected: str | None) -> None:
    text = "KernelConfig({'A': 'a'} if FLAG0 else {'A': 'b'})\n"
    made = {("main.py", 4): frozenset(truth)} if truth else {}
    found = values(Case(program(text), made))
    assert (found and found.kind) == expected


def test_a_value_that_is_open_differs() -> None:
    found = values(Case(program("KernelConfig({'A': FLAG0})\n"), {}))
    assert found is not None
    assert found.kind.startswith("open: ")

"""What the execution of kernels, and their results, say on top of their being in place."""

from __future__ import annotations

from typing import Any

import pytest

from kernlint.model.runtime import (
    ExecutionFacts,
    Mismatch,
    ModuleStates,
    NumericFacts,
    RuntimeFacts,
)
from tests.rules.seen import (
    ALL_ORIGINAL,
    NO_BUILD,
    check,
    facts,
    fine,
    layer,
    raised,
    ran,
    refused,
    together,
    verdict,
)

APPLIED = ("applied", None, None)
ORIGINAL = {"RMSNorm": ALL_ORIGINAL["RMSNorm"]}


def executed(seen: ExecutionFacts | None, **more: Any) -> RuntimeFacts:
    """What was seen of RMSNorm at work."""
    others = (ran("SiLU"),)
    return facts(execution=others if seen is None else (seen, *others), **more)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (ran("RMSNorm", ran=0), ("not-applied", "NOT-EXECUTED", None)),
        (ran("RMSNorm", ran=3), ("partly-applied", "NOT-EXECUTED", None)),
        (ran("RMSNorm", called=0, ran=0), ("unknown", "NOT-CALLED", None)),
        (None, ("unknown", "NOT-CALLED", None)),
        (ran("RMSNorm", backward=True), APPLIED),
        (ran("RMSNorm", backward=False), ("wrong-result", "NO-GRADIENT", True)),
        (
            ran("RMSNorm", exception=raised("AttributeError", "no attribute 'eps'")),
            ("wrong-result", "CALL", False),
        ),
        (
            ran("RMSNorm", exception=raised("OutOfMemoryError", "CUDA out of memory.")),
            ("unknown", "OTHER:OutOfMemoryError", None),
        ),
    ],
)
def test_what_was_seen_at_work(seen: ExecutionFacts | None, expected: object) -> None:
    assert verdict(executed(seen)) == expected


def test_a_layer_of_which_a_condition_excludes_a_part_is_called_in_part() -> None:
    states = ModuleStates(kernel=4, untouched=1)
    strict = fine("RMSNorm", states=states, excluded=1)
    at_work = (ran("RMSNorm", ran=4), ran("SiLU"))
    seen = facts(strict=(strict,), together=together({"RMSNorm": states}), execution=at_work)
    assert verdict(seen) == ("partly-applied", "CONDITION", True)


def test_without_execution_the_kernel_being_in_place_is_enough() -> None:
    assert verdict(executed(None, check=check(execute=False))) == APPLIED


def test_a_forward_pass_that_cannot_be_made_confirms_nothing() -> None:
    memory = raised("OutOfMemoryError", "CUDA out of memory.", "RuntimeError")
    found = layer(executed(None, failed={"execute": memory}))
    assert (found.verdict, found.reason) == ("unknown", "OTHER:OutOfMemoryError")
    assert found.message is not None
    assert found.message.endswith("OutOfMemoryError: CUDA out of memory.")


def test_kernels_that_raise_only_all_at_once() -> None:
    seen = facts(failed={"execute": raised("RuntimeError", "expected bfloat16")})
    assert verdict(seen) == ("wrong-result", "CALL", False)
    assert layer(seen).message == "with all kernels at once, not with each: expected bfloat16"


def test_a_layer_that_is_not_in_place_is_not_judged_by_its_execution() -> None:
    seen = facts(
        strict=(refused("RMSNorm", NO_BUILD),),
        together=together(ORIGINAL),
        execution=(ran("SiLU"),),
    )
    assert verdict(seen) == ("not-applied", "VARIANT", True)


def compared(found: NumericFacts | None, **more: Any) -> RuntimeFacts:
    """What was seen of RMSNorm beside its original."""
    numerics = () if found is None else (found,)
    return facts(check=check(numerics=True), numerics=numerics, **more)


def mismatch(*kinds: Any) -> NumericFacts:
    """A layer with mismatches of these kinds."""
    found = tuple(Mismatch(kind, f"model.{kind}", f"{kind} differs") for kind in kinds)
    return NumericFacts("RMSNorm", 5, 0, 0.01, 9.3e-3, found, 1.5)


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ((), APPLIED),
        (("output",), ("wrong-result", "WRONG-OUTPUT", True)),
        (("shape",), ("wrong-result", "WRONG-OUTPUT", True)),
        (("dtype",), ("wrong-result", "WRONG-OUTPUT", True)),
        (("mutation",), ("wrong-result", "MUTATES", True)),
        (("gradient",), ("wrong-result", "WRONG-GRADIENT", True)),
        (("no-gradient",), ("wrong-result", "NO-GRADIENT", True)),
        (("error",), ("wrong-result", "CALL", False)),
        (("no-gradient", "gradient", "output"), ("wrong-result", "WRONG-OUTPUT", True)),
        (("mutation", "error"), ("wrong-result", "CALL", False)),
    ],
)
def test_what_differs(kinds: tuple[str, ...], expected: object) -> None:
    seen = compared(mismatch(*kinds))
    assert verdict(seen) == expected
    assert (layer(seen).max_abs_error, layer(seen).speedup) == (0.01, 1.5)


def test_the_gravest_difference_is_told_and_the_others_counted() -> None:
    found = layer(compared(mismatch("gradient", "output", "output")))
    assert found.message == "`model.output`: output differs (and 2 more)"


def test_a_comparison_that_cannot_be_made_confirms_nothing() -> None:
    memory = raised("OutOfMemoryError", "CUDA out of memory.", "RuntimeError")
    seen = compared(None, failed={"numerics": memory})
    assert verdict(seen) == ("unknown", "OTHER:OutOfMemoryError", None)


def test_a_layer_without_calls_to_compare_is_in_place_all_the_same() -> None:
    assert verdict(compared(NumericFacts("RMSNorm", 0, 5))) == APPLIED


def test_numbers_do_not_mend_a_layer_that_is_not_in_place() -> None:
    strict = refused("RMSNorm", NO_BUILD)
    seen = compared(mismatch("output"), strict=(strict,), together=together(ORIGINAL))
    assert verdict(seen) == ("not-applied", "VARIANT", True)

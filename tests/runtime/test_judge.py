"""When a kernel counts as wrong: judged on numbers, of an RMSNorm computed here without torch."""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Callable, Sequence

import pytest

from kernlint.runtime.probe.judge import Measure, Scale, allowed, chosen_otherwise, difference

EPSILON = {"bfloat16": 2.0**-7, "float16": 2.0**-10, "float32": 2.0**-23}
ROWS, WIDTH = 24, 64
NORM_EPSILON = 1e-6

Rows = Sequence[Sequence[float]]
Rounding = Callable[[float], float]


def to_float32(value: float) -> float:
    rounded: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return rounded


def to_float16(value: float) -> float:
    rounded: float = struct.unpack("<e", struct.pack("<e", value))[0]
    return rounded


def to_bfloat16(value: float) -> float:
    """The upper half of a float32, rounded to even."""
    [bits] = struct.unpack("<I", struct.pack("<f", value))
    bits += 0x7FFF + (bits >> 16 & 1)
    rounded: float = struct.unpack("<f", struct.pack("<I", bits & 0xFFFF0000))[0]
    return rounded


ROUND: dict[str, Rounding] = {
    "bfloat16": to_bfloat16,
    "float16": to_float16,
    "float32": to_float32,
}


def norm(
    rows: Rows,
    weight: Sequence[float],
    *,
    epsilon: float = NORM_EPSILON,
    before: Rounding = float,
    after: Rounding = float,
) -> list[float]:
    """An RMSNorm; ``before`` rounds what the weight is multiplied with, ``after`` the result."""
    result = []
    for row in rows:
        scale = 1 / math.sqrt(sum(value * value for value in row) / len(row) + epsilon)
        result += [
            after(before(value * scale) * factor) for value, factor in zip(row, weight, strict=True)
        ]
    return result


def measure(kernel: Sequence[float], original: Sequence[float], exact: Sequence[float]) -> Measure:
    """What the probe computes with torch."""
    error = [k - e for k, e in zip(kernel, exact, strict=True)]
    own = [o - e for o, e in zip(original, exact, strict=True)]
    mean = sum(error) / len(error)
    return Measure(
        elements=len(exact),
        rms=rms(exact),
        error=rms(error),
        mean=mean,
        deviation=rms([value - mean for value in error]),
        original_error=rms(own),
        original_mean=sum(own) / len(own),
        apart=rms([k - o for k, o in zip(kernel, original, strict=True)]),
    )


def rms(values: Sequence[float]) -> float:
    return math.sqrt(sum(value * value for value in values) / len(values))


class Case:
    """An RMSNorm in a precision, with inputs of some size."""

    def __init__(self, precision: str, scale: float = 1.0) -> None:
        numbers = random.Random(3)
        self.round = ROUND[precision]
        self.scale = Scale(EPSILON[precision])
        self.rows = [
            [self.round(numbers.gauss(0, scale)) for _ in range(WIDTH)] for _ in range(ROWS)
        ]
        self.weight = [self.round(1 + numbers.gauss(0, 0.5)) for _ in range(WIDTH)]
        self.exact = norm(self.rows, self.weight)
        # As Llama does it: rounded before the weight is multiplied with, and after.
        self.original = norm(self.rows, self.weight, before=self.round, after=self.round)

    def judged(self, kernel: Sequence[float]) -> str | None:
        return difference(measure(kernel, self.original, self.exact), self.scale)


@pytest.fixture(params=EPSILON)
def precision(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_original_itself_is_right(precision: str) -> None:
    case = Case(precision)
    assert case.judged(case.original) is None


def test_a_kernel_that_rounds_once_at_the_end_is_right(precision: str) -> None:
    case = Case(precision)
    assert case.judged(norm(case.rows, case.weight, after=case.round)) is None


def test_a_kernel_that_rounds_at_every_step_is_right(precision: str) -> None:
    case = Case(precision)
    rows = [
        [
            case.round(value * case.round(1 / math.sqrt(rms(row) ** 2 + NORM_EPSILON)))
            for value in row
        ]
        for row in case.rows
    ]
    kernel = [
        case.round(value * factor)
        for row in rows
        for value, factor in zip(row, case.weight, strict=True)
    ]
    assert kernel != case.original
    assert case.judged(kernel) is None


def test_a_kernel_that_adds_a_hundredth_is_wrong(precision: str) -> None:
    case = Case(precision)
    said = case.judged([case.round(value + 1e-2) for value in case.original])
    assert said is not None
    assert said.startswith("relative error")


def test_a_kernel_that_adds_less_than_it_rounds_is_wrong_by_its_mean() -> None:
    case = Case("bfloat16")
    kernel = [value + 4e-3 for value in case.original]
    said = case.judged(kernel)
    assert said is not None
    assert said.startswith("mean error 4.")
    assert said.endswith("standard errors away from zero")
    # The same shift of a few elements may be chance.
    few = 200
    some = measure(kernel[:few], case.original[:few], case.exact[:few])
    assert difference(some, case.scale) is None


def test_a_kernel_that_ignores_the_weight_is_wrong(precision: str) -> None:
    case = Case(precision)
    said = case.judged(norm(case.rows, [1.0] * WIDTH, before=case.round, after=case.round))
    assert said is not None


def test_a_wrong_epsilon_shows_on_small_inputs_alone() -> None:
    for size, wrong in ((1.0, False), (1e-2, True)):
        case = Case("bfloat16", size)
        kernel = norm(case.rows, case.weight, epsilon=1e-5, before=case.round, after=case.round)
        assert (case.judged(kernel) is not None) is wrong


@pytest.mark.parametrize(
    ("precision", "own", "honest", "biased"),
    [("bfloat16", 2.3e-3, 3.0e-3, 9.3e-3), ("float16", 3.0e-4, 3.7e-4, 9.5e-3)],
)
def test_relative_errors_of_real_kernels(
    precision: str, own: float, honest: float, biased: float
) -> None:
    """Recorded with torch 2.13.0 on an RMSNorm of a Llama whose results are of size one."""

    def real(error: float) -> Measure:
        return Measure(1664, 1.0, error, 0.0, error, own, 0.0, apart=error)

    scale = Scale(EPSILON[precision])
    assert difference(real(honest), scale) is None
    assert difference(real(biased), scale) is not None


def test_what_is_no_number_is_wrong() -> None:
    case = Case("float32")
    found = measure(case.original, case.original, case.exact)._replace(lost=3)
    said = difference(found, case.scale)
    assert said == "3 elements are not finite, those of the original are"


def test_nothing_compared_with_nothing_is_right() -> None:
    nothing = Measure(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert difference(nothing, Scale(EPSILON["float32"])) is None
    zeros = nothing._replace(elements=1000)
    assert difference(zeros, Scale(EPSILON["float32"])) is None
    assert difference(zeros._replace(error=1.0, apart=1.0), Scale(EPSILON["float32"])) is not None


def test_a_kernel_that_equals_the_original_is_right_whatever_the_reference_says() -> None:
    """An expert chosen otherwise in 64 bits makes a large error in both."""
    found = Measure(1000, 1.0, 0.5, 0.0, 0.5, 0.1, 0.0, apart=0.0)
    assert difference(found, Scale(EPSILON["bfloat16"])) is None
    assert difference(found._replace(apart=0.5), Scale(EPSILON["bfloat16"])) is not None


def test_what_is_allowed() -> None:
    exact = Measure(1000, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    rough = exact._replace(original_error=1e-2)
    short, long = EPSILON["bfloat16"], EPSILON["float32"]
    assert allowed(rough, Scale(short)) == pytest.approx(3e-2)
    assert allowed(exact, Scale(short)) == pytest.approx(short / 2)
    assert allowed(exact, Scale(long)) == 1e-5
    assert allowed(exact, Scale(long, noise=5e-4)) == pytest.approx(1.5e-3)
    # There is nothing to tell the original's own error by.
    assert allowed(exact, Scale(short, referenced=False)) == pytest.approx(1.5 * short)
    # Sums over a batch, in another order.
    assert allowed(exact, Scale(short, gradient=True)) == pytest.approx(short)
    assert allowed(rough, Scale(short, gradient=True)) == pytest.approx(6e-2)


def test_a_mean_error_of_a_gradient_is_not_judged() -> None:
    shifted = Measure(10_000, 1.0, 3e-3, 3e-3, 1e-4, 1e-3, 0.0, 3e-3)
    scale = Scale(EPSILON["bfloat16"])
    assert difference(shifted, scale) is not None
    assert difference(shifted, scale._replace(gradient=True)) is None


def test_a_mean_error_that_the_original_has_too_is_right() -> None:
    shifted = Measure(10_000, 1.0, 3e-3, 3e-3, 1e-4, 3e-3, 2.9e-3, 1e-4)
    assert difference(shifted, Scale(EPSILON["bfloat16"])) is None


@pytest.mark.parametrize(
    ("differing", "original", "wrong"),
    [(0, 0, False), (1, 0, False), (2, 0, True), (6, 2, False), (7, 2, True)],
)
def test_choices_may_differ_as_often_as_rounding_makes_them(
    differing: int, original: int, wrong: bool
) -> None:
    assert chosen_otherwise(100, differing, original) is wrong

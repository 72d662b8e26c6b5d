"""When a kernel's result is another one than the original's: thresholds on a few numbers.

Both are compared with the original run in 64 bits. A largest error says little, since an honest
kernel in bfloat16 has one as large as a kernel that adds 1e-2. What tells them apart is the
relative error over all elements (root mean square) beside the one that the original itself has in
the same precision, and a mean error that chance does not explain.
"""

from __future__ import annotations

import math
from typing import NamedTuple

TIMES_ORIGINAL = 3.0
"""How much more rounding a kernel may do than the original."""

TIMES_ORIGINAL_GRADIENT = 6.0
"""The same for gradients: sums over a whole batch, in whatever order a kernel takes."""

SMALLEST_LIMIT = 1e-5
"""What any kernel may be off by, relatively, in whatever precision."""

SHARE_OF_EPSILON = 0.5
"""What a kernel may be off by where the original rounds less, in units of the precision."""

NO_REFERENCE = 3.0
"""How much wider the limits are where there is nothing more precise than the original itself."""

ENOUGH = 256
SURPRISING = 8.0
SHARE_OF_EPSILON_MEAN = 0.25
"""A mean error counts from so many elements on, so many of its standard errors away from zero,
and so large in units of the precision and of the reference."""

SHARE_OF_CHOICES = 0.01
"""The share of whole numbers (chosen experts, say) that rounding may turn out otherwise."""


class Measure(NamedTuple):
    """How far results are from the reference.

    It is over the elements where the reference and the original are finite.
    ``rms`` is the root mean square of the reference; ``error``, ``mean`` and ``deviation`` are the
    root mean square, the mean and the standard deviation of the kernel's difference from it;
    ``apart`` is the root mean square of its difference from the original. ``original_error`` and
    ``original_mean`` are those of the original in the precision judged. ``lost`` counts elements
    that the kernel alone has as infinite or not a number.
    """

    elements: int
    rms: float
    error: float
    mean: float
    deviation: float
    original_error: float
    original_mean: float
    apart: float
    lost: int = 0

    @property
    def relative(self) -> float:
        """The kernel's error relative to the reference."""
        return _ratio(self.error, self.rms)

    @property
    def original_relative(self) -> float:
        """The original's own error relative to the reference."""
        return _ratio(self.original_error, self.rms)


class Scale(NamedTuple):
    """What to judge by: the ``epsilon`` of the precision in which the kernel has to be right.

    ``noise`` is a relative error that is granted to the original, where it is known to have had it
    in that precision. ``referenced`` tells whether the reference is more precise than the original.
    """

    epsilon: float
    noise: float = 0.0
    referenced: bool = True
    gradient: bool = False


def difference(measure: Measure, scale: Scale) -> str | None:
    """What is wrong with a kernel's result; None if it is as good as the original's."""
    if measure.lost:
        return f"{measure.lost} elements are not finite, those of the original are"
    limit = allowed(measure, scale)
    nearest = min(measure.relative, _ratio(measure.apart, measure.rms))
    if nearest > limit:
        return (
            f"relative error {measure.relative:.1e}, that of the original is "
            f"{measure.original_relative:.1e}, allowed is {limit:.1e}"
        )
    if not scale.gradient and _shifted(measure, scale.epsilon):
        return (
            f"mean error {measure.mean:.1e} of values of size {measure.rms:.1e}, "
            f"{_surprise(measure):.0f} standard errors away from zero"
        )
    return None


def allowed(measure: Measure, scale: Scale) -> float:
    """The relative error up to which a result is right."""
    times = TIMES_ORIGINAL_GRADIENT if scale.gradient else TIMES_ORIGINAL
    share = SHARE_OF_EPSILON * times / TIMES_ORIGINAL
    floor = share * scale.epsilon * (1.0 if scale.referenced else NO_REFERENCE)
    return max(times * max(measure.original_relative, scale.noise), floor, SMALLEST_LIMIT)


def chosen_otherwise(count: int, differing: int, differing_original: int) -> bool:
    """Whether too many whole numbers differ from the reference, the original's own among them."""
    return differing > max(TIMES_ORIGINAL * differing_original, SHARE_OF_CHOICES * count)


def _shifted(measure: Measure, epsilon: float) -> bool:
    """Whether the result is off to one side by more than its rounding does by chance."""
    size = abs(measure.mean)
    least = max(SHARE_OF_EPSILON_MEAN * epsilon, SMALLEST_LIMIT) * measure.rms
    return (
        measure.elements >= ENOUGH
        and _surprise(measure) > SURPRISING
        and size > least
        and size > TIMES_ORIGINAL * abs(measure.original_mean)
    )


def _surprise(measure: Measure) -> float:
    """The size of the mean error in its standard errors."""
    return _ratio(abs(measure.mean), measure.deviation / math.sqrt(max(measure.elements, 1)))


def _ratio(value: float, unit: float) -> float:
    """A quotient; nothing of nothing is nothing, something of nothing is infinite."""
    if unit:
        return value / unit
    return math.inf if value else 0.0

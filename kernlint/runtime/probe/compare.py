"""A kernel's outcome beside that of the original: numbers for the judge, and what differs."""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from . import judge
from .judge import Measure, Scale
from .replay import Outcome


class Difference(NamedTuple):
    """A way in which a kernel differs: its kind, as in ``kernlint/model/runtime.py``."""

    kind: str
    detail: str


class Setting(NamedTuple):
    """How results are compared.

    ``epsilon`` is that of the coarsest precision that a kernel may work in, None for that of each
    result. ``noise`` is what the original's relative error was in that precision, by path.
    ``referenced`` tells whether the reference is more precise than the original.
    """

    epsilon: float | None = None
    noise: Mapping[str, float] = MappingProxyType({})
    referenced: bool = True


class Comparison(NamedTuple):
    """What differs, and by how much.

    ``errors`` are the largest absolute difference of a result from that of the original, and the
    largest relative error of one against the reference; None where none were compared. ``noise``
    is the original's own relative error, by the path of the result or ``gradient of`` the path of
    an argument.
    """

    differences: list[Difference]
    errors: tuple[float, float] | None = None
    noise: Mapping[str, float] = MappingProxyType({})


class Pair(NamedTuple):
    """Something that both computed, under the same name."""

    name: str
    original: Any
    kernel: Any
    reference: Any
    gradient: bool


def compare(original: Outcome, kernel: Outcome, reference: Outcome, setting: Setting) -> Comparison:
    """Compare what a kernel computed with what the original did."""
    differences = list(_forms(original, kernel))
    if any(difference.kind == "shape" for difference in differences):
        return Comparison(differences)
    differences += _written(original, kernel)
    largest, relative = 0.0, 0.0
    noise: dict[str, float] = {}
    for pair in _pairs(original, kernel, reference):
        if pair.kernel is None:
            if bool((pair.original != 0).any().item()):
                differences.append(Difference("no-gradient", f"no {pair.name}"))
            continue
        if not (pair.original.is_floating_point() or pair.original.is_complex()):
            differences += _choices(pair)
            continue
        measure = measured(pair.original, pair.kernel, pair.reference)
        epsilon = setting.epsilon or float(
            importlib.import_module("torch").finfo(pair.original.dtype).eps
        )
        scale = Scale(epsilon, setting.noise.get(pair.name, 0.0), setting.referenced, pair.gradient)
        noise[pair.name] = measure.original_relative
        if not pair.gradient:
            largest = max(largest, _largest(pair.original, pair.kernel))
            relative = max(relative, measure.relative)
        wrong = judge.difference(measure, scale)
        if wrong is not None:
            kind = "gradient" if pair.gradient else "output"
            differences.append(Difference(kind, f"{pair.name}: {wrong}"))
    return Comparison(differences, (largest, relative), noise)


def _forms(original: Outcome, kernel: Outcome) -> Iterator[Difference]:
    """How the results differ as tensors: their number, shapes and precision."""
    paths = [leaf.path for leaf in original.results], [leaf.path for leaf in kernel.results]
    if paths[0] != paths[1]:
        counts = f"{len(paths[1])} tensors are returned, the original returns {len(paths[0])}"
        yield Difference("shape", counts)
        return
    for one, other in zip(original.results, kernel.results, strict=True):
        name = _result(one.path)
        shapes = tuple(other.tensor.shape), tuple(one.tensor.shape)
        if shapes[0] != shapes[1]:
            yield Difference("shape", f"{name} has the shape {shapes[0]} instead of {shapes[1]}")
        elif other.tensor.dtype != one.tensor.dtype:
            found, wanted = (str(leaf.tensor.dtype).split(".")[-1] for leaf in (other, one))
            yield Difference("dtype", f"{name} is {found} instead of {wanted}")


def _written(original: Outcome, kernel: Outcome) -> Iterator[Difference]:
    """What one of them writes to and the other does not."""
    for path in kernel.changed:
        if path not in original.changed:
            yield Difference("mutation", f"{path} is written to")
    for path in original.changed:
        if path not in kernel.changed:
            yield Difference("mutation", f"{path} is not written to, the original does that")


def _pairs(original: Outcome, kernel: Outcome, reference: Outcome) -> Iterator[Pair]:
    exact = {leaf.path: leaf.tensor for leaf in reference.results}
    for one, other in zip(original.results, kernel.results, strict=True):
        name = _result(one.path)
        yield Pair(name, one.tensor, other.tensor, exact.get(one.path, one.tensor), gradient=False)
    for path, value in original.changed.items():
        if path in kernel.changed:
            exactly = reference.changed.get(path, value)
            yield Pair(path, value, kernel.changed[path], exactly, gradient=False)
    for path, value in original.gradients.items():
        if value is not None:
            exactly = reference.gradients.get(path)
            yield Pair(
                f"gradient of {path}",
                value,
                kernel.gradients.get(path),
                value if exactly is None else exactly,
                gradient=True,
            )


def _result(path: str) -> str:
    return f"result {path}" if path else "the result"


def _choices(pair: Pair) -> Iterator[Difference]:
    """Whole numbers: indexes of experts, say, of which rounding may choose others."""
    ours = int((pair.kernel != pair.original).sum().item())
    theirs = int((pair.original != pair.reference).sum().item())
    count = pair.original.numel()
    if judge.chosen_otherwise(count, ours, theirs):
        yield Difference("output", f"{pair.name}: {ours} of {count} elements are others")


def measured(original: Any, kernel: Any, reference: Any) -> Measure:
    """How far the results of a kernel and of the original are from the reference."""
    torch = importlib.import_module("torch")
    ours, theirs, exact = (_numbers(value) for value in (kernel, original, reference))
    finite = torch.isfinite(theirs) & torch.isfinite(exact)
    sound = finite & torch.isfinite(ours)
    ours, theirs, exact = ours[sound], theirs[sound], exact[sound]
    error, own = ours - exact, theirs - exact
    return Measure(
        elements=int(sound.sum().item()),
        rms=_rms(exact),
        error=_rms(error),
        mean=_mean(error),
        deviation=float(error.std(correction=0).item()) if error.numel() else 0.0,
        original_error=_rms(own),
        original_mean=_mean(own),
        apart=_rms(ours - theirs),
        lost=int((finite & ~sound).sum().item()),
    )


def _numbers(value: Any) -> Any:
    """The elements in 64 bits, on the CPU: not every accelerator has these."""
    torch = importlib.import_module("torch")
    if value.is_complex():
        value = torch.view_as_real(value)
    return value.detach().to("cpu").to(torch.float64).reshape(-1)


def _largest(original: Any, kernel: Any) -> float:
    torch = importlib.import_module("torch")
    apart = (_numbers(kernel) - _numbers(original)).abs()
    apart = apart[torch.isfinite(apart)]
    return float(apart.max().item()) if apart.numel() else 0.0


def _rms(values: Any) -> float:
    return math.sqrt(float(values.square().mean().item())) if values.numel() else 0.0


def _mean(values: Any) -> float:
    return float(values.mean().item()) if values.numel() else 0.0

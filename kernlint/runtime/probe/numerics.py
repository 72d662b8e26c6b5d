"""What the kernels compute, against their originals: on real inputs, judged in 64 bits.

A shrunk model of the same architecture runs once as it is. Each call that it makes of a layer is
then made again with both forwards: as it was and with inputs a hundredth as large, where a wrong
epsilon shows; in the model's own precision and, where that is a short one, in 32 bits.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import math
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from . import compare, devices, modules, rehearse, replay, tensors, timing
from .compare import Comparison, Difference, Setting
from .events import Events
from .execute import BROKEN_DEVICE, device_works
from .inputs import Length
from .job import Job
from .models import Built

STEP = "numerics"
SCALES = (1.0, 1e-2)
SHORT = 16
"""Bits of a precision that is also compared in 32 bits."""

LENGTHS = (Length(), Length(1, 1))
"""Several tokens at once, and one by itself, as when a text is generated."""

TIMED = Length(4, 512)


class Mismatch(NamedTuple):
    """A way in which a kernel differs from the original; see ``kernlint/model/runtime.py``."""

    kind: str
    module: str
    detail: str


class NumericFacts(NamedTuple):
    """A layer against its original; see ``kernlint/model/runtime.py``."""

    name: str
    checked: int
    skipped: int
    max_abs_error: float | None = None
    relative_error: float | None = None
    mismatches: tuple[Mismatch, ...] = ()
    speedup: float | None = None


def run(job: Job, built: Built, layers: Mapping[str, Any], device: str, events: Events) -> None:
    """Compare every kernel with its original and write an event for each.

    Args:
        job: What to do; layers that it skips are left out.
        built: The model that is confirmed.
        layers: The loaded layer class of each kernel, by layer name.
        device: The device, as transformers names it.
        events: Where to write.

    Raises:
        Exception: Why the model cannot be run at all, of whatever kind.
    """
    if not layers:
        return
    events.start(STEP)
    rehearsed, model = rehearse.rehearse(built, device)
    groups = {name: _replaced(modules.targets(model).get(name, [])) for name in layers}
    captured, timed = _capture(job, model, rehearsed, groups, device)
    for name, layer in layers.items():
        if job.skips(STEP, name) or not hasattr(layer, "forward"):
            continue
        events.start(STEP, name)
        bench = Bench(job, layer, device)
        facts = _compare(bench, name, groups[name], captured)
        if not facts.mismatches:
            facts = facts._replace(speedup=_speedup(bench, groups[name], timed))
        events.write(STEP, facts)
        if not device_works(device):
            os._exit(BROKEN_DEVICE)


def _replaced(group: list[modules.Target]) -> list[modules.Target]:
    """The modules that kernelize would give a kernel to."""
    return [target for target in group if not modules.excluded([target])]


def _capture(
    job: Job,
    model: Any,
    rehearsed: rehearse.Rehearsed,
    groups: Mapping[str, list[modules.Target]],
    device: str,
) -> tuple[replay.Captured, replay.Captured]:
    """The calls to compare, and larger ones for measuring times, which only a device needs."""
    found = [target.module for group in groups.values() for target in group]
    captured, timed = replay.Captured(found), replay.Captured(found)
    model.train(job.training)
    with captured.recording():
        for feed in rehearsed.feeds:
            rehearse.perform(model, feed, training=job.training)
    more = [(captured, length) for length in LENGTHS[1:]]
    if devices.tensor_device(device).type in timing.BACKENDS:
        more.append((timed, TIMED))
    for into, length in more:
        # Not every model takes these: what it was shown to take is enough.
        with contextlib.suppress(Exception):
            model.eval()
            feeds = rehearse.feeds(model, device, length)
            model.train(job.training)
            with into.recording():
                for feed in feeds:
                    rehearse.perform(model, feed, training=job.training)
    model.train(job.training)
    model.zero_grad(set_to_none=True)
    return captured, timed


class Bench:
    """Makes the calls of one layer, with the original and with its kernel."""

    def __init__(self, job: Job, layer: Any, device: str) -> None:
        self.training = job.training
        self.layer = layer
        self.device = device
        self._torch: Any = importlib.import_module("torch")

    def compare(self, module: Any, call: replay.Call) -> Iterator[tuple[str, Comparison]]:
        """Compare a call at every scale and precision.

        Yields:
            What it was compared in, for people, and what came of it.
        """
        own = _precision(module, call)
        short = own is not None and own.itemsize * 8 <= SHORT
        precision = str(own).rpartition(".")[2] if own is not None else "whole numbers"
        for scale in SCALES:
            where = _where(precision, scale)
            as_is = tensors.converted(None, scale)
            first = self._replayed(type(module).forward, module, call, as_is)
            reference, precise = self._reference(module, call, scale, first)
            try:
                kernel = self._replayed(self.layer.forward, module, call, as_is)
            except BaseException as error:  # noqa: BLE001 (a kernel may even end the program)
                raised = Difference("error", f"{type(error).__name__}: {error}")
                yield where, Comparison([raised])
                continue
            epsilon = None if own is None else float(self._torch.finfo(own).eps)
            noise = self._noise(module, call, as_is, reference) if not short else {}
            setting = Setting(epsilon, noise, precise)
            plain = compare.compare(first, kernel, reference, setting)
            yield where, plain
            if short:
                setting = Setting(epsilon, plain.noise)
                yield from self._in_32_bits(module, call, scale, own, reference, setting)

    def _in_32_bits(
        self,
        module: Any,
        call: replay.Call,
        scale: float,
        own: Any,
        reference: replay.Outcome,
        setting: Setting,
    ) -> Iterator[tuple[str, Comparison]]:
        """The same without rounding to a short precision; only for kernels that can do that.

        What the model never asks for is not held against a kernel: an exception, another
        precision of its results, or rounding to that of the model on its way.
        """
        wide = copy.deepcopy(module).to(self._torch.float32)
        change = tensors.converted(self._torch.float32, scale, own)
        try:
            original = self._replayed(type(module).forward, wide, call, change)
            kernel = self._replayed(self.layer.forward, wide, call, change)
        except Exception:  # noqa: BLE001 (of either forward: anything)
            return
        found = compare.compare(original, kernel, reference, setting)
        kept = [one for one in found.differences if one.kind in ("output", "gradient")]
        yield (
            f"float32, inputs times {scale:g}",
            found._replace(differences=kept, errors=None),
        )

    def _replayed(
        self,
        forward: Callable[..., Any],
        module: Any,
        call: replay.Call,
        change: Callable[[Any], Any],
    ) -> replay.Outcome:
        outcome = replay.replay(forward, module, call, change, training=self.training)
        rehearse.devices_done(self.device)
        return outcome

    def _reference(
        self, module: Any, call: replay.Call, scale: float, original: replay.Outcome
    ) -> tuple[replay.Outcome, bool]:
        """The original in 64 bits, here or on the CPU, else in 32; and whether there is one.

        Some forwards cannot be run in 64 bits: they name a precision in between.
        """
        for dtype, device in (
            (self._torch.float64, None),
            (self._torch.float64, "cpu"),
            (self._torch.float32, None),
        ):
            with contextlib.suppress(Exception):
                precise = copy.deepcopy(module).to(device=device, dtype=dtype)
                change = _then(tensors.converted(None, scale), tensors.converted(dtype), device)
                forward = type(module).forward
                return self._replayed(forward, precise, call, change), True
        return original, False

    def _noise(
        self,
        module: Any,
        call: replay.Call,
        change: Callable[[Any], Any],
        reference: replay.Outcome,
    ) -> Mapping[str, float]:
        """How far the original is off where products may be computed in TF32.

        Kernels do that on CUDA without being asked (``tl.dot`` of Triton by default, say).
        """
        if devices.tensor_device(self.device).type != "cuda":
            return {}
        before = self._torch.get_float32_matmul_precision()
        self._torch.set_float32_matmul_precision("high")
        try:
            rounded = self._replayed(type(module).forward, module, call, change)
        finally:
            self._torch.set_float32_matmul_precision(before)
        return compare.compare(rounded, rounded, reference, Setting()).noise


def _where(precision: str, scale: float) -> str:
    return precision if scale == 1 else f"{precision}, inputs times {scale:g}"


def _then(
    first: Callable[[Any], Any], second: Callable[[Any], Any], device: str | None
) -> Callable[[Any], Any]:
    """One change after another, on another device if one is given."""

    def change(tensor: Any) -> Any:
        changed = second(first(tensor))
        return changed if device is None else changed.to(device)

    return change


def _precision(module: Any, call: replay.Call) -> Any:
    """The coarsest precision among a module's parameters and inputs; None without any."""
    torch = importlib.import_module("torch")
    found = [*module.parameters()]
    found += [leaf.tensor for leaf in tensors.leaves((call.arguments, call.named))]
    kinds = {tensor.dtype for tensor in found if tensor.is_floating_point()}
    return max(kinds, key=lambda dtype: float(torch.finfo(dtype).eps), default=None)


def _compare(
    bench: Bench, name: str, group: list[modules.Target], captured: replay.Captured
) -> NumericFacts:
    mismatches: dict[tuple[str, str], Mismatch] = {}
    checked = 0
    errors: list[tuple[float, float]] = []
    for path, module in group:
        calls = captured.of(module)
        checked += bool(calls)
        for call in calls:
            for setting, found in bench.compare(module, call):
                if found.errors is not None:
                    errors.append(found.errors)
                for kind, detail in found.differences:
                    mismatch = Mismatch(kind, path, f"{detail} ({setting})")
                    mismatches.setdefault((path, kind), mismatch)
    return NumericFacts(
        name,
        checked,
        len(group) - checked,
        max((largest for largest, _ in errors), default=None),
        max((relative for _, relative in errors if math.isfinite(relative)), default=None),
        tuple(mismatches.values()),
    )


def _speedup(bench: Bench, group: list[modules.Target], timed: replay.Captured) -> float | None:
    """The time of the original over that of the kernel, for the first module with a call."""
    for _, module in group:
        for call in timed.of(module):
            with contextlib.suppress(Exception):  # it was compared on other shapes than these
                original, kernel = (
                    replay.caller(forward, module, call, training=bench.training)
                    for forward in (type(module).forward, bench.layer.forward)
                )
                return timing.speedup(devices.tensor_device(bench.device), original, kernel)
    return None

"""How much faster a kernel is than the original, measured on an accelerator."""

from __future__ import annotations

import importlib
import statistics
from collections.abc import Callable
from typing import Any

WARM_UP = 10
"""Calls before the first measured one: kernels are compiled and tuned in them."""

REPETITIONS = 50
BACKENDS = ("cuda", "xpu", "mps")
"""Devices of torch that have events for timing."""


def speedup(
    device: Any, original: Callable[[], object], kernel: Callable[[], object]
) -> float | None:
    """The time of the original over that of the kernel.

    Both are called in turn, so that a change of the clock meets both; the medians are compared.

    Args:
        device: The ``torch.device`` that they run on.
        original: Calls the original.
        kernel: Calls the kernel.

    Returns:
        The ratio, or None on a device without events.
    """
    backend = getattr(importlib.import_module("torch"), device.type, None)
    if device.type not in BACKENDS or backend is None:
        return None
    for _ in range(WARM_UP):
        original()
        kernel()
    backend.synchronize()
    pairs = [(_seconds(backend, original), _seconds(backend, kernel)) for _ in range(REPETITIONS)]
    slow, fast = (statistics.median(times) for times in zip(*pairs, strict=True))
    return slow / fast if fast > 0 else None


def _seconds(backend: Any, call: Callable[[], object]) -> float:
    """The time that a call takes on the device, in seconds."""
    start, end = backend.Event(enable_timing=True), backend.Event(enable_timing=True)
    start.record()
    call()
    end.record()
    backend.synchronize()
    milliseconds: float = start.elapsed_time(end)
    return milliseconds / 1000

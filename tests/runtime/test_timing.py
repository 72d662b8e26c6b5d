"""How times are measured and compared, on a device that is made up."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from kernlint.runtime.probe.timing import REPETITIONS, WARM_UP, speedup


class Clock:
    """A device whose calls take the time that they say, and the first ones much longer."""

    def __init__(self) -> None:
        self.now = 0.0
        self.calls = 0
        self.waits = 0

    def call(self, *milliseconds: float) -> Any:
        """A call that takes these times in turn."""
        done: list[int] = []

        def run() -> None:
            self.calls += 1
            slow = 1000.0 if len(done) < WARM_UP else 0.0
            self.now += milliseconds[len(done) % len(milliseconds)] + slow
            done.append(1)

        return run

    def backend(self) -> Any:
        clock = self

        class Event:
            def __init__(self, enable_timing: bool) -> None:
                assert enable_timing

            def record(self) -> None:
                self.at = clock.now

            def elapsed_time(self, end: Event) -> float:
                return end.at - self.at

        def synchronize() -> None:
            self.waits += 1

        return SimpleNamespace(Event=Event, synchronize=synchronize)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=clock.backend(), cpu=None))
    return clock


def test_the_ratio_of_the_medians_after_a_warm_up(clock: Clock) -> None:
    device = SimpleNamespace(type="cuda")
    # One call in five is disturbed.
    ratio = speedup(device, clock.call(6, 6, 6, 6, 90), clock.call(2, 2, 50, 2, 2))
    assert ratio == pytest.approx(3.0)
    assert clock.calls == 2 * (WARM_UP + REPETITIONS)
    assert clock.waits > 2 * REPETITIONS


def test_a_slower_kernel_has_a_ratio_below_one(clock: Clock) -> None:
    assert speedup(SimpleNamespace(type="cuda"), clock.call(1), clock.call(4)) == 0.25


def test_nothing_is_measured_on_a_cpu(clock: Clock) -> None:
    assert speedup(SimpleNamespace(type="cpu"), clock.call(1), clock.call(1)) is None
    assert clock.calls == 0

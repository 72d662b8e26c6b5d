"""A check from its start to its facts, whatever happens to the processes that make it."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

from kernlint.model.runtime import Interrupted, Pass, RuntimeFacts
from kernlint.runtime.events import Recording
from kernlint.runtime.job import job_of
from kernlint.runtime.launch import Ended, Limits, launch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeVar

    from kernlint.model.runtime import Check, Ending, ExecutionFacts, NumericFacts, StrictFacts
    from kernlint.runtime.events import Step

    _Fact = TypeVar("_Fact")
    _Named = TypeVar("_Named", StrictFacts, ExecutionFacts, NumericFacts)

#: Passes that load every kernel of the config.
_OF_ALL: tuple[Pass, ...] = ("together", "execute", "numerics")

#: How many processes one check may cost: each that ends early costs its imports once more.
_MOST_PROCESSES = 8

#: A process that is silent for this part of the time of the check is taken to hang.
_SILENT_PART = 0.5


def confirm(check: Check, progress: Callable[[Step], None] = lambda step: None) -> RuntimeFacts:
    """Run the probe for a check.

    A process counts only with its last record: one that crashes, hangs or just exits is named
    in ``interrupted``, and another one does what is left without what ended it. All of
    them together get the time of the check. Raises OSError where the interpreter cannot be
    started, TypeError for a mapping that cannot be handed over.
    """
    started = time.monotonic()
    recordings: list[Recording] = []
    interrupted: list[Interrupted] = []
    skip: list[tuple[Pass, str | None]] = []
    while len(recordings) < _MOST_PROCESSES:
        left = check.timeout - (time.monotonic() - started)
        if recordings and left <= 0:
            break
        limits = Limits(max(left, 0.0), min(check.timeout * _SILENT_PART, max(left, 0.0)))
        ended = launch(
            check.python, job_of(check, skip), limits, offline=check.offline, progress=progress
        )
        recordings.append(ended.recording)
        if ended.recording.done is not None:
            break
        interrupted.append(_interrupted(ended))
        without = _without(ended.recording.last)
        if not without or without[0] in skip:
            break
        skip += without
    seconds = time.monotonic() - started
    return facts_of(check, recordings, interrupted)._replace(seconds=seconds)


def _without(last: Step | None) -> list[tuple[Pass, str | None]]:
    """The steps to leave out after one has ended the process; none where nothing else is left.

    What a kernel does to a process when it is loaded it does in every pass that loads it, and
    what it does when it is called in every pass that calls it.
    """
    if last is None or (last.layer is None and last.during != "execute"):
        return []
    step = (last.during, last.layer)
    if last.during == "strict":
        return [step, *((name, None) for name in _OF_ALL)]
    return [step, ("numerics", last.layer)] if last.during == "execute" and last.layer else [step]


def _interrupted(ended: Ended) -> Interrupted:
    """How and during what a process ended that did not come to its last record."""
    last = ended.recording.last
    how, ending = _ending(ended)
    return Interrupted(
        ending,
        last.during if last else None,
        last.layer if last else None,
        ended.status,
        "; ".join((how, *ended.output)),
    )


def _ending(ended: Ended) -> tuple[str, Ending]:
    if ended.status is None:
        return f"killed after {ended.limit or 0:g} s without a result", "hung"
    if ended.status < 0:
        return f"ended by {_signal_name(-ended.status)}", "crashed"
    return f"exited with status {ended.status} before it was done", "exited"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def facts_of(
    check: Check, recordings: list[Recording], interrupted: list[Interrupted]
) -> RuntimeFacts:
    """What several processes saw of one check; of what two of them saw, the later one counts."""
    ends = [each.done for each in recordings if each.done]
    peaks = [end.peak_memory for end in ends if end.peak_memory is not None]
    return RuntimeFacts(
        check,
        _latest(each.environment for each in recordings),
        _latest(each.model for each in recordings),
        next((each.config.layers for each in reversed(recordings) if each.config), ()),
        _by_name(each.strict for each in recordings),
        _latest(each.together for each in recordings),
        _by_name(each.execution for each in recordings),
        _by_name(each.numerics for each in recordings),
        {name: error for each in recordings for name, error in each.failed.items()},
        tuple(interrupted),
        peak_memory=max(peaks, default=None),
        unread=tuple(line for each in recordings for line in each.unread),
    )


def _latest(found: Iterable[_Fact | None]) -> _Fact | None:
    known = [each for each in found if each is not None]
    return known[-1] if known else None


def _by_name(parts: Iterable[tuple[_Named, ...]]) -> tuple[_Named, ...]:
    """Facts of layers in the order in which they were first seen."""
    found: dict[str, _Named] = {}
    for part in parts:
        found |= {each.name: each for each in part}
    return tuple(found.values())

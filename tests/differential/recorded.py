"""What the releases do with some generated programs, so that no wheel is needed to compare.

``recorded.json`` maps a program to a sink to the releases that do something else than the one
before, and what: an exception and its step, or ``goes through``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.differential.compare import RELEASES, SINKS, Raised, Sink, ask

FILE = Path(__file__).with_name("recorded.json")
COUNT = 200
SEED = 7
GOES_THROUGH = "goes through"

Recorded = dict[str, dict[Sink, dict[str, str]]]


def record(programs: Sequence[str]) -> Recorded:
    """Ask every release about every program."""
    recorded: Recorded = {}
    for program in programs:
        by_sink = recorded.setdefault(program, {})
        for sink in SINKS:
            outcomes = by_sink.setdefault(sink, {})
            before = ""
            for release in RELEASES:
                line = line_of(ask(release, program, sink))
                if line != before:
                    outcomes[release] = before = line
    return recorded


def read() -> Recorded:
    """What was recorded."""
    recorded: Recorded = json.loads(FILE.read_text(encoding="utf-8"))
    return recorded


def write(recorded: Recorded) -> None:
    """Replace what was recorded."""
    lines = (
        f"{json.dumps(program)}: {json.dumps(outcomes)}" for program, outcomes in recorded.items()
    )
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def answers(recorded: Recorded, release: str, sink: Sink) -> Mapping[str, Raised | None]:
    """What a release does with every recorded program."""
    earlier = RELEASES[: RELEASES.index(release) + 1]
    return {
        program: raised_of([by_sink[sink][each] for each in earlier if each in by_sink[sink]][-1])
        for program, by_sink in recorded.items()
    }


def line_of(raised: Raised | None) -> str:
    """What a release does, in the words of a record."""
    return GOES_THROUGH if raised is None else f"{raised.exception} at {raised.stage}"


def raised_of(line: str) -> Raised | None:
    """What is meant by the words of a record."""
    exception, _, stage = line.partition(" at ")
    return None if line == GOES_THROUGH else Raised(exception, stage, "")

"""Some generated programs with what Python makes of them, and what the releases say to that.

``recorded_programs.json`` holds the cases, so that they stay the same when the generator changes,
and for every mapping in them what each of ``RELEASES`` does with it, so that no wheel is needed.
Written by ``python -m tests.differential.run --programs --record``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tests.differential.compare import Raised
from tests.differential.program_check import RELEASES, Ask, ask_release
from tests.differential.program_writer import Program
from tests.differential.programs import Case, draw
from tests.differential.recorded import line_of, raised_of

FILE = Path(__file__).with_name("recorded_programs.json")
COUNT = 150
SEED = 7


class Recorded(NamedTuple):
    """The cases, and for every mapping what the releases do with it, in order."""

    cases: list[Case]
    verdicts: dict[str, list[str]]

    def ask(self, release: str, mapping: str) -> Raised | None:
        """What a release does with one of the mappings."""
        return raised_of(self.verdicts[mapping][RELEASES.index(release)])


def record() -> Recorded:
    """Draw the programs and ask every release about their mappings."""
    cases = draw(COUNT, SEED)
    mappings = sorted({mapping for case in cases for mapping in case.mappings})
    return Recorded(cases, {mapping: verdicts_on(mapping) for mapping in mappings})


def verdicts_on(mapping: str, answers: Ask = ask_release) -> list[str]:
    """What the releases do with a mapping, in words."""
    return [line_of(answers(release, mapping)) for release in RELEASES]


def write(recorded: Recorded) -> None:
    """Replace what was recorded."""
    cases = [
        {
            "files": case.program.files,
            "entry": case.program.entry,
            "constructs": case.program.constructs,
            "truth": [[*place, sorted(made)] for place, made in sorted(case.truth.items())],
        }
        for case in recorded.cases
    ]
    verdicts = [f"{json.dumps(key)}: {json.dumps(made)}" for key, made in recorded.verdicts.items()]
    text = f'{{"cases": [\n{_lines(map(json.dumps, cases))}\n],\n'
    text += f'"verdicts": {{\n{_lines(verdicts)}\n}}}}\n'
    FILE.write_text(text, encoding="utf-8")


def _lines(items: Iterable[str]) -> str:
    return ",\n".join(items)


def read() -> Recorded:
    """What was recorded."""
    recorded = json.loads(FILE.read_text(encoding="utf-8"))
    cases = [
        Case(
            Program(case["files"], case["entry"], tuple(case["constructs"])),
            {(path, line): frozenset(made) for path, line, made in case["truth"]},
        )
        for case in recorded["cases"]
    ]
    return Recorded(cases, recorded["verdicts"])

"""Programs drawn at random that build a mapping in many ways, and what Python makes of them.

``python -m tests.differential.run --programs`` compares kernlint with the truth.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.differential import program_builders, program_classes, program_holders, program_steps
from tests.differential.program_writer import (
    CALLS,
    HOLDERS,
    MAPPINGS,
    STEPS,
    TEXTS,
    Program,
    Writer,
)

#: The modules that fill the tables.
PARTS = (program_builders, program_classes, program_holders, program_steps)

#: Every construct that stands in a table, for the choice on the command line.
CONSTRUCTS = tuple(name for table in (CALLS, MAPPINGS, STEPS, HOLDERS, TEXTS) for name in table)
#: The constructs that stand in no table.
EXTRAS = (
    "and or of conditions",
    "annotation",
    "arithmetic",
    "config: as",
    "config: of module",
    "early return",
    "flag again",
    "flag in place",
    "import: as",
    "import: from",
    "import: in function",
    "import: module",
    "import: module as",
    "import: of package",
    "import: re-export",
    "import: relative",
    "import: star",
    "inheritance",
    "kernel_mapping=",
    "known condition",
    "method",
    "optional module",
    "other file",
    "package",
    "super()",
    "tuple",
    "unknown condition",
)

RUNNER = Path(__file__).with_name("truth_runner.py")
MAX_LINES = 45
_BATCH = 100

#: Path and line of a call to the mappings that reach it, as literals.
Truth = dict[tuple[str, int], frozenset[str]]


class Case(NamedTuple):
    """A program, and what Python computes for it over all combinations of its flags."""

    program: Program
    truth: Truth

    @property
    def mappings(self) -> list[str]:
        """The mappings of all calls, each once."""
        return sorted({mapping for made in self.truth.values() for mapping in made})


def write_program(random: Random, allowed: Collection[str] | None = None) -> Program:
    """A program; it may turn out to raise."""
    writer = Writer(random, allowed)
    calls = [name for name in CALLS if allowed is None or name in allowed]
    name = random.choice(calls or ["config of a module"])
    writer.used[name] += 1
    CALLS[name](writer, writer.main.top)
    return writer.program()


def run(programs: Sequence[Program]) -> list[Truth | str]:
    """What Python makes of every program: the mappings, or why there are none to compare."""
    asked = [{"files": each.files, "entry": each.entry} for each in programs]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-B", str(RUNNER)],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            check=True,
            cwd=folder,
            env={},
        )
    return [_truth(each) for each in json.loads(done.stdout)]


def _truth(answer: dict[str, list[tuple[str, int, str]] | str]) -> Truth | str:
    calls = answer.get("calls")
    if calls is None or isinstance(calls, str):
        return str(answer["error"])
    made: dict[tuple[str, int], set[str]] = {}
    for path, line, mapping in calls:
        made.setdefault((path, line), set()).add(mapping)
    return {place: frozenset(mappings) for place, mappings in made.items()}


def draw(count: int, seed: int = 0, allowed: Collection[str] | None = None) -> list[Case]:
    """``count`` different programs that run, the same ones for the same seed."""
    found: dict[str, Case] = {}
    number = 0
    while len(found) < count:
        programs = [
            write_program(Random(f"{seed} {number + each}"), allowed) for each in range(_BATCH)
        ]
        number += _BATCH
        for program, truth in zip(programs, run(programs), strict=True):
            if not isinstance(truth, str) and _is_good(program, truth):
                found.setdefault(program.text, Case(program, truth))
        if number > 100 * (count + _BATCH):
            raise ValueError(f"only {len(found)} programs of these constructs")
    return list(found.values())[:count]


def _is_good(program: Program, truth: Truth) -> bool:
    """Whether a program is short enough, and all of its calls happen."""
    lines = program.text.splitlines()
    calls = sum("Config(" in line for line in lines)
    return calls == len(truth) and len(lines) <= MAX_LINES

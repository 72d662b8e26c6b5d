"""What is known of a program is what Python computes."""

from __future__ import annotations

import ast
import json
import subprocess
import sys

import pytest

from kernlint.project.values import Instance, Known, MappingValue, SequenceValue, Unknown, Value
from tests.project.programs import INSIDE, OUTSIDE, PRELUDE
from tests.project.sources import Sources

#: Runs every program once for each combination of the flags, with a config that only
#: notes what it is given, and prints the mappings.
_RUNNER = """
import json, os, sys, types
made = []
class KernelConfig:
    def __init__(self, mapping): made.append(mapping)
sys.modules["transformers"] = types.ModuleType("transformers")
sys.modules["transformers"].KernelConfig = KernelConfig
found = []
for program in json.load(sys.stdin):
    seen = []
    for flag in ("", "1"):
        for other in ("", "1"):
            made.clear()
            os.environ.update(FLAG=flag, OTHER=other)
            exec(compile(program, "<program>", "exec"), {"__name__": "program"})
            seen.append([repr(mapping) for mapping in made])
    found.append(seen)
json.dump(found, sys.stdout)
"""


@pytest.fixture(scope="module")
def computed() -> dict[str, list[object]]:
    """What Python computes for every program inside, each result once."""
    programs = [program for group in INSIDE.values() for program in group]
    run = subprocess.run(
        [sys.executable, "-c", _RUNNER],
        input=json.dumps([PRELUDE + program for program in programs]),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, list[object]] = {}
    for program, seen in zip(programs, json.loads(run.stdout), strict=True):
        results = [ast.literal_eval(mapping) for made in seen for mapping in made]
        found[program] = _distinct(results)
    return found


@pytest.mark.parametrize("program", [each for group in INSIDE.values() for each in group])
def test_the_value_is_what_python_computes(program: str, computed: dict[str, list[object]]) -> None:
    values = _evaluated(program)
    assert not any(_is_open(value) for value in values)
    assert _ordered(_distinct([_python(value) for value in values])) == _ordered(computed[program])


@pytest.mark.parametrize("program", [each for group in OUTSIDE.values() for each in group])
def test_the_value_is_not_known(program: str) -> None:
    assert all(_is_open(value) for value in _evaluated(program))


def test_conditions_beside_each_other_go_in_all_combinations() -> None:
    both = "KernelConfig({'A': 'a' if FLAG else 'b', 'B': 'c' if OTHER else 'd'})"
    assert [_texts(value) for value in _evaluated(both)] == [
        ["a", "c"],
        ["a", "d"],
        ["b", "c"],
        ["b", "d"],
    ]


def test_a_condition_that_is_asked_twice_goes_one_way() -> None:
    both = "KernelConfig({'A': 'a' if FLAG else 'b', 'B': 'c' if FLAG else 'd'})"
    assert [_texts(value) for value in _evaluated(both)] == [["a", "c"], ["b", "d"]]


def test_more_ways_than_can_be_followed() -> None:
    items = [f"'L{n}': 'a' if FLAG{n} else 'b'" for n in range(7)]
    assert len(_evaluated(f"KernelConfig({{{', '.join(items[:6])}}})")) == 64
    *ways, value = _evaluated(f"KernelConfig({{{', '.join(items)}}})")
    assert len(ways) == 64
    assert _texts(value) == [None] * 7
    assert isinstance(value, MappingValue)
    reasons = {entry.value.reason for entry in value.entries if isinstance(entry.value, Unknown)}
    assert reasons == {"a conditional expression is not followed"}


def test_a_loop_over_something_unknown_may_return() -> None:
    loop = (
        "def f():\n    for name in os.environ.get('NAMES', '').split(','):\n"
        "        if name:\n            return {'A': 'a'}\n    return {}\nKernelConfig(f())"
    )
    values = _evaluated(loop)
    assert [isinstance(value, Unknown) for value in values].count(True) == 1
    assert [_python(value) for value in values if not isinstance(value, Unknown)] == [{}]


def _texts(value: Value) -> list[object]:
    """The values of a mapping; None for one that is not known."""
    assert isinstance(value, MappingValue)
    return [
        entry.value.value if isinstance(entry.value, Known) else None for entry in value.entries
    ]


def _evaluated(program: str) -> list[Value]:
    """The mapping of the one config of a program, for every way that it can go."""
    configs = Sources({"a.py": f"{PRELUDE}{program}\n"}).build().configs
    assert len({config.place for config in configs}) == 1
    return [config.mapping for config in configs if config.mapping is not None]


def _is_open(value: Value) -> bool:
    """Whether a part of a value is not known."""
    if isinstance(value, (Known, Instance)):
        return False
    if isinstance(value, MappingValue):
        parts = [part for entry in value.entries for part in entry]
        return bool(value.unread) or any(map(_is_open, parts))
    return not isinstance(value, SequenceValue) or any(map(_is_open, value.items))


def _python(value: Value) -> object:
    """A value that is known in full."""
    if isinstance(value, MappingValue):
        return {_python(entry.key): _python(entry.value) for entry in value.entries}
    if isinstance(value, Known):
        return value.value
    assert isinstance(value, SequenceValue)
    items = [_python(item) for item in value.items]
    made: dict[str, object] = {"list": items, "tuple": tuple(items)}
    return set(items) if value.kind == "set" else made[value.kind]


def _distinct(values: list[object]) -> list[object]:
    return [value for index, value in enumerate(values) if value not in values[:index]]


def _ordered(values: list[object]) -> list[object]:
    return sorted(values, key=repr)

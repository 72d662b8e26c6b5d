"""Hostile files: each is read or told, and takes no other with it."""

from __future__ import annotations

import pytest

from tests.hostile.conftest import Hostile, Outcome
from tests.hostile.sources import BROKEN, LONG, NESTED, ODD

CASES: dict[str, tuple[str | bytes, str | None]] = {**NESTED, **LONG}

#: Bounded, and yet long.
_SLOW = {
    *("a line of a list", "a name in an import", "blank lines", "noqa in a row"),
    *("lines of blanks", "quotes in lines", "words in a row", "a name", "very long"),
    *("generators", "comprehensions", "walrus", "tuples", "targets", "comparisons"),
    *("imports without an end", "decorators without an end", "backslashes and lines"),
    *("blank lines", "triple quotes", "setattr", "ends of calls", "single quotes"),
    *("directives", "subscripts", "def", "class", "brackets beyond", "stars", "noqa"),
}


def _requires(found: Outcome, path: str, code: str | None) -> None:
    codes = found.codes.get(path, set())
    assert codes & ({code} if code else {"KL104", "KL001"}), (path, codes)


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] if name in _SLOW else []) for name in CASES],
)
def test_a_hostile_file_is_read_or_told(hostile: Hostile, name: str) -> None:
    content, code = CASES[name]
    hostile.write("a.py", content)
    found = hostile.check("--jobs", "1" if len(name) % 2 else "2")
    _requires(found, "a.py", code)
    assert found.status == (3 if found.codes["a.py"] == {BROKEN} else 1)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_odd_files_are_read_or_told(hostile: Hostile, jobs: str) -> None:
    for name, (content, _) in ODD.items():
        hostile.write(f"{name}.py", content)
    found = hostile.check("--jobs", jobs)
    for name, (_, code) in ODD.items():
        _requires(found, f"{name}.py", code)

"""One hostile file at a time."""

from __future__ import annotations

import pytest

from tests.hostile.conftest import Hostile
from tests.hostile.sources import BROKEN, LONG, NESTED, ODD

CASES: dict[str, tuple[str | bytes, str | None]] = {**NESTED, **LONG, **ODD}


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_file_is_read_or_told(hostile: Hostile, name: str) -> None:
    content, code = CASES[name]
    hostile.write("a.py", content)
    # A second file that must not suffer with the first, which alone needs no other process.
    jobs = "1" if len(name) % 2 else "2"
    found = hostile.check("--jobs", jobs)
    codes = found.codes.get("a.py", set())
    if code is None:
        assert codes & {"KL104", "KL001"}, found
    else:
        assert code in codes, found
    assert found.status == (3 if codes == {BROKEN} else 1)

"""Modules stay small and say by their name what they hold."""

from __future__ import annotations

from tests.frame.checkout import PACKAGE

LONGEST = 400
SAYS_NOTHING = {"utils", "util", "helpers", "misc", "common"}


def test_no_module_is_longer_than_400_lines() -> None:
    lengths = {
        str(path.relative_to(PACKAGE)): len(path.read_text(encoding="utf-8").splitlines())
        for path in PACKAGE.rglob("*.py")
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}
    assert "__init__.py" in lengths


def test_every_module_has_a_name_that_says_something() -> None:
    named = {path.stem for path in PACKAGE.rglob("*") if path.is_dir() or path.suffix == ".py"}
    assert named & SAYS_NOTHING == set()

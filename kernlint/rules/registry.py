"""Every rule, by code; loaded one by one, since most runs need few of them."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from kernlint.model.hints import TYPE_CHECKING
from kernlint.rules.table import ENTRIES

if TYPE_CHECKING:
    from kernlint.rules.base import Rule


def all_rules() -> tuple[Rule, ...]:
    """All rules in the order of their codes; a code is never used for another rule."""
    return tuple(rule(entry.code) for entry in ENTRIES)


@cache
def rule(code: str) -> Rule:
    """The rule of a code; KeyError where there is none."""
    entry = {each.code: each for each in ENTRIES}[code]
    found: Rule = getattr(import_module(f"kernlint.rules.{entry.module}"), entry.cls)()
    return found

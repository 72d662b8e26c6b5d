"""Writes the table of the rules from their classes: ``python -m tools.gen_rules``.

A run that has nothing for most rules to look at then loads the others alone. With ``--check``
nothing is written; the exit status is 1 where the table is not what would be written.
"""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import sys
from collections.abc import Sequence

import kernlint.rules
from kernlint.rules.base import KINDS, Rule

PATH = os.path.join(os.path.dirname(os.path.abspath(kernlint.rules.__file__)), "table.py")

_HEAD = '''"""Every rule, as far as it is known without being loaded; see tools/gen_rules.py."""

from __future__ import annotations

from kernlint.rules.entry import Entry

ENTRIES = (
'''


def text() -> str:
    """The table: every class of a rule, by code.

    Raises ValueError where two have the same code.
    """
    found: dict[str, type[Rule]] = {}
    for name in sorted(each.name for each in pkgutil.iter_modules(kernlint.rules.__path__)):
        module = importlib.import_module(f"kernlint.rules.{name}")
        for rule in filter(_is_rule, vars(module).values()):
            if found.setdefault(rule.code, rule) is not rule:
                raise ValueError(f"{rule.code} is the code of two rules")
    return _HEAD + "".join(_entry(found[code]) for code in sorted(found)) + ")\n"


def _is_rule(value: object) -> bool:
    """Whether something is the class of a rule, and no base of others."""
    return isinstance(value, type) and issubclass(value, Rule) and "code" in vars(value)


def _entry(rule: type[Rule]) -> str:
    kinds = [kind for kind in KINDS if getattr(rule, kind) is not getattr(Rule, kind)]
    shown = ", ".join(f'"{kind}"' for kind in kinds)
    fields = [
        f'"{rule.code}"',
        f'"{rule.name}"',
        str(rule.default_on),
        str(rule.whole_project),
        f"frozenset({{{shown}}})" if kinds else "frozenset()",
        f'"{rule.__module__.rpartition(".")[2]}"',
        f'"{rule.__name__}"',
    ]
    return "    Entry(\n" + "".join(f"        {field},\n" for field in fields) + "    ),\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Write the table, or compare it; the exit status."""
    parser = argparse.ArgumentParser(description="Write the table of the rules.")
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    is_check = parser.parse_args(argv).check
    with open(PATH, encoding="utf-8") as file:
        is_same = file.read() == text()
    if is_check and not is_same:
        print("The table is out of date: run `python -m tools.gen_rules`.", file=sys.stderr)
    if not (is_check or is_same):
        with open(PATH, "w", encoding="utf-8", newline="\n") as file:
            file.write(text())
    return 1 if is_check and not is_same else 0


if __name__ == "__main__":
    sys.exit(main())

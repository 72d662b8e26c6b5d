"""What ruff makes of a comment for kernlint: it takes ``noqa`` comments that it does not know."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

#: The rule of ruff that reports the codes in ``noqa`` that are not its own; ``--fix`` removes them.
_INVALID_CODE = "RUF102"


def removes_noqa(path: str) -> str | None:
    """The configuration of ruff by which it removes ``# noqa: KL...`` from a file.

    That is the nearest one upwards, where it selects RUF102, RUF or ALL and does not say
    ``external = ["KL"]``. None where there is no such configuration, or it cannot be read.
    """
    folder = os.path.dirname(os.path.abspath(path))
    while True:
        for name in (".ruff.toml", "ruff.toml", "pyproject.toml"):
            file = os.path.join(folder, name)
            options = _options(file)
            if options is not None:
                return file if _selects(options) else None
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def _options(path: str) -> Mapping[str, object] | None:
    """The options of ruff in a file; None where it has none, and cannot be read as well."""
    if not os.path.isfile(path):
        return None
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        with open(path, "rb") as file:
            found: object = tomllib.load(file)
    except (OSError, ValueError, RecursionError):
        return None
    if path.endswith("pyproject.toml"):
        for key in ("tool", "ruff"):
            found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else None


def _selects(options: Mapping[str, object]) -> bool:
    """Whether options of ruff turn its rule on; what they take over from a file is not known."""
    if "extend" in options:
        return False
    lint = options.get("lint")
    # The options of lint stand at the top in older configurations.
    tables = [options, *([lint] if isinstance(lint, Mapping) else [])]

    def named(*keys: str) -> set[str]:
        lists = [table.get(key) for table in tables for key in keys]
        return {
            item
            for found in lists
            if isinstance(found, list)
            for item in found
            if isinstance(item, str)
        }

    if any(code.startswith("KL") or code == "K" for code in named("external")):
        return False
    selected = _specificity(named("select", "extend-select"))
    return selected > _specificity(named("ignore", "extend-ignore"))


def _specificity(selectors: set[str]) -> int:
    """How precisely the best of some selectors names the rule; -1 where none does."""
    fitting = [
        0 if selector == "ALL" else len(selector)
        for selector in selectors
        if selector == "ALL" or (_INVALID_CODE.startswith(selector) and len(selector) >= 3)
    ]
    return max(fitting, default=-1)

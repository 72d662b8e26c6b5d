"""What the terminal can do: colours, links, columns."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping


def use_color(choice: str, environ: Mapping[str, str], terminal: bool) -> bool:
    """Flag, then NO_COLOR, then FORCE_COLOR or CLICOLOR_FORCE, then the terminal."""
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if any(environ.get(name, "0") not in {"", "0"} for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return terminal and environ.get("TERM") != "dumb"


def use_links(environ: Mapping[str, str], color: bool, terminal: bool) -> bool:
    """Whether codes link to their pages: on a terminal, but not in a log."""
    return color and terminal and not any(environ.get(name) for name in ("CI", "PRE_COMMIT"))


def terminal_width() -> int:
    """Columns of the terminal: COLUMNS, else those of stdout, else 80."""
    return known_width() or 80


def known_width() -> int:
    """Columns of the terminal, 0 where nothing says how many there are."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns) > 0:
        return int(columns)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ else 1).columns
    except (OSError, ValueError):
        return 0

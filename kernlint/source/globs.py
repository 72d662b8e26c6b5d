"""Shell patterns over paths, as configuration files write them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kernlint.model.pattern import lazy

_PIECE = lazy(r"\*\*/|\*\*|\*|\?|\[!?\]?[^]/]*\]|[^*?[]+|\[")

_SPECIAL = frozenset("*?[\\/")


def compile_globs(patterns: Iterable[str]) -> re.Pattern[str] | None:
    """One expression whose ``fullmatch`` tells whether a path fits any pattern.

    Paths use ``/`` and are relative to the folder that the patterns belong to. A
    pattern without a ``/`` (other than at its end) fits the last part of a path in
    any folder; one with a ``/`` fits the whole path. ``*`` and ``?`` stay within a
    part, ``**`` crosses folders, ``[...]`` is a set. None where there is no pattern.
    """
    expressions = []
    for pattern in patterns:
        plain = pattern.replace("\\", "/").rstrip("/")
        anchored = "/" in plain
        plain = plain.removeprefix("./").lstrip("/")
        if plain not in ("", "."):
            expressions.append(("" if anchored else "(?:.*/)?") + _translate(plain))
    return re.compile("|".join(expressions), re.DOTALL) if expressions else None


def is_plain_name(pattern: str) -> bool:
    """Whether a pattern is the very name of a file or folder, in any folder."""
    return pattern not in ("", ".", "..") and _SPECIAL.isdisjoint(pattern)


def _translate(glob: str) -> str:
    return "".join(_expression(piece) for piece in _PIECE.findall(glob))


def _expression(piece: str) -> str:
    """The regular expression of one piece of a pattern."""
    if piece == "**/":
        return "(?:.*/)?"
    if piece == "**":
        return ".*"
    if piece == "*":
        return "[^/]*"
    if piece == "?":
        return "[^/]"
    if piece[0] == "[" and len(piece) > 1:
        negated = piece[1] == "!"
        inner = piece[2:-1] if negated else piece[1:-1]
        # "-" keeps its meaning; everything else that a set gives a meaning loses it.
        inner = re.sub(r"([\\^\[\]&~|])", r"\\\1", inner)
        expression = f"(?!/)[{'^' if negated else ''}{inner}]"
        if _compiles(expression):
            return expression
    return re.escape(piece)


def _compiles(expression: str) -> bool:
    """False for an empty set, or a range that runs backwards."""
    try:
        re.compile(expression)
    except re.error:
        return False
    return True

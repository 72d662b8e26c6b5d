"""Patterns of ``case`` that the parser would take too long for.

libcst 1.9 reads a bracket of a pattern several times, and each time the brackets in it: a
mapping in twenty others takes it days, and no other construct does that. Nothing can end it
within the process, so the time is estimated before.
"""

from __future__ import annotations

import re

#: About how many times longer a pattern takes in one more bracket.
_GROWTH = 3.5
#: What a file may take, in patterns without brackets: ten seconds, or nine brackets in a row.
_MOST = _GROWTH**10.5

_CASE = re.compile(r"^[ \t\f]*case\b", re.MULTILINE)
_TOKENS = re.compile(
    r"""
    (?P<case> ^[ \t\f]*case\b )
    | (?P<open> [\[({] )
    | (?P<close> [\])}] )
    | (?P<end> \n | \bif\b | : )
    | \\\r?\n
    | \#[^\r\n]*
    | \"{3} [^"\\]* (?: (?: \\[\s\S] | "(?!"") ) [^"\\]* )* (?:\"{3})?
    | '{3}  [^'\\]* (?: (?: \\[\s\S] | '(?!'') ) [^'\\]* )* (?:'{3})?
    | "     [^"\\\r\n]* (?: \\[\s\S] [^"\\\r\n]* )* "?
    | '     [^'\\\r\n]* (?: \\[\s\S] [^'\\\r\n]* )* '?
    """,
    re.VERBOSE | re.MULTILINE,
)


def slow_pattern(text: str) -> int | None:
    """The character offset of the bracket from which on parsing takes too long, if any does."""
    if _CASE.search(text) is None:
        return None
    cost = 0.0
    depth = -1  # below 0 outside of a pattern
    for match in _TOKENS.finditer(text):
        kind = match.lastgroup
        if kind == "case":
            depth = max(depth, 0)
        elif depth < 0:
            continue
        elif kind == "open":
            depth += 1
            cost += _GROWTH**depth
            if cost > _MOST:
                return match.start()
        elif kind == "close":
            depth -= 1
        elif kind == "end" and depth == 0:
            depth = -1
    return None

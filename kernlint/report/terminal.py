"""What a terminal makes of text: its width, its colours, its control characters.

Nothing here asks the terminal. Whether there are colours and links, and how wide a
line may be, is decided by the caller.
"""

from __future__ import annotations

import unicodedata

from kernlint.model.hints import Literal

Tint = Literal["red", "yellow", "blue", "cyan", "green"]

TAB_WIDTH = 4
ELLIPSIS = "…"

_CODES: dict[Tint, str] = {"red": "31", "yellow": "33", "blue": "34", "cyan": "36", "green": "32"}

# Zero-width space, non-joiner, joiner, word joiner, byte order mark.
_JOINERS = frozenset("\u200b\u200c\u200d\u2060\ufeff")

# Conjoining Hangul vowels and final consonants are drawn into the syllable before.
_HANGUL_MEDIAL_AND_FINAL = range(0x1160, 0x1200)


def paint(text: str, tint: Tint, color: bool) -> str:
    """The text in bold ``tint``; unchanged without ``color``."""
    return f"\x1b[1;{_CODES[tint]}m{text}\x1b[0m" if color else text


def link(text: str, url: str | None, links: bool) -> str:
    """The text as an OSC 8 hyperlink; unchanged without ``links`` or a usable URL.

    A URL with a control or non-ASCII character could end the sequence early.
    """
    if not links or not url or not (url.isascii() and url.isprintable()):
        return text
    return f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\"


def cell(char: str) -> tuple[str, int]:
    """What is shown for one character, and how many columns it takes.

    A tab is four spaces. A character that a terminal would obey rather than show
    becomes its symbol (``␛`` for ESC), or ``�`` where it has none: C1 controls, line
    separators, bidirectional and other invisible formatting, lone surrogates.
    """
    if " " <= char <= "~":
        return char, 1
    if char == "\t":
        return " " * TAB_WIDTH, TAB_WIDTH
    if char < " ":
        return chr(0x2400 + ord(char)), 1
    if char == "\x7f":
        return "\u2421", 1
    if char in _JOINERS:
        return char, 0
    category = unicodedata.category(char)
    if category in {"Mn", "Me"} or ord(char) in _HANGUL_MEDIAL_AND_FINAL:
        return char, 0
    if category in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
        return "\ufffd", 1
    return char, 2 if unicodedata.east_asian_width(char) in "WF" else 1


def printable(text: str) -> str:
    """The text as one line that is safe to print, see ``cell``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(cell(char)[0] for char in text)


def display_width(text: str) -> int:
    """How many columns a text takes on a terminal once it is ``printable``."""
    if text.isascii() and text.isprintable():
        return len(text)
    return sum(cell(char)[1] for char in text)


def wrap(text: str, room: int) -> list[str]:
    """A printable text in lines of at most ``room`` columns (at least 2).

    Lines break at spaces, and inside a word only where the word alone is too wide.
    """
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if display_width(joined) <= room:
            lines[-1] = joined
            continue
        pieces = _pieces(word, room)
        if lines[-1]:
            lines.extend(pieces)
        else:
            lines[-1:] = pieces
    return lines


def _pieces(word: str, room: int) -> list[str]:
    pieces = [""]
    left = room
    for char in word:
        width = cell(char)[1]
        if width > left:
            pieces.append("")
            left = room
        pieces[-1] += char
        left -= width
    return pieces

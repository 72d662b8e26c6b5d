"""What IPython understands in a cell and Python does not: magics, shell lines, questions."""

from __future__ import annotations

import re

from kernlint.source.embedded import blank

#: The output of a command, where a name is bound to it.
COMMAND = "the output of a command"

_CELL_MAGIC = re.compile(rb"\s*%%(\w*)[^\r\n]*")
#: The magics whose cell runs as it stands.
_TRANSPARENT = (b"time", b"capture", b"prun")

_TOKEN = re.compile(
    rb"""
    \#[^\r\n]*
    | \"{3} [^"\\]* (?: (?: \\[\s\S] | "(?!"") ) [^"\\]* )* (?:\"{3})?
    | '{3}  [^'\\]* (?: (?: \\[\s\S] | '(?!'') ) [^'\\]* )* (?:'{3})?
    | "     [^"\\\r\n]* (?: \\[\s\S] [^"\\\r\n]* )* "?
    | '     [^'\\\r\n]* (?: \\[\s\S] [^'\\\r\n]* )* '?
    | \\ \r?\n
    | (?P<open> [\[({] )
    | (?P<close> [\])}] )
    | (?P<end> \r\n | [\r\n] )
    """,
    re.VERBOSE,
)
_REST = rb"(?:[^\r\n\\]|\\\r?\n|\\[^\r\n]|\\\Z)*"
_LINE = re.compile(
    rb"""
    (?P<margin> [ \t]* )
    (?:
        (?P<timed> %time [ \t]+ ) (?= [A-Za-z_(\[] )
        | (?P<command> [%!] REST )
        | (?P<bound> [A-Za-z_] [^=\#"'()\r\n!%]* = [ \t]* ) (?P<value> [%!] (?!=) REST )
        | (?P<question> \?{1,2} [ \t]* [%\w.*]+ [ \t]* | %{0,2} [\w.*\[\]]+ \?{1,2} [ \t]* )
          (?= [\r\n] | \Z )
    )
    """.replace(b"REST", _REST),
    re.VERBOSE,
)


def plain(cell: bytes) -> tuple[bytes, list[int]]:
    """The Python of a cell, as long as the cell and on the same lines.

    Returns:
        What is left, and the offsets at which a name stands for the output of a command.
    """
    magic = _CELL_MAGIC.match(cell)
    head = 0
    if magic is not None:
        if magic[1] not in _TRANSPARENT:
            return blank(cell), []
        head = magic.end()
    out = bytearray(cell)
    out[:head] = blank(cell[:head])
    names: list[int] = []
    at, depth, at_start = head, 0, True
    while at < len(cell):
        if at_start and depth == 0:
            found = _LINE.match(cell, at)
            if found is not None:
                names += _replace(out, found)
                at, at_start = found.end(), False
                continue
        token = _TOKEN.search(cell, at)
        if token is None:
            break
        if token["open"]:
            depth += 1
        elif token["close"]:
            depth = max(depth - 1, 0)
        at, at_start = token.end(), token["end"] is not None
    return bytes(out), names


def begins_with_magic(cell: bytes) -> bool:
    """Whether the first line of a cell is a magic, so that the rest may be another language."""
    return cell.lstrip()[:1] == b"%"


def _replace(out: bytearray, found: re.Match[bytes]) -> list[int]:
    """Put Python of the same length in the place of one line."""
    if found["timed"]:
        start, end = found.span("timed")
        out[start:end] = b"0;" + blank(found["timed"])[2:]
        return []
    if found["value"]:
        start, end = found.span("value")
        out[start:end] = b"_" + blank(found["value"])[1:]
        return [start]
    start, end = found.end("margin"), found.end()
    out[start:end] = b"0" + blank(bytes(out[start:end]))[1:]
    return []

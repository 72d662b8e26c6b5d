"""Markdown and MDX: which lines are fenced Python."""

from __future__ import annotations

import re

from kernlint.model.expr import Span
from kernlint.model.hints import TYPE_CHECKING
from kernlint.source.blocks import Block, language, note_in
from kernlint.source.embedded import Note, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterator

# Quotation marks, list markers and margins may stand before a fence.
_OPENING = re.compile(
    rb"(?P<before>[ \t]*(?:(?:>[ \t]?|(?:[-*+]|\d{1,9}[.)])[ \t]+)[ \t]*)*)"
    rb"(?P<fence>`{3,}(?=[^`\r\n]*\r?$)|~{3,})(?P<info>[^\r\n]*)"
)
_WORD = re.compile(rb"[^\s{},:;=.\"']+")
_QUOTE = re.compile(rb"[ \t]{0,3}>[ ]?")
_INLINE = re.compile(rb"(`+)(?!`)(?:[^`]|(?!\1(?!`))`)*\1(?!`)")
_OPTION = re.compile(rb"[ \t]*:[\w-]+:")


def fences(data: bytes, start: int, *, mdx: bool = False) -> Iterator[Block | Note]:
    """The fenced blocks of Python in a document, and the comments for kernlint between them.

    What is commented out is left out.
    """
    lines = iter(list(lines_of(data, start)))
    brackets = ((b"<!--", b"-->"), (b"{/*", b"*/}"))[: 1 + mdx]
    for line in lines:
        text = data[line.start : line.end]
        opening = _OPENING.match(text.rstrip(b"\r\n"))
        if opening is not None:
            block = _fence(data, lines, opening)
            if block is not None:
                yield block
            continue
        text = _INLINE.sub(_as_blank, text)
        note = note_in(text, line.start)
        if note is not None:
            yield note
        for begin, end in brackets:
            _skip_comment(data, lines, text, begin, end)


def _as_blank(match: re.Match[bytes]) -> bytes:
    return b" " * len(match[0])


def _skip_comment(
    data: bytes, lines: Iterator[Span], text: bytes, begin: bytes, end: bytes
) -> None:
    """Pass by the lines of a comment that is not closed on its first line."""
    at = text.rfind(begin)
    if at < 0 or text.find(end, at) >= 0:
        return
    for line in lines:
        if end in data[line.start : line.end]:
            return


def _fence(data: bytes, lines: Iterator[Span], opening: re.Match[bytes]) -> Block | None:
    """The lines up to the end of a fence; None unless they are Python."""
    fence, before = opening["fence"], opening["before"]
    quotes = before.count(b">")
    margin = before.rpartition(b">")[2]
    indent = len((margin.removeprefix(b" ") if quotes else margin).expandtabs(4))
    closing = re.compile(rb"[ \t]*%s{%d,}[ \t]*" % (re.escape(fence[:1]), len(fence)))
    found: list[Span] = []
    for line in lines:
        at = line.start
        for _ in range(quotes):
            mark = _QUOTE.match(data, at, line.end)
            if mark is None:
                return _python(data, found, opening)
            at = mark.end()
        if closing.fullmatch(data[at : line.end].rstrip(b"\r\n")):
            break
        found.append(Span(_without_margin(data, at, line.end, indent), line.end))
    return _python(data, found, opening)


def _without_margin(data: bytes, start: int, end: int, width: int) -> int:
    """Where a line begins without a margin of so many columns, as far as it has one."""
    while width > 0 and start < end and data[start] in b" \t":
        width -= 4 if data[start] in b"\t" else 1
        start += 1
    return start


def _python(data: bytes, lines: list[Span], opening: re.Match[bytes]) -> Block | None:
    words = _WORD.findall(opening["info"])
    if not language(words):
        return None
    if opening["info"].lstrip().startswith(b"{"):  # a directive, whose options come first
        while lines and _OPTION.match(data, lines[0].start, lines[0].end):
            lines = lines[1:]
    return Block(tuple(lines))

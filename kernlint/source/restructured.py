"""reStructuredText: which lines are Python, by directives and by prompts."""

from __future__ import annotations

import re

from kernlint.model.expr import Span
from kernlint.model.hints import TYPE_CHECKING
from kernlint.source.blocks import Block, language, note_in
from kernlint.source.embedded import Note, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_DIRECTIVE = re.compile(
    rb"(?P<margin>[ \t]*)\.\.[ \t]+(?P<name>[\w:-]*?\w)::[ \t]*(?P<argument>[^\r\n]*)"
)
_BLOCKS = frozenset({b"code", b"code-block", b"sourcecode"})
_BY_NAME = frozenset({b"testcode", b"doctest", b"ipython", b"jupyter-execute"})
#: Explicit markup that is no comment: targets, footnotes, citations, substitutions.
_COMMENT = re.compile(rb"(?P<margin>[ \t]*)\.\.(?:[ \t]+(?![_\[|])[^\r\n]*)?\r?\n?\Z")
_OPTION = re.compile(rb"[ \t]*:[^:\r\n]+:")


def blocks(data: bytes, start: int) -> Iterator[Block | Note]:
    """The blocks of Python in a document, and the comments for kernlint between them.

    What is commented out is left out.
    """
    lines = list(lines_of(data, start))
    at = 0
    while at < len(lines):
        text = data[lines[at].start : lines[at].end]
        directive = _DIRECTIVE.match(text)
        if directive is not None:
            end = _end(data, lines, at, _width(directive["margin"]))
            name = directive["name"]
            if name in _BLOCKS or name in _BY_NAME:
                if _is_python(name, directive["argument"]):
                    yield _content(data, lines[at + 1 : end])
                at = end
                continue
        elif comment := _COMMENT.match(text):
            note = note_in(text, lines[at].start)
            if note is not None:
                yield note
            at = _end(data, lines, at, _width(comment["margin"]))
            continue
        elif text.lstrip().startswith(b">>>"):
            end = at
            while end < len(lines) and data[lines[end].start : lines[end].end].strip():
                end += 1
            yield Block(tuple(lines[at:end]))
            at = end
            continue
        at += 1


def _is_python(name: bytes, argument: bytes) -> bool:
    words = argument.split()[:1]
    return name in _BY_NAME or bool(language(words))


def _width(margin: bytes) -> int:
    return len(margin.expandtabs())


def _end(data: bytes, lines: list[Span], at: int, margin: int) -> int:
    """The first line after ``at`` that is not indented deeper than ``margin``."""
    end = at + 1
    last = at + 1
    while end < len(lines):
        text = data[lines[end].start : lines[end].end]
        if text.strip():
            if _width(text[: len(text) - len(text.lstrip())]) <= margin:
                break
            last = end + 1
        end += 1
    return last


def _content(data: bytes, lines: list[Span]) -> Block:
    """What a directive holds, without its options."""
    while lines and _OPTION.match(data, lines[0].start, lines[0].end):
        lines = lines[1:]
    while lines and not data[lines[0].start : lines[0].end].strip():
        lines = lines[1:]
    return Block(tuple(lines))

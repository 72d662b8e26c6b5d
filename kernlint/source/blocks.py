"""Blocks of Python in a document to one program."""

from __future__ import annotations

import re

from kernlint.model.expr import Span
from kernlint.model.facts import Problem
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.record import Record
from kernlint.source.embedded import Content, Note
from kernlint.source.ipython import COMMAND, plain
from kernlint.source.syntax import fault

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What a ``...`` stands for in a document, in words.
ELLIPSIS = "what `...` stands for"

#: The names of Python, and of a session of it, in documents.
LANGUAGES = frozenset({"ipython", "ipython3", "py", "py3", "python", "python3", "testcode"})
SESSIONS = frozenset({"console", "doctest", "pycon", "pytb", "repl"})

_PROMPT = re.compile(rb"[ \t]*(>>>|\.\.\.)(?: |(?=\r?$))")
_INDENT = re.compile(rb"[ \t]*")
# An item of a dict, a call or a list that stands for those left out.
_OPEN_ITEM = re.compile(rb"(?<=[,({])(\s*)\.\.\.(?=\s*(?:\#[^\r\n]*\s*)?[,)}])")

_NOTE = re.compile(
    rb"(?:<!--|\{/\*|^[ \t]*\.\.)[ \t]*(kernlint:[^\r\n]*?)[ \t]*(?:-->|\*/\}|\r?\n?\Z)"
)


class Block(Record):
    """The lines of a block, each without what surrounds it, and with its end."""

    lines: tuple[Span, ...]


def is_session(data: bytes, block: Block) -> bool:
    """Whether a block shows what was typed after prompts, and what came of it."""
    for line in block.lines:
        text = data[line.start : line.end]
        if text.strip():
            return text.lstrip().startswith(b">>>")
    return False


def typed(data: bytes, block: Block) -> Block:
    """The lines of a session that were typed, without their prompts."""
    found: list[Span] = []
    open_example = False
    for line in block.lines:
        text = data[line.start : line.end].rstrip(b"\r\n")
        prompt = _PROMPT.match(text)
        if prompt is None or (prompt[1] == b"..." and not open_example):
            open_example = False
            continue
        open_example = True
        found.append(Span(line.start + prompt.end(), line.end))
    return Block(tuple(found))


def dedented(data: bytes, block: Block) -> Block:
    """A block without the margin that all of its lines have."""
    margins = [
        _INDENT.match(data, line.start, line.end)
        for line in block.lines
        if data[line.start : line.end].strip()
    ]
    texts = [margin[0] for margin in margins if margin is not None]
    common = min(texts, key=len, default=b"")
    while not all(text.startswith(common) for text in texts):
        common = common[:-1]
    if not common:
        return block
    return Block(
        tuple(
            Span(line.start + len(common), line.end)
            if data.startswith(common, line.start)
            else Span(max(line.end - _end_length(data, line), line.start), line.end)
            for line in block.lines
        )
    )


def _end_length(data: bytes, line: Span) -> int:
    """The length of the line end of a blank line."""
    text = data[line.start : line.end]
    return len(text) - len(text.rstrip(b"\r\n"))


def add_block(content: Content, data: bytes, encoding: str, block: Block) -> None:
    """Add a block to a program if it is Python; what is none is noted as left out."""
    block = dedented(data, typed(data, block) if is_session(data, block) else block)
    pieces = [data[line.start : line.end] for line in block.lines]
    text = b"".join(pieces)
    if not text.strip():
        return
    wrong = fault(text.decode(encoding, errors="replace"))
    stand_ins: dict[int, str] = {}
    if wrong is not None:
        mended, stand_ins = _mended(text)
        if fault(mended.decode(encoding, errors="replace")) is not None:
            line = block.lines[min(wrong[0], len(block.lines)) - 1]
            shown = Span(line.start, line.end - _end_length(data, line))
            message = f"this block is not valid Python: {wrong[1]}"
            content.left_out.append(Problem(message, shown))
            return
        text = mended
    start = content.size
    at = 0
    for line, piece in zip(block.lines, pieces, strict=True):
        content.add(text[at : at + len(piece)], line.start)
        at += len(piece)
    content.stand_ins.update((start + offset, what) for offset, what in stand_ins.items())
    if not text.endswith((b"\n", b"\r")):
        content.add(b"\n", block.lines[-1].end, 0)
    content.parts.append(Span(start, content.size))


def _mended(text: bytes) -> tuple[bytes, dict[int, str]]:
    """A block without its shell lines, and with a name for each item that is left out."""
    text, commands = plain(text)
    found = [(match.end(1), match.end()) for match in _OPEN_ITEM.finditer(text)]
    for start, end in found:
        text = text[:start] + b"**_" + text[end:]
    stand_ins = dict.fromkeys(commands, COMMAND)
    stand_ins |= {start + 2: ELLIPSIS for start, _ in found}
    return text, stand_ins


def language(words: Sequence[bytes]) -> str:
    """The language of a block: ``python``, ``session`` or another one, ``""``."""
    for word in words[:2]:
        name = word.decode(errors="replace").lower()
        if name in {"code-block", "code-cell", "code", "sourcecode"}:
            continue
        if name in LANGUAGES:
            return "python"
        return "session" if name in SESSIONS else ""
    return "python" if words and words[0] == b"code-cell" else ""


def note_in(line: bytes, start: int) -> Note | None:
    """The comment for kernlint in a line of a document that begins at ``start``, if any."""
    found = _NOTE.search(line)
    if found is None:
        return None
    span = Span(start + found.start(1), start + found.end(1))
    return Note(found[1].decode(errors="replace"), span, Span(start, start + len(line)))

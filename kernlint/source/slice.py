"""The part of a file that can matter, as a shorter program with the same names.

libcst parses half a megabyte a second, and most of a file has nothing to do with
kernels. What is left out are the bodies of functions and classes without a word
about kernels; everything that binds a name of the module stays, so that the slice
says of it what the whole file says. The cut follows lines and brackets, not syntax:
where it goes wrong the slice does not parse, and the whole file is parsed instead.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from kernlint.model.record import Record
from kernlint.source.read import KERNEL_STRING, MENTION

#: The methods that change a dict or a list in place.
MUTATORS = ("update", "setdefault", "pop", "popitem", "clear", "append", "extend")

# A function that declares a name of the module global may bind it anew.
_WORDS = re.compile(
    f"{MENTION}|[\"']{KERNEL_STRING}|(?:^|[;:])[ \\t]*global[ \\t]+[A-Za-z_]", re.MULTILINE
)
_TOKENS = re.compile(
    r"""
    (?P<line> ^ (?P<indent> [ \t]*) (?! [ \t\r\n\#] | \Z ) )
    | \#[^\r\n]*
    | \\ \r?\n [ \t]*
    | \"{3} [^"\\]* (?: (?: \\[\s\S] | "(?!"") ) [^"\\]* )* \"{3}
    | '{3}  [^'\\]* (?: (?: \\[\s\S] | '(?!'') ) [^'\\]* )* '{3}
    | "     [^"\\\r\n]* (?: \\[\s\S] [^"\\\r\n]* )* "
    | '     [^'\\\r\n]* (?: \\[\s\S] [^'\\\r\n]* )* '
    | (?P<open> [\[({] )
    | (?P<close> [\])}] )
    """,
    re.VERBOSE | re.MULTILINE,
)
_DEFINITION = re.compile(r"(?:async[ \t]+def|def|class)\b")
_CLASS = re.compile(r"class\b")
_TEXT = re.compile(r"[rRuUbB]{0,2}['\"]")


class Slice(Record):
    """A shorter program, and where its parts come from.

    ``pieces`` pairs the offset of every part in ``text`` with its offset in the
    original, ascending; ``omitted`` are the ranges of the original that are left
    out. All offsets count characters.
    """

    text: str
    pieces: tuple[tuple[int, int], ...]
    omitted: tuple[tuple[int, int], ...]

    def original(self, offset: int) -> int:
        """The offset in the original text of an offset in the slice."""
        start, origin = self.pieces[bisect_right(self.pieces, (offset, len(self.text) << 32)) - 1]
        return origin + offset - start


class Line(Record):
    """A logical line from ``start`` to ``end``.

    ``margin`` is the number of characters that it is indented by, ``indent`` how deep
    that is.
    """

    start: int
    end: int
    margin: int
    indent: int


def whole(text: str) -> Slice:
    """The slice that leaves nothing out."""
    return Slice(text, ((0, 0),), ())


def cut(text: str, lines: Sequence[Line], names: frozenset[str] = frozenset()) -> Slice:
    """Leave out what has no word about kernels and mentions none of ``names``.

    ``lines`` are the logical lines of the text.
    """
    marks = [match.start() for match in _words(names).finditer(text)]
    cutter = _Cutter(text, lines, marks)
    cutter.block(0, len(cutter.lines))
    return cutter.result()


def mentioned(
    text: str,
    omitted: Iterable[tuple[int, int]],
    aliases: frozenset[str],
    assigned: frozenset[str],
) -> frozenset[str]:
    """The names that matter in what was left out.

    An alias of something that kernlint looks for matters wherever it stands, a name
    that the module assigns where its value may be changed.
    """
    patterns = []
    if aliases:
        patterns.append(rf"\b({_either(aliases)})\b")
    if assigned:
        either = _either(assigned)
        changed = rf"\[|\.[\s\\]*(?:{'|'.join(MUTATORS)})\b"
        gap = r"[\s\\]*"
        # The right side of an assignment, to the end of its line, is only read.
        patterns.append(rf"(?<== )(?:{either})\[[^\[\]\r\n]*\][ \t]*[\r\n]")
        patterns.append(rf"\b({either}){gap}(?:\.{gap}\w+{gap})*(?:{changed})")
        operator = r"(?:\*\*|//|<<|>>|[-+*/%@&|^])?=(?!=)"
        patterns.append(rf"\b({either}){gap}(?:\.{gap}\w+{gap})+{operator}")
        patterns.append(rf"\b(?:set|del)attr\s*\(\s*({either})\b")
    if not patterns:
        return frozenset()
    search = re.compile("|".join(patterns))
    return frozenset(
        name
        for start, end in omitted
        for match in search.finditer(text, start, end)
        for name in match.groups()
        if name is not None
    )


def _either(names: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, names)))


def _words(names: frozenset[str]) -> re.Pattern[str]:
    if not names:
        return _WORDS
    return re.compile(rf"{_WORDS.pattern}|\b(?:{_either(names)})\b", re.MULTILINE)


def logical_lines(text: str) -> list[Line]:
    """The logical lines of a program, without blank lines and comments of their own."""
    found: list[tuple[int, int, int]] = []
    depth = 0
    for match in _TOKENS.finditer(text):
        kind = match.lastgroup
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth = max(depth - 1, 0)
        elif kind in {"line", "indent"} and depth == 0:
            margin = match["indent"]
            found.append((match.start(), len(margin), len(margin.expandtabs())))
    if not found:
        return []
    ends = [start for start, _, _ in found[1:]] + [len(text)]
    return [
        Line(start, end, margin, indent)
        for (start, margin, indent), end in zip(found, ends, strict=True)
    ]


class _Cutter:
    """Walks the blocks of a program and keeps what can matter."""

    def __init__(self, text: str, lines: Sequence[Line], marks: list[int]) -> None:
        self.text = text
        self.lines = lines
        self._marks = marks
        self._kept: list[tuple[int, int] | str] = [(0, lines[0].start if lines else len(text))]

    def block(self, first: int, last: int) -> bool:
        """Keep what can matter of the lines of one block; whether anything was kept."""
        kept = False
        index = first
        while index < last:
            body = index + 1
            end = self._block_end(index, last)
            line = self.lines[index]
            if end > body:
                self._compound(index, body, end)
                kept = True
            elif self._is_marked(line.start, line.end) or not self._is_text(line):
                self._keep(line.start, line.end)
                kept = True
            index = end
        return kept

    def _compound(self, header: int, body: int, end: int) -> None:
        """A statement with a block: its header stays, its block as far as it matters."""
        line = self.lines[header]
        stop = self.lines[end - 1].end
        keyword = line.start + line.margin
        self._keep(line.start, line.end)
        if _DEFINITION.match(self.text, keyword):
            if not self._is_marked(line.start, stop):
                self._pass(body)
                return
            if not _CLASS.match(self.text, keyword):
                self._keep(line.end, stop)
                return
        if not self.block(body, end):
            self._pass(body)

    def _block_end(self, index: int, last: int) -> int:
        """The first line after ``index`` that is not indented deeper."""
        indent = self.lines[index].indent
        end = index + 1
        while end < last and self.lines[end].indent > indent:
            end += 1
        return end

    def _is_marked(self, start: int, end: int) -> bool:
        at = bisect_right(self._marks, start - 1)
        return at < len(self._marks) and self._marks[at] < end

    def _is_text(self, line: Line) -> bool:
        return _TEXT.match(self.text, line.start + line.margin) is not None

    def _keep(self, start: int, end: int) -> None:
        last = self._kept[-1]
        if isinstance(last, tuple) and last[1] == start:
            self._kept[-1] = (last[0], end)
        else:
            self._kept.append((start, end))

    def _pass(self, body: int) -> None:
        line = self.lines[body]
        self._kept.append(self.text[line.start : line.start + line.margin] + "pass\n")

    def result(self) -> Slice:
        """Everything that was kept."""
        texts: list[str] = []
        pieces: list[tuple[int, int]] = []
        omitted: list[tuple[int, int]] = []
        at = origin = 0
        for part in self._kept:
            if isinstance(part, str):
                pieces.append((at, origin))
                texts.append(part)
            else:
                if part[0] > origin:
                    omitted.append((origin, part[0]))
                pieces.append((at, part[0]))
                texts.append(self.text[part[0] : part[1]])
                origin = part[1]
            at += len(texts[-1])
        if origin < len(self.text):
            omitted.append((origin, len(self.text)))
        return Slice("".join(texts), tuple(pieces), tuple(omitted))

"""Writes the comments that silence findings, where they are honoured."""

from __future__ import annotations

import tokenize
from bisect import bisect_left, bisect_right

from kernlint.model.expr import Span
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.record import Record
from kernlint.model.text import SourceText
from kernlint.source.read import Offsets
from kernlint.source.suppress import OURS, find_suppressions, split_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Since Python 3.12 and 3.14 strings with expressions in them are several tokens.
_OPENING = {getattr(tokenize, name, None) for name in ("FSTRING_START", "TSTRING_START")}
_CLOSING = {getattr(tokenize, name, None) for name in ("FSTRING_END", "TSTRING_END")}
_LAYOUT = (tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


class Finding(Record):
    """What is to be silenced: a rule, and where the finding begins, in bytes."""

    code: str
    name: str
    start: int


class Silenced(Record):
    """A file with comments in it: its bytes, on how many lines, and what nothing silences."""

    data: bytes
    lines: int
    refused: frozenset[Finding]


def silence(text: SourceText, findings: Iterable[Finding], reason: str) -> Silenced:
    """Write ``# kernlint: ignore[CODE] reason`` for findings of a Python file.

    A comment stands at the end of the line on which a finding begins. Where that is within a
    string or behind a backslash, it stands on the last line of the statement. Codes are added
    to a comment of kernlint that is there. Nothing else changes.

    Raises UnicodeEncodeError where the reason has no form in the encoding of the file.
    """
    layout = _Layout(text)
    wanted, refused = {*_uncovered(text, findings, [])}, set[Finding]()
    while True:
        codes = layout.place(wanted)
        insertions = [
            (at, text.encoded(addition))
            for row, names in sorted(codes.items())
            for at, addition in layout.additions(row, names, reason)
        ]
        data = _inserted(text.data, insertions)
        # What is honoured is for those to say that honour it.
        lost = {*_uncovered(SourceText(data, text.encoding, text.bom), wanted, insertions)}
        if not lost:
            return Silenced(data, len(codes), frozenset(refused))
        refused |= lost
        wanted -= lost


def _inserted(data: bytes, insertions: list[tuple[int, bytes]]) -> bytes:
    parts: list[bytes] = []
    done = 0
    for at, addition in insertions:
        parts += (data[done:at], addition)
        done = at
    return b"".join((*parts, data[done:]))


def _uncovered(
    text: SourceText, findings: Iterable[Finding], insertions: list[tuple[int, bytes]]
) -> Iterator[Finding]:
    """The findings that no comment silences after the insertions."""
    comments = find_suppressions(text)
    places = [at for at, _ in insertions]
    shifts = [0]
    for _, addition in insertions:
        shifts.append(shifts[-1] + len(addition))
    for finding in findings:
        start = finding.start + shifts[bisect_left(places, finding.start)]
        if not comments.covers(finding.code, finding.name, Span(start, start + 1)):
            yield finding


class _Layout:
    """The lines of a file: at which end a comment can stand, and which make up a statement."""

    def __init__(self, text: SourceText) -> None:
        self._text = text
        content = text.slice(text.bom, len(text.data))
        self._lines = split_lines(content)
        self._offsets = Offsets(content, text)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))
        # The column of the comment in a line that can have one, its end where there is none.
        self._columns: dict[int, int] = {}
        self._last: dict[int, int] = {}
        try:
            self._read()
        except (tokenize.TokenError, SyntaxError):
            # It is not known what is a string here.
            self._columns.clear()

    def _read(self) -> None:
        source = iter([f"{_bare(line)}\n" for line in self._lines])
        first: int | None = None
        depth = 0
        for token in tokenize.generate_tokens(lambda: next(source, "")):
            row, column = token.start[0] - 1, token.start[1]
            depth += (token.type in _OPENING) - (token.type in _CLOSING)
            if depth == 0 and token.type in (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE):
                self._columns.setdefault(row, column)
            if token.type == tokenize.NEWLINE and first is not None:
                self._last.update(dict.fromkeys(range(first, row + 1), row))
                first = None
            elif first is None and token.type not in (*_LAYOUT, tokenize.COMMENT, tokenize.NL):
                first = row

    def place(self, findings: Iterable[Finding]) -> dict[int, list[str]]:
        """The codes by the line that they have to stand on."""
        found: dict[int, list[str]] = {}
        for finding in sorted(findings, key=lambda each: (each.start, each.code)):
            starts = self._text.line_starts
            own = min(bisect_right(starts, finding.start), len(self._lines)) - 1
            row = next((row for row in (own, self._last.get(own)) if row in self._columns), None)
            if row is not None and finding.code not in found.setdefault(row, []):
                found[row].append(finding.code)
        return found

    def additions(self, row: int, codes: list[str], reason: str) -> Iterator[tuple[int, str]]:
        """What to insert in a line, each at a byte of the file."""
        line, start = _bare(self._lines[row]), self._starts[row]
        names = ", ".join(codes)
        reason = f" {reason}" if reason else ""
        for match in OURS.finditer(line, self._columns[row]):
            if match["selectors"] is not None:
                held = match["selectors"].rstrip(", \t")
                end = match.start("selectors") + len(held)
                yield self._offsets.byte(start + end), f", {names}" if held else names
                if reason and not line[match.end() :].strip():
                    yield self._offsets.byte(start + match.end()), reason
                return
        spaces = " " * (2 - min(len(line) - len(line.rstrip(" ")), 2))
        comment = f"{spaces}# kernlint: ignore[{names}]{reason}"
        yield self._offsets.byte(start + len(line)), comment


def _bare(line: str) -> str:
    return line.rstrip("\r\n")

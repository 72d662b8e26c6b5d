"""What fixes would change, what they have changed, and which are held back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from kernlint.model.diagnostic import Diagnostic, Edit, Fix, Result
from kernlint.model.record import Record
from kernlint.model.text import SourceText
from kernlint.report.location import locate
from kernlint.report.snippet import Look, bare_bar, cut_line
from kernlint.report.summary import MARK, fixable
from kernlint.report.terminal import paint, printable


class Change(Record):
    """Lines of a file, from line ``number`` on, and those that a fix puts in their place."""

    number: int
    old: tuple[str, ...]
    new: tuple[str, ...]


def mark(diagnostic: Diagnostic) -> str:
    """What stands before a finding that has a safe fix, with a space behind it."""
    fix = diagnostic.fix
    return f"{MARK} " if fix is not None and fix.applicability == "safe" else ""


def note(fix: Fix) -> str:
    """What a fix does, whether it is safe, and which options make it."""
    if fix.applicability == "safe":
        return f"{fix.message} (safe, made by --fix)"
    return f"{fix.message} (unsafe, made by --fix --unsafe-fixes)"


def preview(text: SourceText, fix: Fix, look: Look) -> list[str]:
    """The lines that a fix changes, as they are and as they would be."""
    rows: list[str] = []
    try:
        changes = list(_changes(text, fix.edits))
    except UnicodeEncodeError:
        return []
    for change in changes:
        rows.append(bare_bar(look))
        rows += _side(change.number, change.old, change.new, look, removed=True)
        rows += _side(change.number, change.new, change.old, look, removed=False)
    return rows


def _side(
    number: int, lines: Sequence[str], others: Sequence[str], look: Look, *, removed: bool
) -> Iterator[str]:
    """The lines of one side of a change, each cut around what differs from the other side."""
    for index, line in enumerate(lines):
        other = others[index] if index < len(others) else line
        shown = cut_line(line, *_difference(line, other), look.room)
        head = f"{number + index:>{look.gutter}} {'-' if removed else '+'}"
        yield f"{paint(head, 'red' if removed else 'green', look.color)} {shown}".rstrip()


def _changes(text: SourceText, edits: Iterable[Edit]) -> Iterator[Change]:
    """The changes of some edits, line by line; UnicodeEncodeError as for ``SourceText.encoded``."""
    data = text.data
    pending = sorted(edits)
    while pending:
        start = max(_line_start(data, pending[0].span.start), text.bom)
        at, end, piece = start, start, b""
        while pending and (end == start or pending[0].span.start <= end):
            (first, last), content = pending.pop(0)
            piece += data[at:first] + text.encoded(content)
            at = last
            end = max(end, _line_end(data, last, start))
        piece += data[at:end]
        old = tuple(_lines(text, data[start:end]))
        yield Change(text.position_in_file(start)[0], old, tuple(_lines(text, piece)))


def _line_start(data: bytes, at: int) -> int:
    return max(data.rfind(b"\n", 0, at), data.rfind(b"\r", 0, at)) + 1


def _line_end(data: bytes, at: int, start: int) -> int:
    """The end of a line without its line end, or ``at`` where a line has just ended there."""
    if at > start and data[at - 1 : at] in {b"\n", b"\r"}:
        return at
    ends = [found for found in (data.find(b"\n", at), data.find(b"\r", at)) if found >= 0]
    return min(ends, default=len(data))


def _lines(text: SourceText, data: bytes) -> Iterator[str]:
    for line in data.splitlines():
        yield SourceText(line, text.encoding).slice(0, len(line))


def _difference(line: str, other: str) -> tuple[int, int]:
    """The characters of a line between what it has in common with another one."""
    limit = min(len(line), len(other))
    start = next((i for i in range(limit) if line[i] != other[i]), limit)
    tail = next(
        (i for i in range(limit - start) if line[len(line) - 1 - i] != other[len(other) - 1 - i]),
        limit - start,
    )
    return start, max(len(line) - tail, start)


def render_mended(result: Result) -> str:
    """What was fixed, by file and rule."""
    rows = [f"Fixed {findings(result.fixed)}:"]
    path = None
    for each in result.mended:
        if each.path != path:
            path = each.path
            rows.append(f"- {printable(path)}:")
        rows.append(f"    {each.number} x {each.code} ({each.name})")
    return "\n".join(rows) + "\n"


def render_planned(result: Result) -> str:
    """What ``--diff`` shows, and what would be left, in a line: for stderr."""
    more = fixable(result)[1]
    extra = f" ({more} more with --unsafe-fixes)" if more else ""
    left = f"{findings(len(result.diagnostics))} would be left"
    return f"Would fix {findings(result.fixed)}{extra}; {left}.\n"


def render_held(result: Result) -> str:
    """The fixes that are held back and why, a line each: for stderr."""
    lines = []
    for each in result.held:
        path, start, _, _ = locate(result, each.place)
        where = f"{printable(path)}:{start.line}:{start.column}"
        lines.append(f"{where}: {each.code} is not fixed: {printable(each.reason)}\n")
    return "".join(lines)


def render_diff(
    before: Mapping[str, SourceText], after: Mapping[str, bytes], *, color: bool, terminal: bool
) -> str:
    """A unified diff of fixed files, in their own encoding; for a terminal without controls."""
    import difflib

    rows: list[str] = []
    for path, text in before.items():
        old, new = (_kept_lines(text, data) for data in (text.data, after[path]))
        for line in difflib.unified_diff(old, new, path, path):
            ended = line.endswith("\n")
            shown = line.removesuffix("\n")
            if terminal:
                shown = printable(shown)
            rows.append(_painted(shown, color) + "\n")
            if not ended:
                rows.append("\\ No newline at end of file\n")
    return "".join(rows)


def _kept_lines(text: SourceText, data: bytes) -> list[str]:
    """The lines of a file with their ends; a form feed or a lone CR ends none."""
    whole = SourceText(data, text.encoding).slice(0, len(data))
    lines = whole.split("\n")
    return [*(f"{line}\n" for line in lines[:-1]), *filter(None, lines[-1:])]


def _painted(line: str, color: bool) -> str:
    if line.startswith(("---", "+++", "@@")):
        return paint(line, "blue", color)
    if line.startswith("-"):
        return paint(line, "red", color)
    return paint(line, "green", color) if line.startswith("+") else line


def findings(number: int) -> str:
    """A number of findings, in words."""
    return f"{number} finding" if number == 1 else f"{number} findings"

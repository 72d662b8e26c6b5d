"""The reports for people: full, with source excerpts, and concise, a line each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kernlint.model.diagnostic import Diagnostic, Place, Related, Result
from kernlint.model.text import SourceText
from kernlint.report import fixes
from kernlint.report.location import Location, locate, text_of
from kernlint.report.snippet import Look, Mark, bare_bar, context_lines, excerpt, shares_excerpt
from kernlint.report.summary import SEVERITY_TINTS, render_statistics, summary
from kernlint.report.terminal import Tint, link, paint, printable

__all__ = [
    "render_concise",
    "render_full",
    "render_internal_errors",
    "render_statistics",
    "render_unchecked",
    "summary",
]

#: The width of a line where the terminal does not tell its own.
DEFAULT_WIDTH = 80

#: Below this there is no room for both line numbers and code.
MINIMUM_WIDTH = 30


def render_full(result: Result, *, color: bool, width: int, links: bool) -> str:
    """Every finding with its source, then the summary; at first what was seen at run time.

    ``width`` is the number of columns that source lines are cut to; 0 means 80, and
    fewer than 30 count as 30. ``links`` makes the codes point to their pages.
    """
    blocks: list[str] = []
    if result.runtime:
        from kernlint.report.runtime import render_tables

        blocks += render_tables(result.runtime, color=color, width=_columns(width))
    explained: set[str] = set()
    for diagnostic in result.diagnostics:
        rows = [_header(diagnostic, color=color, links=links)]
        tint = SEVERITY_TINTS[diagnostic.severity]
        look = _look(result, diagnostic.place, diagnostic.related, tint, width=width, color=color)
        rows += _source(result, diagnostic, look)
        notes = _notes(diagnostic, first=diagnostic.code not in explained)
        explained.add(diagnostic.code)
        if notes:
            rows.append(bare_bar(look))
        for title, body in notes:
            rows += _note(title, body, look)
            if diagnostic.fix and title == "fix":
                rows += fixes.preview(text_of(result, diagnostic.place.path), diagnostic.fix, look)
        blocks.append("\n".join(rows) + "\n")
    return "\n".join([*blocks, summary(result, color=color)])


def render_concise(result: Result, *, color: bool, links: bool) -> str:
    """``path:line:col: CODE message`` for every finding, then the summary.

    The layers that were confirmed at run time, or not, come first.
    """
    lines: list[str] = []
    if result.runtime:
        from kernlint.report.runtime import render_lines

        lines.append(render_lines(result.runtime, color=color))
    lines += [
        f"{_spot(locate(result, d.place))}: {_code(d, color=color, links=links)}"
        f" {fixes.mark(d)}{printable(d.message)}\n"
        for d in result.diagnostics
    ]
    return "".join(lines) + summary(result, color=color)


def render_unchecked(result: Result) -> str:
    """``path:line:col: not checked: reason`` for every part that could not be read."""
    return "".join(
        f"{_spot(locate(result, entry.place))}: not checked: {printable(entry.reason)}\n"
        for entry in result.not_checked
    )


def render_internal_errors(result: Result) -> str:
    """What to tell about rules that failed: for stderr, it is not a finding."""
    blocks: list[str] = []
    for error in result.internal_errors:
        look = _look(result, error.place, (), "red", width=DEFAULT_WIDTH, color=False)
        location = locate(result, error.place)
        mark = Mark(location, f"{error.code} failed here", primary=True)
        rows = [
            f"kernlint: {error.code} failed. This is a defect of kernlint, not of your code.",
            _arrow("-->", location, look),
            bare_bar(look),
            *excerpt(text_of(result, error.place.path), [mark], look),
            bare_bar(look),
            *_note("", error.detail, look),
            *_note("help", "please report it to kernlint, with the lines above", look),
        ]
        blocks.append("\n".join(rows) + "\n")
    return "\n".join(blocks)


def _look(
    result: Result,
    place: Place,
    related: Iterable[Related],
    accent: Tint,
    *,
    width: int,
    color: bool,
) -> Look:
    """The layout of one finding: its gutter fits the largest line number shown."""
    text = text_of(result, place.path)
    last = context_lines(text, locate(result, place).start.line)[-1]
    for other in related:
        last = max(last, locate(result, other.place).start.line)
    gutter = len(str(last))
    return Look(gutter, _columns(width) - gutter - len(" | "), accent, color)


def _columns(width: int) -> int:
    return max(width, MINIMUM_WIDTH) if width > 0 else DEFAULT_WIDTH


def _header(diagnostic: Diagnostic, *, color: bool, links: bool) -> str:
    doubt = "" if diagnostic.confidence == "high" else " (not certain)"
    code = _code(diagnostic, color=color, links=links)
    kind = f"{code}[{diagnostic.name}] {fixes.mark(diagnostic)}{diagnostic.severity}{doubt}"
    return f"{kind}: {printable(diagnostic.message)}"


def _code(diagnostic: Diagnostic, *, color: bool, links: bool) -> str:
    code = link(diagnostic.code, diagnostic.url, links)
    return paint(code, SEVERITY_TINTS[diagnostic.severity], color)


def _spot(location: Location) -> str:
    return f"{printable(location.path)}:{location.start.line}:{location.start.column}"


def _arrow(arrow: str, location: Location, look: Look) -> str:
    return f"{' ' * look.gutter}{paint(arrow, 'blue', look.color)} {_spot(location)}"


def _source(result: Result, diagnostic: Diagnostic, look: Look) -> list[str]:
    """The excerpt of a finding, and one each for what lies elsewhere."""
    place = diagnostic.place
    text = text_of(result, place.path)
    here = [Mark(locate(result, place), diagnostic.label or "", primary=True)]
    elsewhere: list[Mark] = []
    for related in diagnostic.related:
        mark = Mark(locate(result, related.place), related.message, primary=False)
        near = shares_excerpt(text, here, mark, look.room)
        (here if near else elsewhere).append(mark)
    rows = _block("-->", text, here, look)
    for mark in elsewhere:
        rows.append(bare_bar(look))
        rows += _block(":::", text_of(result, mark.location.path), [mark], look)
    return rows


def _block(arrow: str, text: SourceText, marks: Sequence[Mark], look: Look) -> list[str]:
    head = [_arrow(arrow, marks[0].location, look), bare_bar(look)]
    return head + excerpt(text, marks, look)


def _notes(diagnostic: Diagnostic, *, first: bool) -> list[tuple[str, str]]:
    """The notes below the source, each with its title, if it has one."""
    notes: list[tuple[str, str]] = []
    if diagnostic.effect:
        notes.append(("", diagnostic.effect))
    if diagnostic.help:
        notes.append(("help", diagnostic.help))
    if diagnostic.releases:
        found = "; ".join(f"{library} {spec or 'any'}" for library, spec in diagnostic.releases)
        notes.append(("releases", found))
    if first:
        notes.append(("for more", f"kernlint --explain {diagnostic.code}"))
    if diagnostic.fix:
        notes.append(("fix", fixes.note(diagnostic.fix)))
    return notes


def _note(title: str, body: str, look: Look) -> list[str]:
    """A note, not cut, so that it can be copied; its further lines stand below the first."""
    sign = paint("=", "blue", look.color)
    lead = f"{title}: " if title else ""
    if title == "help":
        lead = paint("help:", "cyan", look.color) + " "
    first, *rest = [printable(line) for line in body.splitlines()] or [""]
    indent = " " * (look.gutter + 1)
    return [f"{indent}{sign} {lead}{first}", *(f"{indent}  {line}".rstrip() for line in rest)]

"""The reports for people: full, with source excerpts, and concise, a line each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kernlint.model.diagnostic import Diagnostic, Place, Related, Result
from kernlint.model.text import SourceText
from kernlint.report import fixes
from kernlint.report.location import Location, locate, shown_text, text_of
from kernlint.report.snippet import Look, Mark, bare_bar, context_lines, excerpt, shares_excerpt
from kernlint.report.summary import SEVERITY_TINTS, summary
from kernlint.report.terminal import Tint, display_width, link, paint, printable, wrap

__all__ = [
    "render_concise",
    "render_full",
    "render_internal_errors",
    "render_unchecked",
    "summary",
]

#: The width of a line where the terminal does not tell its own.
DEFAULT_WIDTH = 80

#: How far the further lines of a message are indented.
_HANGING = "  "

#: Below this there is no room for both line numbers and code.
MINIMUM_WIDTH = 30


def render_full(
    result: Result, *, color: bool, width: int, links: bool, wrapped: bool = False
) -> str:
    """Every finding with its source, then the summary; at first what was seen at run time.

    ``width`` is the number of columns that source lines are cut to; 0 means 80, and
    fewer than 30 count as 30. ``links`` makes the codes point to their pages. Messages and
    notes are ``wrapped`` for a terminal of that width; elsewhere each is a line to copy.
    """
    room = _columns(width) if wrapped else 0
    blocks: list[str] = []
    if result.runtime:
        from kernlint.report.runtime import render_tables

        blocks += render_tables(result.runtime, color=color, width=_columns(width))
    explained: set[str] = set()
    for diagnostic in result.diagnostics:
        rows = _header(diagnostic, room, color=color, links=links)
        tint = SEVERITY_TINTS[diagnostic.severity]
        look = _look(result, diagnostic.place, diagnostic.related, tint, width=width, color=color)
        rows += _source(result, diagnostic, look)
        notes = _notes(diagnostic, first=diagnostic.code not in explained)
        explained.add(diagnostic.code)
        if notes:
            rows.append(bare_bar(look))
        for title, body in notes:
            rows += _note(title, body, look, room)
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
            *excerpt(shown_text(result, location), [mark], look),
            bare_bar(look),
            *_note("", error.detail, look, 0),
            *_note("help", "please report it to kernlint, with the lines above", look, 0),
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
    location = locate(result, place)
    last = context_lines(shown_text(result, location), location.start.line)[-1]
    for other in related:
        last = max(last, locate(result, other.place).start.line)
    gutter = len(str(last))
    return Look(gutter, _columns(width) - gutter - len(" | "), accent, color)


def _columns(width: int) -> int:
    return max(width, MINIMUM_WIDTH) if width > 0 else DEFAULT_WIDTH


def _header(diagnostic: Diagnostic, room: int, *, color: bool, links: bool) -> list[str]:
    doubt = "" if diagnostic.confidence == "high" else " (not certain)"
    kind = f"[{diagnostic.name}] {fixes.mark(diagnostic)}{diagnostic.severity}{doubt}"
    plain = f"{diagnostic.code}{kind}: {printable(diagnostic.message)}"
    first, *rest = _fitted(plain, room, _HANGING)
    code = _code(diagnostic, color=color, links=links)
    return [code + first.removeprefix(diagnostic.code), *(f"{_HANGING}{line}" for line in rest)]


def _fitted(text: str, room: int, indent: str) -> list[str]:
    """A text in lines of ``room`` columns, the further ones without their indent; 0: in one."""
    if not room or display_width(text) <= room:
        return [text]
    first = wrap(text, room)[0]
    return [first, *wrap(text[len(first) :].removeprefix(" "), room - len(indent))]


def _code(diagnostic: Diagnostic, *, color: bool, links: bool) -> str:
    code = link(diagnostic.code, diagnostic.url, links)
    return paint(code, SEVERITY_TINTS[diagnostic.severity], color)


def _spot(location: Location) -> str:
    cell = "" if location.cell is None else f"cell {location.cell}:"
    return f"{printable(location.path)}:{cell}{location.start.line}:{location.start.column}"


def _arrow(arrow: str, location: Location, look: Look) -> str:
    return f"{' ' * look.gutter}{paint(arrow, 'blue', look.color)} {_spot(location)}"


def _source(result: Result, diagnostic: Diagnostic, look: Look) -> list[str]:
    """The excerpt of a finding, and one each for what lies elsewhere."""
    place = diagnostic.place
    location = locate(result, place)
    text = shown_text(result, location)
    here = [Mark(location, diagnostic.label or "", primary=True)]
    elsewhere: list[Mark] = []
    for related in diagnostic.related:
        mark = Mark(locate(result, related.place), related.message, primary=False)
        near = shares_excerpt(text, here, mark, look.room)
        (here if near else elsewhere).append(mark)
    rows = _block("-->", text, here, look)
    for mark in elsewhere:
        rows.append(bare_bar(look))
        rows += _block(":::", shown_text(result, mark.location), [mark], look)
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


def _note(title: str, body: str, look: Look, room: int) -> list[str]:
    """A note, its further lines below the first; not cut, so that it can be copied."""
    indent = " " * (look.gutter + 1)
    below = f"{indent}  "
    lead = f"{title}: " if title else ""
    rows: list[str] = []
    for number, line in enumerate(body.splitlines() or [""]):
        text = printable(line) if number else lead + printable(line)
        rows += _fitted(text, room and room - len(below), "")
    if title == "help":
        rows[0] = paint("help:", "cyan", look.color) + rows[0].removeprefix("help:")
    sign = paint("=", "blue", look.color)
    return [f"{indent}{sign} {rows[0]}", *(f"{below}{row}".rstrip() for row in rows[1:])]

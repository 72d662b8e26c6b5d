"""What a finding says in formats that have one text for it."""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING
from kernlint.report.location import locate
from kernlint.report.terminal import printable

if TYPE_CHECKING:
    from kernlint.model.diagnostic import Diagnostic, NotChecked, Place, Result


def told(diagnostic: Diagnostic) -> str:
    """The message, what happens, and what to write instead, a line each.

    What stands beside the caret where the source is shown follows the message: the help may go on
    from it.
    """
    doubt = "" if diagnostic.confidence == "high" else " (not certain)"
    label = f": {diagnostic.label}" if diagnostic.label else ""
    lines = [f"{diagnostic.message}{doubt}{label}"]
    if diagnostic.effect:
        lines.append(diagnostic.effect)
    if diagnostic.help:
        lines.append(f"help: {diagnostic.help}")
    return "\n".join(lines)


def not_checked(result: Result) -> list[NotChecked]:
    """What could not be read and is not a finding as well.

    A format in which only findings can be written shows these with them: what was not checked
    is never shown as clean.
    """
    reported = {item.place for item in result.diagnostics if item.code == "KL003"}
    return [entry for entry in result.not_checked if entry.place not in reported]


def cell_note(result: Result, place: Place) -> str:
    """`` (cell 3, line 7)`` for a place in a notebook, else nothing."""
    location = locate(result, place)
    return "" if location.cell is None else f" (cell {location.cell}, line {location.start.line})"


def lines_of(text: str) -> str:
    """The text with its lines kept and whatever else a terminal would obey made visible."""
    return "\n".join(printable(line) for line in text.splitlines())

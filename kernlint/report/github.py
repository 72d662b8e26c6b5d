"""Workflow commands, which GitHub Actions shows as annotations beside the code.

Escaped as actions/toolkit does it (``packages/core/src/command.ts``). A step shows ten annotations
of each level, so the worst come first; the log keeps them all.
"""

from __future__ import annotations

from kernlint.model.diagnostic import SEVERITIES
from kernlint.model.hints import TYPE_CHECKING
from kernlint.report.location import locate_in_file
from kernlint.report.repository import in_repository
from kernlint.report.summary import summary
from kernlint.report.terminal import printable
from kernlint.report.wording import cell_note, lines_of, told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kernlint.model.diagnostic import Diagnostic, Place, Result, Severity
    from kernlint.model.run import Run

_COMMANDS: Mapping[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}


def render(result: Result, run: Run) -> str:
    """A command on a line for each finding, then the summary as a line of the log.

    The message begins with the place, which the log does not show otherwise. What could not be
    read is a notice where it is asked for, and counted in the summary.
    """
    worst_first = sorted(
        result.diagnostics, key=lambda item: SEVERITIES.index(item.severity), reverse=True
    )
    rows = [_finding(result, item, run) for item in worst_first]
    if run.unchecked:
        rows += [
            _command(
                "notice", result, entry.place, run, "not checked", f"not checked: {entry.reason}"
            )
            for entry in result.not_checked
        ]
    if run.closing:
        if result.runtime:
            from kernlint.report.runtime import render_lines

            rows += map(_plain, render_lines(result.runtime, color=False).splitlines())
        rows += map(_plain, summary(result, color=False).splitlines())
    return "".join(f"{row}\n" for row in rows)


def escaped(message: str) -> str:
    """A message that ends with its line for the runner."""
    return message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escaped_property(value: str) -> str:
    """The value of a property, which ends with ``,`` or ``::`` for the runner."""
    return escaped(value).replace(":", "%3A").replace(",", "%2C")


def _finding(result: Result, item: Diagnostic, run: Run) -> str:
    lines = [f"{item.code} {told(item)}{cell_note(result, item.place)}"]
    lines += [f"{_spot(result, related.place, run)}: {related.message}" for related in item.related]
    title = f"{item.code} {item.name}"
    command = _COMMANDS[item.severity]
    return _command(command, result, item.place, run, title, "\n".join(lines))


def _command(command: str, result: Result, place: Place, run: Run, title: str, message: str) -> str:
    start, end = locate_in_file(result, place)[1:3]
    properties = {
        "title": title,
        "file": in_repository(place.path, run),
        "line": start.line,
        "endLine": end.line,
    }
    if start.line == end.line:  # GitHub takes columns within one line alone
        properties |= {"col": start.column, "endColumn": end.column}
    shown = ",".join(f"{name}={escaped_property(str(each))}" for name, each in properties.items())
    return f"::{command} {shown}::{escaped(lines_of(f'{_spot(result, place, run)}: {message}'))}"


def _spot(result: Result, place: Place, run: Run) -> str:
    line, column = locate_in_file(result, place).start
    return f"{printable(in_repository(place.path, run))}:{line}:{column}"


def _plain(line: str) -> str:
    """A line of the log that the runner does not take for a command.

    It does so for ``::`` at the start and for ``##[`` anywhere.
    """
    line = line.replace("##[", "# #[")
    return f"> {line}" if line.lstrip().startswith("::") else line

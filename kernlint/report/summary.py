"""How much was looked at and what came of it, in a line."""

from __future__ import annotations

from collections import Counter

from kernlint.model.diagnostic import SEVERITIES, Counts, Result, Severity
from kernlint.model.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from kernlint.report.terminal import Tint

#: Beside a finding that ``--fix`` mends.
MARK = "[*]"

SEVERITY_TINTS: dict[Severity, Tint] = {"error": "red", "warning": "yellow", "info": "blue"}


def summary(result: Result, *, color: bool) -> str:
    """The last line of a report, and a second one where something could not be read.

    What was not checked is never called free of problems.
    """
    if result.runtime:
        from kernlint.report.runtime import closing

        return closing(result, color=color)
    counts = result.counts
    checked = f"Checked {_count(counts.files, 'file')}"
    parts = [
        _count(number, noun)
        for number, noun in ((counts.configs, "config"), (counts.declarations, "declaration"))
        if number
    ]
    caveats = _caveats(result)
    suppressed = _hidden(counts)
    if parts:
        checked += f" with {' and '.join(parts)}"
    elif not (result.diagnostics or caveats or suppressed):
        if not counts.files:
            return f"{checked}, so there was nothing to check.\n"
        nothing = "no KernelConfig and no layer declaration found, so there was nothing to check"
        return f"{checked}: {nothing}.\n"
    if result.diagnostics:
        found = ", ".join(_by_severity(result, color=color))
        lines = [f"{checked}: {found}{suppressed}.", *(f"{caveat}." for caveat in caveats)]
        return "\n".join(lines) + "\n" + render_fixable(result)
    if caveats:
        what = "; ".join(["no problems found in what could be read", *caveats])
        return f"{checked}: {what}{suppressed}.\n"
    return f"{checked}: no problems found{suppressed}.\n"


def fixable(result: Result) -> tuple[int, int]:
    """How many findings have a safe fix, and how many an unsafe one, that is not held back."""
    held = {(each.place, each.code) for each in result.held}
    found = [
        item.fix.applicability
        for item in result.diagnostics
        if item.fix is not None and (item.place, item.code) not in held
    ]
    return found.count("safe"), found.count("unsafe")


def render_fixable(result: Result) -> str:
    """How many findings can be fixed, in a line; empty where none can."""
    safe, unsafe = fixable(result)
    if safe:
        more = f" ({unsafe} more with --unsafe-fixes)" if unsafe else ""
        return f"{MARK} {safe} fixable with --fix{more}.\n"
    if unsafe:
        return f"{unsafe} fixable with --fix --unsafe-fixes.\n"
    return ""


def _hidden(counts: Counts) -> str:
    """How many findings are not shown, in brackets; nothing where all are."""
    parts = [
        f"{number} {what}"
        for number, what in (
            (counts.suppressed, "suppressed"),
            (counts.baselined, "in the baseline"),
        )
        if number
    ]
    return f" ({', '.join(parts)})" if parts else ""


def _by_severity(result: Result, *, color: bool) -> list[str]:
    from kernlint.report.terminal import paint

    totals = Counter(diagnostic.severity for diagnostic in result.diagnostics)
    return [
        paint(_count(totals[severity], severity), SEVERITY_TINTS[severity], color)
        for severity in reversed(SEVERITIES)
        if totals[severity]
    ]


def _caveats(result: Result) -> list[str]:
    """What keeps this run from being the whole truth."""
    counts, caveats = result.counts, []
    unread, places = counts.unread_mappings, len(result.not_checked)
    if unread:
        of = f" of {counts.configs}" if counts.configs >= unread and not result.diagnostics else ""
        noun = "mapping" if (counts.configs if of else unread) == 1 else "mappings"
        them = "it" if unread == 1 else "them"
        how = f"(--show-unchecked lists {them})"
        caveats.append(f"{unread}{of} {noun} could not be read in full {how}")
    elif places:
        what = "1 part of a mapping" if places == 1 else f"{places} parts of mappings"
        them = "it" if places == 1 else "them"
        caveats.append(f"{what} could not be read (--show-unchecked lists {them})")
    if result.diagnostics:
        return caveats
    if result.unreadable:
        caveats.append("not every file that mentions kernels could be read")
    if result.internal_errors:
        failed = len(result.internal_errors)
        caveats.append(f"{_count(failed, 'check')} failed by a defect of kernlint")
    return caveats


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

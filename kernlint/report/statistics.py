"""How often each rule was found, as a table and as JSON."""

from __future__ import annotations

from collections import Counter

from kernlint.model.diagnostic import SEVERITIES, Result, Severity
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.record import Record
from kernlint.report.summary import SEVERITY_TINTS
from kernlint.report.terminal import paint

if TYPE_CHECKING:
    from kernlint.model.run import Run


class Frequency(Record):
    """How often a rule was found, and how many of its findings a safe fix mends.

    ``severity`` is the worst of all.
    """

    code: str
    name: str
    severity: Severity
    total: int
    fixable: int


def frequencies(result: Result) -> list[Frequency]:
    """Every rule that was found, most often first."""
    totals: Counter[str] = Counter()
    fixable: Counter[str] = Counter()
    names: dict[str, str] = {}
    worst: dict[str, Severity] = {}
    for item in result.diagnostics:
        totals[item.code] += 1
        fixable[item.code] += item.fix is not None and item.fix.applicability == "safe"
        names[item.code] = item.name
        known = worst.get(item.code, item.severity)
        worst[item.code] = max(known, item.severity, key=SEVERITIES.index)
    return [
        Frequency(code, names[code], worst[code], total, fixable[code])
        for code, total in sorted(totals.items(), key=lambda entry: (-entry[1], entry[0]))
    ]


def render_statistics(result: Result, *, color: bool) -> str:
    """A line for each rule, most often first: how often, code, name and severity.

    Where fixes are known ``[*]`` marks a rule of which ``--fix`` mends every finding, and
    ``[-]`` one of which it mends some.
    """
    found = frequencies(result)
    if not found:
        return ""
    width = len(str(found[0].total))
    name_width = max(len(each.name) for each in found)
    marked = any(each.fixable for each in found)
    rows = []
    for each in found:
        code = paint(each.code, SEVERITY_TINTS[each.severity], color)
        mark = f"{_mark(each)} " if marked else ""
        rows.append(
            f"{each.total:>{width}}  {code}  {mark}{each.name:<{name_width}}  {each.severity}\n"
        )
    return "".join(rows)


def _mark(frequency: Frequency) -> str:
    if frequency.fixable == frequency.total:
        return "[*]"
    return "[-]" if frequency.fixable else "[ ]"


def render_json(result: Result, run: Run) -> str:
    """One JSON object: ``statistics`` by rule, and the ``summary`` of the JSON report."""
    from kernlint.report.json_v1 import as_text, heading, summary

    rows = [
        {
            "code": each.code,
            "name": each.name,
            "severity": each.severity,
            "count": each.total,
            "fixable": each.fixable,
        }
        for each in frequencies(result)
    ]
    return as_text({**heading(), "statistics": rows, "summary": summary(result)})

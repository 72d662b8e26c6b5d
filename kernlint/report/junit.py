"""The JUnit report, which CI systems show as tests: a file or a check is a suite.

Written for the schema that Jenkins, GitLab and GitHub Actions read: ``testsuites`` with
``testsuite`` and ``testcase``, each with at most one ``failure``, ``error`` or ``skipped``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kernlint.model.diagnostic import OPEN_CODES, SEVERITIES
from kernlint.model.hints import TYPE_CHECKING, Literal
from kernlint.model.record import Record
from kernlint.model.run import RUN
from kernlint.report.location import locate_in_file
from kernlint.report.wording import cell_note, told

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element  # written, not read

    from kernlint.model.diagnostic import Diagnostic, Place, Result, Severity
    from kernlint.model.run import Run
    from kernlint.model.runtime import LayerReport, RuntimeReport

_Outcome = Literal["passed", "failure", "error", "skipped"]

#: What no XML 1.0 document can hold, not even escaped (its production ``Char``).
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Case(Record):
    """A test case: what came of it, a line about that, and the details."""

    name: str
    outcome: _Outcome = "passed"
    message: str = ""
    text: str = ""
    kind: str = ""
    line: int | None = None


class _Suite(Record):
    """A test suite; ``file`` is where its cases stand, ``seconds`` how long it took."""

    name: str
    cases: tuple[_Case, ...]
    file: str | None = None
    seconds: float = 0.0

    def total(self, outcome: _Outcome) -> int:
        return sum(case.outcome == outcome for case in self.cases)


def render(result: Result, run: Run = RUN) -> str:
    """One XML document, in UTF-8, with all that a run found, and a line break.

    A finding below the level that fails is a case that passes, with its text as output. What could
    not be checked, or was not confirmed, is skipped. A run that found nothing has one case that
    passes.
    """
    # Imported here: only this format has to pay.
    import xml.etree.ElementTree as ET  # written, not read

    fail_on = run.fail_on
    told: set[int] = set()
    suites = [_of_report(result, report, fail_on, told) for report in result.runtime]
    suites += _of_files(result, fail_on, told)
    if not suites:
        number = result.counts.files
        suites = [_Suite("kernlint", (_Case(f"{number} file{'' if number == 1 else 's'}"),))]
    root = ET.Element("testsuites", {"name": "kernlint", **_totals(suites)})
    for suite in suites:
        about = {"name": _fit(suite.name), **_totals([suite])}
        element = ET.SubElement(root, "testsuite", about)
        for case in suite.cases:
            _write(ET.SubElement(element, "testcase", _attributes(suite, case)), case)
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _totals(suites: Iterable[_Suite]) -> dict[str, str]:
    suites = list(suites)

    def total(outcome: _Outcome) -> str:
        return str(sum(suite.total(outcome) for suite in suites))

    return {
        "tests": str(sum(len(suite.cases) for suite in suites)),
        "failures": total("failure"),
        "errors": total("error"),
        "skipped": total("skipped"),
        "time": f"{sum(suite.seconds for suite in suites):.3f}",
    }


def _attributes(suite: _Suite, case: _Case) -> dict[str, str]:
    found = {"classname": _fit(suite.name), "name": _fit(case.name), "time": "0.000"}
    if suite.file is not None:
        found["file"] = _fit(suite.file)
    if case.line is not None:
        found["line"] = str(case.line)
    return found


def _write(element: Element, case: _Case) -> None:
    import xml.etree.ElementTree as ET  # written, not read

    if case.outcome == "passed":
        if case.text:
            ET.SubElement(element, "system-out").text = _fit(case.text)
        return
    about = {"message": _fit(case.message)}
    if case.kind and case.outcome != "skipped":
        about["type"] = case.kind
    ET.SubElement(element, case.outcome, about).text = _fit(case.text) or None


def _fit(text: str) -> str:
    """The text with what XML cannot hold replaced."""
    return _UNFIT.sub("\ufffd", text)


def _of_report(result: Result, report: RuntimeReport, fail_on: Severity, told: set[int]) -> _Suite:
    """A suite for a check: a case for each layer, or one where there is none."""
    facts = report.facts
    check = facts.check
    compiled = ", torch.compile" if check.compiled else ""
    model = facts.model.name if facts.model is not None else check.model
    device = report.device or "no device"
    name = f"{check.config.label} ({model}, {check.config.way}, {check.mode}{compiled}, {device})"
    cases = [_of_layer(result, report, layer, fail_on, told) for layer in report.layers]
    if report.problem is not None:
        told.update(_at(result, check.config.place))
        if not cases:
            cases = [_Case("config", "skipped", f"nothing is confirmed: {report.problem}")]
    return _Suite(name, tuple(cases), check.config.place.path, facts.seconds)


def _of_layer(
    result: Result,
    report: RuntimeReport,
    layer: LayerReport,
    fail_on: Severity,
    told: set[int],
) -> _Case:
    """A layer: a failure where a finding that counts stands at its key, as for its exit status."""
    line = locate_in_file(result, layer.place).start.line
    count = f"{layer.applied} of {layer.modules} modules run the kernel"
    reason = f" ({layer.reason})" if layer.reason else ""
    message = f"{layer.verdict}{reason}: {count}"
    text = f"{layer.exception}: {layer.message}" if layer.exception else layer.message or ""
    case = _Case(layer.name, "passed", message, text or count, layer.reason or "", line)
    if layer.verdict in {"unknown", "predicted"} or report.problem is not None:
        told.update(_at(result, layer.place, OPEN_CODES))
    if layer.verdict in {"unknown", "predicted"}:
        return case._replace(outcome="skipped")
    if layer.verdict == "applied":
        return case
    mine = _at(result, layer.place)
    told.update(mine)
    if not any(_fails(result.diagnostics[number], fail_on) for number in mine):
        return case  # silenced, or only worth knowing
    return case._replace(outcome="error" if layer.verdict == "crashed" else "failure")


def _at(result: Result, place: Place, codes: Iterable[str] | None = None) -> list[int]:
    """The findings about run time at a place, by their numbers."""
    return [
        number
        for number, item in enumerate(result.diagnostics)
        if item.place == place
        and item.code.startswith("KL9")
        and (codes is None or item.code in codes)
    ]


def _fails(item: Diagnostic, fail_on: Severity) -> bool:
    return SEVERITIES.index(item.severity) >= SEVERITIES.index(fail_on)


def _of_files(result: Result, fail_on: Severity, told: set[int]) -> Iterator[_Suite]:
    """A suite for each file in which something is found that no layer has told of."""
    cases: dict[str, list[_Case]] = {}
    for number, item in enumerate(result.diagnostics):
        if number not in told:
            cases.setdefault(item.place.path, []).append(_of_finding(result, item, fail_on))
    for entry in result.not_checked:
        line, column = locate_in_file(result, entry.place).start
        case = _Case(f"mapping at {line}:{column}", "skipped", f"not checked: {entry.reason}")
        cases.setdefault(entry.place.path, []).append(case._replace(line=line))
    for error in result.internal_errors:
        text = f"{error.code} failed: {error.detail}"
        case = _Case(error.code, "error", text, "This is a defect of kernlint.", "InternalError")
        line = locate_in_file(result, error.place).start.line
        cases.setdefault(error.place.path, []).append(case._replace(line=line))
    for path, found in sorted(cases.items()):
        yield _Suite(path, tuple(found), path)


def _of_finding(result: Result, item: Diagnostic, fail_on: Severity) -> _Case:
    line, column = locate_in_file(result, item.place).start
    text = f"{item.place.path}:{line}:{column}: {item.code} {told(item)}"
    text += cell_note(result, item.place)
    outcome: _Outcome = "passed"
    if item.code == "KL001":
        outcome = "error"
    elif item.code in OPEN_CODES:
        outcome = "skipped"
    elif _fails(item, fail_on):
        outcome = "failure"
    name = f"{item.code} {item.name} at {line}:{column}"
    return _Case(name, outcome, item.message, text, item.severity, line)

"""SARIF 2.1.0 (OASIS, with errata 01), for code scanning and editors.

Paths are relative to the root of the repository, so that the report is the same on every machine.
Of the rules those are described that have results.
"""

from __future__ import annotations

from kernlint import __version__
from kernlint.model.diagnostic import Place
from kernlint.model.hints import TYPE_CHECKING
from kernlint.report import json_v1
from kernlint.report.fingerprint import fingerprints
from kernlint.report.json_v1 import Object, as_plain_text
from kernlint.report.location import locate, locate_in_file
from kernlint.report.replacements import replacements
from kernlint.report.repository import in_repository, is_inside, uri
from kernlint.report.sarif_rules import LEVELS, escaped, rules_of
from kernlint.report.wording import told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kernlint.model.diagnostic import Diagnostic, Fix, Result
    from kernlint.model.expr import Span
    from kernlint.model.run import Run

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)

#: The id that stands for the root of the repository.
_ROOT = "%SRCROOT%"

_EXIT_CODES: Mapping[int, str] = {
    0: "nothing found at the level that fails",
    1: "findings",
    3: "something that had to be checked could not be",
}

#: What a notification can be about.
_NOTIFICATIONS: Sequence[tuple[str, str]] = (
    (
        "not-checked",
        "A mapping, or a part of one, that could not be read without running the code.",
    ),
    ("rule-failed", "A rule that failed: a defect of kernlint."),
    ("run", "Something about the run."),
)


def render(result: Result, run: Run) -> str:
    """One SARIF log with one run, and a line break.

    What could not be read and rules that failed are notifications of the invocation. What was
    confirmed with the real libraries is in the properties of the run, as in JSON schema 1.
    """
    rules = rules_of(result, run)
    numbers = {str(rule["id"]): number for number, rule in enumerate(rules)}
    one: Object = {
        "tool": {
            "driver": {
                "name": "kernlint",
                "version": __version__,
                "semanticVersion": __version__,
                "informationUri": "https://github.com/kernlint/kernlint",
                "rules": rules,
                "notifications": [_kind(name, about) for name, about in _NOTIFICATIONS],
            }
        },
        "invocations": [_invocation(result, run)],
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "newlineSequences": ["\r\n", "\n", "\r"],
        "results": [
            _result(result, item, run, numbers[item.code], fingerprint)
            for item, fingerprint in zip(result.diagnostics, fingerprints(result, run), strict=True)
        ],
        "properties": _properties(result),
    }
    return as_plain_text({"$schema": _SCHEMA, "version": "2.1.0", "runs": [one]})


def _properties(result: Result) -> Object:
    found: Object = {"judged": json_v1.judged(result), **json_v1.counts(result)}
    if result.runtime:
        found["runtime"] = [json_v1.runtime_object(result, each) for each in result.runtime]
    return found


def _invocation(result: Result, run: Run) -> Object:
    """How the run ended; it succeeded where all that had to be checked could be."""
    confirmed = all(report.confirmed for report in result.runtime)
    return {
        "executionSuccessful": confirmed and not (result.unreadable or result.internal_errors),
        "exitCode": run.exit_code,
        "exitCodeDescription": _EXIT_CODES[run.exit_code],
        "toolExecutionNotifications": [
            *(
                _notification("not-checked", "note", f"not checked: {entry.reason}")
                | {"locations": [_location(result, entry.place, run)]}
                for entry in result.not_checked
            ),
            *(
                _notification("rule-failed", "error", f"{error.code} failed: {error.detail}")
                | {"locations": [_location(result, error.place, run)]}
                for error in result.internal_errors
            ),
            *(_notification("run", "warning", note) for note in result.notes),
        ],
    }


def _kind(name: str, about: str) -> Object:
    """A kind of notification, described as far as GitHub asks for it."""
    text = {"text": about}
    return {"id": name, "shortDescription": text, "fullDescription": text, "help": text}


def _notification(kind: str, level: str, text: str) -> Object:
    number = [name for name, _ in _NOTIFICATIONS].index(kind)
    return {
        "descriptor": {"id": kind, "index": number},
        "level": level,
        "message": {"text": escaped(text)},
    }


def _result(result: Result, item: Diagnostic, run: Run, rule: int, fingerprint: str) -> Object:
    found: Object = {
        "ruleId": item.code,
        "ruleIndex": rule,
        "level": LEVELS[item.severity],
        "message": {"text": escaped(told(item))},
        "locations": [_location(result, item.place, run)],
        "partialFingerprints": {"kernlintLines/v1": fingerprint},
        "properties": _about(item),
    }
    if item.related:
        found["relatedLocations"] = [
            {"id": number, **_location(result, related.place, run)}
            | {"message": {"text": escaped(related.message)}}
            for number, related in enumerate(item.related, start=1)
        ]
    edits = replacements(result, item)
    if item.fix is not None and edits:
        found["fixes"] = [_fix(result, item, item.fix, edits, run)]
    return found


def _about(item: Diagnostic) -> Object:
    found: Object = {"confidence": item.confidence}
    if item.sink is not None:
        found["sink"] = item.sink
    if item.releases:
        found["releases"] = dict(item.releases)
    return found


def _fix(
    result: Result, item: Diagnostic, fix: Fix, edits: list[tuple[Span, str]], run: Run
) -> Object:
    path = item.place.path
    made = [
        {
            "deletedRegion": _region(result, Place(path, span)),
            "insertedContent": {"text": content},
        }
        for span, content in edits
    ]
    return {
        "description": {"text": escaped(fix.message)},
        "artifactChanges": [{"artifactLocation": _artifact(path, run), "replacements": made}],
        "properties": {"applicability": fix.applicability},
    }


def _location(result: Result, place: Place, run: Run) -> Object:
    found: Object = {
        "physicalLocation": {
            "artifactLocation": _artifact(place.path, run),
            "region": _region(result, place),
        }
    }
    here = locate(result, place)
    if here.cell is not None:
        name = f"cell {here.cell}, line {here.start.line}"
        found["logicalLocations"] = [{"name": name, "kind": "cell"}]
    return found


def _artifact(path: str, run: Run) -> Object:
    known = in_repository(path, run)
    if not is_inside(known):
        return {"uri": uri(known)}
    return {"uri": uri(known), "uriBaseId": _ROOT}


def _region(result: Result, place: Place) -> Object:
    _, start, end, _ = locate_in_file(result, place)
    return {
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    }

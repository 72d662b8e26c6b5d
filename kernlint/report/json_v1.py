"""The JSON report, schema 1: fields are added, never changed or removed.

``schema_v1.json`` beside this module describes it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from kernlint import __version__
from kernlint.model.diagnostic import (
    Diagnostic,
    Edit,
    Fix,
    InternalError,
    NotChecked,
    Place,
    Related,
    Result,
)
from kernlint.report.location import Position, locate

if TYPE_CHECKING:
    from kernlint.model.runtime import LayerReport, RuntimeReport

Object = dict[str, object]


def render(result: Result) -> str:
    """One JSON object with all that a run found, and a line break.

    Lines and columns are 1-based and count characters. Characters stand as they are; where a
    name holds one that has no encoding (a lone surrogate), all but ASCII is escaped.
    """
    return as_text(_document(result))


def as_text(document: Object) -> str:
    """A JSON object as it is written, and a line break."""
    # Imported here: 7 ms that only this format has to pay.
    import json

    text = json.dumps(document, indent=2, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(document, indent=2)
    return text + "\n"


def _document(result: Result) -> Object:
    counts = result.counts
    severities = Counter(diagnostic.severity for diagnostic in result.diagnostics)
    return {
        "schema": 1,
        "kernlint": __version__,
        "judged": {library: list(releases) for library, releases in result.judged},
        "diagnostics": [_diagnostic(result, diagnostic) for diagnostic in result.diagnostics],
        "not_checked": [_not_checked(result, entry) for entry in result.not_checked],
        "declarations": counts.declarations,
        "configs": counts.configs,
        "files": counts.files,
        "summary": {
            "error": severities["error"],
            "warning": severities["warning"],
            "info": severities["info"],
            "suppressed": counts.suppressed,
            "fixed": result.fixed,
        },
        "internal_errors": [_internal_error(result, error) for error in result.internal_errors],
        "runtime": [_report(result, report) for report in result.runtime],
    }


def _diagnostic(result: Result, diagnostic: Diagnostic) -> Object:
    path = diagnostic.place.path
    return {
        "code": diagnostic.code,
        "name": diagnostic.name,
        "severity": diagnostic.severity,
        "confidence": diagnostic.confidence,
        "message": diagnostic.message,
        "path": path,
        "cell": locate(result, diagnostic.place).cell,
        **_range(result, diagnostic.place),
        "releases": dict(diagnostic.releases) or None,
        "sink": diagnostic.sink,
        "related": [_related(result, related) for related in diagnostic.related],
        "fix": _fix(result, path, diagnostic.fix) if diagnostic.fix else None,
        "url": diagnostic.url,
        "effect": diagnostic.effect,
        "help": diagnostic.help,
        "label": diagnostic.label,
    }


def _related(result: Result, related: Related) -> Object:
    place = related.place
    return {"message": related.message, "path": place.path, **_range(result, place)}


def _fix(result: Result, path: str, fix: Fix) -> Object:
    return {
        "applicability": fix.applicability,
        "message": fix.message,
        "edits": [_edit(result, path, edit) for edit in fix.edits],
    }


def _edit(result: Result, path: str, edit: Edit) -> Object:
    return {**_range(result, Place(path, edit.span)), "content": edit.content}


def _not_checked(result: Result, entry: NotChecked) -> Object:
    place = entry.place
    return {"path": place.path, **_range(result, place), "reason": entry.reason}


def _internal_error(result: Result, error: InternalError) -> Object:
    place = error.place
    return {
        "code": error.code,
        "path": place.path,
        **_range(result, place),
        "detail": error.detail,
    }


def _report(result: Result, report: RuntimeReport) -> Object:
    facts = report.facts
    check, environment, model = facts.check, facts.environment, facts.model
    place = check.config.place
    is_open = [layer.verdict in {"predicted", "unknown"} for layer in report.layers]
    return {
        "config": check.config.label,
        "model": check.model,
        "device": report.device,
        "mode": check.mode,
        "layers": [_layer(result, layer) for layer in report.layers],
        "path": place.path,
        **_range(result, place),
        "way": check.config.way,
        "compiled": check.compiled,
        "confirmed": report.confirmed,
        "problem": report.problem,
        "checked": 0 if report.problem is not None else is_open.count(False),
        "unknown": len(is_open) if report.problem is not None else is_open.count(True),
        "model_class": model.name if model is not None else None,
        "parameters": model.parameters if model is not None else None,
        "accelerator": environment.accelerator if environment is not None else None,
        "capability": environment.capability if environment is not None else None,
        "versions": dict(environment.versions) if environment is not None else {},
        "seconds": facts.seconds,
        "peak_memory": facts.peak_memory,
    }


def _layer(result: Result, layer: LayerReport) -> Object:
    return {
        "name": layer.name,
        "verdict": layer.verdict,
        "modules": layer.modules,
        "applied": layer.applied,
        "reason": layer.reason,
        "swallowed": layer.swallowed,
        "exception": layer.exception,
        "message": layer.message,
        "repository": layer.repository,
        "variant": layer.variant,
        "max_abs_error": _finite(layer.max_abs_error),
        "speedup": _finite(layer.speedup),
        "path": layer.place.path,
        **_range(result, layer.place),
    }


def _finite(number: float | None) -> float | None:
    """The number, None where JSON has none for it; the message tells of such a difference."""
    return number if number is not None and abs(number) < float("inf") else None


def _range(result: Result, place: Place) -> Object:
    location = locate(result, place)
    return {"start": _position(location.start), "end": _position(location.end)}


def _position(position: Position) -> Object:
    return {"line": position.line, "column": position.column}

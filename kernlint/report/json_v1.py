"""The JSON report, schema 1: fields are added, never changed or removed.

``schema_v1.json`` beside this module describes it.
"""

from __future__ import annotations

import re
from collections import Counter

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
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.run import RUN, Run
from kernlint.report.location import Position, locate

if TYPE_CHECKING:
    from kernlint.model.runtime import LayerReport, RuntimeReport

Object = dict[str, object]


def render(result: Result, run: Run = RUN) -> str:
    """One JSON object with all that a run found, and a line break.

    Lines and columns are 1-based and count characters. Characters stand as they are; where a name
    holds one that has no encoding (a lone surrogate), all but ASCII is escaped.
    """
    document = {
        **heading(),
        "judged": judged(result),
        "diagnostics": [diagnostic_object(result, each) for each in result.diagnostics],
        "not_checked": [not_checked_object(result, each) for each in result.not_checked],
        **counts(result),
        "summary": summary(result),
        "internal_errors": [internal_error_object(result, each) for each in result.internal_errors],
        "runtime": [runtime_object(result, each) for each in result.runtime],
    }
    return as_text(document)


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


def as_plain_text(document: Object | list[Object]) -> str:
    """JSON for programs of others, and a line break.

    What no text can hold (lone surrogates, which stand for bytes of a path) becomes ``�``: some
    readers refuse a document in which it is escaped.
    """
    import json

    text = json.dumps(document, indent=2, ensure_ascii=False)
    return re.sub("[\ud800-\udfff]", "\ufffd", text) + "\n"


def heading() -> Object:
    """What every JSON object of a result begins with."""
    return {"schema": 1, "kernlint": __version__}


def judged(result: Result) -> Object:
    """The releases of each library that were judged, the newest first."""
    return {library: list(releases) for library, releases in result.judged}


def counts(result: Result) -> Object:
    """How much was looked at."""
    seen = result.counts
    return {"declarations": seen.declarations, "configs": seen.configs, "files": seen.files}


def summary(result: Result) -> Object:
    """How many findings there are, by severity, and how many are not shown, or no longer there."""
    severities = Counter(diagnostic.severity for diagnostic in result.diagnostics)
    return {
        "error": severities["error"],
        "warning": severities["warning"],
        "info": severities["info"],
        "suppressed": result.counts.suppressed,
        "fixed": result.fixed,
        "baselined": result.counts.baselined,
    }


def diagnostic_object(result: Result, diagnostic: Diagnostic) -> Object:
    """A finding."""
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


def not_checked_object(result: Result, entry: NotChecked) -> Object:
    """A part of a mapping that could not be read."""
    place = entry.place
    return {"path": place.path, **_range(result, place), "reason": entry.reason}


def internal_error_object(result: Result, error: InternalError) -> Object:
    """A rule that failed."""
    place = error.place
    return {
        "code": error.code,
        "path": place.path,
        **_range(result, place),
        "detail": error.detail,
    }


def runtime_object(result: Result, report: RuntimeReport) -> Object:
    """What is confirmed of a config."""
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

"""The diagnostic format of reviewdog: ``DiagnosticResult`` of its ``proto/rdf/reviewdog.proto``.

Its columns count the bytes of UTF-8 from the start of the line, and its paths are from the
working directory.
"""

from __future__ import annotations

from kernlint.model.diagnostic import Place
from kernlint.model.expr import Span
from kernlint.model.hints import TYPE_CHECKING
from kernlint.report.json_v1 import Object, as_plain_text
from kernlint.report.location import text_of
from kernlint.report.replacements import replacements
from kernlint.report.wording import cell_note, not_checked, told

if TYPE_CHECKING:
    from kernlint.model.diagnostic import Diagnostic, NotChecked, Result
    from kernlint.model.run import Run
    from kernlint.model.text import SourceText


def render(result: Result, run: Run) -> str:
    """One JSON object and a line break; what could not be read is in it, as ``INFO``."""
    document: Object = {
        "source": {"name": "kernlint", "url": "https://github.com/kernlint/kernlint"},
        "diagnostics": [
            *(_diagnostic(result, item) for item in result.diagnostics),
            *(_not_checked(result, entry) for entry in not_checked(result)),
        ],
    }
    return as_plain_text(document)


def _diagnostic(result: Result, item: Diagnostic) -> Object:
    code: Object = {"value": item.code}
    if item.url:
        code["url"] = item.url
    found: Object = {
        "message": told(item) + cell_note(result, item.place),
        "location": _location(result, item.place),
        "severity": item.severity.upper(),
        "code": code,
    }
    if item.related:
        found["related_locations"] = [
            {"message": each.message, "location": _location(result, each.place)}
            for each in item.related
        ]
    suggestion = _suggestion(result, item)
    if suggestion:
        found["suggestions"] = [suggestion]
    return found


def _not_checked(result: Result, entry: NotChecked) -> Object:
    return {
        "message": f"not checked: {entry.reason}{cell_note(result, entry.place)}",
        "location": _location(result, entry.place),
        "severity": "INFO",
        "code": {"value": "not-checked"},
    }


def _suggestion(result: Result, item: Diagnostic) -> Object | None:
    """The fix as one replacement: of several suggestions a reader could take one alone.

    What lies between the edits is kept as it is. None where there is no fix.
    """
    edits = replacements(result, item)
    if not edits:
        return None
    text = text_of(result, item.place.path)
    at = edits[0][0].start
    whole = Span(at, edits[-1][0].end)
    pieces: list[str] = []
    for span, content in edits:
        pieces += [text.slice(at, span.start), content]
        at = span.end
    return {"range": _range(text, whole), "text": "".join(pieces)}


def _location(result: Result, place: Place) -> Object:
    return {"path": place.path, "range": _range(text_of(result, place.path), place.span)}


def _range(text: SourceText, span: Span) -> Object:
    return {"start": _position(text, span.start), "end": _position(text, span.end)}


def _position(text: SourceText, offset: int) -> Object:
    """The line in the file, and the bytes that the text before it takes in UTF-8.

    A byte order mark counts: reviewdog takes lines as they are in the file.
    """
    line, _ = text.position_in_file(offset)
    start = max(text.data.rfind(b"\n", 0, offset), text.data.rfind(b"\r", 0, offset)) + 1
    before = text.data[start:offset].decode(text.encoding, errors="replace")
    return {"line": line, "column": len(before.encode()) + 1}

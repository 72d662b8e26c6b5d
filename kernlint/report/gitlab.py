"""The Code Quality report of GitLab.

An array of objects with ``description``, ``check_name``, ``fingerprint``, ``severity`` and
``location``, as the page "Code Quality" of GitLab's documentation asks for. Of entries with the
same fingerprint GitLab shows one.
"""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING
from kernlint.report.fingerprint import fingerprints, keys
from kernlint.report.json_v1 import Object, as_plain_text
from kernlint.report.location import locate_in_file
from kernlint.report.repository import in_repository
from kernlint.report.wording import cell_note, not_checked, told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kernlint.model.diagnostic import Place, Result, Severity
    from kernlint.model.run import Run

#: GitLab knows info, minor, major, critical and blocker.
_SEVERITIES: Mapping[Severity, str] = {"error": "critical", "warning": "major", "info": "info"}


def render(result: Result, run: Run) -> str:
    """One JSON array and a line break; what could not be read is in it, as ``info``."""
    entries: list[Object] = [
        {
            "description": told(item) + cell_note(result, item.place),
            "check_name": item.code,
            "fingerprint": fingerprint,
            "severity": _SEVERITIES[item.severity],
            "location": _location(result, item.place, run),
        }
        for item, fingerprint in zip(result.diagnostics, fingerprints(result, run), strict=True)
    ]
    unread = not_checked(result)
    unread_keys = keys(
        [("not-checked", in_repository(entry.place.path, run), entry.reason) for entry in unread]
    )
    entries += [
        {
            "description": f"not checked: {entry.reason}{cell_note(result, entry.place)}",
            "check_name": "not-checked",
            "fingerprint": fingerprint,
            "severity": "info",
            "location": _location(result, entry.place, run),
        }
        for entry, fingerprint in zip(unread, unread_keys, strict=True)
    ]
    return as_plain_text(entries)


def _location(result: Result, place: Place, run: Run) -> Object:
    start, end = locate_in_file(result, place)[1:3]
    return {
        "path": in_repository(place.path, run),
        "lines": {"begin": start.line, "end": end.line},
    }

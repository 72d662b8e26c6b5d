"""The findings as JSON lines, for programs that read one at a time.

Every line is an object whose ``kind`` says what it is; beside ``kind`` it has the fields that
JSON schema 1 gives such an object. The last line is always the ``summary``: a file without it is
not complete.
"""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING
from kernlint.report import json_v1

if TYPE_CHECKING:
    from kernlint.model.diagnostic import Result
    from kernlint.model.run import Run


def render(result: Result, run: Run) -> str:
    """A line each for findings, what could not be read, rules that failed and runtime reports.

    All but ASCII is escaped, so that no character within a text ends a line for anyone.
    """
    # Imported here: only this format has to pay.
    import json

    rows = [{"kind": "diagnostic"} | json_v1.diagnostic_object(result, each)
            for each in result.diagnostics]  # fmt: skip
    rows += [
        {"kind": "not_checked"} | json_v1.not_checked_object(result, each)
        for each in result.not_checked
    ]
    rows += [
        {"kind": "internal_error"} | json_v1.internal_error_object(result, each)
        for each in result.internal_errors
    ]
    rows += [{"kind": "runtime"} | json_v1.runtime_object(result, each) for each in result.runtime]
    rows.append(
        {
            "kind": "summary",
            **json_v1.heading(),
            "judged": json_v1.judged(result),
            **json_v1.counts(result),
            "summary": json_v1.summary(result),
        }
    )
    return "".join(f"{json.dumps(row)}\n" for row in rows)

from __future__ import annotations

import json

from kernlint import __version__
from kernlint.model.diagnostic import Counts, Diagnostic, Fix, Severity
from kernlint.model.run import RUN
from kernlint.report.statistics import render_json, render_statistics
from tests.report.samples import TRAIN, place, result

CUDA = place(TRAIN, '"cuda:0"')
SAFE = Fix("safe", "mend it", ())
UNSAFE = Fix("unsafe", "mend it", ())


def found(
    code: str, severity: Severity, name: str = "a-rule", fix: Fix | None = None
) -> Diagnostic:
    return Diagnostic(code, name, severity, "message", CUDA, fix=fix)


ERROR = found("KL104", "error", "unsupported-device")
WARNING = found("KL303", "warning", "device-key-ignored")
INFO = found("KL602", "info", "floating-revision")


def test_they_begin_with_the_most_frequent_rule_then_go_by_code() -> None:
    finished = result(INFO, WARNING, *[ERROR] * 10, found("KL201", "info", "unknown-layer"))
    assert render_statistics(finished, color=False) == (
        "10  KL104  unsupported-device  error\n"
        " 1  KL201  unknown-layer       info\n"
        " 1  KL303  device-key-ignored  warning\n"
        " 1  KL602  floating-revision   info\n"
    )


def test_the_worst_severity_is_shown() -> None:
    finished = result(found("KL104", "info"), found("KL104", "error"), found("KL104", "warning"))
    row = "3  \x1b[1;31mKL104\x1b[0m  a-rule  error\n"
    assert render_statistics(finished, color=True) == row


def test_marks_tell_what_can_be_mended() -> None:
    finished = result(
        *[found("KL104", "error", fix=SAFE)] * 3,
        *[found("KL201", "error", fix=fix) for fix in (SAFE, None)],
        found("KL303", "error", fix=UNSAFE),
    )
    assert render_statistics(finished, color=False) == (
        "3  KL104  [*] a-rule  error\n2  KL201  [-] a-rule  error\n1  KL303  [ ] a-rule  error\n"
    )
    rows = json.loads(render_json(finished, RUN))["statistics"]
    assert [row["fixable"] for row in rows] == [3, 1, 0]


def test_of_nothing_they_are_empty() -> None:
    assert render_statistics(result(), color=False) == ""
    assert json.loads(render_json(result(), RUN))["statistics"] == []


def test_the_whole_object() -> None:
    finished = result(WARNING, ERROR, ERROR, counts=Counts(1, 1, 0, 0, 4, 5))
    assert json.loads(render_json(finished, RUN)) == {
        "schema": 1,
        "kernlint": __version__,
        "statistics": [
            {
                "code": "KL104",
                "name": "unsupported-device",
                "severity": "error",
                "count": 2,
                "fixable": 0,
            },
            {
                "code": "KL303",
                "name": "device-key-ignored",
                "severity": "warning",
                "count": 1,
                "fixable": 0,
            },
        ],
        "summary": {
            "error": 2,
            "warning": 1,
            "info": 0,
            "suppressed": 4,
            "fixed": 0,
            "baselined": 5,
        },
    }

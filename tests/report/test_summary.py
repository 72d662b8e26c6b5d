from __future__ import annotations

import pytest

from kernlint.model.diagnostic import (
    Counts,
    Diagnostic,
    InternalError,
    NotChecked,
    Result,
    Severity,
)
from kernlint.report.summary import summary
from tests.report.samples import TRAIN, place, result

CUDA = place(TRAIN, '"cuda:0"')


def found(code: str, severity: Severity, name: str = "a-rule") -> Diagnostic:
    return Diagnostic(code, name, severity, "message", CUDA)


ERROR = found("KL104", "error", "unsupported-device")
WARNING = found("KL303", "warning", "device-key-ignored")
INFO = found("KL602", "info", "floating-revision")
UNREAD = NotChecked(CUDA, "a loop")
FAILED = InternalError("KL104", CUDA, "KeyError: 'x'")


@pytest.mark.parametrize(
    ("finished", "expected"),
    [
        (
            result(ERROR, ERROR, ERROR, WARNING, counts=Counts(212, 5, 331, 0, 2)),
            (
                "Checked 212 files with 5 configs and 331 declarations: 3 errors, 1 warning"
                " (2 suppressed).\n"
            ),
        ),
        (
            result(ERROR, counts=Counts(1, 1, 1)),
            "Checked 1 file with 1 config and 1 declaration: 1 error.\n",
        ),
        (result(INFO, counts=Counts(2, 0, 3)), "Checked 2 files with 3 declarations: 1 info.\n"),
        (
            result(INFO, INFO, WARNING, WARNING, counts=Counts(2)),
            "Checked 2 files: 2 warnings, 2 infos.\n",
        ),
        (result(counts=Counts(3, 2)), "Checked 3 files with 2 configs: no problems found.\n"),
        (
            result(counts=Counts(3, 2, 0, 0, 1)),
            "Checked 3 files with 2 configs: no problems found (1 suppressed).\n",
        ),
        (
            result(counts=Counts(3, 2, 0, 0, 0, 2)),
            "Checked 3 files with 2 configs: no problems found (2 in the baseline).\n",
        ),
        (
            result(ERROR, counts=Counts(3, 2, 0, 0, 1, 2)),
            "Checked 3 files with 2 configs: 1 error (1 suppressed, 2 in the baseline).\n",
        ),
        (
            result(counts=Counts(3, 0, 0, 0, 1)),
            "Checked 3 files: no problems found (1 suppressed).\n",
        ),
    ],
)
def test_the_last_line_counts_what_was_checked_and_found(finished: Result, expected: str) -> None:
    assert summary(finished, color=False) == expected


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (
            Counts(11),
            (
                "Checked 11 files: no KernelConfig and no layer declaration found,"
                " so there was nothing to check.\n"
            ),
        ),
        (
            Counts(1),
            (
                "Checked 1 file: no KernelConfig and no layer declaration found,"
                " so there was nothing to check.\n"
            ),
        ),
        (Counts(), "Checked 0 files, so there was nothing to check.\n"),
    ],
)
def test_nothing_to_check_is_said(counts: Counts, expected: str) -> None:
    assert summary(result(counts=counts), color=False) == expected


@pytest.mark.parametrize(
    ("finished", "expected"),
    [
        (
            result(not_checked=(UNREAD,), counts=Counts(9, 3, 0, 1)),
            (
                "Checked 9 files with 3 configs: no problems found in what could be read;"
                " 1 of 3 mappings could not be read in full (--show-unchecked lists it).\n"
            ),
        ),
        (
            result(not_checked=(UNREAD,), counts=Counts(1, 1, 0, 1)),
            (
                "Checked 1 file with 1 config: no problems found in what could be read;"
                " 1 of 1 mapping could not be read in full (--show-unchecked lists it).\n"
            ),
        ),
        (
            result(not_checked=(UNREAD, UNREAD), counts=Counts(9, 1, 0, 2, 4)),
            (
                "Checked 9 files with 1 config: no problems found in what could be read;"
                " 2 mappings could not be read in full (--show-unchecked lists them)"
                " (4 suppressed).\n"
            ),
        ),
        (
            result(not_checked=(UNREAD,), counts=Counts(9, 3)),
            (
                "Checked 9 files with 3 configs: no problems found in what could be read;"
                " 1 part of a mapping could not be read (--show-unchecked lists it).\n"
            ),
        ),
        (
            result(not_checked=(UNREAD, UNREAD), counts=Counts(9, 3)),
            (
                "Checked 9 files with 3 configs: no problems found in what could be read;"
                " 2 parts of mappings could not be read (--show-unchecked lists them).\n"
            ),
        ),
        (
            result(counts=Counts(9), unreadable=True),
            (
                "Checked 9 files: no problems found in what could be read;"
                " not every file that mentions kernels could be read.\n"
            ),
        ),
        (
            result(counts=Counts(9, 1), internal_errors=(FAILED, FAILED)),
            (
                "Checked 9 files with 1 config: no problems found in what could be read;"
                " 2 checks failed by a defect of kernlint.\n"
            ),
        ),
    ],
)
def test_what_was_not_checked_never_looks_clean(finished: Result, expected: str) -> None:
    assert summary(finished, color=False) == expected


@pytest.mark.parametrize(
    ("unread", "expected"),
    [
        (1, "1 mapping could not be read in full (--show-unchecked lists it).\n"),
        (2, "2 mappings could not be read in full (--show-unchecked lists them).\n"),
    ],
)
def test_beside_findings_unread_mappings_have_their_own_line(unread: int, expected: str) -> None:
    finished = result(
        WARNING,
        not_checked=(UNREAD,) * unread,
        internal_errors=(FAILED,),
        counts=Counts(9, 3, 0, unread),
        unreadable=True,
    )
    assert summary(finished, color=False) == (
        "Checked 9 files with 3 configs: 1 warning.\n" + expected
    )


def test_only_the_counts_of_findings_are_coloured() -> None:
    assert summary(result(ERROR, WARNING, INFO), color=True) == (
        "Checked 1 file with 1 config: \x1b[1;31m1 error\x1b[0m,"
        " \x1b[1;33m1 warning\x1b[0m, \x1b[1;34m1 info\x1b[0m.\n"
    )

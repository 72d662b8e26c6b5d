"""JSON lines: the objects of JSON schema 1, and a summary at the end."""

from __future__ import annotations

import json
from typing import Any

from kernlint.model.diagnostic import InternalError, Mended, Result
from kernlint.model.run import RUN
from kernlint.model.text import SourceText
from kernlint.report import json_v1
from kernlint.report.jsonl import render
from kernlint.rules.verdicts import report
from tests.report.ci import CUDA, FINDING, INFO, UNREAD
from tests.report.samples import TRAIN, result
from tests.rules.seen import facts


def rows(finished: Result) -> list[Any]:
    return [json.loads(line) for line in render(finished, RUN).splitlines()]


def test_a_line_for_each_object_of_schema_1() -> None:
    texts = {"src/train.py": SourceText(TRAIN.encode()), "train.py": SourceText(b"x" * 100)}
    finished = result(
        FINDING,
        INFO._replace(message="line\u2028separator\x85"),
        not_checked=(UNREAD,),
        internal_errors=(InternalError("KL201", CUDA, "KeyError"),),
        texts=texts,
    )._replace(
        runtime=(report(facts()),),
        mended=(Mended("src/train.py", "KL104", "unsupported-device", 3),),
    )
    whole = json.loads(json_v1.render(finished))
    found = rows(finished)
    kinds = [row.pop("kind") for row in found]
    assert kinds == [
        *("diagnostic", "diagnostic", "not_checked", "internal_error", "runtime", "summary")
    ]
    assert found[:2] == whole.pop("diagnostics")
    for row, name in zip(found[2:5], ("not_checked", "internal_errors", "runtime"), strict=True):
        assert [row] == whole.pop(name)
    assert found[5] == whole
    assert whole["summary"]["fixed"] == 3


def test_the_summary_is_there_where_nothing_is() -> None:
    (summary,) = rows(result())
    assert (summary["kind"], summary["schema"]) == ("summary", 1)

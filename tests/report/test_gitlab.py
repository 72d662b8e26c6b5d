"""GitLab's Code Quality report, as its documentation asks for it."""

from __future__ import annotations

import json
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types

from kernlint.model.diagnostic import NotChecked, Result
from kernlint.model.run import Run
from kernlint.report.gitlab import render
from tests.report.ci import CUDA, FINDING, INFO, MAPPING, NOTEBOOK, RUN, UNREAD, in_notebook
from tests.report.samples import finding, result

TEXT = {"type": "string", "minLength": 1}
#: What the page "Code Quality" of GitLab's documentation requires of a report.
SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": TEXT,
            "check_name": TEXT,
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^[^/]"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}


def entries(finished: Result, run: Run = RUN) -> Any:
    found = json.loads(render(finished, run))
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    prints = [entry["fingerprint"] for entry in found]
    assert len(prints) == len(set(prints))  # GitLab shows one of those that have the same
    return found


def test_a_finding() -> None:
    (entry,) = entries(result(FINDING))
    assert entry == {
        "description": "`cuda:0` is no device: did you mean `cuda`?\n"
        "with transformers 5.22.2 it raises ValueError: 100%\n"
        "help: write `cuda`",
        "check_name": "KL104",
        "fingerprint": entry["fingerprint"],
        "severity": "critical",
        "location": {"path": "sub dir/src/train.py", "lines": {"begin": 5, "end": 5}},
    }


def test_severities_and_places() -> None:
    warning = finding(CUDA)._replace(severity="warning")
    found = entries(result(FINDING, warning, INFO, INFO))
    assert [entry["severity"] for entry in found] == ["critical", "major", "info", "info"]


def test_what_was_not_checked_is_never_lost() -> None:
    found = entries(result(not_checked=(UNREAD, UNREAD)))
    assert [(entry["check_name"], entry["severity"]) for entry in found] == [
        ("not-checked", "info")
    ] * 2
    assert found[0]["description"] == "not checked: the call of a function"
    assert found[0]["location"]["lines"]["begin"] == 4


def test_what_is_a_finding_as_well_stands_once() -> None:
    told = finding(MAPPING)._replace(code="KL003", name="not-checked")
    assert [entry["check_name"] for entry in entries(result(told, not_checked=(UNREAD,)))] == [
        "KL003"
    ]


def test_in_a_notebook_the_line_is_that_of_the_file() -> None:
    where = in_notebook('"cuda:0"')
    finished = result(
        finding(where), texts={"a b.ipynb": NOTEBOOK}, not_checked=(NotChecked(where, "why"),)
    )
    found = entries(finished, Run())
    assert [entry["location"]["lines"]["begin"] for entry in found] == [3, 3]
    assert all(entry["description"].endswith(" (cell 2, line 5)") for entry in found)


def test_nothing_found() -> None:
    assert render(result(), Run()) == "[]\n"

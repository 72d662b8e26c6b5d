"""Diagnostics for reviewdog: follow its schema, and its suggestions mend the file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kernlint.model.diagnostic import Edit, Fix, Related, Result
from kernlint.model.expr import Span
from kernlint.model.run import Run
from kernlint.model.text import SourceText
from kernlint.report.rdjson import render
from tests.report.ci import (
    FINDING,
    INFO,
    NOTEBOOK,
    RUN,
    UNREAD,
    URL,
    by_utf8_bytes,
    fixed,
    in_notebook,
    valid,
)
from tests.report.samples import TRAIN, result


def diagnostics(finished: Result, run: Run = RUN) -> Any:
    document = valid("rdjson.json", json.loads(render(finished, run)))
    assert document["source"]["name"] == "kernlint"
    return document["diagnostics"]


def at(line: int, column: int) -> dict[str, int]:
    return {"line": line, "column": column}


def test_a_finding() -> None:
    (found,) = diagnostics(result(FINDING))
    # From the working directory, where reviewdog runs as well.
    assert found["location"] == {
        "path": "src/train.py",
        "range": {"start": at(5, 9), "end": at(5, 17)},
    }
    assert (found["severity"], found["code"]) == ("ERROR", {"value": "KL104", "url": URL})
    assert found["message"].splitlines()[0] == "`cuda:0` is no device: did you mean `cuda`?"
    assert found["related_locations"] == [
        {
            "message": "in this mapping",
            "location": {
                "path": "src/train.py",
                "range": {"start": at(4, 5), "end": at(5, 1)},
            },
        }
    ]


def test_a_fix_is_one_suggestion() -> None:
    """Of two a reader could take one, and half of a fix is none."""
    ((suggestion),) = diagnostics(result(FINDING))[0]["suggestions"]
    assert suggestion == {
        "range": {"start": at(5, 9), "end": at(5, 65)},
        "text": '"cuda": "org/é:Norm"',
    }
    assert "suggestions" not in diagnostics(result(INFO))[0]


@pytest.mark.parametrize(
    "text",
    [
        SourceText(TRAIN.encode()),
        SourceText(b"\xef\xbb\xbf" + TRAIN.replace("\n", "\r\n").encode(), bom=3),
        SourceText(("# 𝄞é\n" + TRAIN).replace('    {"', '    {"𝄞é": 1, "').encode()),
    ],
    ids=["plain", "bom-crlf", "unicode"],
)
def test_suggestions_are_the_edits(text: SourceText) -> None:
    spans = [text.data.index(each) for each in (b'"cuda:0"', b'"kernels-community', b'{"')]
    edits = (
        Edit(Span(spans[1], spans[1] + 46), '"org/é:Norm"'),
        Edit(Span(spans[0], spans[0] + 8), '"cuda"'),
        Edit(Span(spans[2], spans[2]), "dict | "),
    )
    for chosen in (edits, edits[:1], (Edit(Span(text.bom, text.bom), "# first\n"),)):
        fix = Fix("unsafe", "mend it", chosen)
        finished = result(FINDING._replace(fix=fix), texts={"src/train.py": text})
        (suggestion,) = diagnostics(finished)[0]["suggestions"]
        assert by_utf8_bytes(text.data, suggestion) == fixed(text, fix)


def test_in_a_notebook_it_is_the_text_of_the_file() -> None:
    where, other = in_notebook('"cuda:0"'), in_notebook("cfg = ")
    fix = Fix("safe", "m", (Edit(where.span, '"cü\tda"'), Edit(other.span, 'name = "x" = ')))
    finished = result(
        FINDING._replace(place=where, fix=fix, related=(Related("here", other),)),
        texts={"a b.ipynb": NOTEBOOK},
    )
    (found,) = diagnostics(finished)
    assert found["location"]["range"]["start"]["line"] == 3
    assert by_utf8_bytes(NOTEBOOK.data, found["suggestions"][0]) == fixed(NOTEBOOK, fix)


def test_columns_are_bytes_of_utf8_in_other_encodings_too() -> None:
    source = "# coding: latin-1\nx = 'éé'; y = 1\n"
    text = SourceText(source.encode("latin-1"), "latin-1")
    start = text.data.index(b"y")
    item = INFO._replace(place=INFO.place._replace(span=Span(start, start + 1)))
    (found,) = diagnostics(result(item, texts={"src/train.py": text}))
    assert found["location"]["range"]["start"] == at(2, 1 + len("x = 'éé'; ".encode()))


def test_what_was_not_checked_is_never_lost() -> None:
    (found,) = diagnostics(result(not_checked=(UNREAD,)))
    assert (found["severity"], found["code"]) == ("INFO", {"value": "not-checked"})
    assert found["message"] == "not checked: the call of a function"

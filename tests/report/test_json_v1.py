from __future__ import annotations

import json
import os

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest

import kernlint
from kernlint.model.diagnostic import (
    Counts,
    Diagnostic,
    Edit,
    Fix,
    InternalError,
    Mended,
    NotChecked,
    Place,
    Related,
    Result,
)
from kernlint.model.expr import Span
from kernlint.model.run import Run
from kernlint.model.text import SourceText
from kernlint.report import json_v1
from tests.report.samples import TRAIN, finding, place, result

CUDA = place(TRAIN, '"cuda:0"')
MAPPING = place(TRAIN, '{"RMSNorm": {\n')

FULL = result(
    Diagnostic(
        "KL104",
        "unsupported-device",
        "warning",
        "`cuda:0` is not a device key",
        CUDA,
        confidence="medium",
        effect="the key is dropped",
        help="write `cuda`",
        label="did you mean `cuda`?",
        related=(Related("in this mapping", MAPPING),),
        releases=(("transformers", ">=5.0,<5.21"), ("kernels", ">=0.16")),
        sink="from_pretrained",
        fix=Fix("safe", "write `cuda`", (Edit(Span(CUDA.span.start, CUDA.span.end), '"cuda"'),)),
        url="https://example.org/KL104",
    ),
    finding(CUDA),
    not_checked=(NotChecked(MAPPING, "a loop"),),
    internal_errors=(InternalError("KL201", CUDA, "KeyError: 'x'"),),
    counts=Counts(files=2860, configs=12, declarations=331, unread_mappings=1, suppressed=4),
)


def at(line: int, column: int) -> dict[str, int]:
    return {"line": line, "column": column}


def validated(finished: Result) -> dict[str, object]:
    """What is rendered, once it has proved to follow the published schema."""
    rendered = json_v1.render(finished)
    path = os.path.join(os.path.dirname(json_v1.__file__), "schema_v1.json")
    with open(path, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    document: dict[str, object] = json.loads(rendered)
    jsonschema.validate(document, schema)
    return document


def test_the_whole_object() -> None:
    assert validated(FULL) == {
        "schema": 1,
        "kernlint": kernlint.__version__,
        "judged": {"transformers": ["5.22.2"], "kernels": ["0.17.2", "0.16.0"]},
        "diagnostics": [
            {
                "code": "KL104",
                "name": "unsupported-device",
                "severity": "warning",
                "confidence": "medium",
                "message": "`cuda:0` is not a device key",
                "path": "src/train.py",
                "cell": None,
                "start": at(5, 9),
                "end": at(5, 17),
                "releases": {"transformers": ">=5.0,<5.21", "kernels": ">=0.16"},
                "sink": "from_pretrained",
                "related": [
                    {
                        "message": "in this mapping",
                        "path": "src/train.py",
                        "start": at(4, 5),
                        "end": at(5, 1),
                    }
                ],
                "fix": {
                    "applicability": "safe",
                    "message": "write `cuda`",
                    "edits": [{"start": at(5, 9), "end": at(5, 17), "content": '"cuda"'}],
                },
                "url": "https://example.org/KL104",
                "effect": "the key is dropped",
                "help": "write `cuda`",
                "label": "did you mean `cuda`?",
            },
            {
                "code": "KL104",
                "name": "unsupported-device",
                "severity": "error",
                "confidence": "high",
                "message": "`cuda:0` is not a device key of KernelConfig",
                "path": "src/train.py",
                "cell": None,
                "start": at(5, 9),
                "end": at(5, 17),
                "releases": None,
                "sink": None,
                "related": [],
                "fix": None,
                "url": None,
                "effect": None,
                "help": None,
                "label": None,
            },
        ],
        "not_checked": [
            {"path": "src/train.py", "start": at(4, 5), "end": at(5, 1), "reason": "a loop"}
        ],
        "declarations": 331,
        "configs": 12,
        "files": 2860,
        "summary": {
            "error": 1,
            "warning": 1,
            "info": 0,
            "suppressed": 4,
            "fixed": 0,
            "baselined": 0,
        },
        "internal_errors": [
            {
                "code": "KL201",
                "path": "src/train.py",
                "start": at(5, 9),
                "end": at(5, 17),
                "detail": "KeyError: 'x'",
            }
        ],
        "runtime": [],
    }


def test_an_empty_result_byte_for_byte() -> None:
    mended = (Mended("a.py", "KL104", "unsupported-device", 2),)
    empty = Result((), (), (), Counts(), (), {}, mended=mended)
    assert json_v1.render(empty, Run()) == (
        "{\n"
        '  "schema": 1,\n'
        f'  "kernlint": "{kernlint.__version__}",\n'
        '  "judged": {},\n'
        '  "diagnostics": [],\n'
        '  "not_checked": [],\n'
        '  "declarations": 0,\n'
        '  "configs": 0,\n'
        '  "files": 0,\n'
        '  "summary": {\n'
        '    "error": 0,\n'
        '    "warning": 0,\n'
        '    "info": 0,\n'
        '    "suppressed": 0,\n'
        '    "fixed": 2,\n'
        '    "baselined": 0\n'
        "  },\n"
        '  "internal_errors": [],\n'
        '  "runtime": []\n'
        "}\n"
    )
    validated(empty)


def test_fields_keep_the_order_of_the_schema() -> None:
    document = json.loads(json_v1.render(FULL))
    assert list(document["diagnostics"][0]) == [
        "code",
        "name",
        "severity",
        "confidence",
        "message",
        "path",
        "cell",
        "start",
        "end",
        "releases",
        "sink",
        "related",
        "fix",
        "url",
        "effect",
        "help",
        "label",
    ]


@pytest.mark.parametrize(
    ("source", "needle", "start", "end"),
    [
        ('x = "日本語", "cuda:0"', '"cuda:0"', at(1, 12), at(1, 20)),
        ('a\r\nb = "cuda:0"\r\n', '"cuda:0"', at(2, 5), at(2, 13)),
        ("🚀x", "x", at(1, 2), at(1, 3)),
    ],
)
def test_columns_count_characters(
    source: str, needle: str, start: dict[str, int], end: dict[str, int]
) -> None:
    where = place(source, needle, "a.py")
    texts = {"a.py": SourceText(source.encode())}
    document = json.loads(json_v1.render(result(finding(where), texts=texts)))
    (only,) = document["diagnostics"]
    assert (only["start"], only["end"]) == (start, end)


def test_a_byte_order_mark_has_no_column() -> None:
    texts = {"a.py": SourceText(b"\xef\xbb\xbfcfg = 1\n", bom=3)}
    document = json.loads(json_v1.render(result(finding(Place("a.py", Span(3, 6))), texts=texts)))
    (only,) = document["diagnostics"]
    assert (only["start"], only["end"]) == (at(1, 1), at(1, 4))


def test_the_encoding_of_the_file_counts() -> None:
    source = 'é = "cuda:0"'
    where = place(source, '"cuda:0"', "a.py", "latin-1")
    texts = {"a.py": SourceText(source.encode("latin-1"), "latin-1")}
    document = json.loads(json_v1.render(result(finding(where), texts=texts)))
    assert document["diagnostics"][0]["start"] == at(1, 5)


def test_characters_stand_as_they_are() -> None:
    entry = NotChecked(CUDA, "日本語 “x”")
    assert '"reason": "日本語 “x”"' in json_v1.render(result(not_checked=(entry,)))


def test_a_name_without_an_encoding_is_escaped() -> None:
    finished = result(not_checked=(NotChecked(Place("b\udce9.py", Span(0, 0)), "é"),))
    rendered = json_v1.render(finished)
    assert '"path": "b\\udce9.py"' in rendered
    assert '"reason": "\\u00e9"' in rendered
    assert rendered.isascii()
    validated(finished)


def test_a_file_whose_source_is_not_kept_begins_at_its_first_line() -> None:
    document = validated(result(finding(Place("gone.py", Span(5, 9)))))
    assert document["diagnostics"] == [
        {
            "code": "KL104",
            "name": "unsupported-device",
            "severity": "error",
            "confidence": "high",
            "message": "`cuda:0` is not a device key of KernelConfig",
            "path": "gone.py",
            "cell": None,
            "start": at(1, 1),
            "end": at(1, 1),
            "releases": None,
            "sink": None,
            "related": [],
            "fix": None,
            "url": None,
            "effect": None,
            "help": None,
            "label": None,
        }
    ]

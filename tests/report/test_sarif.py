"""SARIF: follows the schema of OASIS, and means what the result says."""

from __future__ import annotations

import hashlib
import json
import os
import re
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest

from kernlint import __version__
from kernlint.model.diagnostic import (
    Counts,
    Edit,
    Fix,
    InternalError,
    NotChecked,
    Place,
    Related,
    Result,
)
from kernlint.model.expr import Span
from kernlint.model.run import Run
from kernlint.model.text import SourceText
from kernlint.report.json_v1 import runtime_object
from kernlint.report.sarif import render
from kernlint.report.sarif_rules import escaped
from kernlint.rules.verdicts import report
from tests.frame.checkout import ROOT
from tests.report.ci import (
    CUDA,
    FINDING,
    INFO,
    MAPPING,
    NOTEBOOK,
    RUN,
    UNREAD,
    URL,
    by_code_points,
    fixed,
    in_notebook,
    valid,
)
from tests.report.samples import TRAIN, finding, result
from tests.rules.seen import facts


def log(finished: Result, run: Run = RUN) -> Any:
    """The only run of the log, which follows the schema."""
    document = valid("sarif-2.1.0.json", json.loads(render(finished, run)))
    assert document["version"] == "2.1.0"
    (one,) = document["runs"]
    return one


def at(one: Any) -> Any:
    (location,) = one["locations"]
    return location["physicalLocation"]


def test_the_copies_of_schemas_are_those_that_they_are_said_to_be() -> None:
    folder = ROOT / "tests" / "schemas"
    table = (folder / "README.md").read_text(encoding="utf-8")
    said = re.findall(r"^\| `(.+?)` \|.*`([0-9a-f]{64})` \|$", table, re.MULTILINE)
    assert dict(said) == {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.glob("*.json")
    }
    assert len(said) == 2


def test_a_finding() -> None:
    one = log(result(FINDING))
    (found,) = one["results"]
    assert found == {
        "ruleId": "KL104",
        "ruleIndex": 0,
        "level": "error",
        "message": {
            "text": "`cuda:0` is no device: did you mean `cuda`?\n"
            "with transformers 5.22.2 it raises ValueError: 100%\n"
            "help: write `cuda`"
        },
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {
                        "uri": "sub%20dir/src/train.py",
                        "uriBaseId": "%SRCROOT%",
                    },
                    "region": {"startLine": 5, "startColumn": 9, "endLine": 5, "endColumn": 17},
                }
            }
        ],
        "relatedLocations": [
            {
                "id": 1,
                "message": {"text": "in this mapping"},
                "physicalLocation": {
                    "artifactLocation": {
                        "uri": "sub%20dir/src/train.py",
                        "uriBaseId": "%SRCROOT%",
                    },
                    "region": {"startLine": 4, "startColumn": 5, "endLine": 5, "endColumn": 1},
                },
            }
        ],
        "fixes": found["fixes"],
        "partialFingerprints": found["partialFingerprints"],
        "properties": {
            "confidence": "high",
            "sink": "from_pretrained",
            "releases": {"transformers": ">=5.0"},
        },
    }
    assert list(found["partialFingerprints"]) == ["kernlintLines/v1"]
    assert found["fixes"][0]["description"] == {"text": "write `cuda`"}
    assert found["fixes"][0]["properties"] == {"applicability": "safe"}
    assert one["originalUriBaseIds"].keys() == {"%SRCROOT%"}
    assert one["columnKind"] == "unicodeCodePoints"
    assert one["newlineSequences"] == ["\r\n", "\n", "\r"]
    assert one["properties"] == {
        "judged": {"transformers": ["5.22.2"], "kernels": ["0.17.2", "0.16.0"]},
        "declarations": 0,
        "configs": 1,
        "files": 1,
    }


def test_rules_are_those_with_findings() -> None:
    driver = log(result(INFO, FINDING, finding(MAPPING)))["tool"]["driver"]
    assert driver["version"] == driver["semanticVersion"] == __version__
    known, other = driver["rules"]
    assert known == {
        "id": "KL104",
        "name": "unsupported-device",
        "shortDescription": {"text": "A device key is not one that transformers knows."},
        "fullDescription": {"text": "A device key is not one that transformers knows."},
        "help": {
            # A placeholder would be replaced by a viewer.
            "text": "A device key is not one that transformers knows.\n\nWrite {{0}}.",
            "markdown": "A device key is not one that `transformers` knows.\n\nWrite `{0}`.",
        },
        "helpUri": URL,
        "defaultConfiguration": {"enabled": True, "level": "error"},
        "properties": {
            "tags": ["mapping"],
            "precision": "very-high",
            "problem.severity": "error",
        },
    }
    assert (other["id"], "helpUri" in other) == ("KL205", False)
    assert other["defaultConfiguration"] == {"enabled": False, "level": "note"}
    assert other["properties"]["precision"] == "medium"
    one = log(result(INFO, FINDING, finding(MAPPING)))
    assert [found["ruleIndex"] for found in one["results"]] == [1, 0, 0]
    assert [found["level"] for found in one["results"]] == ["note", "error", "error"]


def test_a_rule_that_is_not_known_is_told_by_its_finding() -> None:
    (rule,) = log(result(FINDING), Run(exit_code=1))["tool"]["driver"]["rules"]
    assert (rule["id"], rule["name"], rule["helpUri"]) == ("KL104", "unsupported-device", URL)


def test_every_rule_of_kernlint_is_described() -> None:
    from kernlint.cli.show import rule_infos
    from kernlint.rules.registry import all_rules

    every = [FINDING._replace(code=rule.code, name=rule.name, url=rule.url) for rule in all_rules()]
    rules = log(result(*every), Run(exit_code=1, rules=rule_infos))["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.code for rule in all_rules()]
    for described, rule in zip(rules, all_rules(), strict=True):
        assert described["helpUri"] == rule.url
        assert described["help"]["markdown"] == rule.doc
        assert len(described["properties"]["tags"]) == 1


def test_what_was_not_checked_and_what_failed_is_told_by_the_invocation() -> None:
    finished = result(
        not_checked=(UNREAD,),
        internal_errors=(InternalError("KL201", CUDA, "KeyError: 'x'"),),
    )._replace(notes=("cannot read a.toml",))
    (invocation,) = log(finished, RUN._replace(exit_code=3))["invocations"]
    told = [
        (note["descriptor"]["id"], note["level"], note["message"]["text"])
        for note in invocation["toolExecutionNotifications"]
    ]
    assert told == [
        ("not-checked", "note", "not checked: the call of a function"),
        ("rule-failed", "error", "KL201 failed: KeyError: 'x'"),
        ("run", "warning", "cannot read a.toml"),
    ]
    assert at(invocation["toolExecutionNotifications"][0])["region"]["startLine"] == 4
    assert at(invocation["toolExecutionNotifications"][1])["region"]["startLine"] == 5
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 3)
    descriptors = log(finished)["tool"]["driver"]["notifications"]
    for note in invocation["toolExecutionNotifications"]:
        assert descriptors[note["descriptor"]["index"]]["id"] == note["descriptor"]["id"]


@pytest.mark.parametrize(
    ("finished", "code", "successful"),
    [
        (result(), 0, True),
        (result(FINDING), 1, True),
        (result(not_checked=(UNREAD,)), 0, True),
        (result(FINDING, unreadable=True), 1, False),
        (result(unreadable=True), 3, False),
    ],
)
def test_a_run_succeeds_where_all_could_be_checked_that_had_to(
    finished: Result, code: int, successful: bool
) -> None:
    assert finished.exit_code() == code
    (invocation,) = log(finished, Run(exit_code=code))["invocations"]
    assert invocation["executionSuccessful"] is successful
    assert invocation["exitCode"] == code


def test_what_was_confirmed_is_in_the_properties() -> None:
    finished = result(texts={"train.py": SourceText(b"x" * 100)})
    finished = finished._replace(runtime=(report(facts()),))
    assert log(finished, Run())["properties"]["runtime"] == [
        runtime_object(finished, finished.runtime[0])
    ]
    assert len(log(finished, Run())["properties"]["runtime"][0]["layers"]) == 2


@pytest.mark.parametrize(
    ("path", "run", "uri", "base"),
    [
        ("a.py", Run(), "a.py", True),
        ("a.py", Run(root="/r", cwd="/r"), "a.py", True),
        ("a.py", Run(root="/r", cwd="/r/b/c"), "b/c/a.py", True),
        ("../a.py", Run(root="/r", cwd="/r/b/c"), "b/a.py", True),
        ("../../../a.py", Run(root="/r", cwd="/r/b/c"), "file:///a.py", False),
        ("/r/b/a.py", Run(root="/r", cwd="/r/b/c"), "b/a.py", True),
        ("/rest/a.py", Run(root="/r", cwd="/r"), "file:///rest/a.py", False),
        ("a.py", Run(root="/", cwd="/b"), "b/a.py", True),
        ("b/a.py", Run(root="C:/r", cwd="C:/r"), "b/a.py", True),
        ("D:/x y/a.py", Run(root="C:/r", cwd="C:/r"), "file:///D:/x%20y/a.py", False),
        ("c:x%2#?é.py", Run(), "c%3Ax%252%23%3F%C3%A9.py", True),
        (os.fsdecode(b"\xff.py"), Run(), "%FF.py", True),
        ("\ud800.py", Run(), "%ED%A0%80.py", True),
    ],
)
def test_uris(path: str, run: Run, uri: str, base: bool) -> None:
    (found,) = log(result(FINDING._replace(place=CUDA._replace(path=path))), run)["results"]
    artifact = at(found)["artifactLocation"]
    assert artifact == ({"uri": uri, "uriBaseId": "%SRCROOT%"} if base else {"uri": uri})
    assert found["fixes"][0]["artifactChanges"][0]["artifactLocation"] == artifact


def test_a_uri_is_the_name_in_bytes() -> None:
    name = b"d/\xff \xc3\xa9%:?#[]\\&=+,;@!$'()*~.py"
    where = CUDA._replace(path=os.fsdecode(name))
    (found,) = log(result(FINDING._replace(place=where)), Run())["results"]
    uri = at(found)["artifactLocation"]["uri"]
    assert re.fullmatch(r"[A-Za-z0-9._~/%-]+", uri)
    assert unquote_to_bytes(uri) == name


@pytest.mark.parametrize(
    "text",
    [
        SourceText(TRAIN.encode()),
        SourceText(b"\xef\xbb\xbf" + TRAIN.replace("\n", "\r\n").encode(), bom=3),
        SourceText(("# 𝄞é\n" + TRAIN).replace('    {"', '  # 𝄞é\r  "𝄞é"; {"').encode()),
        SourceText(b"# \xe9\n" + TRAIN.encode(), "latin-1"),
    ],
    ids=["plain", "bom-crlf", "unicode-cr", "latin-1"],
)
def test_fixes_are_the_edits(text: SourceText) -> None:
    """Applied by columns and code points they give the same bytes as the edits themselves."""
    spans = [text.data.index(each) for each in (b'"cuda:0"', b'"kernels-community')]
    edits = (
        Edit(Span(spans[1], spans[1] + 46), '"org/é:Norm"'),
        Edit(Span(spans[0], spans[0] + 8), '"cuda"'),
        Edit(Span(text.bom, text.bom), "# first\n"),
    )
    fix = Fix("unsafe", "mend it", edits)
    finished = result(FINDING._replace(fix=fix), texts={"src/train.py": text})
    (change,) = log(finished)["results"][0]["fixes"][0]["artifactChanges"]
    body = text.data[text.bom :]
    assert (
        by_code_points(body, text.encoding, change["replacements"])
        == (fixed(text, fix)[text.bom :])
    )


def test_a_fix_that_the_encoding_cannot_hold_is_not_offered() -> None:
    text = SourceText(TRAIN.encode(), "latin-1")
    fix = Fix("safe", "write it in Japanese", (Edit(CUDA.span, '"日本"'),))
    finished = result(FINDING._replace(fix=fix), texts={"src/train.py": text})
    assert "fixes" not in log(finished)["results"][0]
    assert "fixes" not in log(result(INFO))["results"][0]


def test_in_a_notebook_places_are_those_of_the_file() -> None:
    where = in_notebook('"cuda:0"')
    other = in_notebook("cfg = ")
    fix = Fix("safe", "m", (Edit(where.span, '"cü\tda"'), Edit(other.span, 'name = "x" = ')))
    finished = result(
        FINDING._replace(place=where, fix=fix, related=(Related("here", other),)),
        texts={"a b.ipynb": NOTEBOOK},
    )
    (found,) = log(finished)["results"]
    line = NOTEBOOK.data.split(b"\n")[2].decode()
    start = line.index('\\"cuda:0\\"') + 1
    assert at(found) == {
        "artifactLocation": {"uri": "sub%20dir/a%20b.ipynb", "uriBaseId": "%SRCROOT%"},
        "region": {
            "startLine": 3,
            "startColumn": start,
            "endLine": 3,
            "endColumn": start + len('\\"cuda:0\\"'),
        },
    }
    assert found["locations"][0]["logicalLocations"] == [{"name": "cell 2, line 5", "kind": "cell"}]
    (change,) = found["fixes"][0]["artifactChanges"]
    mended = by_code_points(NOTEBOOK.data, "utf-8", change["replacements"])
    assert mended == fixed(NOTEBOOK, fix)
    assert json.loads(mended)[1] == TRAIN.replace('"cuda:0"', '"cü\tda"').replace(
        "cfg = ", 'name = "x" = '
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a {'b': 1} {} {{", "a {'b': 1} {} {{"),
        ("{0} and {12}", "{{0}} and {{12}}"),
        ("[a] (b)", "[a] (b)"),
        ("[click](https://evil.example)", "[click\\](https://evil.example)"),
    ],
)
def test_no_text_is_a_placeholder_or_a_link(text: str, shown: str) -> None:
    assert escaped(text) == shown


def test_places_of_files_that_could_not_be_kept() -> None:
    where = Place("gone.py", Span(7, 9))
    one = log(result(FINDING._replace(place=where), not_checked=(NotChecked(where, "gone"),)))
    assert at(one["results"][0])["region"]["startLine"] == 1


def test_nothing_found() -> None:
    one = log(result(counts=Counts(files=3)), Run())
    assert (one["results"], one["tool"]["driver"]["rules"]) == ([], [])

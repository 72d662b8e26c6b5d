"""The JUnit report: suites, cases, and text that XML can hold."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from kernlint.engine.confirm import confirm
from kernlint.model.diagnostic import Counts, InternalError, NotChecked, Result, Severity
from kernlint.model.run import Run
from kernlint.model.runtime import Interrupted, ModuleStates, RuntimeFacts
from kernlint.model.text import SourceText
from kernlint.report.junit import render
from tests.report.ci import NOTEBOOK, in_notebook
from tests.report.samples import TRAIN, finding, place, result
from tests.rules.seen import (
    CONFIG,
    ENVIRONMENT,
    NETWORK,
    NO_BUILD,
    SIGNATURE,
    check,
    facts,
    fine,
    refused,
    together,
)

CUDA = place(TRAIN, '"cuda:0"')
SOURCE = b'config = KernelConfig({"RMSNorm": "org/norms:Norm", "SiLU": "org/activations:Silu"})\n'


def suites(found: Result, fail_on: Severity = "warning") -> list[ET.Element]:
    """The suites, once the counts have proved to be those of the cases."""
    rendered = render(found, Run(fail_on=fail_on))
    assert rendered.startswith('<?xml version="1.0" encoding="utf-8"?>\n<testsuites ')
    root = ET.fromstring(rendered.encode())
    assert root.tag == "testsuites"
    for element in (root, *root):
        cases = list(element.iter("testcase"))
        assert int(element.attrib["tests"]) == len(cases)
        for kind, name in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(element.attrib[kind]) == len(list(element.iter(name)))
        assert all(len(case) <= 1 for case in cases)
        assert all(len({*case.attrib}) == len(case.attrib) for case in cases)
    return list(root)


def outcomes(found: Result, fail_on: Severity = "warning") -> list[tuple[str, str, str]]:
    """Suite, case and outcome of everything."""
    return [
        (
            suite.attrib["name"],
            case.attrib["name"],
            next((child.tag for child in case if child.tag != "system-out"), "passed"),
        )
        for suite in suites(found, fail_on)
        for case in suite
    ]


def confirmed(*seen: RuntimeFacts, off: tuple[str, ...] = ()) -> Result:
    texts = {"train.py": SourceText(SOURCE)}
    return confirm(seen, texts, lambda rule, path: rule.code not in off)


# Static results.


def test_a_clean_run_is_a_case_that_passes() -> None:
    assert outcomes(result(counts=Counts(files=3, configs=1))) == [
        ("kernlint", "3 files", "passed")
    ]
    assert outcomes(result(counts=Counts(files=1))) == [("kernlint", "1 file", "passed")]


def test_a_finding_is_a_failure_in_the_suite_of_its_file() -> None:
    [suite] = suites(result(finding(CUDA)._replace(effect="it raises", help="write `cuda`")))
    assert suite.attrib["name"] == "src/train.py"
    [case] = suite
    assert case.attrib == {
        "classname": "src/train.py",
        "name": "KL104 unsupported-device at 5:9",
        "time": "0.000",
        "file": "src/train.py",
        "line": "5",
    }
    [failure] = case
    assert failure.attrib == {
        "message": "`cuda:0` is not a device key of KernelConfig",
        "type": "error",
    }
    assert failure.text == (
        "src/train.py:5:9: KL104 `cuda:0` is not a device key of KernelConfig\n"
        "it raises\nhelp: write `cuda`"
    )


def test_files_are_sorted_and_each_has_one_suite() -> None:
    texts = {path: SourceText(TRAIN.encode()) for path in ("b.py", "a.py")}
    found = [finding(CUDA._replace(path=path)) for path in ("b.py", "a.py", "b.py")]
    assert outcomes(result(*found, texts=texts)) == [
        ("a.py", "KL104 unsupported-device at 5:9", "failure"),
        ("b.py", "KL104 unsupported-device at 5:9", "failure"),
        ("b.py", "KL104 unsupported-device at 5:9", "failure"),
    ]


@pytest.mark.parametrize(
    ("severity", "fail_on", "outcome"),
    [
        ("info", "warning", "passed"),
        ("info", "info", "failure"),
        ("warning", "warning", "failure"),
        ("warning", "error", "passed"),
        ("error", "error", "failure"),
    ],
)
def test_what_fails_a_run_fails_a_case(severity: Severity, fail_on: Severity, outcome: str) -> None:
    found = result(finding(CUDA)._replace(severity=severity))
    [(_, _, seen)] = outcomes(found, fail_on)
    assert seen == outcome
    assert (found.exit_code(fail_on) == 1) == (outcome == "failure")


def test_what_passes_keeps_its_text() -> None:
    [suite] = suites(result(finding(CUDA)._replace(severity="info")))
    assert suite[0][0].tag == "system-out"
    assert str(suite[0][0].text).startswith("src/train.py:5:9: KL104 ")


def test_what_could_not_be_checked() -> None:
    broken = finding(CUDA)._replace(code="KL001", name="unparsable-file")
    failed = InternalError("KL201", CUDA, "KeyError: 'x'")
    found = result(broken, not_checked=(NotChecked(CUDA, "a loop"),), internal_errors=(failed,))
    assert outcomes(found) == [
        ("src/train.py", "KL001 unparsable-file at 5:9", "error"),
        ("src/train.py", "mapping at 5:9", "skipped"),
        ("src/train.py", "KL201", "error"),
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<a & \"b\" 'c'>]]>", "<a & \"b\" 'c'>]]>"),
        ("\x00\x08\x0b\x1f", "\ufffd" * 4),
        ("\ud800 \ufffe \uffff", "\ufffd \ufffd \ufffd"),
        ("tab\tline\nreturn\r", "tab\tline\nreturn\r"),
        ("ü 汉 😀", "ü 汉 😀"),
        ("\x1b[31m", "\ufffd[31m"),
    ],
)
def test_text_that_xml_cannot_hold(text: str, shown: str) -> None:
    where = CUDA._replace(path=text)
    found = finding(where)._replace(message=text, help=text)
    [suite] = suites(result(found, texts={}))
    [case] = suite
    assert suite.attrib["name"] == shown
    assert case[0].attrib["message"] == shown
    # A return is not told from a line break in what stands between tags.
    assert shown.replace("\r", "\n") in str(case[0].text).replace("\r", "\n")


# What was confirmed.


def test_a_check_is_a_suite_and_a_layer_a_case() -> None:
    [suite] = suites(confirmed(facts()))
    assert suite.attrib["name"] == (
        "train.py:1:11 (LlamaForCausalLM, set_use_kernels, inference, cuda)"
    )
    assert suite.attrib["time"] == "5.400"
    assert [case.attrib["name"] for case in suite] == ["RMSNorm", "SiLU"]
    assert suite[0].attrib["file"] == "train.py"
    assert suite[0].attrib["line"] == "1"
    assert suite[0][0].text == "5 of 5 modules run the kernel"


def layers(*seen: RuntimeFacts, off: tuple[str, ...] = (), **more: Any) -> list[tuple[str, str]]:
    found = confirmed(*seen, off=off)
    return [(case, outcome) for _, case, outcome in outcomes(found, **more)]


NOT_APPLIED = facts(
    strict=(refused("RMSNorm", NO_BUILD), fine("SiLU")),
    together=together({"RMSNorm": ModuleStates(original=5)}),
)
NOWHERE = facts(
    environment=ENVIRONMENT._replace(device=None), strict=(), together=None, execution=()
)


def test_a_layer_that_is_not_applied_is_a_failure() -> None:
    assert layers(NOT_APPLIED) == [("RMSNorm", "failure"), ("SiLU", "passed")]
    [suite] = suites(confirmed(NOT_APPLIED))
    assert suite[0][0].attrib == {
        "message": "not-applied (VARIANT): 0 of 5 modules run the kernel",
        "type": "VARIANT",
    }
    assert suite[0][0].text == f"FileNotFoundError: {NO_BUILD.message}"


def test_a_kernel_that_ends_the_process_is_an_error() -> None:
    end = Interrupted("crashed", "strict", "RMSNorm", -11, "ended by SIGSEGV")
    seen = facts(strict=(fine("SiLU"),), together=None, execution=(), interrupted=(end,))
    assert layers(seen) == [("RMSNorm", "error"), ("SiLU", "skipped")]


def test_what_is_not_confirmed_is_skipped() -> None:
    assert layers(NOWHERE) == [("RMSNorm", "skipped"), ("SiLU", "skipped")]
    [suite] = suites(confirmed(NOWHERE))
    assert suite.attrib["name"].endswith(", no device)")
    assert suite[0][0].attrib == {
        "message": "unknown (NO-ACCELERATOR): 0 of 5 modules run the kernel"
    }
    assert suite[0][0].text == "torch 2.13.0 finds no accelerator on this machine"
    at_once = together({"RMSNorm": ModuleStates(untouched=5)}, NETWORK, "RMSNorm")
    seen = facts(strict=(refused("RMSNorm", NETWORK), fine("SiLU")), together=at_once)
    assert layers(seen) == [("RMSNorm", "skipped"), ("SiLU", "skipped")]


def test_a_config_whose_layers_are_not_known_is_skipped() -> None:
    config = check().config._replace(mapping=None, attribute="train:config", keys=())
    seen = facts(check=check(config=config), layers=(), model=None, strict=(), together=None)
    assert layers(seen) == [("config", "skipped")]


def test_what_is_only_worth_knowing_passes_and_what_is_silenced_too() -> None:
    states = ModuleStates(kernel=4, untouched=1)
    part = facts(
        strict=(fine("RMSNorm", states=states, excluded=1), fine("SiLU")),
        together=together({"RMSNorm": states}),
    )
    assert layers(part) == [("RMSNorm", "passed"), ("SiLU", "passed")]
    assert layers(part, fail_on="info") == [("RMSNorm", "failure"), ("SiLU", "passed")]
    assert layers(NOT_APPLIED, off=("KL901",)) == [("RMSNorm", "passed"), ("SiLU", "passed")]
    assert layers(NOT_APPLIED, fail_on="error") == [("RMSNorm", "passed"), ("SiLU", "passed")]
    assert layers(NOWHERE, off=("KL907",)) == [("RMSNorm", "skipped"), ("SiLU", "skipped")]


def test_a_doubt_about_a_layer_that_is_in_place_is_a_case_of_its_own() -> None:
    from kernlint.model.runtime import ClassFacts

    own = ClassFacts("project.Scaled", 1, inherited="LlamaRMSNorm")
    seen = facts(strict=(fine("RMSNorm", classes=(own,)), fine("SiLU")))
    assert layers(seen) == [
        ("RMSNorm", "passed"),
        ("SiLU", "passed"),
        ("KL904 kernel-wrong-result at 1:25", "failure"),
    ]


def test_a_config_that_could_not_be_tried_out_is_skipped() -> None:
    texts = {"train.py": SourceText(SOURCE)}
    entry = NotChecked(CONFIG, "a loop")
    found = confirm([facts()], texts, lambda rule, path: rule.default_on, not_checked=[entry])
    assert ("train.py", "mapping at 1:11", "skipped") in outcomes(found)


@pytest.mark.parametrize(
    "seen",
    [
        (facts(),),
        (NOT_APPLIED,),
        (facts(), NOT_APPLIED),
        (
            facts(
                strict=(refused("RMSNorm", SIGNATURE), fine("SiLU")),
                together=together({"RMSNorm": ModuleStates(untouched=5)}, SIGNATURE, "RMSNorm"),
            ),
        ),
    ],
)
def test_cases_fail_where_the_run_does(seen: tuple[RuntimeFacts, ...]) -> None:
    found = confirmed(*seen)
    failed = {"failure", "error"} & {outcome for _, _, outcome in outcomes(found)}
    assert bool(failed) == (found.exit_code() == 1)


def test_in_a_notebook_the_line_is_that_of_the_file() -> None:
    where = in_notebook('"cuda:0"')
    finished = result(finding(where), texts={"a b.ipynb": NOTEBOOK})
    (case,) = ET.fromstring(render(finished)).iter("testcase")
    assert (case.get("file"), case.get("line")) == ("a b.ipynb", "3")
    (failure,) = case
    assert (failure.text or "").endswith("(cell 2, line 5)")

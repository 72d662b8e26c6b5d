"""Every example of every rule states exactly what is found in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kernlint.api import check
from kernlint.config import load_settings
from kernlint.engine.confirm import confirm
from kernlint.model.diagnostic import Result
from kernlint.model.text import SourceText
from kernlint.rules.base import Example, Rule
from kernlint.rules.recorded import SITUATIONS
from kernlint.rules.registry import all_rules


def findings(folder: Path, example: Example, code: str) -> list[tuple[str, str, int, int]]:
    """Code, path and span of everything that the default rules, and one more, find."""
    for path, text in example.sources.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())
    result = result_of(example, code)
    assert result.internal_errors == ()
    return [
        (found.code, found.place.path, found.place.span.start, found.place.span.end)
        for found in result.diagnostics
    ]


def result_of(example: Example, code: str) -> Result:
    """What a run over the example in the working directory finds with one more rule on."""
    if example.facts:
        texts = {path: SourceText(text.encode()) for path, text in example.sources.items()}
        return confirm(example.facts, texts, lambda rule, _: rule.default_on or rule.code == code)
    overrides: dict[str, object] = {"extend-select": [code], "jobs": 1}
    if example.transformers is not None:
        overrides["transformers"] = f"=={example.transformers}"
    return check(load_settings(None, overrides), ["."])


def cases(kind: str) -> list[object]:
    return [
        pytest.param(rule, example, id=f"{rule.code}-{kind}-{number}")
        for rule in all_rules()
        for number, example in enumerate(getattr(rule, kind))
    ]


@pytest.mark.parametrize(("rule", "example"), cases("bad"))
def test_a_bad_example_has_exactly_its_findings(
    rule: Rule, example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    expected = [(rule.code, *place) for place in example.findings]
    assert expected, "a bad example marks at least one place"
    assert findings(tmp_path, example, rule.code) == expected


@pytest.mark.parametrize(("rule", "example"), cases("good"))
def test_a_good_example_has_no_findings(
    rule: Rule, example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert example.findings == []
    assert findings(tmp_path, example, rule.code) == []


@pytest.mark.parametrize(("rule", "example"), [*cases("bad"), *cases("good")])
def test_an_example_is_about_run_time_as_its_rule_is(rule: Rule, example: Example) -> None:
    assert (example.situation is not None) == rule.is_about_runtime
    assert len(example.facts) == rule.is_about_runtime


def test_every_recorded_situation_is_shown() -> None:
    shown = {
        example.situation
        for rule in all_rules()
        for example in (*rule.bad, *rule.good)
        if example.situation is not None
    }
    assert shown == set(SITUATIONS)


def test_the_registry_is_complete() -> None:
    rules = all_rules()
    codes = [rule.code for rule in rules]
    assert codes == sorted(set(codes))
    assert len({rule.name for rule in rules}) == len(rules)
    for rule in rules:
        assert re.fullmatch(r"KL\d{3}", rule.code), rule.code
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name), rule.name
        assert rule.severity in {"error", "warning", "info"}
        assert rule.default_on == (rule.severity != "info"), rule.code
        assert len(rule.bad) >= 2, rule.code
        assert len(rule.good) >= 2, rule.code
        first, _, rest = rule.doc.partition("\n")
        assert first.endswith("."), rule.code
        assert rest.strip(), rule.code


def test_every_rule_class_is_registered() -> None:
    def leaves(cls: type[Rule]) -> set[type[Rule]]:
        below = cls.__subclasses__()
        return set().union(*map(leaves, below)) if below else {cls}

    named = {cls for cls in leaves(Rule) if cls.__module__.startswith("kernlint.")}
    assert {type(rule) for rule in all_rules()} == named


def test_codes_are_those_of_the_first_release() -> None:
    assert [rule.code for rule in all_rules()] == [
        *("KL001", "KL002", "KL003"),
        *("KL101", "KL102", "KL103", "KL104", "KL105", "KL106", "KL107", "KL108", "KL109", "KL110"),
        *("KL111", "KL201", "KL202", "KL203", "KL204", "KL205", "KL206", "KL207"),
        *("KL301", "KL302", "KL303", "KL304", "KL305", "KL306", "KL307", "KL308", "KL309", "KL310"),
        *("KL311", "KL312", "KL501", "KL502"),
        *("KL901", "KL902", "KL903", "KL904", "KL905", "KL906", "KL907"),
    ]

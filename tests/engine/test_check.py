"""Which rules see what, and what a rule that fails costs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple, cast

import pytest

from kernlint.engine.check import Findings, run_rules
from kernlint.engine.files import Files
from kernlint.model.diagnostic import Diagnostic, InternalError, NotChecked, Place
from kernlint.model.expr import Span
from kernlint.project.build import build
from kernlint.project.flow import Config, Usage
from kernlint.project.modules import Modules
from kernlint.project.outcome import Declaration
from kernlint.project.values import MappingValue
from kernlint.rules.base import Context, Rule

TRAIN = """\
from names import NAMES
from transformers import KernelConfig
config = KernelConfig(NAMES)
"""
NAMES = 'NAMES = {"RMSNorm": compute(), "SiLU": "org/repo:SiLU"}\n'
MODEL = """\
from kernels import use_kernel_forward_from_hub
@use_kernel_forward_from_hub("Own")
class Own: ...
def load(model, config):
    model.from_pretrained("m", kernel_config=config)
"""
SOURCES = {"train.py": TRAIN, "names.py": NAMES, "model.py": MODEL}


def place(path: str, text: str) -> Place:
    """Where a text stands in a file."""
    start = SOURCES[path].index(text)
    return Place(path, Span(start, start + len(text)))


CONFIG = place("train.py", "KernelConfig(NAMES)")
MAPPING = place("names.py", NAMES[NAMES.index("{") : -1])
DECLARATION = place("model.py", 'use_kernel_forward_from_hub("Own")')
USAGE = place("model.py", 'model.from_pretrained("m", kernel_config=config)')
UNREAD = NotChecked(place("names.py", "compute()"), "the result of `compute(...)` is not known")


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.chdir(tmp_path)
    for path, text in SOURCES.items():
        Path(path).write_text(text)
    found = build(SOURCES, Modules(SOURCES), Files().facts)
    # All that the engine needs, and more than the rules here look at.
    target = SimpleNamespace(requirement=None, kernel_pins=())
    seen = SimpleNamespace(**found._asdict(), target=target)
    seen.seen_by = lambda path: seen
    return cast("Context", seen)


class Look(NamedTuple):
    """What a rule was shown."""

    rule: str
    kind: str
    place: Place


class Watching(Rule):
    """Notes what it is shown and finds something everywhere."""

    code = "KL901"
    name = "watching"
    severity = "error"

    def __init__(self) -> None:
        self.seen: list[Look] = []

    def config(self, config: Config, context: Context) -> Iterator[Diagnostic | NotChecked]:
        self.seen.append(Look(self.code, "config", config.place))
        yield self.found(config.place, "config")
        assert isinstance(config.mapping, MappingValue)
        yield self.found(config.mapping.place, "mapping")
        yield NotChecked(config.mapping.place, "the rule cannot tell")

    def usage(self, usage: Usage, context: Context) -> Iterator[Diagnostic]:
        self.seen.append(Look(self.code, "usage", usage.place))
        yield self.found(usage.place, "usage")

    def declaration(self, declaration: Declaration, context: Context) -> Iterator[Diagnostic]:
        self.seen.append(Look(self.code, "declaration", declaration.place))
        yield self.found(declaration.place, "declaration")


class Failing(Watching):
    """Finds something, and fails."""

    code = "KL902"
    name = "failing"

    def config(self, config: Config, context: Context) -> Iterator[Diagnostic | NotChecked]:
        yield self.found(config.place, "before")
        raise KeyError("lost")

    def declaration(self, declaration: Declaration, context: Context) -> Iterator[Diagnostic]:
        raise RecursionError("too deep")


def places(findings: Findings) -> list[tuple[str, str, Place]]:
    return [(item.code, item.message, item.place) for item in findings.diagnostics]


def test_every_rule_sees_everything(context: Context) -> None:
    rule = Watching()
    findings = run_rules(context, [rule], {"train.py", "names.py", "model.py"})
    assert rule.seen == [
        Look("KL901", "config", CONFIG),
        Look("KL901", "usage", USAGE),
        Look("KL901", "declaration", DECLARATION),
    ]
    assert places(findings) == [
        ("KL901", "config", CONFIG),
        ("KL901", "mapping", MAPPING),
        ("KL901", "usage", USAGE),
        ("KL901", "declaration", DECLARATION),
    ]
    assert findings.not_checked == [UNREAD, NotChecked(MAPPING, "the rule cannot tell")]
    assert findings.internal_errors == []


def test_a_config_takes_along_what_it_reads_in_another_file(context: Context) -> None:
    findings = run_rules(context, [Watching()], {"train.py"})
    assert places(findings) == [("KL901", "config", CONFIG), ("KL901", "mapping", MAPPING)]
    assert findings.not_checked == [UNREAD, NotChecked(MAPPING, "the rule cannot tell")]


def test_a_mapping_is_judged_for_the_config_of_another_file(context: Context) -> None:
    findings = run_rules(context, [Watching()], {"names.py"})
    assert places(findings) == [("KL901", "mapping", MAPPING)]
    assert findings.not_checked == [UNREAD, NotChecked(MAPPING, "the rule cannot tell")]


def test_a_rule_that_fails_costs_its_own_findings_there(context: Context) -> None:
    findings = run_rules(context, [Failing(), Watching()], {"train.py", "names.py", "model.py"})
    assert places(findings) == [
        ("KL902", "before", CONFIG),
        ("KL901", "config", CONFIG),
        ("KL901", "mapping", MAPPING),
        ("KL902", "usage", USAGE),
        ("KL901", "usage", USAGE),
        ("KL901", "declaration", DECLARATION),
    ]
    assert findings.internal_errors == [
        InternalError("KL902", CONFIG, "KeyError: 'lost'"),
        InternalError("KL902", DECLARATION, "RecursionError: too deep"),
    ]


def test_a_failure_in_a_file_that_is_not_reported_is_not_told(context: Context) -> None:
    assert run_rules(context, [Failing()], {"names.py"}) == Findings([], [UNREAD], [], {CONFIG})

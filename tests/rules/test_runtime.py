"""What the rules about run time say of a report, and the exit status that follows."""

from __future__ import annotations

from typing import Any

import pytest

from kernlint.engine.confirm import confirm
from kernlint.engine.finish import Named
from kernlint.model.diagnostic import Diagnostic, NotChecked, Result
from kernlint.model.runtime import ClassFacts, ModuleStates, NumericFacts, RuntimeFacts
from kernlint.model.text import SourceText
from kernlint.rules.registry import all_rules
from tests.rules.seen import (
    ALL_ORIGINAL,
    CONFIG,
    ENVIRONMENT,
    NETWORK,
    NO_BUILD,
    NORM,
    SIGNATURE,
    check,
    facts,
    fine,
    raised,
    ran,
    refused,
    together,
)

SOURCE = b'config = KernelConfig({"RMSNorm": "org/norms:Norm", "SiLU": "org/activations:Silu"})\n'
ORIGINAL = {"RMSNorm": ALL_ORIGINAL["RMSNorm"]}

NO_DEVICE = ENVIRONMENT._replace(device=None)
NOT_APPLIED = facts(
    strict=(refused("RMSNorm", NO_BUILD), fine("SiLU")), together=together(ORIGINAL)
)
UNREACHABLE = facts(
    strict=(refused("RMSNorm", NETWORK), fine("SiLU")),
    together=together({"RMSNorm": ModuleStates(untouched=5)}, NETWORK, "RMSNorm"),
)
NOWHERE = facts(environment=NO_DEVICE, strict=(), together=None, execution=())


def run(*seen: RuntimeFacts, off: tuple[str, ...] = (), source: bytes = SOURCE) -> Result:
    def enabled(rule: Named, path: str) -> bool:
        assert path == "train.py"
        return rule.code not in off

    return confirm(seen, {"train.py": SourceText(source)}, enabled)


def found(seen: RuntimeFacts) -> list[Diagnostic]:
    return list(run(seen).diagnostics)


def test_the_rules_are_those_with_code_9() -> None:
    at_runtime = [rule.code for rule in all_rules() if rule.is_about_runtime]
    assert at_runtime == [f"KL90{number}" for number in range(1, 8)]


def test_a_layer_that_is_not_applied() -> None:
    [item] = found(NOT_APPLIED)
    assert (item.code, item.severity, item.place) == ("KL901", "warning", NORM)
    assert item.message == (
        "no module runs the kernel of `RMSNorm`: the kernel has no build for this system"
    )
    assert item.effect == (
        "with transformers 5.22.2 and kernels 0.17.2, on cuda, for inference, `set_use_kernels` "
        f"says nothing; by itself the layer raises FileNotFoundError: {NO_BUILD.message}"
    )
    assert item.label == "VARIANT: 0 of 5 modules"
    assert item.sink == "set_use_kernels"


def test_a_kernel_that_is_rejected_says_which_way_and_what_for() -> None:
    config = check().config._replace(way="from_pretrained")
    [item, aborted] = found(
        facts(
            check=check(config=config, mode="training", compiled=True),
            strict=(refused("RMSNorm", SIGNATURE), fine("SiLU")),
            together=together(
                {"RMSNorm": ModuleStates(untouched=5), "SiLU": ModuleStates(untouched=2)},
                SIGNATURE,
                "RMSNorm",
            ),
        )
    )
    assert (item.code, item.severity) == ("KL902", "error")
    assert item.effect == (
        "with transformers 5.22.2 and kernels 0.17.2, on cuda, for training and torch.compile, "
        f"`from_pretrained` raises TypeError: {SIGNATURE.message}"
    )
    assert aborted.code == "KL901"
    assert aborted.effect is not None
    assert aborted.effect.endswith(f": `RMSNorm` raised first: TypeError: {SIGNATURE.message}")


@pytest.mark.parametrize(
    ("states", "excluded", "severity"),
    [
        (ModuleStates(kernel=4, untouched=1), 1, "info"),
        (ModuleStates(kernel=4, foreign=1), 0, "warning"),
    ],
)
def test_a_part_of_the_modules(states: ModuleStates, excluded: int, severity: str) -> None:
    strict = fine("RMSNorm", excluded=excluded)
    seen = facts(strict=(strict, fine("SiLU")), together=together({"RMSNorm": states}))
    [item] = found(seen)
    assert (item.code, item.severity) == ("KL903", severity)
    assert item.label is not None
    assert item.label.endswith(": 4 of 5 modules")
    assert run(seen).exit_code() == (0 if severity == "info" else 1)


def test_a_kernel_that_raises_when_it_is_called_is_an_error() -> None:
    error = raised("AttributeError", "no attribute 'eps'")
    [item] = found(facts(execution=(ran("RMSNorm", exception=error), ran("SiLU"))))
    assert (item.code, item.severity) == ("KL904", "error")
    assert item.effect is not None
    assert item.effect.endswith("the forward pass raises AttributeError: no attribute 'eps'")


def with_classes(*classes: ClassFacts, **more: Any) -> list[tuple[str, str, str]]:
    strict = fine("RMSNorm", classes=classes)
    seen = facts(strict=(strict, fine("SiLU")), **more)
    return [(item.code, item.severity, item.confidence) for item in found(seen)]


def test_a_forward_that_only_has_its_name_from_a_base() -> None:
    own = ClassFacts("project.Scaled", 1, inherited="LlamaRMSNorm")
    assert with_classes(own) == [("KL904", "warning", "medium")]
    same = (NumericFacts("RMSNorm", 5, 0),)
    assert with_classes(own, check=check(numerics=True), numerics=same) == []
    unseen = (NumericFacts("RMSNorm", 0, 5),)
    assert with_classes(own, check=check(numerics=True), numerics=unseen) != []


def test_arguments_with_other_names_are_told_unless_they_did_no_harm() -> None:
    renamed = ClassFacts("LlamaRMSNorm", 5, renamed=(("hidden_states", "x"),))
    assert with_classes(renamed) == []
    unproven = check(execute=False)
    assert with_classes(renamed, check=unproven, execution=()) == [("KL904", "info", "medium")]


def test_a_device_that_the_config_does_not_name() -> None:
    strict = fine("RMSNorm", states=ALL_ORIGINAL["RMSNorm"], entry=False)
    [item] = found(facts(strict=(strict, fine("SiLU")), together=together(ORIGINAL)))
    assert (item.code, item.severity) == ("KL906", "warning")
    assert item.message.startswith("the config does nothing for `RMSNorm` on cuda: ")


def test_a_config_of_which_nothing_is_confirmed_is_told_of_once() -> None:
    [item] = found(NOWHERE)
    assert (item.code, item.place) == ("KL907", CONFIG)
    assert item.message == (
        "nothing is confirmed: torch 2.13.0 finds no accelerator on this machine"
    )
    assert item.help == "check on a machine that has one"


def test_layers_with_reasons_of_their_own_are_told_of_each() -> None:
    assert [(item.code, item.label) for item in found(UNREACHABLE)] == [
        ("KL907", "NETWORK: 0 of 5 modules"),
        ("KL907", "ABORTED"),
    ]


def test_a_rule_that_fails_is_told_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: object, report: object) -> None:
        raise KeyError("x")

    rule = next(rule for rule in all_rules() if rule.code == "KL906")
    monkeypatch.setattr(type(rule), "runtime", fails)
    result = run(NOT_APPLIED)
    assert [item.code for item in result.diagnostics] == ["KL901"]
    [error] = result.internal_errors
    assert (error.code, error.place, error.detail) == ("KL906", CONFIG, "KeyError: 'x'")


# The exit status.


@pytest.mark.parametrize(
    ("seen", "status"),
    [
        ((facts(),), 0),
        ((NOT_APPLIED,), 1),
        ((UNREACHABLE,), 3),
        ((NOWHERE,), 3),
        ((facts(), NOWHERE), 3),
        ((NOT_APPLIED, NOWHERE), 1),
    ],
)
def test_the_exit_status(seen: tuple[RuntimeFacts, ...], status: int) -> None:
    assert run(*seen).exit_code() == status


@pytest.mark.parametrize("fail_on", ["info", "warning", "error"])
def test_no_level_makes_a_finding_of_what_is_not_confirmed(fail_on: Any) -> None:
    assert run(NOWHERE).exit_code(fail_on) == 3


def test_to_ignore_a_rule_confirms_nothing() -> None:
    for seen in (NOWHERE, UNREACHABLE):
        result = run(seen, off=("KL907",))
        assert result.diagnostics == ()
        assert result.exit_code() == 3
        assert result.exit_code(exit_zero=True) == 3
    silenced = run(NOWHERE, source=SOURCE[:-1] + b"  # kernlint: ignore[KL907]\n")
    assert (silenced.diagnostics, silenced.counts.suppressed) == ((), 1)
    assert silenced.exit_code() == 3


def test_a_finding_that_is_ignored_is_none() -> None:
    assert run(NOT_APPLIED, off=("KL901",)).exit_code() == 0
    silenced = run(NOT_APPLIED, source=SOURCE[:-1] + b"  # kernlint: ignore[KL901]\n")
    assert silenced.exit_code() == 0


def test_exit_zero_lets_findings_pass_and_nothing_else() -> None:
    assert run(NOT_APPLIED).exit_code(exit_zero=True) == 0
    assert run(NOT_APPLIED, NOWHERE).exit_code(exit_zero=True) == 3


def test_a_config_that_could_not_be_tried_out_is_not_confirmed() -> None:
    entry = NotChecked(CONFIG, "a loop")
    texts = {"train.py": SourceText(SOURCE)}
    result = confirm([facts()], texts, lambda rule, path: True, not_checked=[entry])
    assert result.exit_code() == 3


def test_the_releases_that_judged_are_those_of_the_checks() -> None:
    newer = {**ENVIRONMENT.versions, "transformers": "5.23.0"}
    result = run(facts(), facts(environment=ENVIRONMENT._replace(versions=newer)))
    assert result.judged == (("transformers", ("5.22.2", "5.23.0")), ("kernels", ("0.17.2",)))
    assert (result.counts.files, result.counts.configs) == (1, 1)

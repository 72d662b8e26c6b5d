"""The verdict on each layer, for every combination of what can be seen."""

from __future__ import annotations

from typing import Any

import pytest

from kernlint.model.runtime import (
    ClassFacts,
    ExceptionFacts,
    ModuleStates,
    RuntimeFacts,
    StrictFacts,
    TogetherFacts,
)
from kernlint.rules.verdicts import report
from tests.rules.seen import (
    ALL_ORIGINAL,
    ENVIRONMENT,
    NETWORK,
    NO_BUILD,
    NO_VERSION,
    NORM,
    NOT_TRUSTED,
    SIGNATURE,
    check,
    facts,
    fine,
    kernel,
    layer,
    raised,
    refused,
    together,
    verdict,
)

APPLIED = ("applied", None, None)
ORIGINAL = {"RMSNorm": ALL_ORIGINAL["RMSNorm"]}


def with_norm(strict: StrictFacts, at_once: TogetherFacts, **more: Any) -> RuntimeFacts:
    """What was seen of RMSNorm; SiLU is as it should be."""
    return facts(strict=(strict, fine("SiLU")), together=at_once, **more)


def test_all_is_well() -> None:
    found = report(facts())
    assert (found.problem, found.confirmed, found.device) == (None, True, "cuda")
    assert layer(facts()) == layer(facts())._replace(
        name="RMSNorm",
        verdict="applied",
        place=NORM,
        modules=5,
        applied=5,
        reason=None,
        swallowed=None,
        exception=None,
        message=None,
        repository="org/norms",
        variant="torch-universal",
    )


def test_the_revision_stands_behind_the_repository() -> None:
    seen = facts(strict=(fine("RMSNorm", kernel=kernel("RMSNorm", revision="5c1a9b2")),))
    assert layer(seen).repository == "org/norms@5c1a9b2"


def test_the_repository_of_a_kernel_that_was_not_loaded_is_the_one_that_is_written() -> None:
    mapping: dict[object, object] = {
        "RMSNorm": {"cuda": "org/norms:A", "xpu": ("org/other:B", {"version": 1})}
    }
    config = check().config._replace(mapping=mapping)
    seen = with_norm(refused("RMSNorm", NO_BUILD), together(ORIGINAL))
    for device, repository in (("cuda", "org/norms"), ("xpu", "org/other"), ("mps", None)):
        asked = check(config=config, device=device)
        assert layer(seen._replace(check=asked)).repository == repository
    assert layer(seen._replace(check=check(config=config))).repository == "org/norms"


# What raises by itself.


def test_an_exception_that_transformers_swallows() -> None:
    seen = with_norm(refused("RMSNorm", NO_BUILD), together(ORIGINAL))
    found = layer(seen)
    assert (found.verdict, found.reason, found.swallowed) == ("not-applied", "VARIANT", True)
    assert (found.modules, found.applied) == (5, 0)
    assert found.exception == "FileNotFoundError"
    assert found.message == NO_BUILD.message
    assert verdict(seen, "SiLU") == APPLIED
    assert report(seen).confirmed


def test_the_notes_of_an_exception_are_told() -> None:
    noted = NO_BUILD._replace(notes=("while importing kernel 'norms'",))
    found = layer(with_norm(refused("RMSNorm", noted), together(ORIGINAL)))
    assert found.message == f"{NO_BUILD.message}\nwhile importing kernel 'norms'"


def test_an_exception_that_ends_the_attempt() -> None:
    at_once = together({"RMSNorm": ModuleStates(untouched=5)}, SIGNATURE, "RMSNorm")
    seen = with_norm(refused("RMSNorm", SIGNATURE), at_once)
    assert verdict(seen) == ("rejected", "SIGNATURE", False)


def test_what_is_seen_at_once_counts_more_than_an_exception_before() -> None:
    assert verdict(with_norm(refused("RMSNorm", NETWORK), together())) == APPLIED


@pytest.mark.parametrize(
    ("exception", "reason"),
    [(NETWORK, "NETWORK"), (NOT_TRUSTED, "TRUST-UNKNOWN")],
)
def test_what_another_try_may_find_is_not_confirmed(exception: ExceptionFacts, reason: str) -> None:
    strict = refused("RMSNorm", exception)
    at_once = together({"RMSNorm": ModuleStates(untouched=5)}, strict.exception, "RMSNorm")
    seen = with_norm(strict, at_once)
    assert verdict(seen) == ("unknown", reason, False)
    assert verdict(seen, "SiLU") == ("unknown", "ABORTED", False)
    assert not report(seen).confirmed


def test_offline_a_missing_version_says_nothing_about_the_hub() -> None:
    strict = refused("RMSNorm", NO_VERSION)
    at_once = together({"RMSNorm": ModuleStates(untouched=5)}, NO_VERSION, "RMSNorm")
    seen = with_norm(strict, at_once)
    assert verdict(seen) == ("rejected", "VERSION", False)
    assert verdict(seen._replace(check=check(offline=True)))[:2] == ("unknown", "OFFLINE")
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        environment = ENVIRONMENT._replace(variables={name: "1"})
        assert verdict(seen._replace(environment=environment))[:2] == ("unknown", "OFFLINE")
    variables = {"HF_HUB_OFFLINE": "0", "TRANSFORMERS_OFFLINE": "1"}  # the first one counts
    environment = ENVIRONMENT._replace(variables=variables)
    assert verdict(seen._replace(environment=environment))[:2] == ("rejected", "VERSION")


@pytest.mark.parametrize("name", ["HF_HUB_DISABLE_TELEMETRY", "DISABLE_TELEMETRY", "DO_NOT_TRACK"])
def test_without_telemetry_trust_cannot_be_asked_for(name: str) -> None:
    at_once = together({"RMSNorm": ModuleStates(untouched=5)}, NOT_TRUSTED, "RMSNorm")
    seen = with_norm(refused("RMSNorm", NOT_TRUSTED), at_once)
    on = ENVIRONMENT._replace(variables={name: "1"})
    assert verdict(seen._replace(environment=on)) == ("rejected", "TELEMETRY", False)
    newer = on._replace(versions={**ENVIRONMENT.versions, "kernels": "0.18.2"})
    assert verdict(seen._replace(environment=newer))[:2] == ("unknown", "TRUST-UNKNOWN")
    off = ENVIRONMENT._replace(variables={name: "0"})
    assert verdict(seen._replace(environment=off))[:2] == ("unknown", "TRUST-UNKNOWN")


def test_a_kernel_that_ends_the_program() -> None:
    end = raised("SystemExit", "0")
    at_once = together({"RMSNorm": ModuleStates(untouched=5)}, end, "RMSNorm")
    assert verdict(with_norm(refused("RMSNorm", end), at_once)) == ("crashed", "EXITED", False)


def test_an_exception_that_nothing_is_known_of_is_told() -> None:
    strange = raised("ZeroDivisionError", "division by zero")
    at_once = together({"RMSNorm": ModuleStates(untouched=5)}, strange, "RMSNorm")
    seen = with_norm(refused("RMSNorm", strange), at_once)
    assert verdict(seen) == ("rejected", "OTHER:ZeroDivisionError", False)


def test_properties_of_the_device() -> None:
    other = raised("ValueError", "No layer mapping for `X` device `cuda` with the right properties")
    seen = with_norm(refused("RMSNorm", other), together(ORIGINAL))
    assert verdict(seen) == ("not-for-device", "PROPERTIES", True)


def test_from_pretrained_raises_what_set_use_kernels_swallows() -> None:
    config = check().config._replace(way="from_pretrained")
    at_once = together({"RMSNorm": ModuleStates(untouched=5)}, NO_BUILD, "RMSNorm")
    strict = refused("RMSNorm", NO_BUILD, stage="register")
    seen = with_norm(strict, at_once, check=check(config=config))
    assert verdict(seen) == ("rejected", "VARIANT", False)


def test_two_layers_that_raise_are_both_told() -> None:
    silu = refused("SiLU", raised("ValueError", "Kernel repo `x` does not define any layers."))
    at_once = together({"RMSNorm": ModuleStates(untouched=5)}, SIGNATURE, "RMSNorm")
    seen = facts(strict=(refused("RMSNorm", SIGNATURE), silu), together=at_once)
    assert verdict(seen) == ("rejected", "SIGNATURE", False)
    assert verdict(seen, "SiLU") == ("rejected", "NO-LAYERS", False)


def test_two_layers_of_which_the_second_is_swallowed() -> None:
    states = {"RMSNorm": ModuleStates(untouched=5), "SiLU": ModuleStates(untouched=2)}
    at_once = together(states, SIGNATURE, "RMSNorm")
    strict = (refused("RMSNorm", SIGNATURE), refused("SiLU", NO_BUILD))
    seen = facts(strict=strict, together=at_once)
    assert verdict(seen, "SiLU") == ("not-applied", "VARIANT", True)


# What goes well by itself.


def test_another_layer_that_raised_first_is_named() -> None:
    states = {"RMSNorm": ModuleStates(untouched=5), "SiLU": ModuleStates(untouched=2)}
    seen = with_norm(refused("RMSNorm", SIGNATURE), together(states, SIGNATURE, "RMSNorm"))
    found = layer(seen, "SiLU")
    assert (found.verdict, found.reason, found.applied) == ("not-applied", "ABORTED", 0)
    assert found.exception is None
    assert found.message == f"`RMSNorm` raised first: TypeError: {SIGNATURE.message}"


def test_the_modules_before_the_one_that_raised_keep_their_kernel() -> None:
    states = {
        "RMSNorm": ModuleStates(untouched=5),
        "SiLU": ModuleStates(kernel=1, untouched=1, others=("model.layers.1.mlp.act_fn",)),
    }
    seen = with_norm(refused("RMSNorm", SIGNATURE), together(states, SIGNATURE, "RMSNorm"))
    assert verdict(seen, "SiLU") == ("partly-applied", "ABORTED", False)


def test_a_layer_is_found_by_its_exception_where_none_is_named() -> None:
    states = {"RMSNorm": ModuleStates(untouched=5), "SiLU": ModuleStates(untouched=2)}
    seen = with_norm(refused("RMSNorm", SIGNATURE), together(states, SIGNATURE))
    assert verdict(seen, "SiLU") == ("not-applied", "ABORTED", False)


def test_an_exception_that_is_nobody_s_rejects_the_config() -> None:
    states = {name: ModuleStates(untouched=count) for name, count in (("RMSNorm", 5), ("SiLU", 2))}
    strange = raised("RuntimeError", "no")
    seen = facts(together=together(states, strange))
    assert verdict(seen) == ("rejected", "OTHER:RuntimeError", False)


@pytest.mark.parametrize(
    ("exception", "expected"),
    [(NO_VERSION, "rejected"), (NETWORK, "unknown")],
)
def test_a_kernel_of_the_default_mapping_that_raises(
    exception: ExceptionFacts, expected: str
) -> None:
    states = {name: ModuleStates(untouched=count) for name, count in (("RMSNorm", 5), ("SiLU", 2))}
    at_once = together(states, exception, "rotary_pos_emb")
    seen = facts(together=at_once)
    assert verdict(seen) == (expected, "INHERITED", False)
    text = layer(seen).message
    assert text is not None
    assert text.startswith("`rotary_pos_emb`, which is not in the config, raised: ")


def test_no_entry_for_the_device() -> None:
    strict = StrictFacts("RMSNorm", ALL_ORIGINAL["RMSNorm"], entry=False)
    seen = with_norm(strict, together(ORIGINAL))
    assert verdict(seen) == ("not-for-device", "DEVICE", True)
    foreign = together({"RMSNorm": ModuleStates(foreign=5)})
    text = layer(with_norm(strict, foreign)).message
    assert text is not None
    assert text.endswith("a kernel of the default mapping runs instead")


def test_no_entry_for_the_device_is_certain_whatever_else_raises() -> None:
    strict = StrictFacts("RMSNorm", ALL_ORIGINAL["RMSNorm"], entry=False)
    states = {"RMSNorm": ModuleStates(untouched=5), "SiLU": ModuleStates(untouched=2)}
    seen = with_norm(strict, together(states, NETWORK, "rotary_pos_emb"))
    assert verdict(seen) == ("not-for-device", "DEVICE", True)
    assert verdict(seen, "SiLU") == ("unknown", "INHERITED", False)
    assert verdict(seen._replace(together=None)) == ("not-for-device", "DEVICE", True)


def test_a_device_key_that_from_pretrained_drops_does_no_harm_to_the_verdict() -> None:
    assert verdict(with_norm(fine("RMSNorm", entry=False), together())) == APPLIED


@pytest.mark.parametrize(
    ("kernels", "excluded", "expected"),
    [
        (0, 5, ("not-applied", "CONDITION", True)),
        (4, 1, ("partly-applied", "CONDITION", True)),
    ],
)
def test_modules_that_a_condition_excludes(
    kernels: int, excluded: int, expected: tuple[str, str, bool]
) -> None:
    states = ModuleStates(kernel=kernels, untouched=excluded)
    strict = fine("RMSNorm", states=states, excluded=excluded)
    seen = with_norm(strict, together({"RMSNorm": states}))
    assert verdict(seen) == expected
    assert report(seen).confirmed


def test_the_default_mapping_puts_another_kernel_in_its_place() -> None:
    # Its entry for a capability is narrower than one for the device.
    seen = with_norm(fine("RMSNorm"), together({"RMSNorm": ModuleStates(foreign=5)}))
    assert verdict(seen) == ("not-applied", "REPLACED", True)
    seen = with_norm(fine("RMSNorm"), together(ORIGINAL))
    assert verdict(seen) == ("not-applied", "REPLACED", True)
    seen = with_norm(fine("RMSNorm"), together({"RMSNorm": ModuleStates(kernel=4, foreign=1)}))
    assert verdict(seen) == ("partly-applied", "REPLACED", True)


def test_kernelized_for_torch_compile() -> None:
    seen = with_norm(fine("RMSNorm"), together(ORIGINAL), check=check(compiled=True))
    assert verdict(seen) == ("not-applied", "MODE", True)


def test_something_foreign_runs() -> None:
    strict = fine("RMSNorm", states=ModuleStates(kernel=4, foreign=1))
    at_once = together({"RMSNorm": ModuleStates(kernel=4, foreign=1, others=("model.norm",))})
    seen = with_norm(strict, at_once)
    assert verdict(seen) == ("partly-applied", "FOREIGN", True)
    text = layer(seen).message
    assert text is not None
    assert text.endswith("(`model.norm`)")


def test_a_name_on_the_modules_and_not_on_their_class() -> None:
    untouched = ModuleStates(untouched=5)
    strict = StrictFacts("RMSNorm", untouched)
    seen = with_norm(strict, together({"RMSNorm": untouched}))
    assert verdict(seen) == ("not-applied", "LAYER-NOT-IN-MODEL", True)


def test_a_name_without_modules() -> None:
    none = ModuleStates()
    seen = with_norm(StrictFacts("RMSNorm", none), together({"RMSNorm": none}))
    assert verdict(seen) == ("not-applied", "LAYER-NOT-IN-MODEL", True)


def test_what_nothing_explains_is_told_as_such() -> None:
    original = ALL_ORIGINAL["RMSNorm"]
    seen = with_norm(StrictFacts("RMSNorm", original), together(ORIGINAL))
    assert verdict(seen) == ("not-applied", "OTHER:unexplained", True)


def test_two_kernels_with_one_id() -> None:
    here = kernel("SiLU", folder="/norms/build/x", file="/norms/build/x/layers.py")
    there = kernel("RMSNorm", folder="/other/build/x", file="/norms/build/x/layers.py")
    seen = facts(strict=(fine("RMSNorm", kernel=there), fine("SiLU", kernel=here)))
    assert verdict(seen) == ("not-applied", "SAME-ID", True)
    assert layer(seen).applied == 0
    assert verdict(seen, "SiLU") == APPLIED


def test_two_kernels_with_one_id_and_different_layers() -> None:
    lacking = raised("ValueError", "Layer `Norm` not found in kernel repo /other.")
    here = kernel("SiLU", folder="/norms/build/x", file="/norms/build/x/layers.py")
    there = kernel("RMSNorm", folder="/other/build/x", file="/norms/build/x/layers.py")
    own = there._replace(file="/other/build/x/layers.py")
    at_once = together({"RMSNorm": ModuleStates(untouched=5)}, lacking, "RMSNorm")
    for loaded, code in ((there, "SAME-ID"), (own, "LAYER-MISSING")):
        strict = refused("RMSNorm", lacking, stage="load", kernel=loaded)
        seen = facts(strict=(strict, fine("SiLU", kernel=here)), together=at_once)
        assert verdict(seen) == ("rejected", code, False)
        told = layer(seen).message or ""
        assert told.endswith(lacking.message)
        assert ("/norms/build/x/layers.py" in told) == (code == "SAME-ID")


def test_a_kernel_whose_code_is_an_installed_package_is_its_own() -> None:
    there = kernel("RMSNorm", folder="/norms/build/x", file="/site-packages/triton_norms/n.py")
    here = kernel("SiLU", folder="/norms/build/xy", file="/norms/build/xy/layers.py")
    seen = facts(strict=(fine("RMSNorm", kernel=there), fine("SiLU", kernel=here)))
    assert verdict(seen) == APPLIED


# Classes.


def test_a_later_class_with_another_signature() -> None:
    text = "Forward signature of `x` does not match `B`: different number of arguments."
    classes = (ClassFacts("m.A", 4), ClassFacts("m.B", 1, signature=text))
    seen = with_norm(fine("RMSNorm", classes=classes), together())
    assert verdict(seen) == ("wrong-result", "SIGNATURE", True)
    assert layer(seen).message == f"`m.B` (1 modules): {text}"

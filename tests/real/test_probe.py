"""The probe sees what the real libraries do. Needs ``KERNLINT_REAL_PYTHON``."""

from __future__ import annotations

import pytest

from tests.real.cases import CALLS, config_source, norm
from tests.real.conftest import Probe
from tests.real.runner import Outcome, Snippet

GOOD = config_source(norm('"a/b:L"'))
LOCAL = config_source(norm('"@HERE@/local:L"') + ", use_local_kernel=True")
DEVICES = ["cuda", "rocm", "xpu", "npu", "neuron", "tpu", "mps"]
NORMS = [
    "model.layers.0.input_layernorm",
    "model.layers.0.post_attention_layernorm",
    "model.layers.1.input_layernorm",
    "model.layers.1.post_attention_layernorm",
    "model.norm",
]

SNIPPETS = (
    Snippet("set", GOOD, "set_use_kernels"),
    Snippet("load", GOOD, "from_pretrained"),
    Snippet("local", LOCAL, "set_use_kernels"),
    Snippet("local-load", LOCAL, "from_pretrained"),
    Snippet("cpu", GOOD, "set_use_kernels", "cpu"),
    Snippet("construct", "config = 1 / 0", "set_use_kernels"),
    Snippet("trust", config_source(norm('"untrusted/norms:L"')), "from_pretrained"),
    Snippet("layout", config_source(norm('"kernels-community/stateful:StatefulNorm"')),
            "from_pretrained"),
    Snippet("after-layout", "model = type(model).from_pretrained(model_dir)", "source"),
    Snippet("observed", "observed = type(model).__name__", "source"),
    Snippet("dies", "import os\nos._exit(3)", "source"),
    Snippet("train", CALLS["set-use-kernels-then-train"], "source"),
)  # fmt: skip


@pytest.fixture(scope="module")
def outcomes(probe: Probe) -> dict[str, Outcome]:
    return {outcome["id"]: outcome for outcome in probe(SNIPPETS)}


def norms_of(outcome: Outcome) -> dict[str, str]:
    return {path: kernel for path, kernel in outcome["kernels"].items() if "norm" in path}


@pytest.mark.parametrize("name", ["set", "load"])
def test_a_good_config_reaches_every_norm(outcomes: dict[str, Outcome], name: str) -> None:
    assert outcomes[name]["raised"] is None
    assert norms_of(outcomes[name]) == dict.fromkeys(NORMS, "_a_b_v1.layers.L.forward")


def test_a_local_config_brings_no_default_kernels(outcomes: dict[str, Outcome]) -> None:
    assert outcomes["local"]["kernels"] == dict.fromkeys(NORMS, "_local_kernel.layers.L.forward")
    assert outcomes["local"]["applied"] == NORMS


@pytest.mark.parametrize(
    ("name", "raised", "stage", "message"),
    [
        ("local-load", "AttributeError", "create", "'tuple' object has no attribute 'split'"),
        (
            "cpu",
            "ValueError",
            "create",
            f"Only devices in {DEVICES} are supported, got: cpu",
        ),
        ("construct", "ZeroDivisionError", "construct", "division by zero"),
    ],
)
def test_exceptions_come_with_the_step(
    outcomes: dict[str, Outcome], name: str, raised: str, stage: str, message: str
) -> None:
    outcome = outcomes[name]
    assert (outcome["raised"], outcome["stage"], outcome["message"]) == (raised, stage, message)


def test_an_untrusted_publisher_is_refused(outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes["trust"]
    assert (outcome["raised"], outcome["stage"]) == ("ValueError", "load")
    assert "is not from a trusted publisher" in outcome["message"]


def test_snippets_do_not_disturb_each_other(outcomes: dict[str, Outcome]) -> None:
    kernel = "_kernels_community_stateful_v1.layers.StatefulNorm.forward"
    assert norms_of(outcomes["layout"]) == dict.fromkeys(NORMS, kernel)
    assert (outcomes["after-layout"]["raised"], outcomes["after-layout"]["applied"]) == (None, [])


def test_a_fallback_does_not_count_as_applied(outcomes: dict[str, Outcome]) -> None:
    assert (outcomes["train"]["raised"], norms_of(outcomes["train"])) == (None, {})


def test_what_a_snippet_observes_comes_back(outcomes: dict[str, Outcome]) -> None:
    assert outcomes["observed"]["observed"] == "LlamaForCausalLM"


def test_a_snippet_that_dies_costs_only_itself(outcomes: dict[str, Outcome]) -> None:
    assert outcomes["dies"]["raised"] == "Died"
    assert [outcome["id"] for outcome in outcomes.values()] == [snippet.id for snippet in SNIPPETS]

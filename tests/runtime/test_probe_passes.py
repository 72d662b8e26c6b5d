"""What the real libraries do with a config, as the probe tells it, with a simulated CUDA."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runtime.kernels import LocalKernel, files, layer, write
from tests.runtime.probing import Event, Seen, Task, config, job, run_probes, write_model

pytestmark = pytest.mark.slow

LLAMA = "transformers.models.llama.modeling_llama"
ALL_NORMS = {"kernel": 5, "original": 0, "untouched": 0, "foreign": 0, "others": []}

LAYOUT = """

class StatefulLayout(nn.Module):
    def __init__(self, hidden_size, eps=1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(hidden_size))
        self.variance_epsilon = eps
"""

FUSED_LAYOUT = """

class FusedLayout(nn.Module):
    def __init__(self, norm, mlp):
        super().__init__()
        self.norm, self.mlp = norm, mlp
"""

USER_CODE = """
import sys

import kernels
from torch import nn
from transformers import KernelConfig, LlamaConfig, LlamaForCausalLM

import beside_it

assert "events" not in sys.modules
SETTINGS = dict(hidden_size=8, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
    num_key_value_heads=1, vocab_size=16)
a_config = LlamaConfig(**SETTINGS, quantization_config={"quant_method": "fp8"})


def make_config():
    return LlamaConfig(**SETTINGS)


def make_model():
    return LlamaForCausalLM(make_config())


a_model = make_model()
not_a_model = 3


def Named(name):
    return kernels.use_kernel_forward_from_hub(name)


@Named("RMSNorm")
class OneArgument(nn.Module):
    def forward(self, x):
        return x


@Named("RMSNorm")
class TwoArguments(nn.Module):
    def forward(self, x, residual):
        return x


class Derived(OneArgument):
    def forward(self, hidden_states):
        return hidden_states + 1


class Unused(OneArgument):
    kernel_condition = staticmethod(lambda module: False)


class OneFirst(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(2, 2), OneArgument(), TwoArguments(), Derived(), Unused())


class TwoFirst(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(2, 2), TwoArguments(), OneArgument())


def make_kernel_config():
    return {"RMSNorm": "KERNEL"}


kernel_config = KernelConfig({"SiLU": {"xpu": "KERNEL"}}, use_local_kernel=True)
"""

#: Kernels that bring the state of their layer along, as a class of their own.
WITH_LAYOUT = {
    "stateful": layer(name="Stateful") + LAYOUT,
    "broken": layer(name="Broken")
    + LAYOUT.replace("Stateful", "Broken").replace("eps=1e-6", "wrong_argument"),
    "fused": layer("return self.mlp(self.norm(hidden_states))", name="Fused") + FUSED_LAYOUT,
}


def write_with_layout(folder: Path) -> str:
    """Write the kernels with a layout; a value of ``LOCAL_KERNELS`` for them."""
    for name, source in WITH_LAYOUT.items():
        build = folder / name / "build" / "torch-universal"
        build.mkdir(parents=True)
        for file, content in files(LocalKernel(source), f"_{name}_1").items():
            (build / file).write_text(content, encoding="utf-8")
    return ":".join(f"org/{name}={folder / name}" for name in WITH_LAYOUT)


@pytest.fixture(scope="module")
def seen(real_python: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    """Every job of this file, done in one go."""
    work = tmp_path_factory.mktemp("passes")
    model = write_model(work / "llama")
    text = {
        name: write(work, name)
        for name in ("good", "silu", "signature-count", "import-fails", "system-exit")
    }
    text["no-backward"] = write(work, "no-backward")
    first, second = (write(work, "good", identity="_same_1", to=name) for name in ("one", "two"))
    write(work, "layer-missing", identity="_same_2", to="three")
    four = write(work, "silu", identity="_same_2", to="four")
    hub = {"LOCAL_KERNELS": f"org/good={work / 'good'}:{write_with_layout(work)}"}
    good = ("org/good:Layer", {"revision": "main"})
    layered, broken, fused = (
        (f"org/{name}:{name.capitalize()}", {"revision": "main"}) for name in WITH_LAYOUT
    )
    both = (("RMSNorm", "model.layers.*.post_attention_layernorm"), ("MLP", "model.layers.*.mlp"))
    (work / "events.py").write_text("raise RuntimeError('of the user')\n", encoding="utf-8")
    (work / "beside_it.py").write_text("", encoding="utf-8")
    user = work / "user_code.py"
    user.write_text(USER_CODE.replace("KERNEL", text["good"]), encoding="utf-8")

    def loading(mapping: object, *, inherit: bool = False, **changes: object) -> Task:
        local = changes.pop("local", False)
        kernels = config(mapping, local=bool(local), inherit=inherit)
        return Task(job(model, kernels, way="from_pretrained", **changes), variables=hub)

    def of_user(attribute: str, kernels: Event) -> Task:
        return Task(job(f"user_code:{attribute}", kernels), folder=work)

    norm = config({"RMSNorm": text["good"]})
    tasks = {
        "applied": Task(job(model, config({"RMSNorm": text["good"], "SiLU": text["silu"]}))),
        "rejected": Task(
            job(
                model,
                config({"RMSNorm": text["signature-count"], "SiLU": text["import-fails"]}),
            )
        ),
        "exits": Task(job(model, config({"RMSNorm": text["system-exit"], "SiLU": text["silu"]}))),
        "other-device": Task(job(model, config({"RMSNorm": {"xpu": text["good"]}}))),
        "training": Task(
            job(model, config({"RMSNorm": text["no-backward"]}), mode="training"),
        ),
        "compiled": Task(job(model, norm, compiled=True)),
        "same-identity": Task(job(model, config({"RMSNorm": first, "SiLU": second}))),
        "same-identity-other-layer": Task(
            job(model, config({"RMSNorm": f"{work / 'three'}:Other", "SiLU": four})),
        ),
        "pair-of-local": Task(job(model, config({"RMSNorm": (text["good"], {"version": 1})}))),
        "list": Task(job(model, config([text["good"]]))),
        "inherits": Task(
            job(model, config({"RMSNorm": good}, local=False), skip=[["strict", "RMSNorm"]]),
            variables=hub,
        ),
        "loaded": loading({"RMSNorm": {"xpu": good}}),
        "loaded-training": loading({"RMSNorm": good}, mode="training"),
        "loaded-local": loading({"RMSNorm": text["good"]}, local=True),
        "loaded-layout": loading({"LlamaRMSNorm": layered, "RMSNorm": good}),
        "loaded-layout-alone": loading({"LlamaRMSNorm": layered}),
        "loaded-layout-broken": loading({"LlamaRMSNorm": broken, "RMSNorm": good}),
        "loaded-fused": loading({both: fused, "SiLU": good}),
        "of-file": Task(job(f"{user}:make_model", norm)),
        "of-config": of_user("a_config", norm),
        "of-config-call": of_user("make_config", norm),
        "of-model": of_user("a_model", norm),
        "of-nothing": of_user("not_a_model", norm),
        "one-first": of_user("OneFirst", norm),
        "two-first": of_user("TwoFirst", norm),
        "config-of-user": of_user("make_config", {"attribute": "user_code:kernel_config"}),
        "config-call": of_user(
            "make_config",
            {"attribute": "user_code:make_kernel_config", "use_local_kernel": True},
        ),
        "config-missing": of_user("make_config", {"attribute": "user_code:no_config"}),
        "skipped": Task(job(model, norm, skip=[["strict", "RMSNorm"], ["together", None]])),
    }
    return run_probes(real_python, work, tasks, simulated=True)


def test_every_process_gets_to_its_end(seen: dict[str, Seen]) -> None:
    for name, events in seen.items():
        assert events.events[-1]["event"] == "done", name
        assert events.events[-1]["peak_memory"] > 100 << 20


def test_a_kernel_is_applied(seen: dict[str, Seen], tmp_path_factory: object) -> None:
    found = seen["applied"]
    assert found.only("environment")["device"] == "cuda"
    assert found.only("environment")["capability"] == "9.0"
    assert found.only("model")["registered"] == {"RMSNorm": 5, "SiLU": 2, "rotary_pos_emb": 1}
    assert found.only("config")["layers"] == ["RMSNorm", "SiLU"]
    strict = found.strict("RMSNorm")
    assert strict["states"] == ALL_NORMS
    assert strict["exception"] is None
    assert not strict["predicted"]
    [cls] = strict["classes"]
    assert cls == {
        "name": f"{LLAMA}.LlamaRMSNorm",
        "modules": 5,
        "signature": None,
        "renamed": [],
        "inherited": None,
    }
    kernel = strict["kernel"]
    assert kernel["variant"] == "torch-universal"
    assert kernel["file"] == f"{kernel['repository']}/build/torch-universal/layers.py"
    assert kernel["folder"] == f"{kernel['repository']}/build/torch-universal"
    assert kernel["layer"] == "Layer"
    assert found.strict("SiLU")["states"]["kernel"] == 2
    together = found.only("together")
    assert {name: states["kernel"] for name, states in together["states"].items()} == {
        "RMSNorm": 5,
        "SiLU": 2,
    }
    assert together["exception"] is None
    assert together["inherited"] == {}


def test_an_exception_is_recorded_with_its_step_and_layer(seen: dict[str, Seen]) -> None:
    strict = seen["rejected"].strict("RMSNorm")
    assert strict["stage"] == "kernelize"
    assert strict["exception"]["mro"][:2] == ["TypeError", "Exception"]
    message = strict["exception"]["message"]
    assert message.startswith("Forward signature of `/")
    assert message.endswith("does not match `LlamaRMSNorm`: different number of arguments.")
    assert [cls["signature"] for cls in strict["classes"]] == [message]
    assert strict["kernel"]["layer"] == "Layer"
    assert strict["states"]["untouched"] == 5

    strict = seen["rejected"].strict("SiLU")
    assert strict["stage"] == "load"
    assert strict["exception"]["type"] == "ModuleNotFoundError"
    assert strict["exception"]["notes"][0].startswith("while importing kernel 'test', variant 'tor")
    assert strict["exception"]["frames"][-1].endswith("layers.py:3 <module>")
    assert strict["kernel"] is None

    # In the order of the modules: an activation comes before the norm behind it.
    together = seen["rejected"].only("together")
    assert together["exception"]["message"] == strict["exception"]["message"]
    assert together["culprit"] == "SiLU"
    assert together["states"]["RMSNorm"]["kernel"] == 0


def test_a_kernel_that_exits_is_an_exception_like_any(seen: dict[str, Seen]) -> None:
    strict = seen["exits"].strict("RMSNorm")
    assert (strict["stage"], strict["exception"]["type"]) == ("load", "SystemExit")
    assert seen["exits"].strict("SiLU")["states"]["kernel"] == 2
    assert seen["exits"].only("together")["exception"]["type"] == "SystemExit"
    assert seen["exits"].only("together")["culprit"] == "RMSNorm"


def test_an_entry_for_another_device_applies_nothing_and_raises_nothing(
    seen: dict[str, Seen],
) -> None:
    strict = seen["other-device"].strict("RMSNorm")
    assert strict["entry"] is False
    assert strict["exception"] is None
    assert strict["states"]["untouched"] == 5
    together = seen["other-device"].only("together")
    assert together["exception"] is None
    assert together["states"]["RMSNorm"]["original"] == 5


def test_a_kernel_without_backward_is_not_for_training(seen: dict[str, Seen]) -> None:
    strict = seen["training"].strict("RMSNorm")
    assert strict["exception"]["message"].startswith("Function/layer from repo `/")
    assert "does not support backward" in strict["exception"]["message"]
    assert strict["kernel"]["backward"] is False
    assert seen["training"].only("together")["culprit"] == "RMSNorm"


def test_set_use_kernels_has_no_mapping_for_compiled_models(seen: dict[str, Seen]) -> None:
    exception = seen["compiled"].strict("RMSNorm")["exception"]
    assert exception["type"] == "ValueError"
    assert exception["message"].startswith("No repository for `RMSNorm` for configuration mode=")
    together = seen["compiled"].only("together")
    assert together["exception"] is None
    assert together["states"]["RMSNorm"]["original"] == 5


def test_two_kernels_of_one_identity_show_by_their_files(seen: dict[str, Seen]) -> None:
    first = seen["same-identity"].strict("RMSNorm")["kernel"]
    second = seen["same-identity"].strict("SiLU")["kernel"]
    assert first["file"] == f"{first['folder']}/layers.py"
    assert second["folder"] == f"{second['repository']}/build/torch-universal"
    assert second["file"] == first["file"]


def test_a_layer_that_the_other_kernel_of_its_identity_lacks(seen: dict[str, Seen]) -> None:
    found = seen["same-identity-other-layer"]
    first, second = (found.strict(name) for name in ("RMSNorm", "SiLU"))
    assert first["exception"] is None
    assert second["stage"] == "load"
    assert second["exception"]["message"].startswith("Layer `Layer` not found in kernel repo")
    kernel = second["kernel"]
    assert kernel["folder"] == f"{kernel['repository']}/build/torch-universal"
    assert kernel["file"] == first["kernel"]["file"]
    assert (kernel["layer"], kernel["compiles"], kernel["backward"]) == ("Layer", None, None)


def test_what_raises_without_a_kernel_is_recorded_as_it_is(seen: dict[str, Seen]) -> None:
    strict = seen["pair-of-local"].strict("RMSNorm")
    assert strict["stage"] == "create"
    assert strict["exception"]["message"] == "'tuple' object has no attribute 'split'"
    assert seen["pair-of-local"].only("together")["culprit"] == "RMSNorm"
    assert seen["list"].only("config")["layers"] == []
    exception = seen["list"].only("together")["exception"]
    assert exception["message"].startswith("Kernel mapping must be a dict")


def test_an_inherited_kernel_that_cannot_be_loaded_is_the_culprit(seen: dict[str, Seen]) -> None:
    together = seen["inherits"].only("together")
    assert together["culprit"] == "rotary_pos_emb"
    assert "kernels-community/rotary" in together["exception"]["message"]
    assert not any(event["event"] == "strict" for event in seen["inherits"].events)


def test_from_pretrained_ignores_the_device_of_an_entry(seen: dict[str, Seen]) -> None:
    strict = seen["loaded"].strict("RMSNorm")
    assert (strict["exception"], strict["states"]) == (None, ALL_NORMS)
    assert strict["kernel"]["repository"] == "org/good"
    assert strict["kernel"]["folder"].endswith("/good/build/torch-universal")
    assert seen["loaded"].only("together")["states"]["RMSNorm"]["kernel"] == 5


def test_a_kernel_of_from_pretrained_is_lost_in_training(seen: dict[str, Seen]) -> None:
    exception = seen["loaded-training"].strict("RMSNorm")["exception"]
    assert exception["message"].startswith("No repository for `RMSNorm` for configuration mode=")
    together = seen["loaded-training"].only("together")
    assert together["exception"] is None
    assert together["states"]["RMSNorm"]["original"] == 5


def test_from_pretrained_cannot_take_a_local_kernel(seen: dict[str, Seen]) -> None:
    strict = seen["loaded-local"].strict("RMSNorm")
    assert strict["stage"] == "create"
    assert strict["exception"]["message"] == "'tuple' object has no attribute 'split'"
    exception = seen["loaded-local"].only("together")["exception"]
    assert exception["message"] == strict["exception"]["message"]


def test_a_kernel_with_a_layout_replaces_classes_for_its_own_check_alone(
    seen: dict[str, Seen],
) -> None:
    both = seen["loaded-layout"]
    stateful = both.strict("LlamaRMSNorm")
    assert (stateful["exception"], stateful["states"]) == (None, ALL_NORMS)
    [cls] = stateful["classes"]
    assert cls["name"].endswith(".StatefulLayout")
    stateless = both.strict("RMSNorm")
    assert (stateless["exception"], stateless["states"]) == (None, ALL_NORMS)
    assert stateless["classes"][0]["name"] == f"{LLAMA}.LlamaRMSNorm"
    # Together, no module is left that is named RMSNorm.
    assert both.only("together")["culprit"] == "RMSNorm"
    alone = seen["loaded-layout-alone"].only("together")
    assert (alone["exception"], alone["states"]) == (None, {"LlamaRMSNorm": ALL_NORMS})


def test_a_layout_that_cannot_be_built_leaves_nothing_behind(seen: dict[str, Seen]) -> None:
    strict = seen["loaded-layout-broken"].strict("LlamaRMSNorm")
    assert strict["exception"]["type"] == "TypeError"
    assert "BrokenLayout.__init__()" in strict["exception"]["message"]
    assert strict["states"]["kernel"] == 0
    strict = seen["loaded-layout-broken"].strict("RMSNorm")
    assert (strict["exception"], strict["states"]) == (None, ALL_NORMS)
    assert strict["classes"][0]["name"] == f"{LLAMA}.LlamaRMSNorm"


def test_a_fused_kernel_is_found_under_its_own_name(seen: dict[str, Seen]) -> None:
    fused, silu = seen["loaded-fused"].only("config")["layers"]
    assert fused.startswith("(('RMSNorm', 'model.layers.*.post_attention_layernorm'),")
    strict = seen["loaded-fused"].strict(fused)
    assert (strict["exception"], strict["states"]["kernel"]) == (None, 2)
    assert strict["kernel"]["repository"] == "org/fused"
    together = seen["loaded-fused"].only("together")["states"]
    assert {name: states["kernel"] for name, states in together.items()} == {fused: 2, silu: 2}


@pytest.mark.parametrize("name", ["of-file", "of-config", "of-config-call", "of-model"])
def test_a_model_of_the_user_is_built(seen: dict[str, Seen], name: str) -> None:
    model = seen[name].only("model")
    assert (model["name"], model["registered"]["RMSNorm"]) == ("LlamaForCausalLM", 3)
    assert seen[name].strict("RMSNorm")["states"]["kernel"] == 3
    assert seen[name].only("together")["states"]["RMSNorm"]["kernel"] == 3
    assert ("quantization_config" in str(model["notes"])) is (name == "of-config")


def test_what_is_no_model_is_a_failure_of_the_model(seen: dict[str, Seen]) -> None:
    exception = seen["of-nothing"].failed("model")
    assert exception["type"] == "TypeError"
    assert exception["message"].startswith("user_code:not_a_model is a int; it has to be a module")
    assert seen["of-nothing"].only("config")["layers"] == ["RMSNorm"]
    assert not seen["of-nothing"].has("strict")


def test_every_class_of_a_name_is_compared(seen: dict[str, Seen]) -> None:
    strict = seen["one-first"].strict("RMSNorm")
    # kernels compares the first class alone, and so goes through with the others.
    assert strict["exception"] is None
    assert strict["states"]["kernel"] == 3
    assert (strict["excluded"], strict["states"]["untouched"]) == (1, 1)
    one, two, derived = strict["classes"]
    assert (one["signature"], one["renamed"]) == (None, [["x", "hidden_states"]])
    assert two["signature"].endswith("`TwoArguments`: different number of arguments.")
    assert (derived["inherited"], derived["renamed"]) == ("user_code.OneArgument", [])

    strict = seen["two-first"].strict("RMSNorm")
    assert strict["exception"]["type"] == "TypeError"
    assert strict["classes"][0]["signature"] == strict["exception"]["message"]
    assert strict["classes"][1]["signature"] is None


def test_a_module_that_is_none_of_transformers_has_no_way_to_take_a_config(
    seen: dict[str, Seen],
) -> None:
    exception = seen["one-first"].failed("together")
    assert exception["message"] == "'OneFirst' object has no attribute 'set_use_kernels'"


def test_a_config_of_the_user_is_used(seen: dict[str, Seen]) -> None:
    config_event = seen["config-of-user"].only("config")
    assert config_event["layers"] == ["SiLU"]
    assert config_event["file"].endswith("/user_code.py")
    assert seen["config-of-user"].strict("SiLU")["entry"] is False
    assert seen["config-call"].strict("RMSNorm")["states"]["kernel"] == 3
    assert seen["config-missing"].failed("strict")["type"] == "AttributeError"
    assert seen["config-missing"].has("model")
    assert not seen["config-missing"].has("together")


def test_steps_that_are_skipped_are_not_begun(seen: dict[str, Seen]) -> None:
    kinds = [event["event"] for event in seen["skipped"].events]
    assert kinds == ["start", "environment", "start", "model", "start", "config", "done"]

"""What kernels really do on a model that runs, on the CPU in the place of a simulated CUDA."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.runtime.kernels import LAYER, NORM, LocalKernel, files, layer, write
from tests.runtime.probing import Event, Seen, Task, config, job, run_probes, write_model

pytestmark = pytest.mark.slow

PRECISIONS = ("float32", "bfloat16", "float16")
MODES = ("inference", "training")

WIDE = """
dtype = hidden_states.dtype
wide = hidden_states.float()
wide = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.variance_epsilon)
return (wide * self.weight.float()).to(dtype)
"""

ROTARY = """
half = q.shape[-1] // 2
cos, sin = cos.unsqueeze(unsqueeze_dim), sin.unsqueeze(unsqueeze_dim)

def rotate(x):
    turned = torch.cat((-x[..., half:], x[..., :half]), dim=-1)
    return x * cos + turned * sin

return rotate(q), rotate(k)
"""

#: As if the elements came one after the other in memory, which those of a transposed view do not.
CONTIGUOUS = """
q = q.as_strided((q.numel(),), (1,)).view(q.shape)
k = k.as_strided((k.numel(),), (1,)).view(k.shape)
"""

CONVOLUTION = """
import torch.nn.functional as F
length = hidden_states.shape[-1]
found = F.conv1d(hidden_states.to(weight.dtype), weight.unsqueeze(1), bias,
                 padding=weight.shape[-1] - 1, groups=hidden_states.shape[1])
found = found[..., :length].to(hidden_states.dtype)
return F.silu(found) if activation == "silu" else found
"""

#: A class that replaces that of the model, with from_pretrained.
LAYOUT = """

class LayerLayout(nn.Module):
    def __init__(self, hidden_size, eps=1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(hidden_size))
        self.variance_epsilon = eps
"""

ROTATED = "self, q, k, cos, sin, unsqueeze_dim=1"
CONVOLVED = "self, hidden_states, weight, bias=None, activation=None, **kwargs"

MORE = {
    "wide": LocalKernel(layer(WIDE)),
    "rotary": LocalKernel(layer(ROTARY, arguments=ROTATED)),
    "rotary-contiguous": LocalKernel(layer(CONTIGUOUS + ROTARY, arguments=ROTATED)),
    "rotary-one-result": LocalKernel(layer(ROTARY.replace(", rotate(k)", ""), arguments=ROTATED)),
    "rotary-no-grad": LocalKernel(
        layer("with torch.no_grad():\n" + textwrap.indent(ROTARY, "    "), arguments=ROTATED)
    ),
    "layout": LocalKernel(layer(NORM) + LAYOUT),
    "float64": LocalKernel(layer(textwrap.dedent(NORM).rstrip() + ".double()\n")),
    "transposed": LocalKernel(layer(textwrap.dedent(NORM).rstrip() + ".transpose(0, 1)\n")),
    "writes-weight": LocalKernel(
        layer("with torch.no_grad():\n    self.weight.mul_(1.01)\n" + textwrap.dedent(NORM))
    ),
    "exits": LocalKernel(layer("raise SystemExit(0)\n")),
    "gelu": LocalKernel(layer("return nn.functional.gelu(input)\n", arguments="self, input")),
    "gelu-tanh": LocalKernel(
        layer('return nn.functional.gelu(input, approximate="tanh")\n', arguments="self, input")
    ),
    "convolution": LocalKernel(layer(CONVOLUTION, arguments=CONVOLVED)),
    "convolution-renamed": LocalKernel(
        layer(CONVOLUTION, arguments=CONVOLVED).replace("activation", "act")
    ),
    "quick-gelu": LocalKernel(
        layer("return input * torch.sigmoid(1.702 * input)\n", arguments="self, input")
    ),
}


class World(NamedTuple):
    """What the jobs of this module saw, by their names."""

    seen: dict[str, Seen]

    def numerics(self, name: str, of: str = "RMSNorm") -> Event:
        return self._one(name, "numerics", of)

    def execution(self, name: str, of: str = "RMSNorm") -> Event:
        return self._one(name, "execution", of)

    def kinds(self, name: str, of: str = "RMSNorm") -> set[str]:
        return {mismatch["kind"] for mismatch in self.numerics(name, of)["mismatches"]}

    def _one(self, name: str, kind: str, of: str) -> Event:
        events = self.seen[name].events
        [event] = [e for e in events if e["event"] == kind and e["name"] == of]
        return event


def write_more(folder: Path, name: str) -> str:
    """Write one of the kernels of this module; the text for a mapping."""
    build = folder / name / "build" / MORE[name].variant
    build.mkdir(parents=True)
    for file, content in files(MORE[name], f"_{name.replace('-', '_')}_1").items():
        (build / file).write_text(content, encoding="utf-8")
    return f"{folder / name}:{LAYER}"


LLAMA = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "num_hidden_layers": 3,
    "vocab_size": 2000,
}

RIGHT = tuple(
    (precision, mode, name)
    for precision, mode in (
        ("float32", "training"),
        ("bfloat16", "inference"),
        ("bfloat16", "training"),
        ("float16", "inference"),
    )
    for name in ("good", "wide")
)
WRONG = (
    "raises-when-called",
    "missing-attribute",
    "ignores-weight",
    "no-gradient",
    "wrong-gradient",
)
WRONG_ROTARY = ("rotary-contiguous", "rotary-one-result", "rotary-no-grad")
WRONG_FORM = ("float64", "transposed", "writes-weight", "exits")
OF_OTHER_TESTS = (
    *WRONG,
    "good",
    "silu",
    "biased",
    "mutates",
    "wrong-epsilon",
    "renamed-argument",
    "crash-when-called",
)


def loading(model: Path, texts: dict[str, str], mapping: dict[str, str]) -> Task:
    """A job for ``from_pretrained``; local kernels pass as those of a Hub, with a path it takes."""
    folders = {kernel: texts[kernel].rpartition(":")[0] for kernel in mapping.values()}
    local = ":".join(f"org/{kernel}={folder}" for kernel, folder in folders.items())
    values = {
        name: (f"org/{kernel}:{LAYER}", {"revision": "main"}) for name, kernel in mapping.items()
    }
    wanted = job(
        model,
        config(values, local=False, inherit=False),
        way="from_pretrained",
        execute=True,
        numerics=True,
    )
    return Task(wanted, variables={"LOCAL_KERNELS": local})


@pytest.fixture(scope="module")
def world(real_python: str, tmp_path_factory: pytest.TempPathFactory) -> World:
    work = tmp_path_factory.mktemp("numerics")
    texts = {name: write(work / "kernels", name) for name in OF_OTHER_TESTS}
    texts |= {name: write_more(work / "kernels", name) for name in MORE}
    models = {
        precision: write_model(work / precision, dtype=precision, **LLAMA)
        for precision in PRECISIONS
    }
    models["large"] = write_model(work / "large", dtype="bfloat16", initializer_range=1.0, **LLAMA)

    def task(model: Any, mapping: dict[str, str], mode: str, **changes: object) -> Task:
        kernels = {name: texts[kernel] for name, kernel in mapping.items()}
        wanted = {"mode": mode, "execute": True, "numerics": True} | changes
        return Task(job(model, config(kernels), **wanted))

    tasks = {}
    for precision, mode, name in RIGHT:
        mapping = {"RMSNorm": name, "SiLU": "silu", "rotary_pos_emb": "rotary"}
        tasks[f"{name} {precision} {mode}"] = task(models[precision], mapping, mode)
    for mode in MODES:
        for name in WRONG:
            mapping = {"RMSNorm": name, "SiLU": "silu"}
            tasks[f"{name} {mode}"] = task(models["bfloat16"], mapping, mode)
    for name in WRONG_ROTARY:
        tasks[name] = task(models["float32"], {"rotary_pos_emb": name}, "training")
    for name in WRONG_FORM:
        tasks[name] = task(models["float32"], {"RMSNorm": name}, "inference")
    for precision in PRECISIONS:
        tasks[f"biased {precision}"] = task(models[precision], {"RMSNorm": "biased"}, "inference")
    tasks["mutates"] = task(models["bfloat16"], {"RMSNorm": "mutates"}, "inference")
    tasks["mutates training"] = task(models["float32"], {"RMSNorm": "mutates"}, "training")
    tasks["small"] = task(models["large"], {"RMSNorm": "wrong-epsilon"}, "inference")
    tasks["layout"] = loading(models["float32"], texts, {"LlamaRMSNorm": "layout", "SiLU": "silu"})
    crashing = {"RMSNorm": "crash-when-called", "SiLU": "silu"}
    tasks["crash"] = task(models["float32"], crashing, "inference")
    skip = [["execute", "RMSNorm"], ["numerics", "RMSNorm"]]
    tasks["after the crash"] = task(models["float32"], crashing, "inference", skip=skip)
    (work / "own.py").write_text(textwrap.dedent(OWN), encoding="utf-8")
    for name, attribute, mapping, mode in OF_OTHERS:
        tasks[name] = task(f"{work / 'own.py'}:{attribute}", mapping, mode)
    return World(run_probes(real_python, work / "jobs", tasks, simulated=True))


@pytest.mark.parametrize(("precision", "mode", "name"), RIGHT)
def test_no_false_alarm(world: World, precision: str, mode: str, name: str) -> None:
    job_name = f"{name} {precision} {mode}"
    assert not world.seen[job_name].has("failed")
    # One layer is left of three; a function is one object, however many modules call it.
    for of, modules in (("RMSNorm", 3), ("SiLU", 1), ("rotary_pos_emb", 1)):
        found = world.numerics(job_name, of)
        assert found["mismatches"] == []
        assert (found["checked"], found["skipped"]) == (modules, 0)
        assert found["relative_error"] < 5e-3
        assert found["speedup"] is None
        ran = world.execution(job_name, of)
        assert (ran["called"], ran["ran"], ran["exception"]) == (modules, modules, None)
        assert ran["backward"] is (True if mode == "training" else None)
        assert ran["device"] == "cpu"


def test_a_kernel_that_is_the_original_makes_no_error(world: World) -> None:
    assert world.numerics("good bfloat16 inference")["max_abs_error"] == 0.0


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_kernel_that_adds_a_hundredth(world: World, precision: str) -> None:
    name = f"biased {precision}"
    assert world.kinds(name) == {"output"}
    found = world.numerics(name)
    assert {mismatch["module"] for mismatch in found["mismatches"]} == {
        "model.layers.0.input_layernorm",
        "model.layers.0.post_attention_layernorm",
        "model.norm",
    }
    assert found["max_abs_error"] == pytest.approx(1e-2, rel=0.7)
    assert world.execution(name)["ran"] == 3


@pytest.mark.parametrize("mode", MODES)
def test_a_kernel_that_ignores_the_weight(world: World, mode: str) -> None:
    kinds = world.kinds(f"ignores-weight {mode}")
    assert "output" in kinds
    if mode == "training":
        assert "no-gradient" in kinds


def test_a_wrong_epsilon_is_found_on_small_inputs(world: World) -> None:
    found = world.numerics("small")["mismatches"]
    first = [mismatch for mismatch in found if mismatch["module"].endswith("0.input_layernorm")]
    assert [mismatch["kind"] for mismatch in first] == ["output"]
    assert first[0]["detail"].endswith("(bfloat16, inputs times 0.01)")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("raises-when-called", "RuntimeError: no kernel image"),
        ("missing-attribute", "AttributeError: 'LlamaRMSNorm' object has no attribute 'eps'"),
    ],
)
def test_a_kernel_that_raises(world: World, name: str, message: str, mode: str) -> None:
    job_name = f"{name} {mode}"
    assert world.kinds(job_name) == {"error"}
    found = world.numerics(job_name)
    assert found["max_abs_error"] is None
    assert found["mismatches"][0]["detail"] == f"{message} (bfloat16)"
    ran = world.execution(job_name)
    assert f"{ran['exception']['type']}: {ran['exception']['message']}" == message
    assert (ran["called"], ran["ran"]) == (1, 1)
    # The other layers are tried all the same.
    other = world.execution(job_name, "SiLU")
    assert (other["called"], other["ran"], other["exception"]) == (1, 1, None)
    assert world.numerics(job_name, "SiLU")["mismatches"] == []


def test_a_kernel_that_ends_the_program(world: World) -> None:
    seen = world.seen["exits"]
    assert world.execution("exits")["exception"]["type"] == "SystemExit"
    assert world.kinds("exits") == {"error"}
    assert seen.events[-1]["event"] == "done"


def test_a_kernel_without_gradients(world: World) -> None:
    assert world.kinds("no-gradient inference") == set()
    assert world.kinds("no-gradient training") == {"no-gradient"}
    details = {m["detail"] for m in world.numerics("no-gradient training")["mismatches"]}
    assert details == {"no gradient of hidden_states (bfloat16)"}
    assert world.execution("no-gradient training")["backward"] is False
    assert world.kinds("rotary-no-grad", "rotary_pos_emb") == {"no-gradient"}
    assert world.execution("rotary-no-grad", "rotary_pos_emb")["backward"] is False


def test_a_kernel_with_wrong_gradients(world: World) -> None:
    assert world.kinds("wrong-gradient inference") == set()
    assert world.kinds("wrong-gradient training") == {"gradient"}
    assert world.execution("wrong-gradient training")["backward"] is True


def test_a_kernel_that_writes_to_its_inputs(world: World) -> None:
    assert world.kinds("mutates") == {"mutation"}
    for mismatch in world.numerics("mutates")["mismatches"]:
        assert mismatch["detail"] == "hidden_states is written to (bfloat16)"
    # In 32 bits the float() of the kernel is no copy, and autograd minds.
    assert world.kinds("mutates training") == {"error"}
    assert "inplace operation" in world.execution("mutates training")["exception"]["message"]
    assert world.kinds("writes-weight") >= {"mutation"}


def test_a_kernel_that_takes_its_inputs_for_contiguous(world: World) -> None:
    name = "rotary-contiguous"
    assert "output" in world.kinds(name, "rotary_pos_emb")
    found = world.numerics(name, "rotary_pos_emb")
    assert (found["checked"], found["mismatches"][0]["module"]) == (
        1,
        "model.layers.0.self_attn.rotary_pos_emb",
    )
    assert "result " in found["mismatches"][0]["detail"]


def test_results_of_another_form(world: World) -> None:
    assert world.kinds("float64") == {"dtype"}
    detail = world.numerics("float64")["mismatches"][0]["detail"]
    assert detail == "the result is float64 instead of float32 (float32)"
    assert world.kinds("transposed") == {"shape"}
    assert "(13, 2, 64) instead of (2, 13, 64)" in str(world.numerics("transposed"))
    assert world.kinds("rotary-one-result", "rotary_pos_emb") == {"shape"}
    ran = world.execution("rotary-one-result", "rotary_pos_emb")
    assert ran["exception"]["type"] == "ValueError"  # raised by the model, because of the kernel


OWN = """
    import torch
    import transformers
    from torch import nn

    small = dict(hidden_size=32, intermediate_size=64, num_attention_heads=4, vocab_size=2000)

    vit = transformers.ViTConfig(
        hidden_size=32, intermediate_size=64, num_attention_heads=4, num_hidden_layers=4,
        image_size=32, patch_size=8, architectures=["ViTForImageClassification"],
    )
    t5 = transformers.T5Config(
        d_model=32, d_kv=8, d_ff=64, num_heads=4, num_layers=3, vocab_size=2000,
        feed_forward_proj="gelu", architectures=["T5ForConditionalGeneration"],
    )
    moe = transformers.Qwen3MoeConfig(
        **small, num_key_value_heads=2, head_dim=8, num_hidden_layers=4, num_experts=8,
        num_experts_per_tok=2, moe_intermediate_size=16, architectures=["Qwen3MoeForCausalLM"],
    )
    jamba = transformers.JambaConfig(
        **small, num_key_value_heads=2, num_hidden_layers=16, num_experts=4, mamba_d_state=4,
        mamba_dt_rank=4, architectures=["JambaForCausalLM"], use_mamba_kernels=False,
    )
    mamba2 = transformers.Mamba2Config(
        hidden_size=32, num_heads=8, head_dim=8, state_size=8, n_groups=2, num_hidden_layers=3,
        vocab_size=2000, chunk_size=8, architectures=["Mamba2ForCausalLM"],
    )
    whisper = transformers.WhisperConfig(
        d_model=32, encoder_layers=3, decoder_layers=3, encoder_attention_heads=4,
        decoder_attention_heads=4, encoder_ffn_dim=64, decoder_ffn_dim=64, num_mel_bins=8,
        max_source_positions=20, vocab_size=60_000,
        architectures=["WhisperForConditionalGeneration"],
    )
    qwen2_vl = transformers.Qwen2VLConfig(
        text_config=dict(
            **small, num_key_value_heads=2, num_hidden_layers=3,
            rope_parameters=dict(
                rope_type="default", rope_theta=1e4, mrope_section=[1, 1, 2]
            ),
        ),
        vision_config=dict(depth=3, embed_dim=32, hidden_size=32, num_heads=4, patch_size=4),
        architectures=["Qwen2VLForConditionalGeneration"],
    )
    clip = transformers.CLIPConfig(
        text_config=dict(**small, num_hidden_layers=3, hidden_act="gelu"),
        vision_config=dict(
            hidden_size=32, intermediate_size=64, num_attention_heads=4, num_hidden_layers=3,
            image_size=32, patch_size=8, hidden_act="gelu",
        ),
        architectures=["CLIPModel"],
    )


    def bare():
        return nn.Sequential(nn.Linear(8, 8), transformers.activations.ACT2FN["gelu"])


    class Named(nn.Module):
        def __init__(self, norm):
            super().__init__()
            self.norm = norm

        def forward(self, x):
            return self.norm(hidden_states=x)


    class Mine(transformers.LlamaForCausalLM):
        def __init__(self, config):
            super().__init__(config)
            self.model.norm = Named(self.model.norm)


    def mine():
        return Mine(transformers.LlamaConfig(**small, num_key_value_heads=2, num_hidden_layers=2))
"""

#: Name of the job, attribute of OWN, mapping, mode.
OF_OTHERS = (
    ("vit", "vit", {"GeLU": "gelu"}, "training"),
    ("t5", "t5", {"GeLU": "gelu"}, "training"),
    ("moe", "moe", {"SiLU": "silu", "RMSNorm": "good", "rotary_pos_emb": "rotary"}, "training"),
    ("jamba", "jamba", {"SiLU": "silu", "RMSNorm": "good"}, "inference"),
    ("mamba2", "mamba2", {"causal_conv1d_fn": "convolution"}, "training"),
    ("renamed", "mamba2", {"causal_conv1d_fn": "convolution-renamed"}, "inference"),
    ("whisper", "whisper", {"GeLU": "gelu"}, "inference"),
    ("qwen2-vl", "qwen2_vl", {"QuickGELU": "quick-gelu", "SiLU": "silu"}, "inference"),
    ("clip", "clip", {"GeLU": "gelu"}, "inference"),
    ("clip-tanh", "clip", {"GeLU": "gelu-tanh"}, "inference"),
    ("bare", "bare", {"GeLU": "gelu"}, "inference"),
    ("mine", "mine", {"RMSNorm": "good"}, "training"),
    ("mine-renamed", "mine", {"RMSNorm": "renamed-argument"}, "inference"),
)


@pytest.mark.parametrize(
    ("name", "of", "checked", "skipped"),
    [
        # One layer of each is enough, and all that has the name is reached.
        ("vit", "GeLU", 1, 0),
        ("t5", "GeLU", 2, 0),
        ("moe", "SiLU", 1, 0),
        ("moe", "RMSNorm", 5, 0),
        ("moe", "rotary_pos_emb", 1, 0),
        ("whisper", "GeLU", 2, 0),
        ("clip", "GeLU", 2, 0),
        # The vision tower is run by itself.
        ("qwen2-vl", "QuickGELU", 1, 0),
        ("qwen2-vl", "SiLU", 1, 0),
        # Six layers until one has attention; experts have the name, and are not called as modules.
        ("jamba", "SiLU", 6, 5),
        ("jamba", "RMSNorm", 28, 0),
        ("mamba2", "causal_conv1d_fn", 1, 0),
        ("mine", "RMSNorm", 3, 0),
    ],
)
def test_models_of_many_kinds(world: World, name: str, of: str, checked: int, skipped: int) -> None:
    found = world.numerics(name, of)
    assert found["mismatches"] == []
    assert (found["checked"], found["skipped"]) == (checked, skipped)
    ran = world.execution(name, of)
    assert (ran["called"], ran["ran"], ran["exception"]) == (checked, checked, None)


def test_an_approximation_is_no_match_in_32_bits(world: World) -> None:
    assert world.kinds("clip-tanh", "GeLU") == {"output"}
    assert world.numerics("clip-tanh", "GeLU")["max_abs_error"] == pytest.approx(4.7e-4, rel=0.2)


def test_a_renamed_argument_is_found_where_it_is_passed_by_its_name(world: World) -> None:
    ran = world.execution("mine-renamed")
    message = "Layer.forward() got an unexpected keyword argument 'hidden_states'"
    assert ran["exception"]["message"] == message
    assert world.kinds("mine-renamed") == {"error"}
    modules = [mismatch["module"] for mismatch in world.numerics("mine-renamed")["mismatches"]]
    assert modules == ["model.norm.norm"]  # the others are called with it in its place
    # Where a kernel takes any argument, what it does not know by its name is lost.
    assert world.kinds("renamed", "causal_conv1d_fn") == {"output"}
    assert world.execution("renamed", "causal_conv1d_fn")["exception"] is None


def test_a_module_without_known_inputs_is_not_run(world: World) -> None:
    for step in ("execute", "numerics"):
        error = world.seen["bare"].failed(step)
        assert error["type"] == "NoInputsError"
        assert error["message"] == "no inputs are known for Sequential.forward(input)"


def test_a_kernel_that_crashes_is_named(world: World) -> None:
    assert world.seen["crash"].events[-1] == {
        "event": "start",
        "pass": "execute",
        "layer": "RMSNorm",
    }
    after = world.seen["after the crash"]
    assert after.events[-1]["event"] == "done"
    for kind in ("execution", "numerics"):
        assert [e["name"] for e in after.events if e["event"] == kind] == ["SiLU"]
    assert world.execution("after the crash", "SiLU")["ran"] == 1


def test_a_kernel_with_a_layout_runs(world: World) -> None:
    ran = world.execution("layout", "LlamaRMSNorm")
    assert (ran["called"], ran["ran"], ran["exception"]) == (3, 3, None)
    assert world.execution("layout", "SiLU")["ran"] == 1
    # There is no original with the same parameters to compare it with.
    found = world.numerics("layout", "LlamaRMSNorm")
    assert (found["checked"], found["skipped"], found["mismatches"]) == (0, 0, [])
    assert world.numerics("layout", "SiLU")["checked"] == 1

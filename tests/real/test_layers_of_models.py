"""KL202 says of a model that it lacks a layer exactly where the library says so, too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import pytest

from kernlint.api import check
from kernlint.catalog.models import model_layers
from kernlint.config import load_settings
from tests.real.conftest import Probe
from tests.real.runner import Snippet

RELEASE = "5.22.2"
_TEXT = (
    "hidden_size=8, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, vocab_size=16"
)
_VISION = (
    "backbone_config=LwDetrViTConfig(hidden_size=8, num_hidden_layers=2, num_attention_heads=2, "
    "image_size=32, pretrain_image_size=32, patch_size=16, num_windows=1, "
    "window_block_indices=[0], out_indices=[1]), d_model=16, decoder_layers=1, "
    "decoder_self_attention_heads=2, decoder_cross_attention_heads=2, num_queries=4, "
    "group_detr=1, hidden_expansion=1.0, c2f_num_blocks=1, decoder_ffn_dim=8"
)


class Model(NamedTuple):
    """A tiny model: its class, its type, and the arguments of its config."""

    name: str
    type: str
    config: str
    auto: str = "AutoModelForCausalLM"


MODELS = [
    Model("LlamaForCausalLM", "llama", f"LlamaConfig({_TEXT}, num_key_value_heads=1)"),
    Model("Qwen2ForCausalLM", "qwen2", f"Qwen2Config({_TEXT}, num_key_value_heads=1)"),
    Model(
        "GptOssForCausalLM",
        "gpt_oss",
        f"GptOssConfig({_TEXT}, num_key_value_heads=1, head_dim=4, num_local_experts=2, "
        "num_experts_per_tok=1)",
    ),
    # It declares rotary_pos_emb, and uses it where no module attaches it.
    Model(
        "SeedOssForCausalLM",
        "seed_oss",
        f"SeedOssConfig({_TEXT}, num_key_value_heads=1, head_dim=4)",
    ),
    Model(
        "MambaForCausalLM",
        "mamba",
        "MambaConfig(hidden_size=8, state_size=4, num_hidden_layers=1, vocab_size=16)",
    ),
    Model(
        "BloomForCausalLM",
        "bloom",
        "BloomConfig(hidden_size=8, n_layer=1, n_head=2, vocab_size=16)",
    ),
    Model("BertModel", "bert", f"BertConfig({_TEXT})", "AutoModel"),
    Model("LwDetrModel", "lw_detr", f"LwDetrConfig({_VISION})", "AutoModel"),
]
MAMBA2 = Model(
    "Mamba2ForCausalLM",
    "mamba2",
    "Mamba2Config(hidden_size=8, state_size=4, num_hidden_layers=1, vocab_size=16, num_heads=2, "
    "head_dim=8, n_groups=1)",
)
NAMES = [
    "RMSNorm",
    "SiLU",
    "GeLU",
    "MultiScaleDeformableAttention",
    "MegaBlocksMoeMLP",
    "RMSNormGated",
    "rotary_pos_emb",
    "selective_scan_fn",
]
WAYS = {
    "class": "{model}.from_pretrained('tiny', kernel_config=KernelConfig({mapping}))\n",
    "auto": "{auto}.from_pretrained('tiny', kernel_config=KernelConfig({mapping}))\n",
    "later": (
        "given = {auto}.from_pretrained('tiny')\n"
        "given.set_use_kernels(True, KernelConfig({mapping}))\n"
    ),
}
_VALUES = {
    "class": '"a/b:L"',
    "auto": '{"cuda": "a/b:L"}',
    "later": '{"xpu": "a/b:L"}',  # the model is not on that device
}


def program(model: Model, way: str, mapping: str) -> str:
    """Make the tiny model, save it, and load it with a kernel config."""
    call = WAYS[way].format(model=model.name, auto=model.auto, mapping=mapping)
    own = "LwDetrViTConfig, " if model.type == "lw_detr" else ""
    config = model.config.partition("(")[0]
    return (
        f"from transformers import {model.auto}, KernelConfig, {own}{config}, {model.name}\n"
        f"{model.name}({model.config}).save_pretrained('tiny')\n{call}"
    )


def is_reported(source: str, model: Model, folder: Path) -> bool:
    """Whether kernlint finds the layer missing; nothing else may be certain to fail."""
    (folder / "tiny").mkdir(exist_ok=True)
    config = json.dumps({"model_type": model.type})
    (folder / "tiny" / "config.json").write_text(config, encoding="utf-8")
    (folder / "program.py").write_text(source, encoding="utf-8")
    found = check(load_settings(None, {"jobs": 1, "transformers": f"=={RELEASE}"}), ["."])
    errors = {item.code for item in found.diagnostics if item.severity == "error"}
    assert errors <= {"KL202"}, source
    return bool(errors)


@pytest.mark.slow
def test_a_model_lacks_a_layer(
    probe: Probe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cases = {
        f"{model.name} {way} {name}": (
            model,
            name,
            program(model, way, f'{{"{name}": {_VALUES[way]}}}'),
        )
        for model in MODELS
        for way in WAYS
        for name in NAMES
    }
    outcomes = probe(Snippet(key, source, "source") for key, (_, _, source) in cases.items())
    reported = 0
    for outcome in outcomes:
        model, name, source = cases[outcome["id"]]
        layers = model_layers(RELEASE, model.name)
        assert layers is not None
        raised = outcome["message"].startswith(f"Layer {name} is not registered in the model")
        if is_reported(source, model, tmp_path):
            reported += 1
            assert raised, outcome
        elif raised:
            # Another config of this class has the layer: this one has another activation. Or
            # a kernel with a layout would make a layer of a class like MambaRMSNorm.
            if name in layers.alike:
                assert " later " not in outcome["id"], outcome
            else:
                assert name in layers.possible & {"SiLU", "GeLU"}, outcome
    assert reported > len(cases) / 3


LAYOUT = '"kernels-community/stateful:StatefulNorm"'


@pytest.mark.slow
def test_a_kernel_with_a_layout(
    probe: Probe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The classes of Mamba2 that have RMSNorm in their name are declared as no layer."""
    monkeypatch.chdir(tmp_path)
    cases = {
        f"{model.name} {way} {value}": (
            model,
            program(model, way, f'{{"RMSNorm": {value}}}'),
            model is not MAMBA2 or (way == "later" or value != LAYOUT),
        )
        for model in (MAMBA2, MODELS[5])
        for way in WAYS
        for value in (LAYOUT, '"a/b:L"')
    }
    assert MODELS[5].name == "BloomForCausalLM"
    snippets = [Snippet(key, source, "source") for key, (_, source, _) in cases.items()]
    for outcome in probe(snippets):
        model, source, raises = cases[outcome["id"]]
        assert ("is not registered in the model" in outcome["message"]) == raises, outcome
        # Whether a kernel brings a layout is not known before it is loaded.
        certain = model is not MAMBA2 or " later " in outcome["id"]
        assert is_reported(source, model, tmp_path) == certain, outcome

"""Configs and calls, as data: what the real libraries do with each is recorded in ``truth.json``.

``MAPPINGS`` holds arguments of KernelConfig, tried on both paths and on every release. ``CALLS``
holds whole programs around a model, ``DECLARATIONS`` programs that declare layers.
``a/b`` is a trusted repository of the fake Hub with a layer ``L``; ``@HERE@`` is a folder with a
local kernel ``local`` that has a layer ``L``, too.
"""

from __future__ import annotations

CONFIG_IMPORTS = """\
from pathlib import Path

from kernels import LayerRepository, Mode
from transformers import KernelConfig
"""


def config_source(arguments: str) -> str:
    """A program that defines ``config``."""
    return f"{CONFIG_IMPORTS}\nconfig = KernelConfig({arguments})\n"


def norm(value: str) -> str:
    """Arguments with one value for the key ``"RMSNorm"``."""
    return f'{{"RMSNorm": {value}}}'


def meta(value: str) -> str:
    """Arguments with a good kernel and ``value`` as its metadata."""
    return norm(f'("a/b:L", {value})')


STRINGS = {
    "plain": norm('"a/b:L"'),
    "default-kernel": norm('"kernels-community/liger-kernels:LigerRMSNorm"'),
    "layout-kernel": norm('"kernels-community/stateful:StatefulNorm"'),
    "untrusted-publisher": norm('"untrusted/norms:L"'),
    "unknown-repo": norm('"a/nothing:L"'),
    "unknown-organization": norm('"nobody/norms:L"'),
    "unknown-layer-in-repo": norm('"a/b:Nothing"'),
    "no-build-for-this-machine": norm('"kernels-community/other-build:L"'),
    "empty-string": norm('""'),
    "no-slash": norm('"ab:L"'),
    "no-colon": norm('"a/b"'),
    "two-colons": norm('"a/b:L:D"'),
    "two-colons-together": norm('"a/b::L"'),
    "colon-before-slash": norm('"a:b/L"'),
    "empty-repo": norm('":L"'),
    "empty-repo-slash-in-layer": norm('":L/M"'),
    "slash-as-repo": norm('"/:L"'),
    "empty-layer": norm('"a/b:"'),
    "empty-organization": norm('"/b:L"'),
    "empty-name": norm('"a/:L"'),
    "space-after-colon": norm('"a/b: L"'),
    "space-at-start": norm('" a/b:L"'),
    "space-before-colon": norm('"a/b :L"'),
    "space-at-end": norm('"a/b:L "'),
    "space-around-slash": norm('"a / b:L"'),
    "three-segments": norm('"a/b/c:L"'),
    "bad-characters": norm('"a!/b?:L"'),
    "double-dash": norm('"a/b--c:L"'),
    "revision-in-repo": norm('"a/b@main:L"'),
    "revision-in-layer": norm('"a/b:L@main"'),
    "dotted-layer": norm('"a/b:layers.L"'),
    "absolute-path": norm('"@HERE@/local:L"'),
    "relative-path": norm('"./local:L"'),
    "parent-path": norm('"../local:L"'),
    "home-path": norm('"~/local:L"'),
    "drive-path": norm('"C:/local:L"'),
    "file-url": norm('"file:///local:L"'),
    "hub-url": norm('"https://huggingface.co/a/b:L"'),
    "hf-scheme": norm('"hf://a/b:L"'),
    "fstring": norm("f\"{'a'}/{'b'}:{'L'}\""),
}

LOCAL = {
    "local": norm('"@HERE@/local:L"') + ", use_local_kernel=True",
    "local-relative": norm('"./local:L"') + ", use_local_kernel=True",
    "local-no-slash": norm('"local:L"') + ", use_local_kernel=True",
    "local-missing-path": norm('"@HERE@/missing:L"') + ", use_local_kernel=True",
    "local-missing-layer": norm('"@HERE@/local:Nothing"') + ", use_local_kernel=True",
    "local-trailing-slash": norm('"@HERE@/local/:L"') + ", use_local_kernel=True",
    "local-two-colons": norm('"@HERE@/local:L:D"') + ", use_local_kernel=True",
    "local-empty-layer": norm('"@HERE@/local:"') + ", use_local_kernel=True",
    "local-space-before-colon": norm('"@HERE@/local :L"') + ", use_local_kernel=True",
    "local-home": norm('"~/local:L"') + ", use_local_kernel=True",
    "local-drive": norm('"C:/local:L"') + ", use_local_kernel=True",
    "local-file-url": norm('"file://@HERE@/local:L"') + ", use_local_kernel=True",
    "local-hub-name": norm('"a/b:L"') + ", use_local_kernel=True",
    "local-tuple": norm('("@HERE@/local:L", {"version": 1})') + ", use_local_kernel=True",
    "local-device": norm('{"cuda": "@HERE@/local:L"}') + ", use_local_kernel=True",
    "local-device-tuple": norm('{"cuda": ("@HERE@/local:L", {"version": 1})}')
    + ", use_local_kernel=True",
    "local-path-object": norm('Path("@HERE@/local")') + ", use_local_kernel=True",
    "local-flag-string-false": norm('"a/b:L"') + ', use_local_kernel="False"',
    "local-flag-none": norm('"a/b:L"') + ", use_local_kernel=None",
    "local-flag-zero": norm('"a/b:L"') + ", use_local_kernel=0",
}

DEVICES = {
    "device-cuda": norm('{"cuda": "a/b:L"}'),
    "device-rocm": norm('{"rocm": "a/b:L"}'),
    "device-mps": norm('{"mps": "a/b:L"}'),
    "device-cpu": norm('{"cpu": "a/b:L"}'),
    "device-index": norm('{"cuda:0": "a/b:L"}'),
    "device-upper": norm('{"CUDA": "a/b:L"}'),
    "device-gpu": norm('{"gpu": "a/b:L"}'),
    "device-none": norm('{None: "a/b:L"}'),
    "device-int": norm('{0: "a/b:L"}'),
    "device-mode-key": norm('{Mode.INFERENCE: "a/b:L"}'),
    "device-two": norm('{"cuda": "a/b:L", "rocm": "a/b:L"}'),
    "device-two-one-bad": norm('{"cuda": "a/b:L", "gpu": "a/b:L"}'),
    "device-two-second-value-bad": norm('{"cuda": "a/b:L", "rocm": "ab"}'),
    "device-empty": norm("{}"),
    "device-mode-dict": norm('{"cuda": {Mode.INFERENCE: "a/b:L"}}'),
    "device-tuple": norm('{"cuda": ("a/b:L", {"version": 1})}'),
    "device-value-none": norm('{"cuda": None}'),
    "device-value-list": norm('{"cuda": ["a/b:L"]}'),
    "device-value-repository": norm(
        '{"cuda": LayerRepository("a/b", layer_name="L", revision="main")}'
    ),
    "device-value-no-slash": norm('{"cuda": "ab:L"}'),
    "device-value-two-colons": norm('{"cuda": "a/b:L:D"}'),
}

VALUES = {
    "value-none": norm("None"),
    "value-list-of-one": norm('["a/b:L"]'),
    "value-list-pair": norm('["a/b:L", {"version": 1}]'),
    "value-int": norm("1"),
    "value-true": norm("True"),
    "value-set": norm('{"a/b:L"}'),
    "value-bytes": norm('b"a/b:L"'),
    "value-path": norm('Path("a/b:L")'),
    "value-repository-revision": norm('LayerRepository("a/b", layer_name="L", revision="main")'),
    "value-repository-version": norm('LayerRepository("a/b", layer_name="L", version=1)'),
    "value-mode-dict": norm('{Mode.INFERENCE: {"cuda": "a/b:L"}}'),
    "value-class": norm("LayerRepository"),
    "tuple-empty": norm("()"),
    "tuple-one": norm('("a/b:L",)'),
    "tuple-three": norm('("a/b:L", {"version": 1}, None)'),
    "tuple-swapped": norm('({"version": 1}, "a/b:L")'),
    "tuple-bad-string": norm('("a/b", {"version": 1})'),
    "tuple-two-colons": norm('("a/b:L:D", {"version": 1})'),
    "tuple-two-strings": norm('("a/b", "L")'),
}

METADATA = {
    "meta-version": meta('{"version": 1}'),
    "meta-version-2": meta('{"version": 2}'),
    "meta-version-string": meta('{"version": "1"}'),
    "meta-version-float": meta('{"version": 1.0}'),
    "meta-version-true": meta('{"version": True}'),
    "meta-version-false": meta('{"version": False}'),
    "meta-version-0": meta('{"version": 0}'),
    "meta-version-negative": meta('{"version": -1}'),
    "meta-version-99": meta('{"version": 99}'),
    "meta-version-none": meta('{"version": None}'),
    "meta-version-spec": meta('{"version": ">=1"}'),
    "meta-revision-main": meta('{"revision": "main"}'),
    "meta-revision-missing": meta('{"revision": "nothing"}'),
    "meta-revision-int": meta('{"revision": 1}'),
    "meta-revision-empty": meta('{"revision": ""}'),
    "meta-both": meta('{"version": 1, "revision": "main"}'),
    "meta-revision-none-version-1": meta('{"revision": None, "version": 1}'),
    "meta-version-none-revision-main": meta('{"version": None, "revision": "main"}'),
    "meta-empty": meta("{}"),
    "meta-none": meta("None"),
    "meta-list": meta('["version", 1]'),
    "meta-string": meta('"main"'),
    "meta-int": meta("1"),
    "meta-unknown-key": meta('{"version": 1, "branch": "main"}'),
    "meta-only-unknown-key": meta('{"rev": "main"}'),
    "meta-layer-name-key": meta('{"version": 1, "layer_name": "L"}'),
    "meta-trust-only": meta('{"trust_remote_code": True}'),
    "meta-trust-true": norm('("untrusted/norms:L", {"version": 1, "trust_remote_code": True})'),
    "meta-trust-false": norm('("untrusted/norms:L", {"version": 1, "trust_remote_code": False})'),
    "meta-trust-none": norm('("untrusted/norms:L", {"version": 1, "trust_remote_code": None})'),
    "meta-trust-none-trusted": meta('{"version": 1, "trust_remote_code": None}'),
    "meta-trust-string": meta('{"version": 1, "trust_remote_code": "yes"}'),
    "meta-trust-list": meta('{"version": 1, "trust_remote_code": ["a/b"]}'),
    "meta-trust-1": meta('{"version": 1, "trust_remote_code": 1}'),
    "meta-trust-0": meta('{"version": 1, "trust_remote_code": 0}'),
}

KEYS = {
    "key-unknown": '{"NoSuchLayer": "a/b:L"}',
    "key-int": '{1: "a/b:L"}',
    "key-none": '{None: "a/b:L"}',
    "key-empty": '{"": "a/b:L"}',
    "key-class-name": '{"LlamaRMSNorm": "a/b:L"}',
    "key-class-name-layout": '{"LlamaRMSNorm": "kernels-community/stateful:StatefulNorm"}',
    "key-lower": '{"rmsnorm": "a/b:L"}',
    "key-space": '{"RMSNorm ": "a/b:L"}',
    "key-module-path": '{"model.norm": "a/b:L"}',
    "key-fusion-pairs": '{(("RMSNorm", "model.layers.*.post_attention_layernorm"),'
    ' ("MLP", "model.layers.*.mlp")): "a/b:L"}',
    "key-fusion-pairs-layout": '{(("RMSNorm", "model.layers.*.post_attention_layernorm"),'
    ' ("MLP", "model.layers.*.mlp")): "kernels-community/stateful:StatefulNorm"}',
    "key-fusion-no-match-layout": '{(("RMSNorm", "layers.*.post_attention_layernorm"),'
    ' ("MLP", "layers.*.mlp")): "kernels-community/stateful:StatefulNorm"}',
    "key-fusion-parents-layout": '{(("RMSNorm", "model.norm"),'
    ' ("MLP", "model.layers.*.mlp")): "kernels-community/stateful:StatefulNorm"}',
    "key-tuple-of-names": '{("RMSNorm", "MLP"): "a/b:L"}',
    "key-tuple-of-names-layout": '{("RMSNorm", "MLP"): "kernels-community/stateful:StatefulNorm"}',
    "key-tuple-of-names-same-letter-layout": (
        '{("RMSNorm", "SMLP"): "kernels-community/stateful:StatefulNorm"}'
    ),
    "key-tuple-of-letters-layout": '{("A", "B"): "kernels-community/stateful:StatefulNorm"}',
    "key-tuple-of-one-name-layout": ('{("RMSNorm",): "kernels-community/stateful:StatefulNorm"}'),
    "key-tuple-of-numbers-layout": '{(1, 2): "kernels-community/stateful:StatefulNorm"}',
    "key-fusion-name-alone-layout": (
        '{(("RMSNorm",),): "kernels-community/stateful:StatefulNorm"}'
    ),
    "key-fusion-number-layout": ('{(("RMSNorm", 1),): "kernels-community/stateful:StatefulNorm"}'),
    "key-fusion-no-dot-layout": (
        '{(("RMSNorm", "norm"),): "kernels-community/stateful:StatefulNorm"}'
    ),
    "key-tuple-empty-layout": '{(): "kernels-community/stateful:StatefulNorm"}',
    "key-function": '{"rotary_pos_emb": "kernels-community/rotary:apply_rotary_transformers"}',
    "key-function-undeclared": '{"apply_rotary_pos_emb": "a/b:L"}',
    "key-two-layers": '{"RMSNorm": "a/b:L", "SiLU": "kernels-community/activation:Silu"}',
    "key-one-good-one-unknown": '{"RMSNorm": "a/b:L", "NoSuchLayer": "a/b:L"}',
}

ARGUMENTS = {
    "mapping-list": '[{"RMSNorm": "a/b:L"}]',
    "mapping-empty-list": "[]",
    "mapping-string": '"a/b:L"',
    "mapping-none": "None",
    "mapping-empty": "{}",
    "mapping-missing": "",
    "mapping-int": "1",
    "mapping-pairs": '[("RMSNorm", "a/b:L")]',
    "mapping-dict-call": 'dict(RMSNorm="a/b:L")',
    "mapping-keyword": 'kernel_mapping={"RMSNorm": "a/b:L"}',
    "mapping-proxy": '__import__("types").MappingProxyType({"RMSNorm": "a/b:L"})',
    "keyword-unknown": norm('"a/b:L"') + ", use_local=True",
    "keyword-inherit-false": norm('"a/b:L"') + ", inherit_mapping=False",
    "keyword-inherit-none": norm('"a/b:L"') + ", inherit_mapping=None",
    "keyword-layer-name": 'RMSNorm="a/b:L"',
    "positional-three": norm('"a/b:L"') + ", False, True",
    "positional-four": norm('"a/b:L"') + ", False, True, True",
    "positional-and-keyword": norm('"a/b:L"') + ', kernel_mapping={"RMSNorm": "a/b:L"}',
}

MAPPINGS = STRINGS | LOCAL | DEVICES | VALUES | METADATA | KEYS | ARGUMENTS

OTHER_DEVICES = ("cpu", "rocm", "xpu")
ON_OTHER_DEVICES = (
    "plain",
    "device-cuda",
    "device-rocm",
    "device-cpu",
    "device-two",
    "mapping-empty",
    "local",
)
"""Mappings that are also tried with the model on ``OTHER_DEVICES``."""

_GOOD = 'config = KernelConfig({"RMSNorm": "a/b:L"})\n'
_GIVEN = {
    "config": 'KernelConfig({"RMSNorm": "a/b:L"})',
    "dict": '{"RMSNorm": "a/b:L"}',
    "list": '["a/b:L"]',
    "empty-dict": "{}",
    "none": "None",
    "string": '"a/b:L"',
    "true": "True",
    "other-class": "LlamaConfig()",
    "class-itself": "KernelConfig",
}
_SINKS = {
    "set-use-kernels": "model.set_use_kernels(True, {})\n",
    "from-pretrained": "model = LlamaForCausalLM.from_pretrained(model_dir, kernel_config={})\n",
}
_CALL_IMPORTS = (
    "from kernels import Mode\n"
    "from transformers import AutoModelForCausalLM, KernelConfig, LlamaConfig, LlamaForCausalLM\n"
)

CALLS = {
    f"{sink}-{name}": _CALL_IMPORTS + line.format(given)
    for sink, line in _SINKS.items()
    for name, given in _GIVEN.items()
} | {
    name: _CALL_IMPORTS + _GOOD + program
    for name, program in {
        "set-use-kernels-false-config": "model.set_use_kernels(False, config)\n",
        "set-use-kernels-no-config": "model.set_use_kernels(True)\n",
        "set-use-kernels-keyword": "model.set_use_kernels(True, kernel_config=config)\n",
        "set-use-kernels-config-first": "model.set_use_kernels(config)\n",
        "set-use-kernels-unknown-keyword": "model.set_use_kernels(True, config=config)\n",
        "set-use-kernels-missing-flag": "model.set_use_kernels(kernel_config=config)\n",
        "set-use-kernels-mode-training": (
            "model.set_use_kernels(True, config, mode=Mode.TRAINING)\n"
        ),
        "set-use-kernels-mode-compile": (
            "model.set_use_kernels(True, config, mode=Mode.INFERENCE | Mode.TORCH_COMPILE)\n"
        ),
        "set-use-kernels-mode-compile-only": (
            "model.set_use_kernels(True, config, mode=Mode.TORCH_COMPILE)\n"
        ),
        "set-use-kernels-mode-string": "model.set_use_kernels(True, config, mode='inference')\n",
        "set-use-kernels-then-train": "model.set_use_kernels(True, config)\nmodel.train()\n",
        "set-use-kernels-then-eval": "model.set_use_kernels(True, config)\nmodel.eval()\n",
        "train-then-set-use-kernels": (
            "model.train()\nmodel.set_use_kernels(True, config)\nmodel.eval()\n"
        ),
        "set-use-kernels-then-false": (
            "model.set_use_kernels(True, config)\nmodel.set_use_kernels(False)\n"
        ),
        "set-use-kernels-twice-same-config": (
            "model.set_use_kernels(True, config)\nmodel.set_use_kernels(True, config)\n"
        ),
        "set-use-kernels-twice-other-config": (
            "model.set_use_kernels(True, KernelConfig({}))\nmodel.set_use_kernels(True, config)\n"
        ),
        "from-pretrained-twice-same-config": (
            "LlamaForCausalLM.from_pretrained(model_dir, kernel_config=config)\n"
            "model = LlamaForCausalLM.from_pretrained(model_dir, kernel_config=config)\n"
        ),
        "from-pretrained-use-kernels-true": (
            "model = LlamaForCausalLM.from_pretrained(\n"
            "    model_dir, use_kernels=True, kernel_config=config)\n"
        ),
        "from-pretrained-use-kernels-false": (
            "model = LlamaForCausalLM.from_pretrained(\n"
            "    model_dir, use_kernels=False, kernel_config=config)\n"
        ),
        "from-pretrained-use-kernels-only": (
            "model = LlamaForCausalLM.from_pretrained(model_dir, use_kernels=True)\n"
        ),
        "from-pretrained-config-false": (
            "model = LlamaForCausalLM.from_pretrained(model_dir, kernel_config=False)\n"
        ),
        "from-pretrained-config-zero": (
            "model = LlamaForCausalLM.from_pretrained(model_dir, kernel_config=0)\n"
        ),
        "from-pretrained-misspelt": (
            "model = LlamaForCausalLM.from_pretrained(model_dir, kernels_config=config)\n"
        ),
        "from-pretrained-positional": (
            "model = LlamaForCausalLM.from_pretrained(model_dir, config)\n"
        ),
        "from-pretrained-then-train": (
            "model = LlamaForCausalLM.from_pretrained(model_dir, kernel_config=config)\n"
            "model.train()\n"
        ),
        "auto-from-pretrained": (
            "model = AutoModelForCausalLM.from_pretrained(model_dir, kernel_config=config)\n"
        ),
        "auto-from-pretrained-dict": (
            "model = AutoModelForCausalLM.from_pretrained(\n"
            "    model_dir, kernel_config={'RMSNorm': 'a/b:L'})\n"
        ),
        "auto-from-config": (
            "model = AutoModelForCausalLM.from_config(model.config, kernel_config=config)\n"
        ),
        "auto-from-config-use-kernels": (
            "model = AutoModelForCausalLM.from_config(model.config, use_kernels=True)\n"
        ),
        "model-constructor": "model = LlamaForCausalLM(model.config, kernel_config=config)\n",
        "update-kernel-default-device": (
            "config.update_kernel('a/b', 'RMSNorm', 'L', 'cuda', Mode.INFERENCE)\n"
            "model.set_use_kernels(True, config)\n"
        ),
        "update-kernel-revision": (
            "config.update_kernel('a/b', 'RMSNorm', 'L', 'cuda', Mode.INFERENCE, revision='main')\n"
        ),
        "update-kernel-revision-version-none": (
            "config.update_kernel('a/b', 'RMSNorm', 'L', 'cuda', Mode.INFERENCE,\n"
            "    revision='main', version=None)\n"
        ),
        "update-kernel-after-load": (
            "model.set_use_kernels(True, config)\n"
            "config.update_kernel('a/b', 'RMSNorm', 'L', 'cuda', Mode.INFERENCE, version=2)\n"
            "model.set_use_kernels(True)\n"
        ),
        "sanitize-by-hand": "config.sanitize_kernel_mapping(model)\n",
        "create-by-hand": "config.create_compatible_mapping(model)\n",
        "sanitize-twice": (
            "config.sanitize_kernel_mapping(model)\nconfig.create_compatible_mapping(model)\n"
            "config.sanitize_kernel_mapping(model)\n"
        ),
        "empty-after-filter-twice": (
            "config = KernelConfig({'RMSNorm': {'rocm': 'a/b:L'}})\n"
            "model.set_use_kernels(True, config)\nmodel.set_use_kernels(True, config)\n"
        ),
    }.items()
}

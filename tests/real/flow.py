"""A program that does something with a kernel config, and what comes of it, in one line."""

from __future__ import annotations

from typing import NamedTuple


class Flow(NamedTuple):
    """One program, as a user would write it.

    It finds ``model``, a tiny Llama on the device, and ``model_dir``, the folder of the same
    model; ``a/b:L`` and ``kernels-community/...`` are kernels of the fake Hub. ``outcome`` is
    written as in ``truth.json``; "applied" names the kernels of ``model`` when it has ended.
    A flow that ``calls`` the model needs kernels that compute something.
    """

    id: str
    source: str
    outcome: str
    device: str = "cuda"
    calls: bool = False


OWN = "_a_b_v1.L"
DEFAULT_NORM = "_kernels_community_liger_kernels_v3.LigerRMSNorm"
SILU = "_kernels_community_activation_v1.Silu"
ROPE = "_kernels_community_rotary_v2.apply_rotary_transformers"


def applied(*kernels: str) -> str:
    """The outcome that a model ends with these kernels."""
    return f"applied {' '.join(sorted(kernels))}"


OWN_AND_DEFAULTS = applied(OWN, SILU, ROPE)
"""A config for RMSNorm, in evaluation mode: the defaults serve the other layers."""

DEFAULTS = applied(DEFAULT_NORM, SILU, ROPE)
"""No config, in evaluation mode."""

TRAINING_DEFAULTS = applied(DEFAULT_NORM)
"""No config, in training mode: of the defaults for a Llama only RMSNorm has a kernel for it."""

TRAINING_OWN = applied(OWN)
"""A config for RMSNorm that holds in training mode."""

NOTHING = "nothing"

DEVICES = "['cuda', 'rocm', 'xpu', 'npu', 'neuron', 'tpu', 'mps']"
ON_CPU = f"ValueError at create: Only devices in {DEVICES} are supported, got: cpu"

NORM = '{"RMSNorm": "a/b:L"}'
OTHER_NORM = '{"RMSNorm": "kernels-community/rmsnorm:RMSNorm"}'
JUST_SILU = '{"SiLU": "kernels-community/activation:Silu"}'
LAYOUT = '{"RMSNorm": "kernels-community/stateful:StatefulNorm"}'
ON_CUDA = '{"RMSNorm": {"cuda": "a/b:L"}}'
ON_XPU = '{"RMSNorm": {"xpu": "a/b:L"}}'
OTHER_NORM_APPLIED = applied("_kernels_community_rmsnorm_v1.RMSNorm", SILU, ROPE)


def config(arguments: str) -> str:
    """The line that makes a config."""
    return f"config = KernelConfig({arguments})\n"


def set_kernels(arguments: str) -> str:
    """The line that applies a new config."""
    return f"model.set_use_kernels(True, KernelConfig({arguments}))\n"


IMPORTS = """\
from transformers import AutoModelForCausalLM, KernelConfig

"""
LOADING = "model = AutoModelForCausalLM.from_pretrained(model_dir, kernel_config=config)\n"
CONFIG = IMPORTS + config(NORM)
LOAD = CONFIG + LOADING
PLAIN = "model = AutoModelForCausalLM.from_pretrained(model_dir)\n"
PLAIN_LOAD = IMPORTS + PLAIN
SET = PLAIN_LOAD + set_kernels(NORM)
TRAIN_SET = PLAIN_LOAD + "model.train()\n" + set_kernels(NORM)
DEFAULT_LOAD = IMPORTS + (
    "model = AutoModelForCausalLM.from_pretrained(model_dir, use_kernels=True)\n"
)

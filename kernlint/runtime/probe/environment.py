"""What there is to work with: releases, settings of the process, an accelerator."""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import os
import platform
from typing import NamedTuple

from . import devices

DISTRIBUTIONS = (
    "torch",
    "transformers",
    "kernels",
    "huggingface_hub",
    "accelerate",
    "safetensors",
    "tokenizers",
)

VARIABLES = (
    "USE_HUB_KERNELS",
    "DISABLE_KERNEL_MAPPING",
    "LOCAL_KERNELS",
    "KERNELS_CACHE",
    "HF_HUB_OFFLINE",
    "TRANSFORMERS_OFFLINE",
    "HF_ENDPOINT",
    "HF_HUB_DISABLE_TELEMETRY",
    "DISABLE_TELEMETRY",
    "DO_NOT_TRACK",
    "HF_HOME",
    "HF_HUB_CACHE",
    "CUDA_VISIBLE_DEVICES",
    "HIP_VISIBLE_DEVICES",
    "ROCR_VISIBLE_DEVICES",
    "ZE_AFFINITY_MASK",
    "ASCEND_RT_VISIBLE_DEVICES",
)
"""Those that change which kernels are found, where, and for which device."""


class EnvironmentFacts(NamedTuple):
    """What the libraries found around them; see ``kernlint/model/runtime.py``."""

    python: str
    versions: dict[str, str]
    kernels_available: bool
    registers: bool
    variables: dict[str, str]
    device: str | None
    accelerator: str | None
    capability: str | None


def observe() -> tuple[EnvironmentFacts, BaseException | None]:
    """What is there, and what kept it from being found out to the end; None for nothing."""
    available = registers = False
    accelerator: devices.Accelerator | None = None
    error: BaseException | None = None
    try:
        available = bool(importlib.import_module("transformers.utils").is_kernels_available())
        registers = _registers()
        accelerator = devices.detect()
    except BaseException as raised:  # noqa: BLE001 (an import of these may fail in any way)
        error = raised
    facts = EnvironmentFacts(
        platform.python_version(),
        _versions(),
        available,
        registers,
        {name: os.environ[name] for name in VARIABLES if name in os.environ},
        accelerator.device if accelerator else None,
        accelerator.name if accelerator else None,
        accelerator.capability if accelerator else None,
    )
    return facts, error


def _versions() -> dict[str, str]:
    versions = {}
    for name in DISTRIBUTIONS:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    return versions


def _registers() -> bool:
    """Whether transformers' decorator declares a layer: it is a stub in some environments."""
    hub_kernels = importlib.import_module("transformers.integrations.hub_kernels")
    layer = hub_kernels.use_kernel_forward_from_hub("Layer")(type("Layer", (), {}))
    return hasattr(layer, "kernel_layer_name")

"""What a check saw, with everything well where a test says nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kernlint.model.diagnostic import Place
from kernlint.model.expr import Span
from kernlint.model.runtime import (
    Check,
    ConfigSource,
    EnvironmentFacts,
    ExceptionFacts,
    ExecutionFacts,
    KernelFacts,
    LayerReport,
    ModelFacts,
    ModuleStates,
    RuntimeFacts,
    StrictFacts,
    TogetherFacts,
)
from kernlint.rules.verdicts import report

CONFIG = Place("train.py", Span(10, 90))
NORM = Place("train.py", Span(24, 33))
SILU = Place("train.py", Span(50, 56))

#: Modules of each layer name.
MODULES = {"RMSNorm": 5, "SiLU": 2}

ENVIRONMENT = EnvironmentFacts(
    "3.12.11",
    {"torch": "2.13.0", "transformers": "5.22.2", "kernels": "0.17.2"},
    kernels_available=True,
    registers=True,
    variables={},
    device="cuda",
    accelerator="NVIDIA H100",
    capability="9.0",
)
MODEL = ModelFacts("LlamaForCausalLM", 1_400, 33, MODULES)

ALL_KERNEL = {name: ModuleStates(kernel=count) for name, count in MODULES.items()}
ALL_ORIGINAL = {name: ModuleStates(original=count) for name, count in MODULES.items()}


def check(**changes: Any) -> Check:
    """A check of two layers on the device that is there, executed and not compared."""
    config = ConfigSource(
        "train.py:1:11",
        CONFIG,
        {"RMSNorm": "org/norms:Norm", "SiLU": ("org/activations:Silu", {"version": 1})},
        use_local_kernel=False,
        inherit_mapping=True,
        way="set_use_kernels",
        keys=(("RMSNorm", NORM), ("SiLU", SILU)),
    )
    found = Check(
        config,
        "models/llama",
        "auto",
        "inference",
        compiled=False,
        offline=False,
        trust_remote_code=False,
        execute=True,
        numerics=False,
        timeout=60.0,
        python="python",
    )
    return found._replace(**changes)


def kernel(name: str, **more: Any) -> KernelFacts:
    """The kernel of a layer, as it was loaded."""
    repository = {"RMSNorm": "org/norms", "SiLU": "org/activations"}[name]
    return KernelFacts(repository, variant="torch-universal")._replace(**more)


def fine(name: str, **more: Any) -> StrictFacts:
    """A layer that goes well by itself."""
    return StrictFacts(name, ALL_KERNEL[name], kernel=kernel(name))._replace(**more)


def refused(name: str, raised: ExceptionFacts, **more: Any) -> StrictFacts:
    """A layer that raises by itself."""
    states = ModuleStates(untouched=MODULES[name])
    return StrictFacts(name, states, stage="kernelize", exception=raised)._replace(**more)


def raised(type_: str, message: str, *bases: str) -> ExceptionFacts:
    """An exception of a class with these bases."""
    return ExceptionFacts(type_, (type_, *bases, "Exception", "BaseException"), message)


NO_BUILD = raised(
    "FileNotFoundError",
    "Cannot find a build variant for this system in org/norms (revision: 1):\n\ntorch-rocm: no",
    "OSError",
)
SIGNATURE = raised(
    "TypeError",
    "Forward signature of `org/norms` does not match `Norm`: different number of arguments.",
)
NETWORK = raised("ConnectError", "[Errno 111] Connection refused", "TransportError")
UNREGISTERED = raised("ValueError", "Layer RMSNorm is not registered in the model, please register")
NO_VERSION = raised("ValueError", "Version 9 not found, available versions: 1, 2")
NOT_TRUSTED = raised(
    "ValueError", "Kernel repository 'a/b' could not verify publisher trust status."
)


def together(
    states: Mapping[str, ModuleStates] | None = None,
    exception: ExceptionFacts | None = None,
    culprit: str | None = None,
) -> TogetherFacts:
    """Every layer at once; those that are not named run their kernels."""
    return TogetherFacts({**ALL_KERNEL, **(states or {})}, exception, culprit)


def ran(name: str, **more: Any) -> ExecutionFacts:
    """A layer whose kernel was executed."""
    return ExecutionFacts(name, MODULES[name], MODULES[name], device="cuda")._replace(**more)


def facts(**changes: Any) -> RuntimeFacts:
    """What a check saw."""
    found = RuntimeFacts(
        check(),
        ENVIRONMENT,
        MODEL,
        tuple(MODULES),
        tuple(fine(name) for name in MODULES),
        together(),
        tuple(ran(name) for name in MODULES),
        seconds=5.4,
        peak_memory=348 * 2**20,
    )
    return found._replace(**changes)


def layer(seen: RuntimeFacts, name: str = "RMSNorm") -> LayerReport:
    """The verdict on a layer."""
    return {item.name: item for item in report(seen).layers}[name]


def verdict(seen: RuntimeFacts, name: str = "RMSNorm") -> tuple[str, str | None, bool | None]:
    """The verdict on a layer, its reason, and whether transformers says nothing about it."""
    found = layer(seen, name)
    return found.verdict, found.reason, found.swallowed

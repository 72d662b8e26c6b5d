"""Lets torch, transformers and the probe believe in an accelerator that is not there.

Put the folder of this file on ``PYTHONPATH`` of a process: Python imports a ``sitecustomize`` by
itself. The tensors stay on the CPU; what is simulated are the questions that the libraries ask.

- ``KERNLINT_TEST_DEVICE``: ``cuda`` (default) or ``rocm``.
- ``KERNLINT_TEST_CAPABILITY``: the compute capability, ``9.0`` by default; ``none`` is a torch
  that was built for the device, on a machine without one.
- ``KERNLINT_TEST_TOOLKIT``: the release of CUDA or ROCm that torch was built with.
"""

from __future__ import annotations

import importlib.machinery
import os
import sys
from collections.abc import Callable, Sequence
from types import ModuleType, SimpleNamespace
from typing import Any

DEVICE = os.environ.get("KERNLINT_TEST_DEVICE", "cuda")
CAPABILITY = os.environ.get("KERNLINT_TEST_CAPABILITY", "9.0")
TOOLKIT = os.environ.get("KERNLINT_TEST_TOOLKIT", "13.0" if DEVICE == "cuda" else "6.4.0")
PRESENT = CAPABILITY != "none"
GCN_ARCHITECTURE = "gfx942"


def simulate_torch(torch: Any) -> None:
    """Answer what kernels and the probe ask of ``torch.version`` and ``torch.cuda``."""
    if DEVICE == "rocm":
        torch.version.hip = TOOLKIT
    else:
        torch.version.cuda = TOOLKIT
    torch.cuda.is_available = lambda: PRESENT
    torch.cuda.device_count = lambda: int(PRESENT)
    if not PRESENT:
        return
    major, minor = map(int, CAPABILITY.split("."))
    properties = SimpleNamespace(
        name="Simulated",
        major=major,
        minor=minor,
        total_memory=16 << 30,
        multi_processor_count=1,
        gcnArchName=GCN_ARCHITECTURE,
    )
    torch.cuda.current_device = lambda: 0
    torch.cuda.get_device_name = lambda device=None: properties.name
    torch.cuda.get_device_capability = lambda device=None: (major, minor)
    torch.cuda.get_device_properties = lambda device=None: properties


def simulate_transformers(import_utils: Any) -> None:
    """Let a model on the CPU count as one on the device."""
    real = import_utils.get_device_type

    def get_device_type(device: Any = None) -> str:
        found: str = DEVICE if device is None else real(device)
        return DEVICE if found == "cpu" else found

    import_utils.get_device_type = get_device_type


def simulate_probe(devices: Any) -> None:
    """Keep the tensors of the probe on the CPU."""

    def tensor_device(name: str) -> Any:
        return sys.modules["torch"].device("cpu")

    devices.tensor_device = tensor_device


AFTER_IMPORT: dict[str, Callable[[Any], None]] = {"torch": simulate_torch}
if PRESENT:
    AFTER_IMPORT["transformers.utils.import_utils"] = simulate_transformers
    AFTER_IMPORT["kernlint_probe.devices"] = simulate_probe


class AfterImport:
    """A finder that leaves finding to the others, and changes some modules once they ran."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The spec of one of those modules, from the finder that would have found it."""
        if name not in AFTER_IMPORT:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        specs = (finder.find_spec(name, path, target) for finder in others)
        spec = next((spec for spec in specs if spec is not None), None)
        if spec is not None and spec.loader is not None:
            loader: Any = spec.loader
            run = loader.exec_module

            def exec_module(module: ModuleType) -> None:
                run(module)
                AFTER_IMPORT[name](module)

            loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, AfterImport())

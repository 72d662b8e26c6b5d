"""The accelerator that is there, and the one that transformers is to work for.

Names of devices are those of transformers' ``get_device_type`` and of a kernel mapping.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from typing import Any, NamedTuple

ASKING = ("transformers.utils.kernel_config", "transformers.integrations.hub_kernels")
"""The modules that ask ``get_device_type`` for the device of a model (transformers 5.22.2)."""


class Accelerator(NamedTuple):
    """A device that is there: its kind, its name and its compute capability, where it has one."""

    device: str
    name: str | None = None
    capability: str | None = None


def detect() -> Accelerator | None:
    """The accelerator of this machine; None for none.

    ``get_device_type()`` itself names the device that torch was built for, there or not:
    ``torch.accelerator.current_accelerator`` does not look by default (torch 2.13.0,
    torch/accelerator/__init__.py).
    """
    torch: Any = importlib.import_module("torch")
    if torch.cuda.is_available():
        major, minor = torch.cuda.get_device_capability()
        device = "rocm" if torch.version.hip is not None else "cuda"
        return Accelerator(device, torch.cuda.get_device_name(), f"{major}.{minor}")
    probes = importlib.import_module("transformers.utils")
    if _says(probes, "is_torch_npu_available", check_device=True):
        return Accelerator("npu", _name_of(torch, "npu"))
    if _says(probes, "is_torch_xpu_available", check_device=True):
        return Accelerator("xpu", _name_of(torch, "xpu"))
    if _says(probes, "is_torch_neuron_available", check_device=True):
        return Accelerator("neuron")
    if _says(probes, "is_torch_tpu_available"):
        return Accelerator("tpu")
    if _says(probes, "is_torch_mps_available"):
        return Accelerator("mps")
    return None


def tensor_device(name: str) -> Any:
    """The ``torch.device`` that tensors have to be on to be on a device of that name."""
    return importlib.import_module("torch").device("cuda" if name == "rocm" else name)


@contextlib.contextmanager
def pretended(name: str) -> Iterator[None]:
    """Let transformers take every model for one on the device ``name``.

    Models on the meta device have none. Raises AttributeError where transformers asks in another
    way: then nothing can be said about that device.
    """

    def get_device_type(_device: object = None) -> str:
        return name

    modules = [importlib.import_module(module) for module in ASKING]
    asking = [(vars(module), module.get_device_type) for module in modules]
    try:
        for namespace, _ in asking:
            namespace["get_device_type"] = get_device_type
        yield
    finally:
        for namespace, real in asking:
            namespace["get_device_type"] = real


def _says(probes: Any, probe: str, **arguments: bool) -> bool:
    """What a probe of transformers says; not every release has every one."""
    found = getattr(probes, probe, None)
    return found is not None and bool(found(**arguments))


def _name_of(torch: Any, backend: str) -> str | None:
    get_device_name = getattr(getattr(torch, backend, None), "get_device_name", None)
    return None if get_device_name is None else str(get_device_name())

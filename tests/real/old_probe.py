"""The probe for releases before 5.20: kernels are not loaded, but made up from their names.

Usage as of ``probe.py``, with a transformers from 5.0 on and the kernels that goes with it. What
these releases ask the Hub for is not what the fake Hub knows, and they find the device in other
ways; everything else, the choice of a kernel by its device and mode as well, is theirs.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

probe: Any = importlib.import_module("probe")


def made_up(repository: Any) -> Any:
    """A kernel that is named as the one of the fake Hub, without its code."""
    attributes = {key.lstrip("_"): value for key, value in vars(repository).items()}
    repo = str(attributes.get("repo_id") or "local").replace("/", "_").replace("-", "_")
    branch = attributes.get("version")
    name = attributes.get("layer_name") or attributes.get("func_name")
    torch = importlib.import_module("torch")

    def forward(self: Any, *args: Any, **kwargs: Any) -> Any:
        raise AssertionError("programs here load kernels and call none")

    forward.__qualname__ = f"{name}.forward"
    forward.__module__ = f"_{repo}_{'main' if branch is None else f'v{branch}'}.layers"
    body = {"forward": forward, "can_torch_compile": True, "has_backward": True}
    return type(str(name), (torch.nn.Module,), body)


def kernels_modules() -> Iterator[ModuleType]:
    """``kernels.layer``: one module, or a package."""
    layer = importlib.import_module("kernels.layer")
    yield layer
    for found in pkgutil.iter_modules(getattr(layer, "__path__", [])):
        yield importlib.import_module(f"kernels.layer.{found.name}")


def load_nothing() -> None:
    """Replace what would load a kernel and what would look into it."""
    made: dict[str, Any] = {}
    layer = importlib.import_module("kernels.layer")

    def load(repository: Any) -> Any:
        new = made_up(repository)
        kernel = made.setdefault(f"{new.forward.__module__}:{new.__name__}", new)
        if hasattr(layer, "__path__"):
            return kernel
        # Before 0.11 what is loaded is the kernel's package.
        return SimpleNamespace(layers=SimpleNamespace(**{new.__name__: kernel}))

    for module in kernels_modules():
        for name, value in list(vars(module).items()):
            if isinstance(value, type) and name.endswith("Repository") and hasattr(value, "load"):
                replaced = {"load": load, "_resolve_revision": lambda it: str(vars(it))}
                for method, replacement in replaced.items():
                    if hasattr(value, method):
                        setattr(value, method, replacement)
            if name == "_validate_layer":
                vars(module)[name] = lambda **_: None


def simulate(device: str) -> None:
    """What ``probe.simulate`` does, for the functions of these releases."""
    load_nothing()
    if device == "cpu":
        return
    current: Callable[..., str] = (
        probe.simulate_moves() if device == "movable" else lambda _device=None: device
    )
    kernels: Any = importlib.import_module("kernels")
    hub = importlib.import_module("transformers.integrations.hub_kernels")
    config = importlib.import_module("transformers.utils.kernel_config")
    real = kernels.kernelize

    def kernelize(model: Any, *, device: Any, **arguments: Any) -> Any:
        return real(model, device=kernels.Device(type=current()), **arguments)

    kernels.kernelize = kernelize
    if "_kernels_kernelize" in vars(hub):
        vars(hub)["_kernels_kernelize"] = kernelize
    vars(config)["infer_device"] = lambda _model: current()
    for module in kernels_modules():
        if "_find_capability" in vars(module):
            vars(module)["_find_capability"] = lambda: probe.CUDA_CAPABILITY


if __name__ == "__main__":
    vars(probe)["simulate"] = simulate
    probe.main(*sys.argv[1:])

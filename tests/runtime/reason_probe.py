"""Ask the installed transformers and kernels why a kernel is not used. Stands alone.

Usage: ``python reason_probe.py REASONS.json RESULTS.json KERNELS_FOLDER``. A reason is one of
``tests/runtime/reasons.py``. Each runs twice on a Llama on the meta device, in forked children:
``strict``, alone and with no fallback but that for names that are not in the mapping, and as
transformers does it. A result is ``{"cause", "strict", "transformers"}`` with outcomes
``{"stage", "type", "mro", "message", "notes", "states"}``; ``states`` counts the modules of
``RMSNorm`` by the forward that they have.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

SECONDS_PER_REASON = 60


class Libraries(SimpleNamespace):
    """The modules that are used, under short names."""


def load() -> Any:
    """Import everything once, before the forks."""
    names = {
        "torch": "torch",
        "transformers": "transformers",
        "kernels": "kernels",
        "config": "transformers.utils.kernel_config",
        "hub": "transformers.integrations.hub_kernels",
    }
    libraries = Libraries(**{name: importlib.import_module(path) for name, path in names.items()})
    libraries.torch.set_num_threads(1)  # threads do not survive a fork
    for module in (libraries.config, libraries.hub):
        module.get_device_type = lambda device=None: "cuda"
    build_model(libraries, training=False)  # what is imported lazily is imported here
    return libraries


def build_model(lib: Any, training: bool) -> Any:
    """A Llama of two layers, five of its modules an RMSNorm, without memory for its weights."""
    config = lib.transformers.LlamaConfig(
        hidden_size=8,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        vocab_size=16,
    )
    with lib.torch.device("meta"):
        model = lib.transformers.LlamaForCausalLM(config)
    return model.train(training)


def states(model: Any) -> dict[str, int]:
    """How many modules of ``RMSNorm`` run what."""
    found: Counter[str] = Counter()
    for module in model.modules():
        if getattr(type(module), "kernel_layer_name", None) == "RMSNorm":
            forward = module.__dict__.get("forward")
            function = getattr(forward, "__func__", None)
            own = function is type(module).forward
            found["untouched" if forward is None else "original" if own else "kernel"] += 1
    return dict(found)


def value_of(value: Any) -> Any:
    """A value from JSON, where a list stands for a tuple."""
    return tuple(value) if isinstance(value, list) else value


def run(lib: Any, reason: dict[str, Any], folder: str, *, strict: bool) -> dict[str, Any]:
    """What one reason comes to, in this process."""
    model = build_model(lib, reason["training"])
    kernels = lib.kernels
    names: dict[str, Any] = {
        "torch": lib.torch,
        "kernels": kernels,
        "model": model,
        "local": lambda name: kernels.LocalLayerRepository(
            repo_path=Path(folder) / name, layer_name="Layer"
        ),
    }
    stage, error = "before", None
    try:
        exec(reason["before"], names)
        own = kernels.Mode.TRAINING if reason["training"] else kernels.Mode.INFERENCE
        mode = eval(reason["mode"], names) if reason["mode"] else own
        fallback = kernels.KernelizeFallback
        fallbacks = fallback.NO_LAYER if strict else fallback.ALL
        if reason["mapping"] is not None:
            stage = "kernelize"
            mapping = eval(reason["mapping"], names)
            with kernels.use_kernel_mapping(mapping, inherit_mapping=False):
                kernels.kernelize(model, mode=mode, device="cuda", use_fallback=fallbacks)
        else:
            stage = "sanitize"
            config = lib.transformers.KernelConfig(
                {reason["name"]: value_of(reason["entry"])},
                use_local_kernel=reason["local"],
                inherit_mapping=False,
            )
            if strict:
                config.sanitize_kernel_mapping(model)
                stage = "create"
                config.create_compatible_mapping(model)
                stage = "kernelize"
                with kernels.use_kernel_mapping(config.kernel_mapping, inherit_mapping=False):
                    kernels.kernelize(model, mode=mode, device="cuda", use_fallback=fallbacks)
            else:
                stage = "set_use_kernels"
                model.set_use_kernels(True, config, mode=mode if reason["mode"] else None)
    except BaseException as raised:  # noqa: BLE001 (a kernel may even call sys.exit)
        error = raised
    return {
        "stage": None if error is None else stage,
        "type": None if error is None else type(error).__name__,
        "mro": [] if error is None else [base.__name__ for base in type(error).__mro__[:-1]],
        "message": "" if error is None else str(error),
        "notes": [] if error is None else list(getattr(error, "__notes__", ())),
        "states": states(model),
    }


def run_isolated(lib: Any, reason: dict[str, Any], folder: str, *, strict: bool) -> Any:
    """Run a reason in a forked child."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        signal.alarm(SECONDS_PER_REASON)
        with os.fdopen(writing, "w") as pipe:
            json.dump(run(lib, reason, folder, strict=strict), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    if status:
        raise RuntimeError(f"{reason['cause']}: wait status {status}")
    return json.loads(text)


def main(reasons_file: str, results_file: str, folder: str) -> None:
    """Run all reasons of a file and write their results, in the same order."""
    lib = load()
    reasons = json.loads(Path(reasons_file).read_text(encoding="utf-8"))
    results = [
        {
            "cause": reason["cause"],
            "strict": run_isolated(lib, reason, folder, strict=True),
            "transformers": run_isolated(lib, reason, folder, strict=False),
        }
        for reason in reasons
    ]
    Path(results_file).write_text(json.dumps(results), encoding="utf-8")


if __name__ == "__main__":
    del sys.path[0]  # this folder has a module ``kernels``, too
    main(*sys.argv[1:])

"""Ask the installed transformers and kernels what they do with a config. Stands alone.

Usage: ``python probe.py SNIPPETS.json RESULTS.json WORK_FOLDER``.

A snippet is ``{"id", "source", "path", "device"}``. ``source`` is Python; ``path`` is one of
``set_use_kernels`` and ``from_pretrained`` (the source defines ``config``) or ``source`` (the
source does everything itself). The source finds a tiny Llama as ``model``, the folder it was saved
to as ``model_dir``, and may leave a JSON value in ``observed``. A result is ``{"id", "device",
"raised", "message", "stage", "applied", "kernels", "observed"}``: the exception's type name and
text, the step that raised, the modules whose forward was replaced, and by what.

Each snippet runs in a forked child, since both libraries keep state for the whole process.
A device other than ``cpu`` is simulated: its name is what transformers finds, the tensors stay on
the CPU. With ``movable`` that is the device that the program put the last model on, ``cpu`` or
``cuda``. Made for transformers 5.20 and newer with kernels 0.17.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

SECONDS_PER_SNIPPET = 120
CUDA_CAPABILITY = 90

STAGES = {
    "sanitize_kernel_mapping": "sanitize",
    "create_compatible_mapping": "create",
    "register_kernel_replacements_and_fusions": "register",
    "kernelize": "kernelize",
    "load": "load",
    "_resolve_revision": "load",
    "set_use_kernels": "set_use_kernels",
    "from_pretrained": "from_pretrained",
    "from_config": "from_config",
}
"""Function of the libraries to the name of the step; the innermost one on the stack counts."""

SINKS = {
    "set_use_kernels": "model.set_use_kernels(True, config)",
    "from_pretrained": "model = type(model).from_pretrained(model_dir, kernel_config=config)",
    "source": "",
}


def build_tiny_model(folder: Path) -> Any:
    """A Llama of two layers, in evaluation mode, also saved into ``folder`` with a tokenizer."""
    transformers = importlib.import_module("transformers")
    config = transformers.LlamaConfig(
        hidden_size=8,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        vocab_size=16,
        pad_token_id=0,
    )
    model = transformers.LlamaForCausalLM(config).eval()
    model.save_pretrained(folder)
    words = {word: number for number, word in enumerate(("<pad>", "<unk>", "a", "b"))}
    level = importlib.import_module("tokenizers.models").WordLevel(words, unk_token="<unk>")
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=importlib.import_module("tokenizers").Tokenizer(level),
        pad_token="<pad>",
        unk_token="<unk>",
    ).save_pretrained(folder)
    return model


def simulate(device: str) -> None:
    """Let transformers and kernels believe that the model lives on ``device``."""
    if device == "cpu":
        return
    current = simulate_moves() if device == "movable" else lambda _device=None: device
    for module in ("transformers.utils.kernel_config", "transformers.integrations.hub_kernels"):
        vars(importlib.import_module(module))["get_device_type"] = current
    vars(importlib.import_module("kernels.layer.repos"))["_find_capability"] = lambda: (
        CUDA_CAPABILITY
    )


def simulate_moves() -> Callable[..., str]:
    """Let a program put models on a GPU; the function returned says where the last one went.

    What names a GPU is noted down and replaced by the CPU: the arguments of ``to`` and ``cuda``,
    a ``device_map``, and the device of a context or of ``torch.set_default_device``.
    """
    torch = importlib.import_module("torch")
    loading = importlib.import_module("transformers.modeling_utils")
    contexts = importlib.import_module("torch.utils._device")
    real_to, real_map = torch.nn.Module.to, loading.check_and_set_device_map
    real_default = loading.get_torch_context_manager_or_global_device
    last = ["cpu"]

    def put(device: Any) -> Any:
        last[0] = "cuda" if isinstance(device, int) else torch.device(device).type
        return torch.device("cpu")

    def replaced(value: Any) -> Any:
        names_one = isinstance(value, (str, int, torch.device)) and not isinstance(value, bool)
        return put(value) if names_one else value

    def to(module: Any, *args: Any, **kwargs: Any) -> Any:
        named = {name: replaced(value) for name, value in kwargs.items()}
        return real_to(module, *map(replaced, args), **named)

    def cuda(module: Any, device: Any = 0) -> Any:
        return to(module, device)

    def device_map_of(device_map: Any) -> Any:
        found = real_map(device_map)
        if isinstance(found, str):  # "auto" and its like: the model fits on the GPU
            found = {"": "cuda"}
        placed = put("cpu" if found is None else next(iter(found.values())))
        return None if found is None else {"": placed}

    class DeviceContext(contexts.DeviceContext):  # type: ignore[misc, name-defined]
        def __init__(self, device: Any) -> None:
            self.wanted = torch.device(device)
            super().__init__("cpu" if self.wanted.type == "cuda" else device)

    def default_device() -> Any:
        for mode in torch.overrides._get_current_function_mode_stack():
            if isinstance(mode, DeviceContext) and mode.wanted.type == "cuda":
                return mode.wanted
        return real_default()

    vars(contexts)["DeviceContext"] = DeviceContext
    torch.nn.Module.to, torch.nn.Module.cuda = to, cuda
    vars(loading)["check_and_set_device_map"] = device_map_of
    vars(loading)["get_torch_context_manager_or_global_device"] = default_device
    return lambda _device=None: last[0]


def replaced_forwards(model: Any) -> dict[str, str]:
    """Module name (function kernels: ``module.function``) to the forward that replaced its own.

    kernelize puts a forward on the instance even where it falls back to the class's own. Before
    transformers 5.17 function kernels are kept elsewhere.
    """
    found = {}
    for name, module in model.named_modules():
        functions = getattr(module, "_kernel_funcs", {}) | getattr(module, "_hidden_kernels", {})
        candidates = {name: module} | {f"{name}.{key}": func for key, func in functions.items()}
        for path, candidate in candidates.items():
            function = getattr(candidate.__dict__.get("forward"), "__func__", None)
            if function is not None and function is not type(candidate).forward:
                found[path] = f"{function.__module__}.{function.__qualname__}"
    return found


def stage_of(trace: TracebackType | None) -> str:
    """The library step on top of the stack; ``construct`` when no known one is on it."""
    names = [frame.name for frame in traceback.extract_tb(trace)]
    return next((STAGES[name] for name in reversed(names) if name in STAGES), "construct")


def run_snippet(snippet: dict[str, str], model: Any, model_dir: Path) -> dict[str, Any]:
    """Run one snippet in this process, which is no good for a second one."""
    namespace: dict[str, Any] = {
        "__name__": "__main__",
        "model": model,
        "model_dir": str(model_dir),
    }
    error: BaseException | None = None
    simulate(snippet["device"])
    try:
        exec(compile(snippet["source"], "<snippet>", "exec"), namespace)
        exec(SINKS[snippet["path"]], namespace)
    except BaseException as raised:  # noqa: BLE001 (a kernel may even call sys.exit)
        error = raised
    kernels = replaced_forwards(namespace["model"])
    return {
        "raised": None if error is None else type(error).__name__,
        "message": "" if error is None else str(error),
        "stage": None if error is None else stage_of(error.__traceback__),
        "applied": sorted(kernels),
        "kernels": kernels,
        "observed": namespace.get("observed"),
    }


def run_isolated(snippet: dict[str, str], model: Any, model_dir: Path) -> dict[str, Any]:
    """Run one snippet in a forked child; a child that dies counts as ``raised: "Died"``."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        signal.alarm(SECONDS_PER_SNIPPET)
        with os.fdopen(writing, "w") as pipe:
            json.dump(run_snippet(snippet, model, model_dir), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    outcome: dict[str, Any] = (
        json.loads(text)
        if status == 0
        else {"raised": "Died", "message": f"wait status {status}", "stage": None}
        | {"applied": [], "kernels": {}, "observed": None}
    )
    return {"id": snippet["id"], "device": snippet["device"]} | outcome


def main(snippets_file: str, results_file: str, work_folder: str) -> None:
    """Run all snippets of a file and write their results, in the same order."""
    importlib.import_module("torch").set_num_threads(1)  # threads do not survive a fork
    model_dir = Path(work_folder) / "tiny-llama"
    model = build_tiny_model(model_dir)
    importlib.import_module("transformers.integrations.hub_kernels")
    snippets = json.loads(Path(snippets_file).read_text(encoding="utf-8"))
    results = [run_isolated(snippet, model, model_dir) for snippet in snippets]
    Path(results_file).write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])

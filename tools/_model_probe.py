"""Which layer names real models register: ``PYTHON tools/_model_probe.py FILE``.

PYTHON has transformers, kernels and torch; this script imports nothing else of the project. Every
class of the auto mappings is built from the default config of its model type on the ``meta``
device, which allocates no weights. Then ``KernelConfig.store_registered_layer_names`` collects
the names that the release counts as registered. FILE gets the result as JSON: ``versions``,
``registered`` (names: the classes that register them) and ``failed`` (error: the classes that
could not be built), where names and classes are joined by a space. A class of several model types
is built for each, and has the names of all.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import os
import signal
import sys
import time
import warnings
from collections.abc import Iterator
from types import FrameType
from typing import Any

# A model with thousands of layers takes some seconds; nothing hangs for longer.
SECONDS = 120


class TooLongError(Exception):
    """A model takes longer than SECONDS to build."""


def _too_long(_signal: int, _frame: FrameType | None) -> None:
    raise TooLongError(f"takes more than {SECONDS} s")


def _without_weights(transformers: Any) -> Any:
    """What keeps models from initialising their weights; not all releases have it in one place."""
    for module in ("initialization", "modeling_utils"):
        with contextlib.suppress(ImportError, AttributeError):
            return importlib.import_module(f"{transformers.__name__}.{module}").no_init_weights()
    return contextlib.nullcontext()


def _classes(transformers: Any) -> Iterator[tuple[str, str]]:
    """Model type and class of every auto mapping, each pair once."""
    auto = importlib.import_module(f"{transformers.__name__}.models.auto.modeling_auto")
    seen: set[tuple[str, str]] = set()
    for variable, table in sorted(vars(auto).items()):
        if not (variable.startswith("MODEL_") and variable.endswith("_NAMES")):
            continue
        for model_type, named in table.items():
            for name in [named] if isinstance(named, str) else named:
                if (model_type, name) not in seen:
                    seen.add((model_type, name))
                    yield model_type, name


def _names(transformers: Any, torch: Any, model_type: str, name: str) -> set[str]:
    """The names that a model registers when it is built from its default config."""
    config = transformers.models.auto.configuration_auto.CONFIG_MAPPING[model_type]()
    cls = getattr(transformers, name)
    with torch.device("meta"), _without_weights(transformers):
        model = cls(config)
    kernel_config = transformers.KernelConfig({})
    kernel_config.store_registered_layer_names(model)
    return set(kernel_config.registered_layer_names.values())


def _probe(transformers: Any, torch: Any) -> dict[str, Any]:
    models: dict[str, set[str]] = {}
    failed: dict[str, str] = {}
    signal.signal(signal.SIGALRM, _too_long)
    for model_type, name in sorted(_classes(transformers), key=lambda pair: pair[::-1]):
        start = time.monotonic()
        signal.alarm(SECONDS)
        try:
            found = _names(transformers, torch, model_type, name)
        # Whatever goes wrong concerns this model alone, and is in the result.
        except Exception as error:  # noqa: BLE001
            lines = str(error).strip().splitlines() or [""]
            failed[name] = f"{type(error).__name__}: {lines[0][:100]}"
        else:
            models.setdefault(name, set()).update(found)
        finally:
            signal.alarm(0)
        spent = time.monotonic() - start
        if spent > 5:
            print(f"{name} ({model_type}): {spent:.0f} s", file=sys.stderr)
    built = {name: " ".join(sorted(found)) for name, found in models.items()}
    missing = {name: reason for name, reason in failed.items() if name not in built}
    return {"registered": _grouped(built), "failed": _grouped(missing)}


def _grouped(values: dict[str, str]) -> dict[str, str]:
    """By value the keys that have it."""
    return {
        value: " ".join(sorted(key for key in values if values[key] == value))
        for value in sorted(set(values.values()))
    }


def main() -> int:
    """Write the result of every model to the file that the command line names."""
    warnings.simplefilter("ignore")
    os.environ["HF_HUB_OFFLINE"] = "1"
    torch = importlib.import_module("torch")
    transformers = importlib.import_module("transformers")
    logging.disable(logging.ERROR)
    versions = {
        library: str(importlib.import_module(library).__version__)
        for library in ("transformers", "kernels", "torch")
    }
    result = {"versions": versions, **_probe(transformers, torch)}
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump(result, file, indent=1)
        file.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

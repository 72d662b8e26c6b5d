"""What the ``config.json`` of a model says, where it is on this machine; never over the network."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping

from kernlint.model.hints import Any
from kernlint.model.pattern import lazy
from kernlint.model.record import Record

# Of thousands of config.json files none has 100 KB.
_LARGEST = 1_000_000
_DEEPEST = 8
_ID = lazy(r"[A-Za-z0-9][\w.-]{0,95}(?:/[A-Za-z0-9][\w.-]{0,95})?", re.ASCII)
_COMMIT = lazy(r"[0-9a-f]{40}")
_ACTIVATION = lazy(r"(?:^|_)(?:act|activation)(?:_|$)")


class Activation(Record):
    """An activation that a config names: ``vision_config.hidden_act``, ``gelu``."""

    field: str
    value: str


class Checkpoint(Record):
    """What a ``config.json`` says; ``path`` is where it was read.

    With ``remote_code`` the repository brings classes of its own (``auto_map``), which load where
    the program trusts them. ``activations`` are those that the file names, sorted; a field that
    is left out has the default of its config class.
    """

    path: str
    model_type: str | None
    architectures: tuple[str, ...]
    remote_code: bool
    activations: tuple[Activation, ...]


def checkpoint(path_or_id: str, cwd: str) -> Checkpoint | None:
    """The config of a local folder (relative to ``cwd``) or of a model id in the Hub's cache.

    As ``from_pretrained`` does, a folder of that name comes first, and an id stands for its
    branch ``main``: where a program names another revision, folder or cache, this is not its
    answer. None where there is no config on this machine, where it cannot be read, or where the
    folder holds an adapter, whose model is another one.
    """
    folder = os.path.join(cwd, path_or_id)
    if "\0" in path_or_id or not path_or_id:
        return None
    if not os.path.isdir(folder):
        cached = _cached(path_or_id)
        if cached is None:
            return None
        folder = cached
    if os.path.exists(os.path.join(folder, "adapter_config.json")):
        return None
    path = os.path.join(folder, "config.json")
    content = _content(path)
    if content is None:
        return None
    model_type = content.get("model_type")
    return Checkpoint(
        path,
        model_type if isinstance(model_type, str) else None,
        _texts(content.get("architectures")),
        bool(content.get("auto_map")),
        tuple(sorted(_activations(content, ""))),
    )


def _cached(model_id: str) -> str | None:
    """The folder of the model in the Hub's cache; None where it is no id or not there."""
    if not _ID.fullmatch(model_id) or ".." in model_id or "--" in model_id:
        return None
    root = os.path.join(_cache(), "models--" + model_id.replace("/", "--"))
    try:
        with open(os.path.join(root, "refs", "main"), encoding="ascii") as file:
            commit = file.read(100).strip()
    except (OSError, ValueError):
        return None
    return os.path.join(root, "snapshots", commit) if _COMMIT.fullmatch(commit) else None


def _cache() -> str:
    """Where huggingface_hub keeps models."""
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if os.environ.get(variable):
            return _expanded(os.environ[variable])
    default = os.path.join(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "huggingface")
    return os.path.join(_expanded(os.environ.get("HF_HOME") or default), "hub")


def _expanded(path: str) -> str:
    return os.path.expandvars(os.path.expanduser(path))


def _content(path: str) -> Mapping[str, Any] | None:
    """The object in a JSON file; None for anything else."""
    import json

    try:
        if not os.path.isfile(path) or os.path.getsize(path) > _LARGEST:
            return None
        with open(path, encoding="utf-8") as file:
            found = json.loads(file.read(_LARGEST))
    # Nesting that is too deep for Python is malformed, too.
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _texts(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list) else []
    return tuple(item for item in items if isinstance(item, str))


def _activations(content: Mapping[str, Any], prefix: str) -> Iterator[Activation]:
    """The fields that name an activation, in nested configs, too."""
    for key, value in content.items():
        if isinstance(value, str) and _ACTIVATION.search(key):
            yield Activation(prefix + key, value)
        elif isinstance(value, dict) and prefix.count(".") < _DEEPEST:
            yield from _activations(value, f"{prefix}{key}.")

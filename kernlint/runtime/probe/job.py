"""The job: what the parent asks for, as Python objects."""

from __future__ import annotations

import json
from typing import Any, NamedTuple


class Job(NamedTuple):
    """What to do; the fields are those of the job file.

    ``attribute`` names a config of the user's module; without one, ``mapping``,
    ``use_local_kernel`` and ``inherit_mapping`` are its arguments. ``skip`` are the steps not to
    begin: a pass, and a layer or None.
    """

    model: str
    attribute: str | None
    mapping: Any
    use_local_kernel: bool
    inherit_mapping: bool
    way: str
    device: str
    mode: str
    compiled: bool
    trust_remote_code: bool
    execute: bool
    numerics: bool
    skip: frozenset[tuple[str, str | None]]

    @property
    def training(self) -> bool:
        """Whether the model is to be trained."""
        return self.mode == "training"

    def skips(self, name: str, layer: str | None = None) -> bool:
        """Whether the step of a pass is not to be begun."""
        return (name, layer) in self.skip


def read(path: str) -> Job:
    """Read a job file; raises OSError, or ValueError or KeyError where it is not one."""
    with open(path, encoding="utf-8") as file:
        return decode(json.load(file))


def decode(document: dict[str, Any]) -> Job:
    """The job that a document of the protocol says; ValueError or KeyError if it says none."""
    config = document["config"]
    return Job(
        model=document["model"],
        attribute=config.get("attribute"),
        mapping=decode_value(config.get("mapping")),
        use_local_kernel=config.get("use_local_kernel", False),
        inherit_mapping=config.get("inherit_mapping", True),
        way=document["way"],
        device=document["device"],
        mode=document["mode"],
        compiled=document["compiled"],
        trust_remote_code=document["trust_remote_code"],
        execute=document["execute"],
        numerics=document["numerics"],
        skip=frozenset((name, layer) for name, layer in document["skip"]),
    )


def decode_value(value: Any) -> Any:
    """The Python object of a VALUE of the protocol; ValueError where it is not one.

    A key of a dict or an element of a set has to be hashable; TypeError where it is not.
    """
    if not isinstance(value, (dict, list)):
        return value
    if isinstance(value, dict) and len(value) == 1:
        [(kind, parts)] = value.items()
        if kind == "tuple":
            return tuple(map(decode_value, parts))
        if kind == "list":
            return list(map(decode_value, parts))
        if kind == "set":
            return set(map(decode_value, parts))
        if kind == "dict":
            return {decode_value(key): decode_value(part) for key, part in parts}
    raise ValueError(f"not a value of the protocol: {json.dumps(value)[:100]}")


def layer_name(key: object) -> str:
    """The name of a layer in events: a key as it is written, where it is not a text."""
    return key if isinstance(key, str) else repr(key)

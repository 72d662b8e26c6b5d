"""A check as the job that the probe reads; ``probe/__init__.py`` says what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kernlint.model.runtime import Check, ConfigSource, Pass


def job_of(check: Check, skip: Iterable[tuple[Pass, str | None]] = ()) -> dict[str, object]:
    """The job of a check, without the steps to ``skip``; as ``json.dumps`` takes it.

    Raises TypeError where the mapping holds something that JSON cannot carry.
    """
    return {
        "model": check.model,
        "config": _config(check.config),
        "way": check.config.way,
        "device": check.device,
        "mode": check.mode,
        "compiled": check.compiled,
        "trust_remote_code": check.trust_remote_code,
        "execute": check.execute,
        "numerics": check.numerics,
        "skip": [list(step) for step in skip],
    }


def _config(config: ConfigSource) -> dict[str, object]:
    if config.attribute is not None:
        return {"attribute": config.attribute}
    return {
        "mapping": encode(config.mapping),
        "use_local_kernel": config.use_local_kernel,
        "inherit_mapping": config.inherit_mapping,
    }


def encode(value: object) -> object:
    """A Python object as a VALUE of the protocol; TypeError for what it cannot carry."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, dict):
        return {"dict": [[encode(key), encode(part)] for key, part in value.items()]}
    for kind in (tuple, list, set):
        if type(value) is kind:
            return {kind.__name__: [encode(part) for part in value]}
    raise TypeError(f"a {type(value).__name__} cannot be handed over")

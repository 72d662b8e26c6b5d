"""Checks to be made, with what does not matter filled in."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from kernlint.model.diagnostic import Place
from kernlint.model.expr import Span
from kernlint.model.runtime import Check, ConfigSource

NO_MAPPING: Mapping[object, object] = {"RMSNorm": "/kernels/good:Layer"}


def config(mapping: Mapping[object, object] = NO_MAPPING) -> ConfigSource:
    """A config with local kernels, for set_use_kernels."""
    place = Place("train.py", Span(0, 0))
    return ConfigSource("train.py:1:1", place, mapping, True, True, "set_use_kernels")


def check(
    mapping: Mapping[object, object] = NO_MAPPING,
    *,
    model: str = "model",
    python: str = sys.executable,
    timeout: float = 60.0,
) -> Check:
    """A check in inference mode on the device that is there, without numerics."""
    return Check(
        config(mapping),
        model,
        "auto",
        "inference",
        compiled=False,
        offline=False,
        trust_remote_code=False,
        execute=True,
        numerics=False,
        timeout=timeout,
        python=python,
    )

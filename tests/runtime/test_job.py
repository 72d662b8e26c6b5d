"""What the parent hands over is what the probe gets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kernlint.runtime.job import encode, job_of
from tests.runtime.checks import check

VALUES: tuple[object, ...] = (
    None,
    True,
    3,
    2.5,
    "text",
    ("a/b:L", {"version": 1}),
    ["a", ("b",)],
    {"cuda"},
    {"RMSNorm": {"cuda": ("a/b:L", {"revision": "v1"})}},
    {("RMSNorm", "MLP"): "a/b:L", 1: [], None: ()},
    {"dict": {"tuple": "list"}},
    {},
)


def decoded(value: Any) -> Any:
    """A VALUE of the protocol as ``probe/__init__.py`` defines it, read anew."""
    if not isinstance(value, dict):
        return value
    [(kind, parts)] = value.items()
    if kind == "dict":
        return {decoded(key): decoded(part) for key, part in parts}
    made: Any = {"tuple": tuple, "list": list, "set": set}[kind]
    return made(decoded(part) for part in parts)


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_arrives_as_it_is(value: object) -> None:
    assert decoded(json.loads(json.dumps(encode(value)))) == value


@pytest.mark.parametrize("value", [b"bytes", frozenset(), object, {"a": [b""]}, 1j], ids=repr)
def test_what_json_cannot_carry_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="cannot be handed over"):
        encode(value)


def test_the_job_says_all_of_the_check() -> None:
    asked = check({"SiLU": "/kernels/silu:Layer"}, model="models/llama")
    assert job_of(asked, [("strict", "SiLU"), ("together", None)]) == {
        "model": "models/llama",
        "config": {
            "mapping": {"dict": [["SiLU", "/kernels/silu:Layer"]]},
            "use_local_kernel": True,
            "inherit_mapping": True,
        },
        "way": "set_use_kernels",
        "device": "auto",
        "mode": "inference",
        "compiled": False,
        "trust_remote_code": False,
        "execute": True,
        "numerics": False,
        "skip": [["strict", "SiLU"], ["together", None]],
    }


def test_an_attribute_is_named_and_not_sent() -> None:
    asked = check()
    named = asked._replace(config=asked.config._replace(attribute="configs:fast", mapping=None))
    assert job_of(named)["config"] == {"attribute": "configs:fast"}

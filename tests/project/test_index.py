"""Tests of kernlint.project.index: who declares which layer."""

from __future__ import annotations

import pytest

from kernlint.project.outcome import place_of_name
from tests.project.sources import Sources

HUB = (
    "from kernels import use_kernel_forward_from_hub as hub, replace_kernel_forward_from_hub as r\n"
)
CLASS = "class A: pass\n"


def layers(source: str) -> list[str | None]:
    """The layer names that a file declares; None for one that is not known."""
    return [item.layer for item in Sources({"a.py": source}).build().declarations]


@pytest.mark.parametrize(
    "source",
    [
        f"{HUB}@hub('X')\n{CLASS}",
        f"{HUB}@hub(layer_name='X')\n{CLASS}",
        f"{HUB}NAME = 'X'\n@hub(NAME)\n{CLASS}",
        f"{HUB}A = hub('X')(B)\n",
        f"{HUB}r(A, 'X')\n",
        f"{HUB}r(cls=A, layer_name='X')\n",
        f"{HUB}alias = hub\n@alias('X')\n{CLASS}",
        f"import kernels\n@kernels.use_kernel_forward_from_hub('X')\n{CLASS}",
        f"import kernels\nalias = kernels.use_kernel_forward_from_hub\n@alias('X')\n{CLASS}",
        f"from kernels import *\n@use_kernel_forward_from_hub('X')\n{CLASS}",
        f"from transformers.integrations import use_kernel_forward_from_hub as u\n@u('X')\n{CLASS}",
        f"from mine import use_kernel_forward_from_hub\n@use_kernel_forward_from_hub('X')\n{CLASS}",
        "import kernels\n@kernels.use_kernel_func_from_hub('X')\ndef f(): pass\n",
        "class A:\n    kernel_layer_name = 'X'\n",
        "class A:\n    kernel_layer_name: str = 'X'\n",
        "class A:\n    name = kernel_layer_name = 'X'\n",
        "A.kernel_layer_name = 'X'\n",
        "setattr(A, 'kernel_layer_name', 'X')\n",
        (
            "try:\n    from kernels import use_kernel_forward_from_hub\nexcept ImportError:\n"
            "    def use_kernel_forward_from_hub(name): return lambda cls: cls\n"
            f"@use_kernel_forward_from_hub('X')\n{CLASS}"
        ),
    ],
)
def test_every_way_to_declare_a_layer(source: str) -> None:
    assert layers(source) == ["X"]


@pytest.mark.parametrize(
    "source",
    [
        f"{HUB}for name in NAMES:\n    hub(name)(A)\n",
        f"{HUB}@hub(*names)\n{CLASS}",
        f"{HUB}@hub\n{CLASS}",
        f"{HUB}def own(name):\n    return hub(name)\n",
        f"{HUB}from functools import partial\nown = partial(hub, 'X')\n",
        f"{HUB}list(map(r, CLASSES, NAMES))\n",
        "def declare(cls, name):\n    cls.kernel_layer_name = name\n",
    ],
)
def test_names_that_cannot_be_read(source: str) -> None:
    assert layers(source) == [None]


@pytest.mark.parametrize(
    "source",
    [
        "def use_other(name): return name\n@use_other('X')\nclass A: pass\n",
        f"@use_kernel_forward_from_hub('X')\n{CLASS}",
        "kernel_layer_name = 'X'\n",
        "setattr(A, 'other', 'X')\n",
    ],
)
def test_what_declares_nothing(source: str) -> None:
    assert layers(source) == []


def test_the_place_of_a_declaration() -> None:
    sources = Sources(
        {
            "a.py": f"from b import NAME\n{HUB}@hub(NAME)\n{CLASS}@hub('Ö')\n{CLASS}",
            "b.py": "NAME = 'X'\n",
        }
    )
    first, second = sources.build().declarations
    assert (first.layer, sources.at(place_of_name(first))) == ("X", "hub(NAME)")
    assert (second.layer, sources.at(place_of_name(second))) == ("Ö", "'Ö'")
    assert (second.owner, second.owner_kind, second.library) == ("A", "class", "kernels")

"""The shapes of the data files, for the type checker alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypedDict


class Interval(TypedDict):
    """A value of a fact and the releases that have it."""

    since: str
    until: str | None
    value: Any
    source: Mapping[str, Any]


class LibraryData(TypedDict):
    """The content of ``transformers.json`` and ``kernels.json``."""

    releases: list[str]
    facts: dict[str, list[Interval]]


class Group(TypedDict):
    """Places (``module:owner``) that declare a layer over the same releases."""

    since: str
    until: str | None
    at: list[str]


class Mapped(TypedDict):
    """The releases that bring a kernel for a layer name, and where the first says so."""

    since: str
    until: str | None
    source: Mapping[str, Any]


class Layer(TypedDict):
    """What carries a layer name, where, and which functions no class attaches."""

    kind: Literal["class", "function"]
    sites: list[Group]
    unattached: list[Group]


# The content of layers.json.
LayersData = TypedDict(
    "LayersData", {"default-mapping": dict[str, list[Mapped]], "layers": dict[str, Layer]}
)

"""Answers which layer names a model class of a release can register.

The data is generated from the released wheels (``tools/_models.py``) and read when it is first
asked for.
"""

from __future__ import annotations

import os
from functools import lru_cache

from kernlint.model.hints import Any
from kernlint.model.record import Record

# `[since, until, index of the names, open, classes, index of the names alike]`; `until` is None
# while it holds.
_Row = tuple[str, "str | None", int, bool, str, int]


class ModelLayers(Record):
    """What a model class can register, whatever its config.

    ``possible`` are all names that it can register. Where it is ``open``, parts of it are named
    by the config or come from another library, and nothing can be said of other names. Functions
    that a class attaches are among them even in a release that does not count them as registered
    (``TransformersRelease.registers_function_layers``). ``module`` is the file that defines the
    class: ``models/llama/modeling_llama.py``. ``alike`` are other layer names, which are part of
    the name of a class that it can build: ``RMSNorm`` where ``FooRMSNorm`` is declared as no
    layer. From 5.11 on from_pretrained can make a layer of such a class. Where it is ``open``
    they are not known.
    """

    possible: frozenset[str]
    open: bool
    module: str
    alike: frozenset[str] = frozenset()


def model_layers(release: str, class_name: str) -> ModelLayers | None:
    """What ``class_name`` can register in a release of transformers.

    None where the release has no such model class. KeyError where the catalog lacks the release.
    """
    table = _load()
    for module, row in table.classes.get(class_name, ()):
        if table.holds(release, row[0], row[1]):
            possible = table.names[row[2]] | table.everywhere(release)
            return ModelLayers(possible, row[3], f"models/{module}", table.names[row[5]])
    return None


def replacing_layers(release: str) -> frozenset[str]:
    """The layer names of modules that a quantizer can put into any model, which then has them."""
    return _load().everywhere(release)


def class_for(release: str, auto_class: str, model_type: str) -> str | None:
    """The class that an auto class builds: ``LlamaForCausalLM`` of AutoModelForCausalLM and llama.

    None where there is none, or where the config chooses among several. KeyError where the
    catalog lacks the release.
    """
    table = _load()
    for since, until, name in table.auto.get((auto_class, model_type), ()):
        if table.holds(release, since, until):
            return None if "," in name else name
    return None


class _Table:
    """The content of models.json, by class and by auto class and model type."""

    __slots__ = ("_everywhere", "_releases", "auto", "classes", "names")

    def __init__(self, data: dict[str, Any]) -> None:
        self._releases = {release: index for index, release in enumerate(data["releases"])}
        self._everywhere = data["everywhere"]
        self.names = [frozenset(text.split()) for text in data["names"]]
        self.classes: dict[str, list[tuple[str, _Row]]] = {}
        for module, rows in data["models"].items():
            for row in rows:
                for name in row[4].split():
                    self.classes.setdefault(name, []).append((module, row))
        self.auto: dict[tuple[str, str], list[tuple[str, str | None, str]]] = {}
        for auto_class, rows in data["auto"].items():
            for since, until, pairs in rows:
                for pair in pairs.split():
                    model_type, _, name = pair.partition("=")
                    self.auto.setdefault((auto_class, model_type), []).append((since, until, name))

    def holds(self, release: str, since: str, until: str | None) -> bool:
        """Whether a release lies in the period."""
        index = self._releases[release]
        return self._releases[since] <= index and (until is None or index < self._releases[until])

    def everywhere(self, release: str) -> frozenset[str]:
        """The names of modules that a quantizer puts into any model."""
        return frozenset(
            name
            for since, until, text in self._everywhere
            if self.holds(release, since, until)
            for name in text.split()
        )


@lru_cache(maxsize=1)
def _load() -> _Table:
    import json

    path = os.path.join(os.path.dirname(__file__), "data", "models.json")
    with open(path, encoding="utf-8") as file:
        return _Table(json.load(file))

"""Which layer names a model class of transformers can register, read from a wheel.

A model can register the names of what it can build. What it can build is over-estimated: all
that the code of its classes, of their bases and of the functions they use mentions, whichever
config decides about it. Where that code builds what a config names (``AutoModel.from_config``, a
backbone, a class from another library) the model is *open*: then nothing can be said of the
names that were not found.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tools._auto_classes import AUTO_FILES, auto_classes
from tools._references import DYNAMIC, Definition, Import, Source, source
from tools._wheel import Wheel

ROOT = "transformers"
MODELS = f"{ROOT}/models/"
AUTO = f"{MODELS}auto"
LAYERS = f"{ROOT}/modeling_layers.py"
ACTIVATIONS = f"{ROOT}/activations.py"
# Of these files the code is followed. Others have helpers for tensors, caches and configs; none
# of them declares a layer, which :func:`declared_everywhere` makes sure of.
FOLLOWED = (MODELS, LAYERS, ACTIVATIONS)
# What these bring along is put into a model that was loaded, whatever its class.
REPLACING = (f"{ROOT}/integrations/", f"{ROOT}/quantizers/")
# What all models derive from.
BASES = frozenset({"PreTrainedModel", "PreTrainedAudioTokenizerBase"})
# Builds what `config.backbone_config` names.
LOADERS = frozenset({"load_backbone"})
# From import to import, and from table to table.
MOST_HOPS = 6
# In each model directory, files about other things than models.
_NO_MODELS = (
    "configuration_",
    "convert_",
    "feature_extraction_",
    "image_processing_",
    "modular_",
    "processing_",
    "tokenization_",
    "video_processing_",
)
# Libraries that build nothing with a layer name, unlike one whose models are wrapped (timm).
_PLAIN = frozenset(
    {
        "PIL",
        "accelerate",
        "apex",
        "bitsandbytes",
        "causal_conv1d",
        "deepspeed",
        "einops",
        "mambapy",
        "numpy",
        "packaging",
        "safetensors",
        "scipy",
        "torch",
        "torchaudio",
        "torchvision",
        "tqdm",
    }
)


class Node(NamedTuple):
    """A definition of a file."""

    file: str
    name: str


class Model(NamedTuple):
    """What is known of a model class; ``file`` as in the wheel.

    ``alike`` are layer names that it cannot register, although a class that it can build has
    such a name: ``RMSNorm`` where ``FooRMSNorm`` is declared as no layer.
    """

    file: str
    possible: frozenset[str]
    open: bool
    alike: frozenset[str] = frozenset()


class _Edges(NamedTuple):
    """What a definition leads to."""

    nodes: tuple[Node, ...]
    layers: frozenset[str]
    open: bool
    own_base: bool


class Sources:
    """Reads modules of many releases; a file that did not change is read once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, bytes], Source] = {}

    def read(self, wheel: Wheel, file: str) -> Source:
        """What ``file`` defines and imports."""
        key = (file, hashlib.sha256(wheel.read(file)).digest())
        if key not in self._known:
            self._known[key] = source(wheel.parse(file))
        return self._known[key]


class Models:
    """The model classes of one release."""

    def __init__(self, wheel: Wheel, sources: Sources) -> None:
        self._wheel = wheel
        self._sources = sources
        self._read: dict[str, Source] = {}
        self._edges: dict[Node, _Edges] = {}
        self._names: dict[str, list[str]] = {}
        self._files = [
            file
            for file in sorted(wheel.files)
            if file.startswith(MODELS) and "/modeling_" in file and file.endswith(".py")
        ]
        for file in self._files:
            for name in self._source(file).definitions:
                self._names.setdefault(name, []).append(file)
        bases = auto_classes(wheel).get("AutoModel", {})
        self._own_bases: dict[str, list[Node]] = {}
        for name in sorted({name for names in bases.values() for name in names}):
            for file in self._names.get(name, ()):
                self._own_bases.setdefault(file, []).append(Node(file, name))

    def models(self, layers: Iterable[str] = ()) -> dict[str, Model]:
        """Every class that derives from PreTrainedModel, by its name.

        ``layers`` are the layer names of the release that class names are compared with. Where
        two files define a class of that name, the result holds for either.
        """
        names = frozenset(layers)
        found: dict[str, Model] = {}
        for file in self._files:
            for name, definition in self._source(file).definitions.items():
                if self._is_model(file, definition, frozenset()):
                    model = self._model(Node(file, name), names)
                    other = found.get(name, model)
                    possible = model.possible | other.possible
                    found[name] = Model(
                        other.file,
                        possible,
                        model.open or other.open,
                        (model.alike | other.alike) - possible,
                    )
        if not found:
            raise self._wheel.strange(MODELS, "a class that derives from PreTrainedModel")
        return found

    def _source(self, file: str) -> Source:
        if file not in self._read:
            self._read[file] = self._sources.read(self._wheel, file)
        return self._read[file]

    def _is_model(self, file: str, definition: Definition, seen: frozenset[Node]) -> bool:
        if not BASES.isdisjoint(definition.bases):
            return True
        for node in (node for base in definition.bases for node in self._resolve(file, base)):
            known = node in seen or not node.file.startswith(MODELS)
            if not known and self._is_model(node.file, self._definition(node), seen | {node}):
                return True
        return False

    def _model(self, root: Node, layers: frozenset[str]) -> Model:
        """Collect what the class leads to."""
        possible: set[str] = set()
        is_open = own_base = False
        seen = {root}
        todo = [root]
        while todo:
            edges = self._leads_to(todo.pop())
            possible |= edges.layers
            is_open = is_open or edges.open
            own_base = own_base or edges.own_base
            nodes = set(edges.nodes)
            if own_base:
                # Of this model or of one that it has a part from: all of them count.
                nodes.update(*(self._own_bases.get(node.file, ()) for node in seen | nodes))
            todo += nodes - seen
            seen |= nodes
        is_open = is_open or (own_base and root.file not in self._own_bases)
        # Of functions, which are written in small letters, from_pretrained replaces none.
        classes = [node.name for node in seen if not node.name.islower()]
        alike = {layer for layer in layers - possible if any(layer in name for name in classes)}
        return Model(root.file, frozenset(possible), is_open, frozenset(alike))

    def _leads_to(self, node: Node) -> _Edges:
        if node not in self._edges:
            self._edges[node] = self._read_edges(node)
        return self._edges[node]

    def _read_edges(self, node: Node) -> _Edges:
        definition = self._source(node.file).definitions[node.name]
        nodes: list[Node] = []
        layers = set(definition.layers)
        is_open = own_base = False
        for name in sorted(definition.refers):
            if name == DYNAMIC or self._is_foreign(node.file, name):
                is_open = True
                continue
            targets = list(self._resolve(node.file, name))
            is_open = is_open or (not targets and self._is_lost(node.file, name))
            for target in targets:
                if target.file in AUTO_FILES or target.name in LOADERS:
                    # In modeling_layers.py it is the config of the model itself.
                    own = node.file == LAYERS and name.split(".")[0] == "AutoModel"
                    own_base = own_base or own
                    is_open = is_open or not own
                elif target.file.startswith(FOLLOWED):
                    nodes.append(target)
        for name in definition.attached:
            for target in self._resolve(node.file, name):
                layers |= self._definition(target).layers
        return _Edges(tuple(dict.fromkeys(nodes)), frozenset(layers), is_open, own_base)

    def _definition(self, node: Node) -> Definition:
        return self._source(node.file).definitions.get(node.name, Definition())

    def _is_foreign(self, file: str, name: str) -> bool:
        """Whether the name comes from a library that may build anything."""
        if name.startswith("torch.hub"):
            return True
        for each in self._source(file).imports.get(_first(name), ()):
            top = each.module.split(".")[0]
            known = top == ROOT or top in _PLAIN or top in sys.stdlib_module_names
            if each.dots == 0 and not known:
                return True
        return False

    def _is_lost(self, file: str, name: str) -> bool:
        """Whether the name is imported from other code for models, and is not found there."""
        here = self._source(file)
        paths = [self._path(file, each) for each in here.imports.get(_first(name), ())]
        modules = [path for path in paths if path is not None and path.startswith(MODELS)]
        return _first(name) not in here.definitions and any(
            path != AUTO and not path.rsplit("/", 1)[-1].startswith(_NO_MODELS) for path in modules
        )

    def _resolve(self, file: str, name: str, depth: int = 0) -> Iterator[Node]:
        """The definitions that a name may stand for; of other libraries there is none."""
        first, _, rest = name.partition(".")
        here = self._source(file)
        whole = _first(name)
        if depth > MOST_HOPS:
            return
        if first in here.definitions:
            yield Node(file, first)
        elif whole in here.definitions:
            wrapped = here.definitions.get(f"{whole}[*]", Definition()).refers
            items = [f"{table}{first[len(whole) :]}" for table in wrapped]
            known = [item for item in items if first != whole and item in here.definitions]
            yield from (Node(file, item) for item in known or [whole])
        for each in here.imports.get(whole, ()):
            yield from self._imported(file, each, first[len(whole) :], rest, depth)

    def _imported(
        self, file: str, bound: Import, item: str, rest: str, depth: int
    ) -> Iterator[Node]:
        """What an import binds: ``item`` is ``[key]`` or nothing, ``rest`` the dotted rest."""
        path = self._path(file, bound)
        if path is None:
            return
        if bound.name is None:
            module, name = path, rest
        elif self._module(f"{path}/{bound.name}") is not None:
            module, name = f"{path}/{bound.name}", rest
        else:
            module, name = path, bound.name + item
        if name == "*":
            # An attribute of a module that is not known before it runs.
            yield Node(AUTO_FILES[0], name)
        elif name:
            yield from self._in_module(module, name, depth)

    def _path(self, file: str, bound: Import) -> str | None:
        """The module of an import as a path without suffix; None for another library."""
        parts = bound.module.split(".") if bound.module else []
        if bound.dots:
            return "/".join([*file.split("/")[: -bound.dots], *parts])
        return "/".join(parts) if parts[:1] == [ROOT] else None

    def _module(self, path: str) -> str | None:
        for file in (f"{path}.py", f"{path}/__init__.py"):
            if file in self._wheel.files:
                return file
        return None

    def _in_module(self, path: str, name: str, depth: int) -> Iterator[Node]:
        """A name in a module; one in a package is looked for in the modeling files below it."""
        file = self._module(path)
        if file is None or file.rsplit("/", 1)[-1].startswith(_NO_MODELS):
            return
        if file in AUTO_FILES or name in LOADERS:
            yield Node(file, name)
        elif not file.endswith("/__init__.py"):
            if file.startswith(FOLLOWED):
                yield from self._resolve(file, name, depth + 1)
        elif path == AUTO:
            # The other auto classes are for configs, tokenizers and the like.
            if name.startswith(("AutoModel", "AutoBackbone", "MODEL_")):
                yield Node(AUTO_FILES[0], name)
        else:
            plain = _first(name)
            for each in self._names.get(plain, ()):
                if each.startswith(f"{path}/"):
                    yield Node(each, plain)


def declared_everywhere(declarations: Iterable[tuple[str, str]], wheel: Wheel) -> frozenset[str]:
    """The names of what replaces modules of a loaded model, whatever its class.

    ``declarations`` are all names of the release with the module that declares them. A module
    that is neither followed nor known to replace is strange.
    """
    found: set[str] = set()
    for name, module in declarations:
        file = f"{ROOT}/{module}"
        if file.startswith(REPLACING):
            found.add(name)
        elif not file.startswith(FOLLOWED):
            raise wheel.strange(file, "a file whose classes are followed")
    return frozenset(found)


def _first(name: str) -> str:
    """``a`` of ``a.b`` and of ``a[key]``."""
    return name.partition(".")[0].partition("[")[0]

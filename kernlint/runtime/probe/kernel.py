"""Which kernel a layer is from: of what kernels says it has loaded, and of the layer's own code."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any, NamedTuple


class KernelFacts(NamedTuple):
    """A kernel that was loaded; see ``kernlint/model/runtime.py``."""

    repository: str
    revision: str | None
    variant: str | None
    file: str | None
    layer: str
    folder: str | None
    compiles: bool | None
    backward: bool | None


class Recorded:
    """A repository of a kernel mapping that remembers what came of loading it.

    It stands in for the repository in a mapping: kernels needs ``load()`` of it, and its text for
    messages. Equal to nothing but itself, so that a layer is validated against the classes of this
    model, whatever was loaded from the same repository before (``_get_layer_memoize`` of kernels
    0.17.2, layer/layer.py).
    """

    def __init__(self, repository: Any) -> None:
        self.repository = repository
        self.layer: Any = None
        self.error: BaseException | None = None

    def load(self) -> Any:
        """Load the layer; raises what the repository raises."""
        try:
            self.layer = self.repository.load()
        except BaseException as error:
            self.error = error
            raise
        return self.layer

    def __str__(self) -> str:
        return str(self.repository)


def facts_of(layer: Any, text: str) -> KernelFacts:
    """The facts of a loaded layer; ``text`` is the kernel as in a mapping: ``repository:layer``.

    ``folder`` is the variant of that repository that kernels has loaded. ``file`` is where the
    layer's code lies: somewhere else, where two kernels of the same id meet in one process.
    """
    repository, _, name = text.partition(":")
    file = file_of(layer)
    loaded = _loaded(repository) or _loaded(file or "")
    folder = _variant_folder(loaded) if loaded else None
    info = getattr(loaded, "repo_info", None)
    return KernelFacts(
        repository,
        getattr(info, "revision", None),
        os.path.basename(folder) if folder else None,
        file,
        name.partition(":")[0],
        folder,
        bool(getattr(layer, "can_torch_compile", False)),
        bool(getattr(layer, "has_backward", True)),
    )


def facts_without_layer(text: str) -> KernelFacts | None:
    """The facts of a kernel that was imported and lacks the layer that ``text`` asks for.

    ``file`` is where the layers lie that it has. None where kernels has imported no such kernel.
    """
    repository, _, name = text.partition(":")
    loaded = _loaded(repository) if repository else None
    if loaded is None:
        return None
    folder = _variant_folder(loaded)
    file = getattr(getattr(loaded.module, "layers", None), "__file__", None)
    return KernelFacts(
        repository,
        getattr(loaded.repo_info, "revision", None),
        os.path.basename(folder),
        None if file is None else os.path.abspath(file),
        name.partition(":")[0],
        folder,
        None,
        None,
    )


def file_of(layer: Any) -> str | None:
    """The file with the code of a layer's forward, None where it has none.

    A layer that kernels makes of a function has a forward in kernels itself; its module counts.
    """
    file = getattr(getattr(layer.forward, "__code__", None), "co_filename", None)
    own = os.path.dirname(importlib.import_module("kernels").__file__ or "")
    if file is None or os.path.realpath(file).startswith(os.path.realpath(own) + os.sep):
        file = getattr(sys.modules.get(layer.__module__), "__file__", None)
    return None if file is None else os.path.abspath(file)


def _loaded(repository: str) -> Any:
    """What kernels has loaded last of a repository, an id or a folder; None if it says nothing.

    With a file, what it has loaded from the folder that this lies in: a repository may have been
    moved (``kernel-status.toml``).
    """
    found = None
    for kernel in importlib.import_module("kernels").get_loaded_kernels():
        if kernel.repo_info is not None:
            matches = kernel.repo_info.repo_id == repository
        else:
            matches = _lies_in(_variant_folder(kernel), _override(repository) or repository)
        matches = matches or _lies_in(repository, _variant_folder(kernel))
        found = kernel if matches else found
    return found


def _override(repository: str) -> str | None:
    """The folder that ``LOCAL_KERNELS`` (``id=folder:id=folder``) names for a repository."""
    entries = (entry.partition("=") for entry in os.environ.get("LOCAL_KERNELS", "").split(":"))
    return next((folder for name, _, folder in entries if name == repository and folder), None)


def _variant_folder(kernel: Any) -> str:
    """The folder of the build: it holds the ``__init__.py``, or the package does that holds it."""
    file: str = kernel.module.__file__
    folder = os.path.dirname(os.path.abspath(file))
    has_metadata = os.path.isfile(os.path.join(folder, "metadata.json"))
    return folder if has_metadata else os.path.dirname(folder)


def _lies_in(path: str, folder: str) -> bool:
    inner, outer = os.path.realpath(path), os.path.realpath(folder)
    return inner == outer or inner.startswith(outer + os.sep)

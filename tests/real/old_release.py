"""Run the real validation of any transformers release, without torch and without installing it.

``utils/kernel_config.py`` of the release is executed as it is, and from 5.11 on the function of
``integrations/hub_kernels.py`` that from_pretrained calls first. What they import is replaced:
the model by a list of layer names, the repository classes of kernels by the real constructors
with nothing behind them. So this answers what the *validation* does; nothing is ever loaded.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import enum
import functools
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

CONFIG_FILE = "transformers/utils/kernel_config.py"
HUB_FILE = "transformers/integrations/hub_kernels.py"
REGISTER = "register_kernel_replacements_and_fusions"

KERNELS_FOR = (
    ((5, 18), "0.17.2"),  # 5.23 asks for 0.18.2; its constructors are taken to be those of 0.17
    ((5, 15), "0.16.2"),
    ((5, 13), "0.15.2"),
    ((5, 4), "0.12.3"),
    ((5, 0), "0.10.5"),
)
"""Lowest transformers release to the newest kernels release that its own extra admits."""


class Verdict(NamedTuple):
    """What the validation did.

    ``raised`` is the exception's type name and ``stage`` one of ``construct``, ``register``,
    ``sanitize``, ``create``; both None when it went through. ``mapping`` is what is left then:
    layer -> device -> mode -> the repository's attributes.
    """

    raised: str | None
    message: str
    stage: str | None
    mapping: Mapping[str, Any]


def wheel_folder() -> Path:
    """Where the wheels lie: ``KERNLINT_WHEELS``, by default ``.wheels``."""
    return Path(os.environ.get("KERNLINT_WHEELS", ".wheels"))


def find_wheel(project: str, release: str) -> Path | None:
    """The wheel of one release, if it is there."""
    return next(wheel_folder().glob(f"{project}-{release}-*.whl"), None)


def fetch_wheel(project: str, release: str) -> Path:
    """The wheel of one release, downloaded into ``wheel_folder()`` if it is not there."""
    wheel = find_wheel(project, release)
    if wheel is None:
        pip = f"{sys.executable} -m pip download --quiet --no-deps --no-cache-dir --dest"
        subprocess.run([*pip.split(), str(wheel_folder()), f"{project}=={release}"], check=True)
        wheel = find_wheel(project, release)
    if wheel is None:
        raise FileNotFoundError(f"{project} {release} has no wheel in {wheel_folder()}")
    return wheel


def kernels_release_for(transformers: str) -> str:
    """The kernels release that goes with a transformers release."""
    numbers = tuple(int(part) for part in transformers.split(".")[:2])
    return next(kernels for lowest, kernels in KERNELS_FOR if numbers >= lowest)


def read_sources(archive: Path, wanted: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Path and text of the matching Python files in a wheel or in an unpacked one."""
    if archive.is_dir():
        for file in sorted(archive.rglob("*.py")):
            name = file.relative_to(archive).as_posix()
            if wanted.fullmatch(name):
                yield name, file.read_text(encoding="utf-8")
        return
    with zipfile.ZipFile(archive) as wheel:
        for name in wheel.namelist():
            if wanted.fullmatch(name):
                yield name, wheel.read(name).decode("utf-8")


def _execute(tree: ast.Module, filename: str, namespace: dict[str, Any]) -> None:
    flags = __future__.annotations.compiler_flag
    exec(compile(tree, filename, "exec", flags, dont_inherit=True), namespace)


class _Mode(enum.Flag):
    FALLBACK = enum.auto()
    TRAINING = enum.auto()
    INFERENCE = enum.auto()
    TORCH_COMPILE = enum.auto()


def _load_nothing(repository: Any) -> type:
    kernel = type(repository.layer_name, (), {"forward": lambda self, hidden_states: hidden_states})
    kernel.__module__ = "kernel_that_is_not_there"
    return kernel


def _repository_class(name: str, source: str) -> type:
    """The class ``name`` with its real constructor and a ``load`` that loads nothing."""
    tree = ast.parse(source)
    classes = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    found = next(classes)
    found.body = [
        node for node in found.body if isinstance(node, ast.FunctionDef) and node.name == "__init__"
    ]
    namespace: dict[str, Any] = {"__name__": "kernels.layer"}
    _execute(ast.Module([found], []), name, namespace)
    return type(name, (namespace[name],), {"load": _load_nothing})


def _fake_kernels(archive: Path) -> ModuleType:
    module = ModuleType("kernels")
    for _, source in read_sources(archive, re.compile(r"kernels/(layer/)?layer\.py")):
        for name in ("LayerRepository", "LocalLayerRepository"):
            setattr(module, name, _repository_class(name, source))
    vars(module)["Mode"] = _Mode
    return module


class _Model:
    """As much of a model as the validation looks at."""

    def __init__(
        self, layers: Sequence[str], functions: Sequence[str], device: str, *, training: bool
    ) -> None:
        self.training = training
        # PyTorch calls an AMD GPU cuda; transformers tells them apart by torch.version.hip.
        kind = "cuda" if device == "rocm" else device
        self._parameter = SimpleNamespace(device=SimpleNamespace(type=kind))
        self._modules = [
            (f"layers.{name}", SimpleNamespace(kernel_layer_name=name)) for name in layers
        ]
        attention = SimpleNamespace(_kernel_funcs={name: object() for name in functions})
        self._modules.append(("attention", attention))

    def parameters(self) -> Iterator[SimpleNamespace]:
        return iter([self._parameter])

    def named_modules(self) -> Iterator[tuple[str, SimpleNamespace]]:
        return iter(self._modules)


class _ModelClass:
    """As much of a model class as from_pretrained's first step looks at."""

    __name__ = "TinyModel"
    config_class = SimpleNamespace(model_type="tiny")


def load_release(release: str, device: str = "cuda") -> OldRelease:
    """A transformers release with the kernels release that goes with it, from their wheels."""
    kernels = fetch_wheel("kernels", kernels_release_for(release))
    return OldRelease(fetch_wheel("transformers", release), kernels, device)


class OldRelease:
    """The validation of one transformers release with one kernels release.

    Args:
        transformers: a wheel of transformers, or the folder it was unpacked to.
        kernels: the same for kernels.
        device: the device that the model is on.
    """

    def __init__(self, transformers: Path, kernels: Path, device: str = "cuda") -> None:
        self._device = device
        self._modules = self._stubs(kernels)
        self._builtins = vars(builtins) | {"__import__": self._import}
        sources = dict(read_sources(transformers, re.compile(f"{CONFIG_FILE}|{HUB_FILE}")))
        config = self._module("transformers.utils.kernel_config", "transformers.utils")
        _execute(ast.parse(sources[CONFIG_FILE]), CONFIG_FILE, vars(config))
        self.config_class: Any = vars(config)["KernelConfig"]
        vars(self._modules["transformers"])["KernelConfig"] = self.config_class
        self._register = self._register_function(sources[HUB_FILE])

    def judge(
        self,
        source: str,
        path: str = "set_use_kernels",
        layers: Sequence[str] = ("RMSNorm", "SiLU"),
        functions: Sequence[str] = ("rotary_pos_emb",),
        *,
        training: bool = False,
        compiled: bool = False,
    ) -> Verdict:
        """Run ``source``, which defines ``config``, and the validation of ``path`` on it.

        ``layers`` are the names that the model's modules carry, ``functions`` the names of the
        functions attached to them. (transformers 5.4 and 5.5 turn such a function into a module.)
        ``training`` is the state of the model, which from_pretrained always evaluates;
        ``compiled`` is what ``create_compatible_mapping`` is given as ``compile``, by hand.
        """
        namespace: dict[str, Any] = {"__builtins__": self._builtins}
        training = training and path != "from_pretrained"
        model = _Model(layers, functions, self._device, training=training)
        stage = "construct"
        try:
            exec(compile(source, "<snippet>", "exec"), namespace)
            config = namespace["config"]
            if path == "from_pretrained" and self._register is not None:
                stage = "register"
                self._register(_ModelClass, None, config)
            stage = "sanitize"
            config.sanitize_kernel_mapping(model)
            stage = "create"
            config.create_compatible_mapping(model, **({"compile": True} if compiled else {}))
        except Exception as error:  # noqa: BLE001 (the exception is the answer)
            return Verdict(type(error).__name__, str(error), stage, {})
        return Verdict(None, "", None, _plain(config.kernel_mapping))

    def _stubs(self, kernels: Path) -> dict[str, ModuleType]:
        modules = {name: ModuleType(name) for name in ("transformers", "transformers.utils")}
        hip = "6.4" if self._device == "rocm" else None
        torch = ModuleType("torch")
        vars(torch)["version"] = SimpleNamespace(hip=hip)
        vars(modules["transformers.utils"]).update(
            PushToHubMixin=object,
            is_torch_available=lambda: True,
        )
        import_utils = ModuleType("transformers.utils.import_utils")
        vars(import_utils).update(
            get_device_type=lambda device: "rocm" if hip else device.type,
            is_rocm_platform=lambda: hip is not None,
        )
        return modules | {
            "transformers.utils.import_utils": import_utils,
            "kernels": _fake_kernels(kernels),
            "torch": torch,
        }

    def _module(self, name: str, package: str) -> ModuleType:
        module = ModuleType(name)
        vars(module).update(__package__=package, __builtins__=self._builtins)
        self._modules[name] = module
        return module

    def _register_function(self, hub_source: str) -> Any:
        """from_pretrained's first step, None before 5.11."""
        for node in ast.parse(hub_source).body:
            if isinstance(node, ast.FunctionDef) and node.name == REGISTER:
                kernels = vars(self._modules["kernels"])
                namespace: dict[str, Any] = {
                    "LayerRepository": kernels["LayerRepository"],
                    "LocalLayerRepository": kernels["LocalLayerRepository"],
                    "ALLOW_ALL_KERNELS": False,
                    "Path": Path,
                    "functools": functools,
                    "get_checkpoint_conversion_mapping": lambda _model_type: None,
                    "re": re,
                    "register_patch_mapping": lambda _mapping, overwrite: None,
                    "sys": sys,
                }
                _execute(ast.Module([node], []), HUB_FILE, namespace)
                return namespace[REGISTER]
        return None

    def _import(
        self,
        name: str,
        namespace: Mapping[str, Any] | None = None,
        local: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        if level:
            parts = str((namespace or {})["__package__"]).split(".")
            name = ".".join([*parts[: len(parts) - level + 1], *filter(None, [name])])
        if name in self._modules:
            return self._modules[name if fromlist else name.partition(".")[0]]
        return __import__(name, namespace, local, fromlist or ())


def _plain(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return {
        layer: {
            device: {_members(mode): _attributes(repository) for mode, repository in modes.items()}
            for device, modes in devices.items()
        }
        for layer, devices in mapping.items()
    }


def _members(mode: _Mode) -> str:
    """The names of the combined modes; Python 3.10 has no name for a combination."""
    return "|".join(str(member.name) for member in _Mode if member in mode)


def _attributes(repository: object) -> dict[str, object]:
    return {
        key.lstrip("_"): str(value) if isinstance(value, Path) else value
        for key, value in vars(repository).items()
        if value is not None
    }

"""The catalog against the libraries themselves, where they are installed."""

from __future__ import annotations

import importlib
import inspect
import re
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from kernlint.catalog.release import KernelsRelease, MessageName, Parameter, TransformersRelease
from kernlint.catalog.store import Library, load

pytestmark = pytest.mark.filterwarnings("ignore")
KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: "positional-only",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "positional-or-keyword",
    inspect.Parameter.VAR_POSITIONAL: "var-positional",
    inspect.Parameter.KEYWORD_ONLY: "keyword-only",
    inspect.Parameter.VAR_KEYWORD: "var-keyword",
}


def version_in_catalog(library: Library) -> str:
    """The installed version of ``library``; skips the test where the catalog lacks it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = pytest.importorskip(library)
    version = importlib.import_module("importlib.metadata").version(library)
    if version not in load().releases(library):
        pytest.skip(f"{module.__name__} {version} is not in the catalog")
    return str(version)


@pytest.fixture(scope="module")
def transformers() -> TransformersRelease:
    """The catalog's facts about the installed transformers."""
    pytest.importorskip("torch")
    return load().transformers(version_in_catalog("transformers"))


@pytest.fixture(scope="module")
def kernels() -> KernelsRelease:
    """The catalog's facts about the installed kernels."""
    return load().kernels(version_in_catalog("kernels"))


def imported(path: str) -> Any:
    """What stands under a dotted path."""
    module, name = path.rsplit(".", 1)
    return getattr(importlib.import_module(module), name)


def parameters(function: Callable[..., object]) -> tuple[Parameter, ...]:
    """The parameters of a function as the catalog writes them, without self."""
    return tuple(
        Parameter(
            each.name,
            KINDS[each.kind],
            None if each.default is inspect.Parameter.empty else repr(each.default),
        )
        for each in inspect.signature(function).parameters.values()
        if each.name != "self"
    )


def test_parameters_of_transformers(transformers: TransformersRelease) -> None:
    config = imported("transformers.KernelConfig")
    model = imported("transformers.PreTrainedModel")
    assert parameters(config) == transformers.config_parameters
    assert parameters(config.update_kernel) == transformers.update_kernel_parameters
    assert parameters(model.set_use_kernels) == transformers.set_use_kernels_parameters


class Model:
    """As much of a model as sanitize_kernel_mapping looks at: one layer, RMSNorm."""

    kernel_layer_name = "RMSNorm"

    def named_modules(self) -> list[tuple[str, Model]]:
        return [("norm", self)]


STRING = "org/repo:Layer"
MISTAKES: list[tuple[object, MessageName, dict[str, str]]] = [
    (["RMSNorm"], "mapping-dict", {"got": "<class 'list'>"}),
    ({"MLP": STRING}, "not-registered", {"layer_name": "MLP"}),
    ({"RMSNorm": {"cuda:0": STRING}}, "device", {"device": "cuda:0"}),
    ({"RMSNorm": {"cpu": STRING}}, "device", {"device": "cpu"}),
    ({"RMSNorm": "repo"}, "repo-name", {"layer_name": "RMSNorm", "repo_name": "repo"}),
    ({"RMSNorm": {"cuda": 3}}, "repo-name", {"layer_name": "RMSNorm", "repo_name": "3"}),
    ({"RMSNorm": 3}, "format", {"got": "3"}),
    ({"RMSNorm": (STRING, 3)}, "metadata-dict", {"got": "3", "got_type": "<class 'int'>"}),
    ({"RMSNorm": (STRING, {"trust_remote_code": "yes"})}, "trust-bool", {"got": "yes"}),
    ({"RMSNorm": (STRING, {})}, "missing-revision", {"revision": "None", "version": "None"}),
]


@pytest.mark.parametrize(("mapping", "name", "values"), MISTAKES)
def test_messages(
    transformers: TransformersRelease, mapping: object, name: MessageName, values: dict[str, str]
) -> None:
    expected = transformers.message(name, **values)
    if expected is None:
        pytest.skip("not checked by this release")
    config = imported("transformers.KernelConfig")(mapping)
    with pytest.raises(ValueError) as failure:  # noqa: PT011, the whole text is compared
        config.sanitize_kernel_mapping(Model())
    # The examples that the message prints are an ellipsis in the catalog.
    pattern = re.escape(expected).replace(re.escape("..."), r"[\s\S]*")
    assert re.fullmatch(pattern, str(failure.value))


def test_accepted_values(transformers: TransformersRelease) -> None:
    pinned = (STRING, dict.fromkeys(transformers.metadata_keys, True))
    values = [STRING, *(pinned for _ in transformers.metadata_keys[:1])]
    for value in values:
        for device in transformers.device_keys:
            config = imported("transformers.KernelConfig")({"RMSNorm": {device: value}})
            config.sanitize_kernel_mapping(Model())
    assert {type(value).__name__ for value in values} == set(transformers.nested_forms)


def test_range_of_kernels(transformers: TransformersRelease) -> None:
    module = importlib.import_module("transformers.utils.import_utils")
    assert transformers.kernels_range == (
        module.KERNELS_MIN_VERSION,
        getattr(module, "KERNELS_MAX_VERSION", None),
    )


def test_exports(transformers: TransformersRelease) -> None:
    for name in transformers.exported_names:
        found = [imported(path) for path in transformers.exports(name)]
        assert all(each is found[0] for each in found), name


def test_parameters_of_kernels(kernels: KernelsRelease) -> None:
    checked = 0
    for name in kernels.public_names:
        known = kernels.parameters(name)
        if known is None:
            continue
        actual = parameters(imported(f"kernels.{name}"))
        assert [each[:2] for each in actual] == [each[:2] for each in known], name
        assert [each.default is None for each in actual] == [
            each.default is None for each in known
        ], name
        checked += 1
    assert checked > 5


def test_public_names_and_modes_of_kernels(kernels: KernelsRelease) -> None:
    module = importlib.import_module("kernels")
    assert set(module.__all__) == kernels.public_names
    assert tuple(mode.name for mode in module.Mode) == kernels.modes


def test_device_types_of_kernels(kernels: KernelsRelease) -> None:
    module = importlib.import_module("kernels")

    def registers(device: str) -> bool:
        repository = module.LayerRepository("org/repo", layer_name="Layer", revision="main")
        try:
            with module.use_kernel_mapping({"KernlintTest": {device: repository}}):
                return True
        except ValueError as error:
            assert str(error) == f"Unknown device type: {device}"  # noqa: PT017, else it registers
            return False

    tried = ("cpu", "cuda", "hpu", "meta", "mps", "neuron", "npu", "rocm", "tpu", "xpu")
    assert tuple(filter(registers, tried)) == kernels.device_types


def test_version_or_revision(kernels: KernelsRelease) -> None:
    repository = imported("kernels.LayerRepository")
    if kernels.requires_version_or_revision:
        with pytest.raises(ValueError, match=r"^Either a revision or a version must be specified"):
            repository("org/repo", layer_name="Layer")
    else:
        repository("org/repo", layer_name="Layer")

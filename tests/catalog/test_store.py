"""The catalog that is shipped: known facts of known releases."""

from __future__ import annotations

import json
import os

import pytest

from kernlint.catalog.release import Bounds, MessageName, Parameter, Period, Site, Source
from kernlint.catalog.store import load

CATALOG = load()


def required(name: str, kind: str = "positional-or-keyword") -> Parameter:
    return Parameter(name, kind, None)


def optional(name: str, default: str, kind: str = "positional-or-keyword") -> Parameter:
    return Parameter(name, kind, default)


def test_releases() -> None:
    releases = CATALOG.releases("transformers")
    assert (releases[0], len(set(releases))) == ("5.0.0", len(releases))
    assert [release.split(".")[:2] for release in releases] == [
        ["5", str(number)] for number in range(len(releases))
    ]
    assert CATALOG.newest("transformers") == releases[-1]
    assert CATALOG.releases("kernels")[:3] == ("0.9.1", "0.10.5", "0.11.7")


def test_unknown_release() -> None:
    with pytest.raises(KeyError):
        CATALOG.transformers("4.57.6")
    with pytest.raises(KeyError):
        CATALOG.kernels("0.9.0")


def test_loaded_once() -> None:
    assert load() is CATALOG


@pytest.mark.parametrize(
    ("release", "added"),
    [("5.0.0", ""), ("5.3.0", ""), ("5.4.0", "neuron"), ("5.8.1", "neuron"),
     ("5.9.0", "neuron tpu"), ("5.20.2", "neuron tpu"), ("5.21.1", "neuron tpu mps"),
     ("5.23.0", "neuron tpu mps")],
)  # fmt: skip
def test_device_keys(release: str, added: str) -> None:
    expected = ("cuda", "rocm", "xpu", "npu", *added.split())
    assert CATALOG.transformers(release).device_keys == expected


def test_source_names_the_first_release_with_the_value() -> None:
    file = "transformers/utils/kernel_config.py"
    assert CATALOG.transformers("5.12.1").source("device-keys") == Source("5.9.0", file, 61)


def test_config_parameters() -> None:
    def parameters(release: str) -> tuple[Parameter, ...]:
        return CATALOG.transformers(release).config_parameters

    local = optional("use_local_kernel", "False")
    assert parameters("5.2.0") == (optional("kernel_mapping", "{}"), local)
    assert parameters("5.3.0") == (optional("kernel_mapping", "None"), local)
    assert parameters("5.16.1") == parameters("5.3.0")
    assert parameters("5.17.0") == (*parameters("5.3.0"), optional("inherit_mapping", "True"))


def test_update_kernel_parameters() -> None:
    names = ("repo_id", "registered_name", "layer_name", "device", "mode")
    older = (*map(required, names), optional("revision", "None"))
    newer = (*older, optional("version", "1"), optional("trust_remote_code", "False"))
    assert CATALOG.transformers("5.12.1").update_kernel_parameters == older
    assert CATALOG.transformers("5.13.1").update_kernel_parameters == newer


def test_set_use_kernels_parameters() -> None:
    older = (required("use_kernels"), optional("kernel_config", "None"))
    assert CATALOG.transformers("5.12.1").set_use_kernels_parameters == older
    newer = (*older, optional("mode", "None"))
    assert CATALOG.transformers("5.13.1").set_use_kernels_parameters == newer


MESSAGES: dict[tuple[str, MessageName], str | None] = {
    ("5.2.0", "not-registered"): (
        "Layer MLP is not registered in the model, please register it first using "
        "register_kernel_forward_from_hub"
    ),
    ("5.3.0", "not-registered"): (
        "Layer MLP is not registered in the model, please register it first using "
        "use_kernel_forward_from_hub"
    ),
    ("5.3.0", "device"): "Only cuda, rocm, xpu and npu devices supported, got: cuda:0",
    ("5.3.0", "repo-name"): (
        "Kernel mapping for 'MLP' must be a valid repo name with a layer name (e.g., "
        "'org/repo:layer_name' or '/abs/path:layer_name'), got: a/b"
    ),
    ("5.3.0", "mapping-dict"): (
        "Kernel mapping must be a dict of the following format: ..., got: <class 'list'>"
    ),
    ("5.3.0", "format"): "Kernel mapping must follow the format: ..., got: <class 'list'>",
    ("5.3.0", "metadata-dict"): None,
    ("5.3.0", "trust-bool"): None,
    ("5.3.0", "missing-revision"): None,
    ("5.3.0", "config-type"): None,
    ("5.3.0", "one-repository"): None,
    ("5.13.1", "device"): (
        "Only cuda, rocm, xpu, npu, neuron and tpu devices supported, got: cuda:0"
    ),
    ("5.13.1", "metadata-dict"): (
        "The passed metadata as second entry in a tuple needs to be a dict but found: "
        "type(metadata) = <class 'int'> for <class 'list'>."
    ),
    ("5.13.1", "trust-bool"): (
        "Expected a bool value for `trust_remote_code` but got <class 'list'>"
    ),
    ("5.13.1", "missing-revision"): (
        "Expected valid combination for version/revision (mutually exclusive but one of them) "
        "to be passed when passed as tuple, but got revision= None and version= None"
    ),
    ("5.13.1", "config-type"): (
        "Expeced `kernel_config` to be of type `KernelConfig` but got <class 'list'>"
    ),
    ("5.22.2", "config-type"): (
        "Expected `kernel_config` to be of type `KernelConfig` but got <class 'list'>"
    ),
    ("5.22.2", "device"): (
        "Only devices in ['cuda', 'rocm', 'xpu', 'npu', 'neuron', 'tpu', 'mps'] are supported, "
        "got: cuda:0"
    ),
    ("5.22.2", "one-repository"): (
        "Expected exactly one kernel repo regardless of device/mode specificity, got <class 'list'>"
    ),
    ("5.22.2", "hub-repository"): "Invalid hub repo <class 'list'> for layer MLP",
    ("5.22.2", "repository-string"): "Invalid kernel repo string <class 'list'> for layer MLP",
    ("5.22.2", "shared-parent"): (
        "All patterns for a fused kernel must share the same parent module, got <class 'list'>"
    ),
}


@pytest.mark.parametrize(("release", "name"), MESSAGES)
def test_messages(release: str, name: MessageName) -> None:
    found = CATALOG.transformers(release).message(
        name,
        device="cuda:0",
        layer_name="MLP",
        repo_name="a/b",
        got="<class 'list'>",
        got_type="<class 'int'>",
        revision="None",
        version="None",
    )
    assert found == MESSAGES[release, name]


def test_a_value_that_is_not_known_prints_as_an_ellipsis() -> None:
    message = CATALOG.transformers("5.3.0").message("device")
    assert message == "Only cuda, rocm, xpu and npu devices supported, got: ..."


def test_tuples_came_with_5_13() -> None:
    older, newer = CATALOG.transformers("5.12.1"), CATALOG.transformers("5.13.1")
    assert (older.value_forms, older.nested_forms) == (("dict", "str"), ("str",))
    assert (newer.value_forms, newer.nested_forms) == (("dict", "str", "tuple"), ("str", "tuple"))
    assert (older.metadata_keys, older.string_version) == ((), None)
    assert newer.metadata_keys == ("revision", "version", "trust_remote_code")
    assert newer.string_version == 1


def test_local_repository_arguments() -> None:
    def arguments(release: str) -> tuple[str, ...]:
        return CATALOG.transformers(release).local_repository_arguments

    assert arguments("5.13.1") == ("repo_path", "package_name", "layer_name")
    assert arguments("5.14.1") == ("repo_path", "layer_name")


def test_releases_that_register_function_layers() -> None:
    found = CATALOG.where("transformers", lambda release: release.registers_function_layers)
    assert CATALOG.specifier("transformers", found) == ">=5.0,<5.6 or >=5.17"


def test_from_pretrained() -> None:
    fusing = CATALOG.where("transformers", lambda release: release.from_pretrained_fusions)
    assert CATALOG.specifier("transformers", fusing) == ">=5.11"
    ignoring = CATALOG.where(
        "transformers", lambda release: release.from_pretrained_plain_dict == "ignored"
    )
    assert CATALOG.specifier("transformers", ignoring) == ">=5.0,<5.11"


@pytest.mark.parametrize(
    ("release", "gate", "run_time", "extra"),
    [
        ("5.0.0", "import-any", Bounds("0.9.0", None), Bounds("0.10.2", "0.11")),
        ("5.2.0", "import-any", Bounds("0.10.2", None), Bounds("0.10.2", "0.11")),
        ("5.12.1", "import-any", Bounds("0.10.2", None), Bounds("0.12.0", "0.13")),
        ("5.13.1", "stubs", Bounds("0.15.2", "0.16.0"), Bounds("0.15.2", "0.16")),
        ("5.22.2", "stubs", Bounds("0.17.2", "0.18.0"), Bounds("0.17.2", "0.18")),
        ("5.23.0", "stubs", Bounds("0.18.2", "0.19.0"), Bounds("0.18.2", "0.19")),
    ],
)
def test_kernels_of_a_release(release: str, gate: str, run_time: Bounds, extra: Bounds) -> None:
    found = CATALOG.transformers(release)
    assert (found.kernels_gate, found.kernels_range, found.kernels_extra) == (
        gate,
        run_time,
        extra,
    )


def test_name_of_the_extra() -> None:
    assert CATALOG.transformers("5.0.0").kernels_extra_name == "hub-kernels"
    assert CATALOG.transformers("5.1.0").kernels_extra_name == "kernels"


def test_bounds() -> None:
    bounds = Bounds("0.10.2", "0.11")
    releases = ("0.9.9", "0.10.1", "0.10.2", "0.10.11", "0.11.0", "1.0.0")
    assert [bounds.admits(release) for release in releases] == [
        False, False, True, True, False, False,
    ]  # fmt: skip
    assert Bounds("0.9", None).admits("12.0.0")
    assert (bounds.specifier, Bounds("0.9", None).specifier) == (">=0.10.2,<0.11", ">=0.9")


def test_exports() -> None:
    found = CATALOG.transformers("5.22.2")
    assert found.exports("KernelConfig") == (
        "transformers.KernelConfig",
        "transformers.utils.KernelConfig",
        "transformers.utils.kernel_config.KernelConfig",
    )
    assert found.exports("use_kernel_forward_from_hub") == (
        "transformers.integrations.hub_kernels.use_kernel_forward_from_hub",
        "transformers.integrations.use_kernel_forward_from_hub",
    )
    assert found.exports("set_use_kernels") == ()
    fallback = "use_kernel_func_from_hub_with_fallback"
    assert CATALOG.where("transformers", lambda each: fallback in each.exported_names)[0] == (
        "5.15.1"
    )


def test_layers() -> None:
    found = CATALOG.transformers("5.22.2")
    assert found.layer_kind("RMSNorm") == "class"
    assert found.layer_kind("rotary_pos_emb") == "function"
    assert found.layer_kind("Llama4TextMoe") is None
    assert found.layer_kind("NoSuchLayer") is None
    assert found.layer_sites("Qwen3_5GatedDeltaNet") == (
        Site("models/qwen3_5/modeling_qwen3_5.py", "Qwen3_5GatedDeltaNet"),
        Site("models/qwen3_5_moe/modeling_qwen3_5_moe.py", "Qwen3_5MoeGatedDeltaNet"),
    )
    assert found.layer_sites("NoSuchLayer") == ()
    assert found.declares("SiLU")
    assert not found.declares("MLP")


@pytest.mark.parametrize(
    ("release", "names", "sites"), [("5.0.0", 11, 154), ("5.13.1", 11, None), ("5.23.0", 26, None)]
)
def test_number_of_layers(release: str, names: int, sites: int | None) -> None:
    found = CATALOG.transformers(release)
    assert len(found.layer_names) == names
    if sites is not None:
        assert sum(len(found.layer_sites(name)) for name in found.layer_names) == sites


def test_functions_that_no_class_attaches() -> None:
    found = CATALOG.transformers("5.22.2")
    lonely = found.unattached_sites("rotary_pos_emb")
    assert Site("models/dbrx/modeling_dbrx.py", "apply_rotary_pos_emb") in lonely
    assert Site("models/llama/modeling_llama.py", "apply_rotary_pos_emb") not in lonely
    assert set(lonely) < set(found.layer_sites("rotary_pos_emb"))
    assert found.unattached_sites("RMSNorm") == ()


def test_default_layers() -> None:
    found = CATALOG.transformers("5.23.0")
    assert found.default_layer_names - found.layer_names == {
        "ForCausalLMLoss", "GeGLUMLP", "Linear", "SwiGLUMLP",
    }  # fmt: skip
    assert found.layer_names - found.default_layer_names == {
        "RMSNormZeroCentered", "SoftmaxTopKRouter",
    }  # fmt: skip
    older = CATALOG.transformers("5.12.1")
    assert older.default_layer_names - older.layer_names == {"MLP"}


def test_layer_history() -> None:
    assert CATALOG.layer_history("RMSNorm") == (Period("5.0.0", None),)
    assert CATALOG.layer_history("Llama4TextMoe") == (Period("5.0.0", "5.13.1"),)
    assert CATALOG.layer_history("recurrent_gated_delta_rule") == (Period("5.15.1", "5.16.1"),)
    assert CATALOG.layer_history("NoSuchLayer") == ()


def test_layer_successor() -> None:
    successor = CATALOG.layer_successor
    assert successor("recurrent_gated_delta_rule") == "fused_recurrent_gated_delta_rule"
    assert [successor(name) for name in ("Llama4TextMoe", "RMSNorm", "NoSuchLayer")] == [None] * 3


def test_specifier() -> None:
    releases = CATALOG.releases("transformers")
    kernels = CATALOG.releases("kernels")
    assert CATALOG.specifier("transformers", releases) == ""
    assert CATALOG.specifier("transformers", releases[9:21]) == ">=5.9,<5.21"
    assert CATALOG.specifier("transformers", releases[:21]) == ">=5.0,<5.21"
    assert CATALOG.specifier("transformers", releases[21:]) == ">=5.21"
    scattered = reversed([releases[2], *releases[5:7], releases[-1]])
    assert CATALOG.specifier("transformers", scattered) == (
        f">=5.2,<5.3 or >=5.5,<5.7 or >=5.{len(releases) - 1}"
    )
    assert CATALOG.specifier("kernels", kernels[:2]) == ">=0.9,<0.11"
    with pytest.raises(ValueError, match="no release to describe"):
        CATALOG.specifier("kernels", [])


@pytest.mark.parametrize(
    ("device", "since"), [("rocm", "0.9.1"), ("xpu", "0.10.5"), ("npu", "0.10.5"),
                          ("cpu", "0.11.7"), ("neuron", "0.12.3"), ("tpu", "0.17.2")],
)  # fmt: skip
def test_device_types_of_kernels(device: str, since: str) -> None:
    releases = CATALOG.where("kernels", lambda release: device in release.device_types)
    known = CATALOG.releases("kernels")
    assert releases == known[known.index(since) :]


def test_kernels_modes() -> None:
    expected = ("FALLBACK", "TRAINING", "INFERENCE", "TORCH_COMPILE")
    assert CATALOG.where("kernels", lambda release: release.modes == expected) == (
        CATALOG.releases("kernels")
    )


def test_version_or_revision_is_required() -> None:
    found = CATALOG.where("kernels", lambda release: release.requires_version_or_revision)
    assert CATALOG.specifier("kernels", found) == ">=0.15"


def test_kernels_parameters() -> None:
    only = "keyword-only"
    older = (
        required("repo_path"),
        required("package_name", only),
        required("layer_name", only),
    )
    assert CATALOG.kernels("0.13.0").parameters("LocalLayerRepository") == older
    newer = (older[0], older[2])
    assert CATALOG.kernels("0.14.1").parameters("LocalLayerRepository") == newer
    assert CATALOG.kernels("0.17.2").parameters("LayerRepository") == (
        required("repo_id"),
        required("layer_name", only),
        optional("revision", "None", only),
        optional("version", "None", only),
        optional("trust_remote_code", "False", only),
        optional("user_agent", "None", only),
    )
    assert CATALOG.kernels("0.9.1").parameters("FuncRepository") is None
    assert CATALOG.kernels("0.9.1").parameters("NoSuchName") is None


def test_public_names_of_kernels() -> None:
    found = CATALOG.where("kernels", lambda each: "use_kernelized_func" in each.public_names)
    assert CATALOG.specifier("kernels", found) == ">=0.16"


def test_data_is_small_and_names_only_known_releases() -> None:
    folder = os.path.join(os.path.dirname(load.__wrapped__.__code__.co_filename), "data")
    sizes = {name: os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder)}
    # models.json is read for a question about a model only.
    assert sizes.pop("models.json") < 250_000
    assert sorted(sizes) == ["kernels.json", "layers.json", "transformers.json"]
    assert sum(sizes.values()) < 150_000
    with open(os.path.join(folder, "layers.json"), encoding="utf-8") as file:
        layers = json.load(file)
    named = {
        group[bound]
        for layer in layers["layers"].values()
        for group in (*layer["sites"], *layer["unattached"])
        for bound in ("since", "until")
    }
    assert named - {None} <= set(CATALOG.releases("transformers"))

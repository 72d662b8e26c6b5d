"""The generator of the catalog, over wheels made for the test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.catalog.fakes import (
    HUB_KERNELS,
    IMPORT_UTILS,
    KERNEL_CONFIG,
    LAYER,
    LLAMA,
    MODELING,
    kernels_wheel,
    transformers_wheel,
)
from tools._periods import periods
from tools._wheel import Fact, StrangeWheelError
from tools.build_catalog import build, intervals, main, newest_patches


def wheels(folder: Path) -> tuple[list[str], list[str]]:
    """Two releases of transformers, the newer with another device and layer; one of kernels."""
    newer = {
        "kernel_config": KERNEL_CONFIG.replace('"rocm"]', '"rocm", "mps"]'),
        "modeling_llama": LLAMA.replace('("RMSNorm")', '("RMSNorm2")'),
    }
    return (
        [transformers_wheel(folder, "5.0.0"), transformers_wheel(folder, "5.1.3", **newer)],
        [kernels_wheel(folder, "0.9.1")],
    )


def facts(folder: Path, release: str = "5.0.0", **replaced: str) -> dict[str, object]:
    """The values of all facts of a single release of transformers."""
    path = transformers_wheel(folder, release, **replaced)
    text = build([path], [kernels_wheel(folder, "0.9.1")])["transformers.json"]
    return {name: only["value"] for name, (only,) in json.loads(text)["facts"].items()}


def test_intervals_of_a_fact_that_changed(tmp_path: Path) -> None:
    data = json.loads(build(*wheels(tmp_path))["transformers.json"])
    assert data["releases"] == ["5.0.0", "5.1.3"]
    file = "transformers/utils/kernel_config.py"
    assert data["facts"]["device-keys"] == [
        {
            "since": "5.0.0",
            "until": "5.1.3",
            "value": ["cuda", "rocm"],
            "source": {"release": "5.0.0", "file": file, "line": 2},
        },
        {
            "since": "5.1.3",
            "until": None,
            "value": ["cuda", "rocm", "mps"],
            "source": {"release": "5.1.3", "file": file, "line": 2},
        },
    ]


def test_every_fact_of_a_release(tmp_path: Path) -> None:
    def parameter(name: str, default: str | None, kind: str = "positional-or-keyword") -> object:
        return {"name": name, "kind": kind, "default": default}

    assert facts(tmp_path) == {
        "config-parameters": [
            parameter("kernel_mapping", "None"),
            parameter("use_local_kernel", "False"),
        ],
        "device-keys": ["cuda", "rocm"],
        "device-message": "Only cuda and rocm devices supported, got: {device}",
        "exports": {
            "KernelConfig": [
                "transformers.KernelConfig",
                "transformers.utils.kernel_config.KernelConfig",
            ],
            "use_kernel_forward_from_hub": [
                "transformers.integrations.hub_kernels.use_kernel_forward_from_hub"
            ],
            "use_kernelized_func": ["transformers.integrations.hub_kernels.use_kernelized_func"],
        },
        "format-message": "Kernel mapping must follow the format, got: {got}",
        "from-pretrained-fusions": False,
        "from-pretrained-plain-dict": "ignored",
        "hub-repository-message": None,
        "kernels-extra": {"name": "kernels", "min": "0.10.2", "max": "0.11"},
        "kernels-gate": "import-any",
        "kernels-range": {"min": "0.9.0", "max": None},
        "local-repository-arguments": ["repo_path", "layer_name"],
        "mapping-dict-message": "Kernel mapping must be a dict ..., got: {got}",
        "metadata-dict-message": None,
        "metadata-keys": [],
        "missing-revision-message": None,
        "nested-forms": ["str"],
        "not-registered-message": "Layer {layer_name} is not registered in {{it}}",
        "one-repository-message": None,
        "registers-function-layers": True,
        "repo-name-message": "{layer_name} must be a valid repo name, got: {repo_name}",
        "repository-string-message": None,
        "set-use-kernels-parameters": [
            parameter("use_kernels", None),
            parameter("kernel_config", "None"),
        ],
        "set-use-kernels-type-check": None,
        "shared-parent-message": None,
        "string-version": None,
        "swallows-missing-files": False,
        "trust-bool-message": None,
        "update-kernel-parameters": [
            parameter("repo_id", None),
            parameter("mode", None, "keyword-only"),
        ],
        "value-forms": ["dict", "str"],
    }


def test_layers_leave_out_modular_files(tmp_path: Path) -> None:
    data = json.loads(build(*wheels(tmp_path))["layers.json"])
    file = "models/llama/modeling_llama.py"
    always = {"since": "5.0.0", "until": None}
    assert data["layers"] == {
        "RMSNorm": {
            "kind": "class",
            "sites": [{"since": "5.0.0", "until": "5.1.3", "at": [f"{file}:LlamaRMSNorm"]}],
            "unattached": [],
        },
        "RMSNorm2": {
            "kind": "class",
            "sites": [{"since": "5.1.3", "until": None, "at": [f"{file}:LlamaRMSNorm"]}],
            "unattached": [],
        },
        "rotary_pos_emb": {
            "kind": "function",
            "sites": [{**always, "at": [f"{file}:apply_rotary_pos_emb", f"{file}:lonely"]}],
            "unattached": [{**always, "at": [f"{file}:lonely"]}],
        },
    }
    source = {
        "release": "5.0.0",
        "file": "transformers/integrations/hub_kernels.py",
        "line": 7,
    }
    assert data["default-mapping"] == {"RMSNorm": [{**always, "source": source}]}


def test_kernels(tmp_path: Path) -> None:
    data = json.loads(build(*wheels(tmp_path))["kernels.json"])
    values = {name: only["value"] for name, (only,) in data["facts"].items()}
    assert {name: value for name, value in values.items() if value is not None} == {
        "device-types": ["cuda"],
        "modes": ["TRAINING", "INFERENCE"],
        "public-names": ["LayerRepository", "Mode"],
        "lock-version-types": ["int", "str"],
        "requires-version-or-revision": False,
        "parameters:LayerRepository": [
            {"name": "repo_id", "kind": "positional-or-keyword", "default": None},
            {"name": "layer_name", "kind": "keyword-only", "default": None},
            {"name": "revision", "kind": "keyword-only", "default": "None"},
            {"name": "version", "kind": "keyword-only", "default": "None"},
        ],
    }


def test_neither_version_nor_revision(tmp_path: Path) -> None:
    required = LAYER + (
        "        if revision is None and version is None:\n"
        "            raise ValueError('one of them')\n"
    )
    path = kernels_wheel(tmp_path, "0.15.2", layer=required)
    data = json.loads(build([transformers_wheel(tmp_path, "5.0.0")], [path])["kernels.json"])
    assert data["facts"]["requires-version-or-revision"] == [
        {
            "since": "0.15.2",
            "until": None,
            "value": True,
            "source": {"release": "0.15.2", "file": "kernels/layer.py", "line": 16},
        }
    ]


def test_range_and_gate_of_newer_releases(tmp_path: Path) -> None:
    found = facts(
        tmp_path,
        import_utils=(
            IMPORT_UTILS.replace("(MIN", "(MAX_VERSION=KERNELS_MAX_VERSION, MIN")
            + 'KERNELS_MAX_VERSION = "0.11"\n'
        ),
        hub_kernels=HUB_KERNELS.replace("try:", "if is_kernels_available():").replace(
            "except ImportError:", "else:"
        ),
    )
    assert found["kernels-range"] == {"min": "0.9.0", "max": "0.11"}
    assert found["kernels-gate"] == "stubs"


def test_hidden_functions_are_not_registered(tmp_path: Path) -> None:
    hidden = HUB_KERNELS.replace('setattr(self, "rotary_fn", fn)', "self._hidden_kernels = [fn]")
    assert facts(tmp_path, hub_kernels=hidden)["registers-function-layers"] is False


def test_missing_files_are_swallowed_where_every_fallback_is_on(tmp_path: Path) -> None:
    newer = HUB_KERNELS + "\ndef kernelize(model):\n    use_fallback = KernelizeFallback.ALL\n"
    assert facts(tmp_path, hub_kernels=newer)["swallows-missing-files"] is True


def line_of(part: str, text: str = KERNEL_CONFIG) -> int:
    """The line, from 1, on which ``part`` first stands."""
    return text[: text.index(part)].count("\n") + 1


@pytest.mark.parametrize(
    ("stem", "text", "file", "missing"),
    [
        (
            "kernel_config",
            KERNEL_CONFIG.replace("class KernelConfig:", "class Config:"),
            "utils/kernel_config.py",
            "a definition of KernelConfig.sanitize_kernel_mapping",
        ),
        (
            "kernel_config",
            KERNEL_CONFIG.replace('["cuda", "rocm"]', '["cuda"]', 1),
            "utils/kernel_config.py",
            "three equal checks of the device",
        ),
        (
            "kernel_config",
            KERNEL_CONFIG.replace("repo name, got: {kernel}", "repo name, got: {other}"),
            "utils/kernel_config.py",
            f"a known value in the message at line {line_of('repo name, got: {kernel}')}",
        ),
        (
            "kernel_config",
            KERNEL_CONFIG.replace("must follow the format", "should be good"),
            "utils/kernel_config.py",
            (
                f"a known message at line {line_of('must follow the format')}: f'Kernel mapping "
                "should be good, got: {kernel}'"
            ),
        ),
        (
            "kernel_config",
            "def f(:\n",
            "utils/kernel_config.py",
            "Python that parses (invalid syntax (<unknown>, line 1))",
        ),
        (
            "modeling_utils",
            MODELING.replace("isinstance", "issubclass"),
            "modeling_utils.py",
            "a single isinstance(kernel_config, KernelConfig)",
        ),
        (
            "hub_kernels",
            HUB_KERNELS.replace("setattr", "object.__setattr__"),
            "integrations/hub_kernels.py",
            "a known way to attach functions in use_kernelized_func",
        ),
        (
            "modeling_llama",
            LLAMA.replace('"RMSNorm"', "NAME"),
            "models/llama/modeling_llama.py",
            "a literal layer name at line 1",
        ),
        (
            "modeling_llama",
            LLAMA + 'LlamaRMSNorm = use_kernel_forward_from_hub("RMSNorm")(LlamaRMSNorm)\n',
            "models/llama/modeling_llama.py",
            "4 decorated classes and functions",
        ),
    ],
)
def test_a_strange_wheel_fails_loudly(
    tmp_path: Path, stem: str, text: str, file: str, missing: str
) -> None:
    with pytest.raises(StrangeWheelError) as failure:
        facts(tmp_path, **{stem: text})
    assert str(failure.value) == f"transformers 5.0.0: transformers/{file}: not found: {missing}"


def test_metadata_without_an_extra_for_kernels(tmp_path: Path) -> None:
    with pytest.raises(StrangeWheelError) as failure:
        facts(tmp_path, METADATA="Requires-Dist: kernels\n")
    assert str(failure.value) == (
        "transformers 5.0.0: transformers-5.0.0.dist-info/METADATA: not found: "
        "an extra that requires kernels within two bounds"
    )


def test_same_wheels_same_bytes(tmp_path: Path) -> None:
    first = build(*wheels(tmp_path))
    assert build(*wheels(tmp_path)) == first
    assert all(text.endswith("}\n") and text.startswith("{\n ") for text in first.values())


def test_check_compares(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wheels(tmp_path)
    options = ["--offline", "--wheels", str(tmp_path), "--data", str(tmp_path / "data")]
    assert main(options) == 0
    assert main([*options, "--check"]) == 0
    assert capsys.readouterr().out == ""
    path = tmp_path / "data" / "transformers.json"
    path.write_text(path.read_text().replace('"5.1.3"\n ]', '"5.1.2"\n ]'))
    assert main([*options, "--check"]) == 1
    changed = [line for line in capsys.readouterr().out.splitlines() if line[:1] in "+-"]
    assert changed == [
        "--- transformers.json (committed)",
        "+++ transformers.json (from the wheels)",
        '-  "5.1.2"',
        '+  "5.1.3"',
    ]


def test_offline_without_wheels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--offline", "--wheels", str(tmp_path)]) == 1
    assert capsys.readouterr().err == (
        f"build_catalog: {tmp_path}: not found: a wheel of transformers\n"
    )


def test_newest_patch_of_every_minor() -> None:
    versions = ["5.10.4", "5.2.0", "5.10.3", "4.57.6", "5.11.0rc1", "5.2.1.dev0"]
    assert newest_patches("transformers", versions) == ["5.2.0", "5.10.4"]
    assert newest_patches("kernels", ["0.8.2", "0.9.0", "0.9.1"]) == ["0.9.1"]


def test_intervals_join_equal_neighbours_only() -> None:
    found = intervals(
        ["1", "2", "3", "4"],
        [Fact("a", "f", 1), Fact("a", "f", 2), Fact(None, "f", 3), Fact("a", "f", 4)],
    )
    assert found == [
        {"since": "1", "until": "3", "value": "a", "source": _source("1", 1)},
        {"since": "3", "until": "4", "value": None, "source": _source("3", 3)},
        {"since": "4", "until": None, "value": "a", "source": _source("4", 4)},
    ]


def _source(release: str, line: int) -> dict[str, object]:
    return {"release": release, "file": "f", "line": line}


def test_periods() -> None:
    assert periods(["1", "2", "3", "4"], [True, False, True, True]) == [("1", "2"), ("3", None)]
    assert periods(["1", "2"], [False, False]) == []

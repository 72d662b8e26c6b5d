"""``--show-mapping``, from the files to what is printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest

from tests.end_to_end.conftest import Folder, Run

SCHEMA = Path(__file__).parents[2] / "kernlint/report/mapping_v1.json"
JUDGED = "transformers 5.22.2, kernels 0.17.2"
NORM = 'LayerRepository(repo_id="org/norms", layer_name="Norm", version=1, trust_remote_code=False)'


def shown(folder: Folder, source: str, *argv: str, release: str = "5.22.2") -> str:
    """What is printed for a file of one config; it always goes well."""
    folder.write({"a.py": f"from transformers import AutoModel, KernelConfig\n{source}\n"})
    run = folder.run("--show-mapping", "--transformers", release, *argv, "a.py")
    assert (run.code, run.err) == (0, "")
    return run.out


def rows(folder: Folder, source: str, *argv: str, release: str = "5.22.2") -> list[str]:
    """The rows below the headers."""
    lines = shown(folder, source, *argv, release=release).splitlines()
    return [line.strip() for line in lines if line.startswith(" ")]


def test_every_device_that_the_mapping_names(folder: Folder) -> None:
    source = (
        'FAST = "org/norms:Fast"\n'
        "config = KernelConfig({\n"
        '    "RMSNorm": {"rocm": "org/norms:Norm", "cuda": FAST},\n'
        '    "SiLU": ("org/acts:SiLU", {"revision": "main", "trust_remote_code": True}),\n'
        "})\n"
        "model = AutoModel.from_pretrained('org/model')\n"
        "model.set_use_kernels(True, config)"
    )
    silu = (
        'LayerRepository(repo_id="org/acts", layer_name="SiLU", revision="main", '
        "trust_remote_code=True)"
    )
    fast = NORM.replace('"Norm"', '"Fast"')
    assert shown(folder, source) == (
        f"a.py:3:10: KernelConfig, set_use_kernels at a.py:8:1; {JUDGED}\n"
        "  on rocm, beside the default mapping:\n"
        f"    a.py:4:17: RMSNorm: {{rocm: {{Mode.INFERENCE: {NORM}}}}}\n"
        "    a.py:4:43: RMSNorm for cuda: dropped: the model is on rocm "
        "(the kernel is written at a.py:2:8)\n"
        f"    a.py:5:5: SiLU: {{rocm: {{Mode.INFERENCE: {silu}}}}}\n"
        "  on cuda, beside the default mapping:\n"
        "    a.py:4:17: RMSNorm for rocm: dropped: the model is on cuda\n"
        f"    a.py:4:43: RMSNorm: {{cuda: {{Mode.INFERENCE: {fast}}}}} "
        "(the kernel is written at a.py:2:8)\n"
        f"    a.py:5:5: SiLU: {{cuda: {{Mode.INFERENCE: {silu}}}}}\n"
    )


@pytest.mark.parametrize(
    ("argv", "mode"),
    [
        ((), "INFERENCE"),
        (("--mode", "training"), "TRAINING"),
        (("--compile",), "INFERENCE|TORCH_COMPILE"),
        (("--compile", "--mode", "training"), "TRAINING|TORCH_COMPILE"),
    ],
)
def test_the_mode_asked_for(folder: Folder, argv: tuple[str, ...], mode: str) -> None:
    assert shown(folder, 'config = KernelConfig({"RMSNorm": "org/norms:Norm"})', *argv) == (
        f"a.py:2:10: KernelConfig, no use in sight; {JUDGED}\n"
        "  on cuda, beside the default mapping:\n"
        f"    a.py:2:24: RMSNorm: {{cuda: {{Mode.{mode}: {NORM}}}}}\n"
    )


def test_what_is_asked_for_in_vain_on_a_way(folder: Folder) -> None:
    source = (
        'config = KernelConfig({"RMSNorm": "org/norms:Norm"})\n'
        "AutoModel.from_pretrained('org/model', kernel_config=config)"
    )
    assert rows(folder, source, "--mode", "training", "--compile") == [
        "on cuda, beside the default mapping:",
        f"a.py:2:24: RMSNorm: {{cuda: {{Mode.INFERENCE: {NORM}}}}}",
        "note: `from_pretrained` leaves the model in evaluation mode: INFERENCE alone",
        "note: `from_pretrained` asks for no `compile`: TORCH_COMPILE is not in the mapping",
    ]


@pytest.mark.parametrize(
    ("call", "note"),
    [
        (
            "model.set_use_kernels(False, config)",
            "note: a call with `use_kernels=False` does not look at the config",
        ),
        (
            "config.update_kernel('org/a', 'SiLU', 'S', 'cuda', mode)",
            "note: what `update_kernel` adds to the config is not shown",
        ),
    ],
)
def test_calls_that_the_mapping_does_not_show(folder: Folder, call: str, note: str) -> None:
    source = f'config = KernelConfig({{"RMSNorm": "org/norms:Norm"}})\n{call}'
    assert rows(folder, source)[2:] == [note]


@pytest.mark.parametrize(
    ("release", "repository"),
    [
        ("5.0.0", 'LayerRepository(repo_id="org/norms", layer_name="Norm")'),
        ("5.12.1", 'LayerRepository(repo_id="org/norms", layer_name="Norm")'),
        ("5.13.1", NORM),
    ],
)
def test_the_repository_by_release(folder: Folder, release: str, repository: str) -> None:
    source = 'config = KernelConfig({"RMSNorm": "org/norms:Norm"})'
    assert rows(folder, source, release=release)[1] == (
        f"a.py:2:24: RMSNorm: {{cuda: {{Mode.INFERENCE: {repository}}}}}"
    )


@pytest.mark.parametrize(
    ("release", "repository"),
    [
        ("5.12.1", 'repo_path=Path("/opt/norms"), package_name="norms", layer_name="Norm"'),
        ("5.14.1", 'repo_path=Path("/opt/norms"), layer_name="Norm"'),
    ],
)
def test_a_local_kernel_by_release(folder: Folder, release: str, repository: str) -> None:
    source = 'config = KernelConfig({"RMSNorm": "/opt/norms:Norm"}, use_local_kernel=True)'
    assert rows(folder, source, release=release) == [
        "on cuda, without the default mapping:",
        f"a.py:2:24: RMSNorm: {{cuda: {{Mode.INFERENCE: LocalLayerRepository({repository})}}}}",
    ]


@pytest.mark.parametrize(
    ("release", "fate"),
    [
        ("5.10.4", "dropped: the model is on rocm"),
        ("5.11.0", "`from_pretrained` drops the key xpu: the kernel is for every device"),
    ],
)
def test_the_device_key_that_from_pretrained_drops(folder: Folder, release: str, fate: str) -> None:
    source = (
        'config = KernelConfig({"RMSNorm": {"xpu": "org/norms:Norm"}})\n'
        "AutoModel.from_pretrained('org/model', kernel_config=config)"
    )
    found = rows(folder, source, "--device", "rocm", release=release)
    assert found[1].startswith("a.py:2:36: RMSNorm")
    assert found[1].endswith(fate)


def test_a_rejected_kernel_leaves_no_mapping(folder: Folder) -> None:
    source = (
        'config = KernelConfig({"SiLU": "org/acts:SiLU", "RMSNorm": {"gpu": "org/norms:Norm"}})'
    )
    why = (
        "`sanitize_kernel_mapping` raises ValueError: Only devices in "
        "['cuda', 'rocm', 'xpu', 'npu', 'neuron', 'tpu', 'mps'] are supported, got: gpu"
    )
    assert rows(folder, source)[2:] == [
        f"a.py:2:61: RMSNorm for gpu: rejected: {why}",
        "no mapping is built: `sanitize_kernel_mapping` raises at a.py:2:61",
    ]


def test_a_device_that_the_release_does_not_take(folder: Folder) -> None:
    source = 'config = KernelConfig({"RMSNorm": "org/a:N", "SiLU": {"cuda": "org/a:S"}})'
    why = "`create_compatible_mapping` raises ValueError: Only cuda, rocm, xpu and npu devices"
    assert rows(folder, source, "--device", "cpu", release="5.0.0") == [
        "on cpu:",
        f"a.py:2:24: RMSNorm: rejected: {why} supported, got: cpu",
        "a.py:2:55: SiLU for cuda: dropped: the model is on cpu",
        "no mapping is built: `create_compatible_mapping` raises at a.py:2:24",
    ]


def test_every_kernel_is_validated_before_one_is_built(folder: Folder) -> None:
    both = '("org/a:N", {"version": 1, "revision": "main"})'
    found = rows(folder, f'config = KernelConfig({{"RMSNorm": {both}, "SiLU": "org/a"}})')
    assert [row.split(" raises ")[0] for row in found] == [
        "on cuda:",
        "a.py:2:24: RMSNorm: rejected: `create_compatible_mapping`",
        "a.py:2:84: SiLU: rejected: `sanitize_kernel_mapping`",
        "no mapping is built: `sanitize_kernel_mapping`",
    ]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (
            "KernelConfig()",
            [
                "on cuda, beside the default mapping:",
                "nothing of its own: the default mapping alone counts",
            ],
        ),
        (
            "KernelConfig({}, inherit_mapping=False)",
            ["on cuda, without the default mapping:", "nothing of its own: no kernel is used"],
        ),
        (
            'KernelConfig({"RMSNorm": {}})',
            [
                "on cuda, beside the default mapping:",
                "a.py:2:24: RMSNorm: dropped: no device is named",
                "nothing is left: the default mapping alone counts",
            ],
        ),
        (
            "KernelConfig(load())",
            [
                "on cuda, beside the default mapping:",
                "a.py:2:23: not known: the result of `load(...)` is not known",
            ],
        ),
        (
            'KernelConfig({"RMSNorm": "org/norms:Norm"}, use_local_kernel=given())',
            [
                "on cuda, perhaps beside the default mapping:",
                "a.py:2:24: RMSNorm: not known: whether the kernels are local is not known",
            ],
        ),
        (
            "KernelConfig({'RMSNorm': 'org/norms:Norm'}, local=True)",
            [
                "on cuda:",
                (
                    "no mapping is built: `KernelConfig` raises TypeError: "
                    "KernelConfig.__init__() got an unexpected keyword argument 'local'"
                ),
            ],
        ),
        (
            'KernelConfig({"NoSuchLayer": "org/norms:Norm"})',
            [
                "on cuda:",
                (
                    "a.py:2:24: NoSuchLayer: rejected: `sanitize_kernel_mapping` raises "
                    "ValueError: Layer NoSuchLayer is not registered in the model, please "
                    "register it first using use_kernel_forward_from_hub; if the code of the "
                    "model declares it, list it in `known-layers`"
                ),
                "no mapping is built: `sanitize_kernel_mapping` raises at a.py:2:24",
            ],
        ),
    ],
)
def test_what_there_is_to_say_without_a_kernel(
    folder: Folder, config: str, expected: list[str]
) -> None:
    assert rows(folder, f"config = {config}") == expected


def test_both_values_that_a_config_may_have(folder: Folder) -> None:
    source = 'config = KernelConfig({"RMSNorm": "org/norms:Norm"} if fast() else {})'
    headers = [line for line in shown(folder, source).splitlines() if "KernelConfig" in line]
    assert headers == [
        f"a.py:2:10: KernelConfig (alternative {number} of 2), no use in sight; {JUDGED}"
        for number in (1, 2)
    ]


def document(folder: Folder, *argv: str) -> Any:
    run = folder.run("--show-mapping", "--output-format", "json", *argv)
    found = json.loads(run.out)
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(found, schema)
    return found


def test_json_holds_the_mapping_and_every_place(folder: Folder) -> None:
    shown(
        folder,
        'config = KernelConfig({"RMSNorm": {"xpu": "org/norms:Norm", "cuda": "org/norms:C"}})',
    )
    ((xpu, cuda),) = [document(folder, "a.py", "--transformers", "5.22.2")["mappings"]]
    repository = {
        "type": "LayerRepository",
        "repo_id": "org/norms",
        "layer_name": "Norm",
        "version": 1,
        "trust_remote_code": False,
    }
    assert xpu["mapping"] == {"RMSNorm": {"xpu": {"INFERENCE": repository}}}
    assert (xpu["device"], xpu["sink"], xpu["inherits_default"]) == ("xpu", None, True)
    assert [entry["status"] for entry in xpu["entries"]] == ["built", "dropped"]
    assert [entry["status"] for entry in cuda["entries"]] == ["dropped", "built"]
    entry = xpu["entries"][0]
    assert [entry[place]["start"]["column"] for place in ("key", "device_key", "value")] == [
        24,
        36,
        43,
    ]
    assert (entry["repository"], entry["raised"], entry["reason"]) == (repository, None, None)


@pytest.mark.parametrize(
    ("version", "expected"),
    [("1.5", 1.5), ("1e999", "inf"), ("[1]", "[1]"), ("{b'a': ()}", "{b'a': ()}")],
)
def test_json_of_what_json_has_not(folder: Folder, version: str, expected: object) -> None:
    kernel = f"('org/norms:Norm', {{'version': {version}}})"
    shown(folder, f'config = KernelConfig({{"RMSNorm": {kernel}}})')
    (found,) = document(folder, "a.py")["mappings"]
    assert found["mapping"]["RMSNorm"]["cuda"]["INFERENCE"]["version"] == expected


def test_a_project_from_before_the_first_release_with_kernel_config(folder: Folder) -> None:
    folder.write(
        {
            "requirements.txt": "transformers==4.57.6\n",
            "a.py": "from transformers import KernelConfig\nprint(KernelConfig())\n",
        }
    )
    assert folder.run("--show-mapping").out.splitlines()[1:] == [
        "  on cuda, beside the default mapping:",
        "    nothing of its own: the default mapping alone counts",
        "    note: requirements.txt line 1 allows no release that has KernelConfig",
    ]


def test_json_of_a_rejected_config(folder: Folder) -> None:
    shown(folder, 'config = KernelConfig({"RMSNorm": None})')
    (found,) = document(folder, "a.py")["mappings"]
    assert found["mapping"] is None
    assert found["raised"] == found["entries"][0]["raised"]
    assert found["raised"]["message"] == "Kernel mapping must follow the format …"


def test_a_file_that_cannot_be_read_is_listed_and_fails(folder: Folder) -> None:
    folder.write({"bad.py": "from transformers import KernelConfig\nKernelConfig({\n"})
    assert folder.run("--show-mapping") == Run(
        3, "bad.py:2:14: not read: '{' was never closed\n", ""
    )
    assert document(folder)["not_read"] == [
        {
            "path": "bad.py",
            "start": {"line": 2, "column": 14},
            "end": {"line": 2, "column": 15},
            "reason": "'{' was never closed",
        }
    ]


def test_a_project_without_a_config(folder: Folder) -> None:
    folder.write({"a.py": "import os\n"})
    assert folder.run("--show-mapping") == Run(0, "No KernelConfig in 1 file.\n", "")
    assert document(folder)["mappings"] == []


def test_the_output_goes_to_a_file(folder: Folder) -> None:
    folder.write({"a.py": "import os\n"})
    assert folder.run("--show-mapping", "-o", "out.txt") == Run(0, "", "")
    assert (folder.path / "out.txt").read_text() == "No KernelConfig in 1 file.\n"


@pytest.mark.parametrize(
    ("device", "tip"),
    [
        ("cuda:0", "did you mean `cuda`?"),
        ("hip", "did you mean `rocm`?"),
        (
            "x",
            "the devices are `cuda`, `rocm`, `xpu`, `npu`, `neuron`, `tpu`, `mps` and `cpu`",
        ),
    ],
)
def test_a_device_that_no_model_is_on(folder: Folder, device: str, tip: str) -> None:
    assert folder.run("--show-mapping", "--device", device) == Run(
        2, "", f"error: unknown device `{device}` in `--device`\ntip: {tip}\n"
    )

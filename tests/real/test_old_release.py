"""The validation of every release from 5.0 on, run as released. The slow part fetches wheels."""

from __future__ import annotations

import re
import sys
import zipfile
from pathlib import Path

import pytest

from tests.real.cases import config_source, norm
from tests.real.old_release import (
    OldRelease,
    kernels_release_for,
    load_release,
    read_sources,
)

BASE = ("cuda", "rocm", "xpu", "npu")
NEURON = (*BASE, "neuron")
TPU = (*NEURON, "tpu")
MPS = (*TPU, "mps")
ACCEPTED = (
    dict.fromkeys(("5.0.0", "5.1.0", "5.2.0", "5.3.0"), BASE)
    | dict.fromkeys(("5.4.0", "5.5.4", "5.6.2", "5.7.0", "5.8.1"), NEURON)
    | dict.fromkeys(
        ("5.9.0", "5.10.4", "5.11.0", "5.12.1", "5.13.1", "5.14.1", "5.15.1", "5.16.1"), TPU
    )
    | dict.fromkeys(("5.17.0", "5.18.0", "5.19.0", "5.20.2"), TPU)
    | dict.fromkeys(("5.21.1", "5.22.2", "5.23.0"), MPS)
)
"""Release to the device keys that its validation accepts."""
ASKED = (*MPS, "cpu", "meta", "hpu", "hip", "metal", "gpu", "cuda:0", "CUDA", "")


def raised_with(release: OldRelease, value: str, path: str = "set_use_kernels") -> str | None:
    return release.judge(config_source(norm(value)), path).raised


@pytest.mark.slow
@pytest.mark.parametrize("release", ACCEPTED)
def test_device_keys(release: str) -> None:
    old = load_release(release)
    accepted = [key for key in ASKED if raised_with(old, f'{{"{key}": "a/b:L"}}') != "ValueError"]
    assert tuple(accepted) == ACCEPTED[release]


@pytest.mark.slow
@pytest.mark.parametrize("release", ["5.0.0", "5.10.4", "5.20.2", "5.23.0"])
@pytest.mark.parametrize("device", ["cuda", "rocm", "xpu", "cpu"])
def test_a_plain_value_is_for_the_device_at_hand(release: str, device: str) -> None:
    verdict = load_release(release, device).judge(config_source(norm('"a/b:L"')))
    if device == "cpu":
        assert (verdict.raised, verdict.stage) == ("ValueError", "create")
        assert verdict.message.endswith("got: cpu")
    else:
        assert [*verdict.mapping["RMSNorm"]] == [device]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("release", "set_use_kernels", "from_pretrained"),
    [
        ("5.0.0", None, None),
        ("5.10.4", None, None),
        ("5.12.1", None, "ValueError"),
        ("5.13.1", None, "ValueError"),
        ("5.23.0", None, "ValueError"),
    ],
)
def test_several_devices(
    release: str, set_use_kernels: str | None, from_pretrained: str | None
) -> None:
    old = load_release(release)
    value = '{"cuda": "a/b:L", "rocm": "a/b:L"}'
    raised = [raised_with(old, value, path) for path in ("set_use_kernels", "from_pretrained")]
    assert raised == [set_use_kernels, from_pretrained]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("release", "repository"),
    [
        ("5.0.0", {"repo_id": "a/b", "layer_name": "L"}),
        ("5.12.1", {"repo_id": "a/b", "layer_name": "L"}),
        (
            "5.13.1",
            {"repo_id": "a/b", "layer_name": "L", "version": 1, "trust_remote_code": False},
        ),
    ],
)
def test_version_one_by_default_since_5_13(release: str, repository: dict[str, object]) -> None:
    mapping = load_release(release).judge(config_source(norm('"a/b:L"'))).mapping
    assert mapping == {"RMSNorm": {"cuda": {"INFERENCE": repository}}}


@pytest.mark.parametrize(
    ("transformers", "kernels"),
    [
        ("5.0.0", "0.10.5"),
        ("5.3.0", "0.10.5"),
        ("5.4.0", "0.12.3"),
        ("5.13.1", "0.15.2"),
        ("5.17.0", "0.16.2"),
        ("5.23.0", "0.17.2"),
    ],
)
def test_kernels_release_for(transformers: str, kernels: str) -> None:
    assert kernels_release_for(transformers) == kernels


CONFIG = """\
from ..utils import PushToHubMixin


class KernelConfig(PushToHubMixin):
    def __init__(self, kernel_mapping):
        self.kernel_mapping = kernel_mapping

    def sanitize_kernel_mapping(self, model):
        names = [module.kernel_layer_name for _, module in model.named_modules()
                 if hasattr(module, "kernel_layer_name")]
        for key in self.kernel_mapping:
            if key not in names:
                raise ValueError(f"{key} is not one of {names}")

    def create_compatible_mapping(self, model):
        from kernels import LayerRepository, Mode

        device = next(model.parameters()).device.type
        repository = LayerRepository("a/b", layer_name="L")
        self.kernel_mapping = {"RMSNorm": {device: {Mode.INFERENCE: repository}}}
"""
LAYER = """\
import torch


class LayerRepository:
    def __init__(self, repo_id, *, layer_name):
        self._repo_id = repo_id
        self.layer_name = layer_name

    def load(self):
        return torch


class LocalLayerRepository:
    def __init__(self, repo_path, *, layer_name):
        self._repo_path = repo_path
        self.layer_name = layer_name
"""


@pytest.fixture
def small(tmp_path: Path) -> OldRelease:
    """A release of a few lines, transformers unpacked and kernels as a wheel."""
    for name, text in (("utils/kernel_config.py", CONFIG), ("integrations/hub_kernels.py", "")):
        file = tmp_path / "transformers" / name
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")
    wheel = tmp_path / "kernels-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("kernels/layer/layer.py", LAYER)
    return OldRelease(tmp_path, wheel)


def test_the_release_runs_without_what_it_imports(small: OldRelease) -> None:
    source = "from transformers import KernelConfig\nconfig = KernelConfig({'RMSNorm': 'a/b:L'})"
    repository = {"repo_id": "a/b", "layer_name": "L"}
    assert small.judge(source) == (
        None,
        "",
        None,
        {"RMSNorm": {"cuda": {"INFERENCE": repository}}},
    )
    assert "transformers" not in sys.modules


@pytest.mark.parametrize(
    ("source", "verdict"),
    [
        ("config = 1 / 0", ("ZeroDivisionError", "division by zero", "construct", {})),
        (
            "from transformers import KernelConfig\nconfig = KernelConfig({'X': 'a/b:L'})",
            ("ValueError", "X is not one of ['RMSNorm']", "sanitize", {}),
        ),
    ],
)
def test_the_step_that_raises(small: OldRelease, source: str, verdict: tuple[object, ...]) -> None:
    assert small.judge(source, layers=["RMSNorm"]) == verdict


def test_read_sources_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for name in ("a/b.py", "a/c.py", "a/b.txt"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    assert dict(read_sources(tmp_path, re.compile(r"a/b\..*"))) == {"a/b.py": "a/b.py"}

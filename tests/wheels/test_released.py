"""Released libraries, linted whole: every count and every finding, explained.

All rules are on, those that are off by default included: without them nothing is
found in any of the wheels.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kernlint.catalog.store import load
from kernlint.cli import main
from kernlint.engine.files import Files
from kernlint.project.build import build
from kernlint.project.modules import Modules
from kernlint.source.discover import discover

ROOT = Path(__file__).parents[2]
TRANSFORMERS = "transformers-5.22.2-py3-none-any.whl"


class Expected(NamedTuple):
    """What is in a wheel; findings as ``path:line:column code``."""

    files: int
    declarations: int = 0
    findings: tuple[str, ...] = ()


HUB_KERNELS = "transformers/integrations/hub_kernels.py"
MODELS = "transformers/models"

WHEELS = {
    # No KernelConfig is made in any of the five: transformers defines the class and
    # hands on what users make; the others only pass `use_kernels` on (trl, axolotl),
    # have a `_HubKernelConfig` of their own (diffusers) or no Hub kernels (ms-swift).
    TRANSFORMERS: Expected(
        files=2809,
        # 394 decorators with a literal name, 24 of them in modular_*.py, from which
        # modeling files are generated, and the 5 of KL206.
        declarations=399,
        findings=(
            # KL206: transformers' own wrappers hand a parameter on to kernels:
            # use_kernel_forward_from_hub, use_kernel_func_from_hub and
            # use_kernel_func_from_hub_with_fallback,
            f"{HUB_KERNELS}:109:20 KL206",
            f"{HUB_KERNELS}:132:20 KL206",
            f"{HUB_KERNELS}:1001:32 KL206",
            # and layout classes get the name of the kernel that they are for.
            f"{HUB_KERNELS}:1191:13 KL206",
            f"{HUB_KERNELS}:1205:13 KL206",
            # KL205: two names are not in the default mapping. Kernels for them are
            # registered for models in GGUF files (integrations/gguf/kernels.py), not
            # by a KernelConfig.
            f"{MODELS}/laguna/modeling_laguna.py:146:30 KL205",
            f"{MODELS}/qwen3_5/modeling_qwen3_5.py:827:30 KL205",
            f"{MODELS}/qwen3_5/modular_qwen3_5.py:352:30 KL205",
            f"{MODELS}/qwen3_5_moe/modeling_qwen3_5_moe.py:871:30 KL205",
            f"{MODELS}/qwen3_5_moe/modeling_qwen3_5_moe.py:913:30 KL205",
            f"{MODELS}/qwen3_5_moe/modular_qwen3_5_moe.py:191:30 KL205",
            f"{MODELS}/qwen3_5_moe/modular_qwen3_5_moe.py:200:30 KL205",
        ),
    ),
    "diffusers-0.42.1-py3-none-any.whl": Expected(files=1106),
    "trl-1.16.0-py3-none-any.whl": Expected(files=137),
    "axolotl-0.19.0-py3-none-any.whl": Expected(files=581),
    "ms_swift-4.6.0-py3-none-any.whl": Expected(files=538),
}


def unpack(wheel: str, folder: Path) -> None:
    """Unpack a wheel, downloaded where it is not there yet."""
    wheels = Path(os.environ.get("KERNLINT_WHEELS", str(ROOT / ".wheels")))
    if not (wheels / wheel).exists():
        name, version, _ = wheel.split("-", 2)
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
                *("--no-cache-dir", "--dest", str(wheels), f"{name}=={version}"),
            ],
            check=True,
        )
    with zipfile.ZipFile(wheels / wheel) as archive:
        archive.extractall(folder)


def lint(capsys: pytest.CaptureFixture[str], *argv: str) -> Any:
    assert main(["--isolated", "--transformers", "5.22.2", "--output-format", "json", *argv]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.slow
@pytest.mark.parametrize("wheel", WHEELS)
def test_a_released_library(
    wheel: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = WHEELS[wheel]
    unpack(wheel, tmp_path)
    monkeypatch.chdir(tmp_path)
    report = lint(capsys, "--select", "ALL")
    findings = [
        f"{found['path']}:{found['start']['line']}:{found['start']['column']} {found['code']}"
        for found in report["diagnostics"]
    ]
    assert findings == list(expected.findings)
    assert (report["files"], report["configs"]) == (expected.files, 0)
    assert report["declarations"] == expected.declarations
    assert (report["not_checked"], report["internal_errors"]) == ([], [])
    assert lint(capsys)["diagnostics"] == []


@pytest.mark.slow
def test_the_layers_of_transformers_are_those_of_the_catalog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Site by site: the catalog is made from the same wheel by other means."""
    unpack(TRANSFORMERS, tmp_path)
    monkeypatch.chdir(tmp_path)
    here = str(tmp_path)
    paths = discover(["transformers"], cwd=here, root=here, exclude=()).files
    files = Files()
    candidates, _ = files.read(paths)
    files.extract(candidates)
    declared = build(candidates, Modules(paths), files.facts).declarations
    # modular_*.py is no module that runs: modeling_*.py is generated from it.
    found = sorted(
        (item.layer, item.place.path.removeprefix("transformers/"), item.owner)
        for item in declared
        if item.layer is not None and "/modular_" not in item.place.path
    )
    release = load().transformers("5.22.2")
    assert found == sorted(
        (layer, *site) for layer in release.layer_names for site in release.layer_sites(layer)
    )

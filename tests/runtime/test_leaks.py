"""What a check does to its process does not reach the next check.

Seven things stay behind in a process of the real libraries (transformers 5.22.2, kernels 0.17.2):

1. a kernel stays as it was loaded first, though its folder is edited between two checks;
2. of two kernels with the same id in their metadata, the second one gets the layers of the first;
3. ``register_kernel_mapping`` changes the default mapping, of every context;
4. where ``use_kernel_mapping`` raises half-way, for an unknown device, what it registered stays;
5. the kernel of a function is put into an object that all models share;
6. the class that a layout kernel brings along replaces that of transformers in every later model;
7. the process is gone, where an import raises SystemExit or calls ``os._exit``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.frame.checkout import ROOT
from tests.runtime import hub, kernels
from tests.runtime.kernels import KERNELS, UNIVERSAL, LocalKernel, files, layer
from tests.runtime.probing import SIMULATED, write_model

pytestmark = pytest.mark.slow

SHARED = "_shared_1"

#: A Llama with two layers that no mapping of transformers knows: what the third and the fourth leak
#: leave behind for them does not fit, and would end the attempt of a config that inherits it.
MODEL = """
import kernels
from torch import nn
from transformers import AutoConfig, LlamaForCausalLM


@kernels.use_kernel_forward_from_hub("Third")
class Third(nn.Module):
    def forward(self, hidden_states):
        return hidden_states


@kernels.use_kernel_forward_from_hub("Fourth")
class Fourth(nn.Module):
    def forward(self, hidden_states):
        return hidden_states


class Model(LlamaForCausalLM):
    def __init__(self, config):
        super().__init__(config)
        self.third, self.fourth = Third(), Fourth()


# The way that puts in the classes that kernels have registered.
model = Model._from_config(AutoConfig.from_pretrained("model"))
"""

#: At its import: the first leak for the kernel ``edited``, the third and the fourth. It is the
#: first kernel of its id, too, and it says in a file what it has done.
LEAKING = """
import contextlib
from pathlib import Path

import kernels

folder = Path({folder!r})
unfit = kernels.LocalLayerRepository(folder / "unfit", layer_name="Layer")
kernels.register_kernel_mapping({{"Third": {{"cuda": unfit}}}})
half = {{"Fourth": {{"cuda": unfit}}, "Fifth": {{"cudda": unfit}}}}
try:
    kernels.use_kernel_mapping(half).__enter__()
except ValueError as error:
    (folder / "leaked").write_text(str(error))
layers = folder / "edited" / "build" / "torch-universal" / "layers.py"
layers.write_text({edited!r})
"""

#: Replaces ``LlamaRMSNorm`` in the model that from_pretrained builds.
LAYOUT = """

class LayoutLayout(nn.Module):
    def __init__(self, hidden_size, eps=1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(hidden_size))
        self.variance_epsilon = eps
"""

ROTARY = layer("return q, k", arguments="self, q, k, cos, sin, unsqueeze_dim=1")

IMPORT = "from transformers import AutoModelForCausalLM, KernelConfig\n\n"

#: Leaks 1 to 5 in one process, 6 in one, and 7 twice in one check.
EARLIER = """
KernelConfig({"RMSNorm": "HERE/edited:Layer", "rotary_pos_emb": "HERE/rotary:Layer",
              "SiLU": "HERE/leaking:Leaking"}, use_local_kernel=True)
AutoModelForCausalLM.from_pretrained("m", kernel_config=KernelConfig(
    {"LlamaRMSNorm": ("org/layout:Layout", {"revision": "main"})}, inherit_mapping=False))
KernelConfig({"RMSNorm": "HERE/system-exit:Layer", "SiLU": "HERE/os-exit:Layer"},
             use_local_kernel=True)
"""

#: It inherits the default mapping of transformers, with what was added to that, and names each
#: layer of the model that it has, so that nothing is asked of the Hub. In the same process leaks 1
#: to 4 and 6 would change what is told of it; the fifth would not, since kernels puts its own
#: function in the place of the other one.
LAST = """
KernelConfig({"RMSNorm": ("org/edited:Layer", {"revision": "main"}),
              "SiLU": ("org/second:Layer", {"revision": "main"}),
              "rotary_pos_emb": ("org/rotary:Layer", {"revision": "main"})})
"""

APPLIED = ("applied", None)


class Seen(NamedTuple):
    """What was told of the configs of a run, in their order, and its folder."""

    configs: list[dict[str, Any]]
    folder: Path

    def layers(self, number: int) -> dict[str, tuple[str, str | None]]:
        """Verdict and reason of each layer of a config."""
        layers = self.configs[number]["layers"]
        return {item["name"]: (item["verdict"], item["reason"]) for item in layers}


def write(folder: Path, name: str, kernel: LocalKernel, identity: str) -> None:
    build = folder / name / "build" / kernel.variant
    build.mkdir(parents=True)
    for file, content in files(kernel, identity).items():
        (build / file).write_text(content, encoding="utf-8")


def write_project(folder: Path, source: str, *, is_edited: bool) -> None:
    """A model, the kernels, and a file with the configs."""
    for name in ("system-exit", "os-exit"):
        kernels.write(folder, name)
    kernels.write(folder, "signature-count", to="unfit")
    kernels.write(folder, "good" if is_edited else "signature-count", identity="_e_1", to="edited")
    kernels.write(folder, "silu", identity=SHARED, to="second")
    edited = files(KERNELS["good"], "_e_1")["layers.py"]
    leaking = layer(
        "return nn.functional.silu(input)",
        arguments="self, input",
        name="Leaking",
        before=LEAKING.format(folder=str(folder), edited=edited),
    )
    write(folder, "leaking", LocalKernel(leaking), SHARED)
    write(folder, "rotary", LocalKernel(ROTARY), "_rotary_1")
    write(folder, "layout", LocalKernel(layer(name="Layout") + LAYOUT), "_layout_1")
    write_model(folder / "model")
    (folder / "code.py").write_text(MODEL, encoding="utf-8")
    configs = IMPORT + source.replace("HERE", str(folder))
    (folder / "configs.py").write_text(configs, encoding="utf-8")


def run(python: str, folder: Path) -> Seen:
    """Confirm all configs of a project, in their order."""
    names = ("edited", "second", "rotary", "layout")
    environment = hub.environment(
        folder / "hf",
        hub.NETWORK_DOWN,
        PYTHONPATH=os.pathsep.join([str(ROOT), str(SIMULATED)]),
        LOCAL_KERNELS=":".join(f"org/{name}={folder / name}" for name in names),
    )
    argv = ["--runtime", "--model", "code.py:model", "--python", python, "--no-execute"]
    done = subprocess.run(
        [sys.executable, "-m", "kernlint", *argv, "--output-format", "json", "configs.py"],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.stdout, done.stderr
    return Seen(json.loads(done.stdout)["runtime"], folder)


def test_no_leak_reaches_the_next_check(real_python: str, tmp_path: Path) -> None:
    """Whatever is told of the last config after the others is what is told of it alone."""
    folders = tmp_path / "after", tmp_path / "alone"
    write_project(folders[0], EARLIER + LAST, is_edited=False)
    same_lines = "\n" * EARLIER.count("\n")
    write_project(folders[1], same_lines + LAST, is_edited=True)
    with ThreadPoolExecutor(len(folders)) as pool:
        after, alone = pool.map(lambda folder: run(real_python, folder), folders)
    [only] = alone.configs
    measured = {"seconds": None, "peak_memory": None}
    assert after.configs[-1] | measured == only | measured
    assert alone.layers(0) == dict.fromkeys(("RMSNorm", "SiLU", "rotary_pos_emb"), APPLIED)
    assert_every_leak_was_there(after)


def assert_every_leak_was_there(after: Seen) -> None:
    """The earlier checks have done what would reach the next one in the same process."""
    first, layout, gone = (after.layers(number) for number in range(3))
    variants = {item["name"]: item["variant"] for item in after.configs[0]["layers"]}
    # 1 and 2: both kernels were loaded, the first one as it was before it was edited.
    assert first["RMSNorm"] == ("rejected", "SIGNATURE")
    assert variants["SiLU"] == UNIVERSAL
    # 3 and 4: the mappings were registered, the second one up to the unknown device.
    assert "cudda" in (after.folder / "leaked").read_text(encoding="utf-8")
    # 5 and 6.
    assert variants["rotary_pos_emb"] == UNIVERSAL
    assert layout == {"LlamaRMSNorm": APPLIED}
    # 7.
    assert gone == {"RMSNorm": ("crashed", "EXITED"), "SiLU": ("crashed", "EXITED")}

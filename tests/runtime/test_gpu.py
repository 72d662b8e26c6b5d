"""Kernels of Triton on a real GPU, right and wrong ones, from the mapping to their numbers.

They run wherever the interpreter with the real libraries finds a CUDA device.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.runtime.kernels import LAYER, UNIVERSAL, LocalKernel, files, write
from tests.runtime.probing import Event, Seen, Task, config, job, run_probe, write_model

pytestmark = [pytest.mark.slow, pytest.mark.gpu]

#: One program for each row: the weight, and with it the whole row, fits into one block.
TRITON = """
import triton
import triton.language as tl


@triton.jit
def _norm(x, weight, out, width, epsilon, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    at = tl.arange(0, BLOCK)
    inside = at < width
    values = tl.load(x + row * width + at, mask=inside, other=0.0).to(tl.float32)
    scale = 1 / tl.sqrt(tl.sum(values * values, axis=0) / width + epsilon)
    factors = tl.load(weight + at, mask=inside, other=0.0).to(tl.float32)
    result = values * scale * factors@BIAS@
    tl.store(out + row * width + at@BEYOND@, result.to(out.dtype.element_ty), mask=inside)


def forward(x, weight, epsilon):
    rows = x.reshape(-1, x.shape[-1]).contiguous()
    out = torch.empty_like(rows)
    block = triton.next_power_of_2(rows.shape[1])
    _norm[(rows.shape[0],)](rows, weight, out, rows.shape[1], epsilon, BLOCK=block)
    return out.view(x.shape)


class Norm(torch.autograd.Function):
    @staticmethod
    def forward(context, x, weight, epsilon):
        context.save_for_backward(x, weight)
        context.epsilon = epsilon
        return forward(x, weight, epsilon)

    @staticmethod
    def backward(context, gradient):
        x, weight = context.saved_tensors
        wide, gradient = x.float(), gradient.float()
        scale = torch.rsqrt(wide.square().mean(-1, keepdim=True) + context.epsilon)
        normed = wide * scale
        inner = gradient * weight.float()
        along = (inner * normed).mean(-1, keepdim=True)
        to_weight = (gradient * normed).flatten(0, -2).sum(0)
        return (scale * (inner - normed * along)).to(x.dtype), to_weight.to(weight.dtype), None


class Layer(nn.Module):
    can_torch_compile = True
    has_backward = @BACKWARD@

    def forward(self, hidden_states):
        return @CALL@(hidden_states, self.weight, self.variance_epsilon)
"""


def source(*, bias: str = "", backward: bool = True, beyond: str = "") -> str:
    """The source of the layer; ``beyond`` is added to where the result is stored."""
    return (
        TRITON.replace("@BIAS@", bias)
        .replace("@BEYOND@", beyond)
        .replace("@BACKWARD@", str(backward))
        .replace("@CALL@", "Norm.apply" if backward else "forward")
    )


KERNELS = {
    "norm": source(),
    "biased": source(bias=" + 1e-2"),
    "no-backward": source(backward=False),
    # 16 GB behind the tensor: an illegal access, after which the process has no use of the GPU.
    "illegal": source(beyond=" + (1 << 33)"),
}


class Gpu(NamedTuple):
    """An interpreter with a GPU, kernels and models to try there."""

    python: str
    work: Path
    texts: dict[str, str]

    def check(self, kernel: str, precision: str, mode: str, **changes: object) -> Seen:
        """Confirm one kernel on a Llama; its activation is replaced as well."""
        model = write_model(
            self.work / precision,
            dtype=precision,
            hidden_size=1024,
            intermediate_size=2048,
            num_attention_heads=8,
            num_key_value_heads=2,
            num_hidden_layers=3,
            vocab_size=2000,
        )
        mapping = config({"RMSNorm": self.texts[kernel], "SiLU": self.texts["silu"]})
        wanted = job(model, mapping, mode=mode, execute=True, numerics=True) | changes
        folder = self.work / f"{kernel}-{precision}-{mode}-{len(changes)}"
        folder.mkdir()
        _, seen = run_probe(self.python, folder, Task(wanted))
        return seen


@pytest.fixture(scope="module")
def gpu(real_python: str, tmp_path_factory: pytest.TempPathFactory) -> Gpu:
    ask = "import torch, sys; sys.exit(not torch.cuda.is_available())"
    if subprocess.run([real_python, "-c", ask], check=False).returncode:
        pytest.skip("KERNLINT_REAL_PYTHON finds no CUDA device")
    work = tmp_path_factory.mktemp("gpu")
    texts = {"silu": write(work, "silu")}
    for name, text in KERNELS.items():
        build = work / name / "build" / UNIVERSAL
        build.mkdir(parents=True)
        for file, content in files(LocalKernel(text), f"_{name.replace('-', '_')}_1").items():
            (build / file).write_text(content, encoding="utf-8")
        texts[name] = f"{work / name}:{LAYER}"
    return Gpu(real_python, work, texts)


def event(seen: Seen, kind: str, name: str = "RMSNorm") -> Event:
    [found] = [e for e in seen.events if e["event"] == kind and e["name"] == name]
    return found


@pytest.mark.parametrize("mode", ["inference", "training"])
@pytest.mark.parametrize("precision", ["bfloat16", "float16", "float32"])
def test_a_right_kernel_is_applied_runs_and_is_right(gpu: Gpu, precision: str, mode: str) -> None:
    seen = gpu.check("norm", precision, mode)
    assert seen.only("environment")["device"] == "cuda"
    assert seen.strict("RMSNorm")["states"]["kernel"] == 7
    assert seen.only("together")["states"]["RMSNorm"]["kernel"] == 7
    ran = event(seen, "execution")
    assert (ran["called"], ran["ran"], ran["exception"]) == (3, 3, None)
    assert ran["device"] == "cuda:0"
    assert ran["backward"] is (True if mode == "training" else None)
    found = event(seen, "numerics")
    assert found["mismatches"] == []
    assert found["checked"] == 3
    assert found["relative_error"] < 5e-3
    assert 0.01 < found["speedup"] < 100
    assert event(seen, "numerics", "SiLU")["mismatches"] == []


@pytest.mark.parametrize("precision", ["bfloat16", "float32"])
def test_a_kernel_that_adds_a_hundredth(gpu: Gpu, precision: str) -> None:
    seen = gpu.check("biased", precision, "inference")
    assert event(seen, "execution")["ran"] == 3
    found = event(seen, "numerics")
    assert [mismatch["kind"] for mismatch in found["mismatches"]] == ["output"] * 3
    assert found["speedup"] is None


def test_a_kernel_without_backward_is_not_applied_in_training(gpu: Gpu) -> None:
    seen = gpu.check("no-backward", "bfloat16", "training")
    assert seen.strict("RMSNorm")["exception"]["type"] == "ValueError"
    assert "does not support backward" in seen.strict("RMSNorm")["exception"]["message"]
    inference = gpu.check("no-backward", "bfloat16", "inference")
    assert event(inference, "numerics")["mismatches"] == []


def test_a_kernel_that_breaks_the_device_is_named(gpu: Gpu) -> None:
    seen = gpu.check("illegal", "bfloat16", "inference")
    ran = event(seen, "execution")
    assert "illegal memory access" in ran["exception"]["message"]
    assert not seen.has("done")
    starts = [e for e in seen.events if e["event"] == "start"]
    assert (starts[-1]["pass"], starts[-1]["layer"]) == ("execute", "RMSNorm")
    # What is left can be done by another process.
    skip = [["execute", "RMSNorm"], ["numerics", "RMSNorm"]]
    again = gpu.check("illegal", "bfloat16", "inference", skip=skip)
    assert again.events[-1]["event"] == "done"
    assert event(again, "numerics", "SiLU")["mismatches"] == []

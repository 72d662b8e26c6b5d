"""Local kernels of pure Python, one for each way in which a kernel can fail.

Each has one layer, ``Layer``, for the layer name ``RMSNorm`` of a Llama unless its comment says
otherwise: what it replaces is ``LlamaRMSNorm.forward(self, hidden_states)``, with the attributes
``weight`` and ``variance_epsilon``. They are builds ``torch-universal``, which every torch loads.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

UNIVERSAL = "torch-universal"
LAYER = "Layer"

#: The body of a right RMSNorm; what Llama itself computes.
NORM = """
        dtype = hidden_states.dtype
        hidden_states = hidden_states.to(torch.float32)
        variance = hidden_states.pow(2).mean(-1, keepdim=True)
        hidden_states = hidden_states * torch.rsqrt(variance + self.variance_epsilon)
        return self.weight * hidden_states.to(dtype)
"""


class LocalKernel(NamedTuple):
    """A kernel: the source of its layers, its ``__init__.py`` and its metadata.

    ``metadata`` replaces keys of a right one, None leaves a key out; ``raw_metadata`` is the whole
    text instead.
    """

    layers: str
    package: str = 'from . import layers\n\n__all__ = ["layers"]\n'
    metadata: Mapping[str, object] = MappingProxyType({})
    variant: str = UNIVERSAL
    raw_metadata: str | None = None


def layer(
    body: str = NORM,
    *,
    arguments: str = "self, hidden_states",
    members: str = "can_torch_compile = True",
    base: str = "nn.Module",
    name: str = LAYER,
    before: str = "",
) -> str:
    """The source of a layer's class; ``before`` stands at the top of the module."""
    return (
        f"{before}\n\nclass {name}({base}):\n{textwrap.indent(members, '    ')}\n\n"
        f"    def forward({arguments}):\n{textwrap.indent(textwrap.dedent(body), ' ' * 8)}"
    )


_WRONG_GRADIENT = """
class _Norm(torch.autograd.Function):
    @staticmethod
    def forward(ctx, hidden_states, weight, epsilon):
        ctx.save_for_backward(hidden_states, weight)
        variance = hidden_states.float().pow(2).mean(-1, keepdim=True)
        normed = hidden_states.float() * torch.rsqrt(variance + epsilon)
        return weight * normed.to(hidden_states.dtype)

    @staticmethod
    def backward(ctx, gradient):
        hidden_states, weight = ctx.saved_tensors
        return gradient * 0.5, gradient.sum(dim=tuple(range(gradient.dim() - 1))), None
"""

KERNELS: dict[str, LocalKernel] = {
    "good": LocalKernel(layer()),
    "compiled-and-backward": LocalKernel(
        layer(members="can_torch_compile = True\nhas_backward = True")
    ),
    # For the layer name SiLU: SiLUActivation.forward(self, input).
    "silu": LocalKernel(layer("return nn.functional.silu(input)", arguments="self, input")),
    # The forward does not fit.
    "signature-count": LocalKernel(layer(arguments="self, hidden_states, residual")),
    "signature-kind": LocalKernel(layer(arguments="self, *, hidden_states")),
    "renamed-argument": LocalKernel(
        layer(NORM.replace("hidden_states", "x"), arguments="self, x"),
    ),
    # The class does not fit.
    "own-init": LocalKernel(
        layer(members="can_torch_compile = True\ndef __init__(self):\n    super().__init__()")
    ),
    "extra-member": LocalKernel(layer(members="can_torch_compile = True\neps = 1e-6")),
    "not-a-module": LocalKernel(layer(base="object")),
    "no-layers": LocalKernel(layer(), package=""),
    "layer-missing": LocalKernel(layer(name="Other")),
    # What it can do.
    "no-compile": LocalKernel(layer(members="has_backward = True")),
    "no-backward": LocalKernel(layer(members="can_torch_compile = True\nhas_backward = False")),
    # The import fails.
    "import-fails": LocalKernel(layer(before="import kernlint_no_such_module")),
    "shared-object": LocalKernel(layer(before='import ctypes\n\nctypes.CDLL("libno-such.so")')),
    "file-not-found": LocalKernel(layer(before='open("no-such-table.bin")')),
    "syntax-error": LocalKernel("class Layer(nn.Module:\n"),
    # The metadata are wrong.
    "broken-metadata": LocalKernel(layer(), raw_metadata="{"),
    "no-python-depends": LocalKernel(layer(), metadata={"python-depends": None}),
    "newer-kernels": LocalKernel(layer(), metadata={"kernels-minver": "99.0.0"}),
    "missing-dependency": LocalKernel(layer(), metadata={"python-depends": ["helion"]}),
    "unknown-dependency": LocalKernel(layer(), metadata={"python-depends": ["no-such-thing"]}),
    # A build for something else.
    "other-variant": LocalKernel(layer(), variant="torch-rocm"),
    # The process ends, or does not.
    "crash": LocalKernel(layer(before="import ctypes\n\nctypes.string_at(0)")),
    "crash-when-called": LocalKernel(layer("import ctypes\n\nctypes.string_at(0)\n")),
    "hang": LocalKernel(layer(before="import time\n\ntime.sleep(3600)")),
    "system-exit": LocalKernel(layer(before="raise SystemExit(0)")),
    "os-exit": LocalKernel(layer(before="import os\n\nos._exit(0)")),
    # Writes to stdout and stderr, as a compiler would.
    "noisy": LocalKernel(layer(before="import sys\n\nprint('out')\nprint('err', file=sys.stderr)")),
    # It loads, and fails or is wrong where it runs.
    "raises-when-called": LocalKernel(layer('raise RuntimeError("no kernel image")\n')),
    "missing-attribute": LocalKernel(layer(NORM.replace("variance_epsilon", "eps"))),
    "biased": LocalKernel(layer(NORM.rstrip() + " + 1e-2\n")),
    "ignores-weight": LocalKernel(layer(NORM.replace("self.weight * ", ""))),
    "wrong-epsilon": LocalKernel(layer(NORM.replace("self.variance_epsilon", "1e-3"))),
    "mutates": LocalKernel(
        layer(
            "variance = hidden_states.float().pow(2).mean(-1, keepdim=True)\n"
            "scale = torch.rsqrt(variance + self.variance_epsilon).to(hidden_states.dtype)\n"
            "hidden_states.mul_(scale)\n"
            "return self.weight * hidden_states\n"
        )
    ),
    "no-gradient": LocalKernel(
        layer("with torch.no_grad():\n" + textwrap.indent(textwrap.dedent(NORM), "    "))
    ),
    "wrong-gradient": LocalKernel(
        layer(
            "return _Norm.apply(hidden_states, self.weight, self.variance_epsilon)\n",
            before=_WRONG_GRADIENT,
        )
    ),
    "lies-about-compile": LocalKernel(
        layer("hidden_states.sum().item()\n" + textwrap.dedent(NORM))
    ),
}


def write(folder: Path, name: str, *, identity: str | None = None, to: str | None = None) -> str:
    """Write a kernel to ``folder/name``; the text for a mapping: ``/folder/name:Layer``.

    Args:
        folder: What holds the kernels.
        name: Which of ``KERNELS``.
        identity: The ``id`` of its metadata, its name among imported modules; its own by default.
        to: Another name for its folder.
    """
    kernel = KERNELS[name]
    place = folder / (to or name)
    build = place / "build" / kernel.variant
    build.mkdir(parents=True)
    for file, content in files(kernel, identity or f"_{(to or name).replace('-', '_')}_1").items():
        (build / file).write_text(content, encoding="utf-8")
    return f"{place}:{LAYER}"


def write_all(folder: Path, names: Iterable[str] = KERNELS) -> dict[str, str]:
    """Write several kernels; the text for a mapping by name."""
    return {name: write(folder, name) for name in names}


def files(kernel: LocalKernel, identity: str) -> dict[str, str]:
    """The files of a build, by name."""
    metadata: dict[str, object] = {
        "id": identity,
        "name": "test",
        "version": 1,
        "license": "Apache-2.0",
        "python-depends": [],
        "backend": {"type": "cpu"},
    }
    metadata |= kernel.metadata
    kept = {key: value for key, value in metadata.items() if value is not None}
    return {
        "metadata.json": kernel.raw_metadata or json.dumps(kept),
        "__init__.py": kernel.package,
        "layers.py": f"import torch\nfrom torch import nn\n{kernel.layers}",
    }

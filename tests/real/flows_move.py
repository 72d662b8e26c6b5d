"""Where a model is when a kernel config is applied, and where it goes afterwards.

``movable`` is a machine with a GPU: a model is on the CPU until the program says otherwise.
"""

from __future__ import annotations

from tests.real.flow import (
    CONFIG,
    DEFAULT_LOAD,
    DEFAULTS,
    IMPORTS,
    LOAD,
    LOADING,
    NORM,
    NOTHING,
    ON_CPU,
    ON_CUDA,
    OWN_AND_DEFAULTS,
    PLAIN_LOAD,
    SET,
    TRAINING_DEFAULTS,
    TRAINING_OWN,
    Flow,
    config,
    set_kernels,
)

MOVE = 'model.to("cuda")\n'
TRAIN = "model.train()\n"
EVAL = "model.eval()\n"
ENABLE = "model.set_use_kernels(True)\n"
APPLY = set_kernels(NORM)
DEVICE_CONFIG = IMPORTS + config(ON_CUDA)
DEVICE_SET = PLAIN_LOAD + config(ON_CUDA) + "model.set_use_kernels(True, config)\n"
LOCAL_CONFIG = IMPORTS + config('{"RMSNorm": "@HERE@/local:L"}, use_local_kernel=True')


def load(arguments: str, before: str = CONFIG) -> str:
    """A program that loads with a config and other arguments."""
    return (
        f"{before}model = AutoModelForCausalLM.from_pretrained(\n"
        f"    model_dir, kernel_config=config, {arguments}\n)\n"
    )


def on_gpu(identity: str, source: str, outcome: str) -> Flow:
    """A program for a machine with a GPU."""
    return Flow(identity, source, outcome, "movable")


RAISING = (
    on_gpu("move-load", LOAD, ON_CPU),
    on_gpu("move-load-to", LOAD + MOVE, ON_CPU),
    on_gpu("move-load-chained-to", LOAD.rstrip("\n") + '.to("cuda")\n', ON_CPU),
    on_gpu("move-load-cuda", LOAD + "model.cuda()\n", ON_CPU),
    on_gpu("move-load-device-to", load("use_kernels=True", DEVICE_CONFIG) + MOVE, ON_CPU),
    on_gpu("move-load-dtype-to", "import torch\n" + load("dtype=torch.float32") + MOVE, ON_CPU),
    on_gpu("move-load-torch-dtype-to", load('torch_dtype="auto"') + MOVE, ON_CPU),
    on_gpu("move-load-low-memory-to", load("low_cpu_mem_usage=True") + MOVE, ON_CPU),
    on_gpu("move-load-map-none-to", load("device_map=None") + MOVE, ON_CPU),
    on_gpu("move-set", SET, ON_CPU),
    on_gpu("move-set-to", SET + MOVE, ON_CPU),
    # A machine without a GPU.
    Flow("move-cpu-load", LOAD, ON_CPU, "cpu"),
    Flow("move-cpu-load-device", DEVICE_CONFIG + LOADING, ON_CPU, "cpu"),
    Flow("move-cpu-set", SET, ON_CPU, "cpu"),
)

SILENT = (
    on_gpu("move-set-device", DEVICE_SET, NOTHING),
    on_gpu("move-set-device-to", DEVICE_SET + MOVE, NOTHING),
    # What was for another device is gone; all that a change of mode brings are the defaults.
    on_gpu("move-set-device-to-train", DEVICE_SET + MOVE + TRAIN, TRAINING_DEFAULTS),
    on_gpu("move-set-device-to-enable", DEVICE_SET + MOVE + ENABLE, DEFAULTS),
    on_gpu(
        "move-set-device-to-set-same",
        DEVICE_SET + MOVE + "model.set_use_kernels(True, config)\n",
        DEFAULTS,
    ),
    on_gpu("move-defaults", DEFAULT_LOAD, NOTHING),
    on_gpu("move-defaults-to", DEFAULT_LOAD + MOVE, NOTHING),
    on_gpu("move-defaults-to-eval", DEFAULT_LOAD + MOVE + EVAL, NOTHING),
    on_gpu(
        "move-defaults-to-property", DEFAULT_LOAD + MOVE + "model.use_kernels = True\n", NOTHING
    ),
    on_gpu("move-defaults-cuda", DEFAULT_LOAD + "model.cuda()\n", NOTHING),
    on_gpu(
        "move-defaults-to-says-so",
        DEFAULT_LOAD + MOVE + "observed = model.use_kernels\n",
        "observed true",
    ),
    on_gpu("move-empty-config-to", IMPORTS + config("{}") + LOADING + MOVE, NOTHING),
    Flow("move-cpu-set-device", DEVICE_SET, NOTHING, "cpu"),
    Flow("move-cpu-defaults", DEFAULT_LOAD, NOTHING, "cpu"),
    # The kernels of the GPU stay on a model that leaves it.
    on_gpu(
        "move-to-set-to-cpu",
        PLAIN_LOAD + MOVE + APPLY + 'model.to("cpu")\n',
        OWN_AND_DEFAULTS,
    ),
)

RIGHT = (
    on_gpu("move-to-set", PLAIN_LOAD + MOVE + APPLY, OWN_AND_DEFAULTS),
    on_gpu("move-to-set-device", PLAIN_LOAD + MOVE + set_kernels(ON_CUDA), OWN_AND_DEFAULTS),
    on_gpu(
        "move-chained-to-set",
        PLAIN_LOAD.rstrip("\n") + ".to(0)\n" + APPLY,
        OWN_AND_DEFAULTS,
    ),
    on_gpu("move-cuda-set", PLAIN_LOAD + "model.cuda()\n" + APPLY, OWN_AND_DEFAULTS),
    on_gpu("move-to-train-set", PLAIN_LOAD + MOVE + TRAIN + APPLY, TRAINING_OWN),
    on_gpu("move-to-enable", PLAIN_LOAD + MOVE + ENABLE, DEFAULTS),
    on_gpu("move-defaults-to-enable", DEFAULT_LOAD + MOVE + ENABLE, DEFAULTS),
    on_gpu("move-defaults-to-set", DEFAULT_LOAD + MOVE + APPLY, OWN_AND_DEFAULTS),
    # A change of mode applies the kernels anew, on the device that the model is on by then.
    on_gpu("move-defaults-to-train", DEFAULT_LOAD + MOVE + TRAIN, TRAINING_DEFAULTS),
    on_gpu("move-defaults-to-train-eval", DEFAULT_LOAD + MOVE + TRAIN + EVAL, DEFAULTS),
)

MAPPED = (
    on_gpu("move-map-cuda", load('device_map="cuda"'), OWN_AND_DEFAULTS),
    on_gpu("move-map-index", load("device_map=0"), OWN_AND_DEFAULTS),
    on_gpu("move-map-dict", load('device_map={"": "cuda:0"}'), OWN_AND_DEFAULTS),
    on_gpu("move-map-auto", load('device_map="auto"'), OWN_AND_DEFAULTS),
    on_gpu(
        "move-map-device",
        "import torch\n" + load('device_map=torch.device("cuda")'),
        OWN_AND_DEFAULTS,
    ),
    on_gpu("move-map-cuda-device", load('device_map="cuda"', DEVICE_CONFIG), OWN_AND_DEFAULTS),
    on_gpu(
        "move-map-cuda-local",
        load('device_map="cuda"', LOCAL_CONFIG),
        "AttributeError at create: 'tuple' object has no attribute 'split'",
    ),
    on_gpu("move-map-cpu", load('device_map="cpu"'), ON_CPU),
    on_gpu("move-map-cpu-to", load('device_map="cpu"') + MOVE, ON_CPU),
    on_gpu(
        "move-map-defaults",
        DEFAULT_LOAD.replace("use_kernels=True", 'use_kernels=True, device_map="cuda"'),
        DEFAULTS,
    ),
    on_gpu(
        "move-default-device",
        'import torch\n\ntorch.set_default_device("cuda")\n' + LOAD,
        OWN_AND_DEFAULTS,
    ),
    on_gpu(
        "move-device-context",
        f'import torch\n{CONFIG}with torch.device("cuda"):\n    {LOADING}',
        OWN_AND_DEFAULTS,
    ),
)
"""Loads that need accelerate, which transformers does not bring along."""

BESIDE_CONTEXT = on_gpu(
    "move-device-context-over",
    f'import torch\n{CONFIG}with torch.device("cuda"):\n    weights = torch.ones(1)\n{LOADING}',
    ON_CPU,
)

MISSING = (
    "ValueError at from_pretrained: Using a `device_map`, `tp_plan`, `torch.device` context manager"
    " or setting `torch.set_default_device(device)` requires `accelerate`. You can install it with"
    " `pip install accelerate`"
)
WITHOUT_ACCELERATE = tuple(
    on_gpu(f"{flow.id}-without-accelerate", flow.source, MISSING) for flow in MAPPED
)

FLOWS = (*RAISING, *SILENT, *RIGHT, BESIDE_CONTEXT)
ACCELERATE = MAPPED

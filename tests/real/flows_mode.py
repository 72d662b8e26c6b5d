"""What a change between training and evaluation leaves of the kernels.

A config registers its kernels for the mode that the model is in when it is applied. In
evaluation mode that is inference alone; in training mode it is training, which kernels lets
serve inference as well.
"""

from __future__ import annotations

from tests.real.flow import (
    DEFAULT_LOAD,
    DEFAULTS,
    IMPORTS,
    JUST_SILU,
    LAYOUT,
    LOAD,
    LOADING,
    NORM,
    NOTHING,
    ON_XPU,
    OWN,
    OWN_AND_DEFAULTS,
    PLAIN_LOAD,
    ROPE,
    SET,
    SILU,
    TRAIN_SET,
    TRAINING_DEFAULTS,
    TRAINING_OWN,
    Flow,
    applied,
    config,
    set_kernels,
)

TRAIN = "model.train()\n"
EVAL = "model.eval()\n"
ALONE_LOAD = IMPORTS + config(f"{NORM}, inherit_mapping=False") + LOADING
LAYOUT_LOAD = "import torch\n" + IMPORTS + config(LAYOUT) + LOADING
LOCAL_SET = PLAIN_LOAD + set_kernels('{"RMSNorm": "@HERE@/local:L"}, use_local_kernel=True')
MODE_SET = (
    f"from kernels import Mode\n{PLAIN_LOAD}{config(NORM)}"
    "model.set_use_kernels(True, config, mode=Mode.TRAINING)\n"
)
FORWARD = "model(input_ids=torch.tensor([[1, 2, 3]]))\n"
WRAPPED = f"""\
import torch
{LOAD}

class Classifier(torch.nn.Module):
    def __init__(self, backbone):
        super().__init__()
        self.backbone = backbone


classifier = Classifier(model)
"""

REGISTERED = f"""\
from kernels import LayerRepository, Mode, register_kernel_mapping
{DEFAULT_LOAD}
kernel = LayerRepository("a/b", layer_name="L", version=1)
modes = {{Mode.INFERENCE: kernel, Mode.TRAINING: kernel}}
register_kernel_mapping({{"RMSNorm": {{"cuda": modes}}}})
"""

LOST = (
    Flow("mode-load-train", LOAD + TRAIN, NOTHING),
    Flow("mode-load-train-true", LOAD + "model.train(True)\n", NOTHING),
    Flow("mode-load-train-mode-keyword", LOAD + "model.train(mode=True)\n", NOTHING),
    Flow("mode-load-chained-train", LOAD.rstrip("\n") + ".train()\n", NOTHING),
    Flow("mode-load-wrapper-train", WRAPPED + "classifier.train()\n", NOTHING),
    Flow(
        "mode-load-parallel-train",
        f"import torch\n{LOAD}parallel = torch.nn.DataParallel(model)\nparallel.train()\n",
        NOTHING,
    ),
    Flow("mode-load-alone-train", ALONE_LOAD + TRAIN, NOTHING),
    Flow("mode-set-train", SET + TRAIN, NOTHING),
    Flow("mode-set-local-train", LOCAL_SET + TRAIN, NOTHING),
    # The kernel of the config is lost; the default one for RMSNorm comes instead.
    Flow("mode-load-silu-train", IMPORTS + config(JUST_SILU) + LOADING + TRAIN, TRAINING_DEFAULTS),
    # The entry is for inference, as the model is in evaluation mode, and the mode is training.
    Flow("mode-set-mode-argument", MODE_SET, NOTHING),
    Flow("mode-set-mode-argument-train", MODE_SET + TRAIN, NOTHING),
    Flow("mode-load-train-set-again", LOAD + TRAIN + "model.set_use_kernels(True)\n", NOTHING),
    Flow("mode-load-train-property", LOAD + TRAIN + "model.use_kernels = True\n", NOTHING),
    # The defaults are registered anew, over what the program has registered.
    Flow("mode-registered-train", REGISTERED + TRAIN, TRAINING_DEFAULTS),
    # The layer was built for its kernel alone, and what is there without it returns None.
    Flow(
        "mode-load-layout-train-forward",
        LAYOUT_LOAD + TRAIN + FORWARD,
        "AttributeError at construct: 'NoneType' object has no attribute 'shape'",
        calls=True,
    ),
)

KEPT = (
    Flow("mode-load", LOAD, OWN_AND_DEFAULTS),
    Flow("mode-load-eval", LOAD + EVAL, OWN_AND_DEFAULTS),
    Flow("mode-load-train-false", LOAD + "model.train(False)\n", OWN_AND_DEFAULTS),
    Flow("mode-set-eval", SET + EVAL, OWN_AND_DEFAULTS),
    Flow("mode-load-train-eval", LOAD + TRAIN + EVAL, OWN_AND_DEFAULTS),
    Flow("mode-set-train-eval", SET + TRAIN + "model.train(False)\n", OWN_AND_DEFAULTS),
    Flow("mode-load-alone-train-eval", ALONE_LOAD + TRAIN + EVAL, applied(OWN)),
    Flow("mode-train-set", TRAIN_SET, TRAINING_OWN),
    Flow("mode-train-set-train", TRAIN_SET + TRAIN, TRAINING_OWN),
    Flow("mode-train-set-eval", TRAIN_SET + EVAL, OWN_AND_DEFAULTS),
    Flow("mode-train-set-train-false", TRAIN_SET + "model.train(False)\n", OWN_AND_DEFAULTS),
    Flow("mode-train-set-eval-train", TRAIN_SET + EVAL + TRAIN, TRAINING_OWN),
    Flow("mode-load-train-set-fresh", LOAD + TRAIN + set_kernels(NORM), TRAINING_OWN),
    Flow(
        "mode-set-train-set-fresh-eval",
        SET + TRAIN + set_kernels(NORM) + EVAL,
        OWN_AND_DEFAULTS,
    ),
    Flow(
        "mode-load-gradient-checkpointing",
        LOAD + "model.gradient_checkpointing_enable()\n",
        OWN_AND_DEFAULTS,
    ),
    Flow("mode-load-requires-grad", LOAD + "model.requires_grad_(True)\n", OWN_AND_DEFAULTS),
    # The mode of a part is no change of mode for the model: its kernels stay, made for inference.
    Flow("mode-load-train-part", LOAD + "model.model.train()\n", OWN_AND_DEFAULTS),
    Flow(
        "mode-load-disabled-train",
        LOAD + "model.set_use_kernels(False)\n" + TRAIN,
        OWN_AND_DEFAULTS,
    ),
    Flow("mode-load-wrapper-eval", WRAPPED + "classifier.eval()\n", OWN_AND_DEFAULTS),
    Flow(
        "mode-load-module-train",
        "import torch\n" + LOAD + "torch.nn.Module.train(model)\n",
        OWN_AND_DEFAULTS,
    ),
    # What torch.compile returns sets the flag of the model before it calls the model's train.
    Flow(
        "mode-load-compiled-train",
        f"import torch\n{LOAD}compiled = torch.compile(model)\ncompiled.train()\n",
        OWN_AND_DEFAULTS,
    ),
    Flow("mode-set-elsewhere-train", PLAIN_LOAD + set_kernels(ON_XPU) + TRAIN, TRAINING_DEFAULTS),
    Flow("mode-defaults", DEFAULT_LOAD, DEFAULTS),
    Flow("mode-defaults-train", DEFAULT_LOAD + TRAIN, TRAINING_DEFAULTS),
    Flow("mode-defaults-train-eval", DEFAULT_LOAD + TRAIN + EVAL, DEFAULTS),
    Flow(
        "mode-load-layout",
        LAYOUT_LOAD + FORWARD,
        applied("_kernels_community_stateful_v1.StatefulNorm", SILU, ROPE),
        calls=True,
    ),
)

FLOWS = LOST + KEPT

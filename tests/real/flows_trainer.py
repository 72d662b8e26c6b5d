"""What Trainer does with a model that has kernels. Needs accelerate."""

from __future__ import annotations

from tests.real.flow import (
    NOTHING,
    OWN_AND_DEFAULTS,
    TRAINING_DEFAULTS,
    TRAINING_OWN,
    Flow,
)

TRAINER_IMPORTS = """\
from transformers import AutoModelForCausalLM, KernelConfig, Trainer, TrainingArguments

"""
DATA = """\
data = [{"input_ids": [1, 2, 3], "labels": [1, 2, 3]}]
arguments = TrainingArguments("out", max_steps=1, report_to=[], use_cpu=True)
"""
OWN_CONFIG = 'config = KernelConfig({"RMSNorm": "a/b:L"})\n'
BY_LOAD = "model = AutoModelForCausalLM.from_pretrained(model_dir, kernel_config=config)\n"
PLAIN = "model = AutoModelForCausalLM.from_pretrained(model_dir)\n"
TRAINER = "trainer = Trainer(model=model, args=arguments, train_dataset=data, eval_dataset=data)\n"
MODEL_INIT = """\
trainer = Trainer(model_init=make, args=arguments, train_dataset=data, eval_dataset=data)
trainer.train()
model = trainer.model
"""
LOADED = TRAINER_IMPORTS + DATA + OWN_CONFIG + BY_LOAD + TRAINER
MAKE = (
    "\n\ndef make():\n"
    "    return AutoModelForCausalLM.from_pretrained(model_dir, kernel_config={})\n\n\n"
)

FLOWS = (
    Flow("trainer-made", LOADED, OWN_AND_DEFAULTS),
    Flow("trainer-train", LOADED + "trainer.train()\n", NOTHING),
    Flow("trainer-evaluate", LOADED + "trainer.evaluate()\n", OWN_AND_DEFAULTS),
    Flow("trainer-predict", LOADED + "trainer.predict(data)\n", OWN_AND_DEFAULTS),
    Flow(
        "trainer-train-evaluate", LOADED + "trainer.train()\ntrainer.evaluate()\n", OWN_AND_DEFAULTS
    ),
    Flow(
        "trainer-checkpointing",
        LOADED.replace("max_steps=1,", "max_steps=1, gradient_checkpointing=True,")
        + "trainer.train()\n",
        NOTHING,
    ),
    Flow(
        "trainer-defaults-train",
        TRAINER_IMPORTS
        + DATA
        + "model = AutoModelForCausalLM.from_pretrained(model_dir, use_kernels=True)\n"
        + TRAINER
        + "trainer.train()\n",
        TRAINING_DEFAULTS,
    ),
    Flow(
        "trainer-set-train",
        TRAINER_IMPORTS
        + DATA
        + OWN_CONFIG
        + PLAIN
        + "model.set_use_kernels(True, config)\n"
        + TRAINER
        + "trainer.train()\n",
        NOTHING,
    ),
    Flow(
        "trainer-train-mode-set-train",
        TRAINER_IMPORTS
        + DATA
        + OWN_CONFIG
        + PLAIN
        + "model.train()\nmodel.set_use_kernels(True, config)\n"
        + TRAINER
        + "trainer.train()\n",
        TRAINING_OWN,
    ),
    Flow(
        "trainer-train-mode-set-train-evaluate",
        TRAINER_IMPORTS
        + DATA
        + OWN_CONFIG
        + PLAIN
        + "model.train()\nmodel.set_use_kernels(True, config)\n"
        + TRAINER
        + "trainer.train()\ntrainer.evaluate()\n",
        OWN_AND_DEFAULTS,
    ),
    Flow(
        "trainer-train-mode-set-train-evaluate-train",
        TRAINER_IMPORTS
        + DATA
        + OWN_CONFIG
        + PLAIN
        + "model.train()\nmodel.set_use_kernels(True, config)\n"
        + TRAINER
        + "trainer.train()\ntrainer.evaluate()\ntrainer.train()\n",
        TRAINING_OWN,
    ),
    # model_init is called by the constructor and again by train.
    Flow(
        "trainer-model-init-outer-config",
        TRAINER_IMPORTS + DATA + OWN_CONFIG + MAKE.format("config") + MODEL_INIT,
        "AttributeError at register: 'dict' object has no attribute 'partition'",
    ),
    Flow(
        "trainer-model-init-outer-config-made",
        TRAINER_IMPORTS
        + DATA
        + OWN_CONFIG
        + MAKE.format("config")
        + MODEL_INIT.replace("trainer.train()\n", ""),
        OWN_AND_DEFAULTS,
    ),
    Flow(
        "trainer-model-init-own-config",
        TRAINER_IMPORTS + DATA + MAKE.format('KernelConfig({"RMSNorm": "a/b:L"})') + MODEL_INIT,
        NOTHING,
    ),
)

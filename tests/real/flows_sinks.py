"""Other ways that a config takes to a model."""

from __future__ import annotations

from tests.real.flow import (
    CONFIG,
    DEFAULTS,
    IMPORTS,
    LOAD,
    NORM,
    NOTHING,
    OWN,
    OWN_AND_DEFAULTS,
    PLAIN_LOAD,
    TRAINING_OWN,
    Flow,
    applied,
    set_kernels,
)

PIPELINE = """\
from transformers import KernelConfig, pipeline

config = KernelConfig({"RMSNorm": "a/b:L"})
pipe = pipeline("text-generation", model=model_dir, model_kwargs={"kernel_config": config})
model = pipe.model
"""
NOT_LOADED = (
    "ValueError at construct: Could not load model @HERE@/tiny-llama with any of the following"
    " classes: (<class 'transformers.models.auto.modeling_auto.AutoModelForCausalLM'>, <class"
    " 'transformers.models.llama.modeling_llama.LlamaForCausalLM'>). See the original errors:"
)
UNEXPECTED = "got an unexpected keyword argument 'kernel_config'"

PIPELINES = (
    Flow("sink-pipeline", PIPELINE, OWN_AND_DEFAULTS),
    Flow("sink-pipeline-on-cpu", PIPELINE, NOT_LOADED, "movable"),
    Flow(
        "sink-pipeline-device",
        PIPELINE.replace("model=model_dir,", 'model=model_dir, device="cuda",'),
        NOT_LOADED,
        "movable",
    ),
    Flow(
        "sink-pipeline-train",
        PIPELINE + "model.train()\n",
        NOTHING,
    ),
    Flow(
        "sink-pipeline-use-kernels",
        PIPELINE.replace('"kernel_config": config', '"use_kernels": True'),
        DEFAULTS,
    ),
    Flow(
        "sink-pipeline-argument",
        PIPELINE.replace('model_kwargs={"kernel_config": config}', "kernel_config=config"),
        NOTHING,
    ),
    Flow(
        "sink-pipeline-argument-runs",
        PIPELINE.replace('model_kwargs={"kernel_config": config}', "kernel_config=config")
        + 'pipe("a b", max_new_tokens=1)\n',
        "ValueError at construct: The following `model_kwargs` are not used by the model:"
        " ['kernel_config'] (note: typos in the generate arguments will also show up in this list)",
    ),
    Flow(
        "sink-pipeline-of-a-model",
        f"from transformers import pipeline\n{CONFIG}"
        "model = AutoModelForCausalLM.from_pretrained(model_dir, kernel_config=config)\n"
        'pipe = pipeline("text-generation", model=model, tokenizer=model_dir)\n',
        OWN_AND_DEFAULTS,
    ),
    Flow(
        "sink-pipeline-of-a-model-runs",
        f"from transformers import pipeline\n{CONFIG}"
        "model = AutoModelForCausalLM.from_pretrained(model_dir, kernel_config=config)\n"
        'pipe = pipeline("text-generation", model=model, tokenizer=model_dir)\n'
        'pipe("a b", max_new_tokens=1)\n',
        OWN_AND_DEFAULTS,
        calls=True,
    ),
    Flow(
        "sink-pipeline-twice",
        PIPELINE + PIPELINE.splitlines()[-2].replace("pipe =", "other =") + "\n",
        "AttributeError at register: 'dict' object has no attribute 'partition'",
    ),
    Flow(
        "sink-pipeline-set",
        "from transformers import KernelConfig, pipeline\n\n"
        'pipe = pipeline("text-generation", model=model_dir)\n'
        "model = pipe.model\n" + set_kernels(NORM),
        OWN_AND_DEFAULTS,
    ),
)

PIPELINES_ACCELERATE = (
    Flow(
        "sink-pipeline-device-map",
        PIPELINE.replace("model=model_dir,", 'model=model_dir, device_map="cuda",'),
        OWN_AND_DEFAULTS,
        "movable",
    ),
)

CLASSES = (
    Flow(
        "sink-keywords",
        CONFIG
        + 'arguments = {"kernel_config": config}\n'
        + "model = AutoModelForCausalLM.from_pretrained(model_dir, **arguments)\n",
        OWN_AND_DEFAULTS,
    ),
    Flow(
        "sink-subclass",
        "from transformers import KernelConfig, LlamaForCausalLM\n\n\n"
        "class MyLlama(LlamaForCausalLM):\n    pass\n\n\n"
        'config = KernelConfig({"RMSNorm": "a/b:L"})\n'
        "model = MyLlama.from_pretrained(model_dir, kernel_config=config)\n",
        OWN_AND_DEFAULTS,
    ),
    Flow(
        "sink-other-head",
        LOAD.replace("AutoModelForCausalLM", "AutoModelForTokenClassification"),
        OWN_AND_DEFAULTS,
    ),
    Flow(
        "sink-part",
        PLAIN_LOAD + 'model.model.set_use_kernels(True, KernelConfig({"RMSNorm": "a/b:L"}))\n',
        OWN_AND_DEFAULTS,
    ),
    # The part remembers its kernels, so a change of mode of the whole reaches it.
    Flow(
        "sink-part-train",
        PLAIN_LOAD
        + 'model.model.set_use_kernels(True, KernelConfig({"RMSNorm": "a/b:L"}))\nmodel.train()\n',
        NOTHING,
    ),
    Flow(
        "sink-from-config",
        CONFIG + "model = AutoModelForCausalLM.from_config(model.config, kernel_config=config)\n",
        f"TypeError at from_config: LlamaForCausalLM.__init__() {UNEXPECTED}",
    ),
    Flow(
        "sink-from-config-set",
        CONFIG
        + "model = AutoModelForCausalLM.from_config(model.config)\n"
        + "model.set_use_kernels(True, config)\n",
        TRAINING_OWN,
    ),
    Flow(
        "sink-constructor",
        "from transformers import KernelConfig, LlamaForCausalLM\n\n"
        'config = KernelConfig({"RMSNorm": "a/b:L"})\n'
        "model = LlamaForCausalLM(model.config, kernel_config=config)\n",
        f"TypeError at construct: LlamaForCausalLM.__init__() {UNEXPECTED}",
    ),
)

ATTRIBUTES = (
    Flow(
        "sink-attribute",
        CONFIG + "model.kernel_config = config\n",
        NOTHING,
    ),
    Flow(
        "sink-attribute-property",
        CONFIG + "model.kernel_config = config\nmodel.use_kernels = True\n",
        "AttributeError at kernelize: 'str' object has no attribute 'items'",
    ),
    Flow(
        "sink-attribute-set",
        CONFIG + "model.kernel_config = config\nmodel.set_use_kernels(True)\n",
        "AttributeError at kernelize: 'str' object has no attribute 'items'",
    ),
    Flow(
        "sink-attribute-device",
        f'{IMPORTS}model.kernel_config = KernelConfig({{"RMSNorm": {{"cuda": "a/b:L"}}}})\n'
        "model.set_use_kernels(True)\n",
        "AttributeError at kernelize: 'str' object has no attribute 'load'",
    ),
    Flow(
        "sink-attribute-created",
        CONFIG
        + "config.sanitize_kernel_mapping(model)\nconfig.create_compatible_mapping(model)\n"
        + "model.kernel_config = config\nmodel.use_kernels = True\n",
        OWN_AND_DEFAULTS,
    ),
    Flow("sink-property", "model.use_kernels = True\n", DEFAULTS),
    Flow("sink-property-config", CONFIG + "model.use_kernels = config\n", DEFAULTS),
    Flow(
        "sink-method-gone",
        PLAIN_LOAD + "model.kernelize()\n",
        "AttributeError at construct: 'LlamaForCausalLM' object has no attribute 'kernelize'",
    ),
    # Nothing but set_use_kernels registers the default kernels.
    Flow(
        "sink-function",
        CONFIG
        + "from transformers.integrations.hub_kernels import kernelize\n\n"
        + "config.create_compatible_mapping(model)\n"
        + "model.kernel_config = config\nkernelize(model)\n",
        applied(OWN),
    ),
)

FLOWS = PIPELINES + CLASSES + ATTRIBUTES
ACCELERATE = PIPELINES_ACCELERATE

"""What becomes of a config that is used a second time, and of a second config for a model.

Applying a config overwrites its mapping by repositories per device and mode, which is no
mapping that any path accepts.
"""

from __future__ import annotations

from tests.real.flow import (
    CONFIG,
    DEFAULT_LOAD,
    DEFAULTS,
    IMPORTS,
    JUST_SILU,
    LAYOUT,
    LOAD,
    LOADING,
    NORM,
    ON_XPU,
    OTHER_NORM,
    OTHER_NORM_APPLIED,
    OWN,
    OWN_AND_DEFAULTS,
    PLAIN,
    PLAIN_LOAD,
    ROPE,
    SET,
    SILU,
    Flow,
    applied,
    config,
    set_kernels,
)

REUSED_BY_SET = (
    "ValueError at sanitize: Kernel mapping for 'RMSNorm' must be a valid repo name with a layer"
    " name (e.g., 'org/repo:layer_name' or '/abs/path:layer_name'), got: {<Mode.INFERENCE: 4>:"
    " <kernels.layer.layer.LayerRepository object>}"
)
REUSED_BY_LOAD = "AttributeError at register: 'dict' object has no attribute 'partition'"
REUSED_BY_CREATE = "AttributeError at create: 'dict' object has no attribute 'split'"

SETTING = "model.set_use_kernels(True, config)\n"
SANITIZE = "config.sanitize_kernel_mapping(model)\n"
CREATE = "config.create_compatible_mapping(model)\n"
DISABLE = "model.set_use_kernels(False)\n"
OTHER_MODEL = """\
other = AutoModelForCausalLM.from_pretrained(model_dir)
other.set_use_kernels(True, config)
"""
COPY = "other = AutoModelForCausalLM.from_pretrained(model_dir, kernel_config=copy.copy(config))\n"
DEEP_COPY = COPY.replace("copy.copy", "copy.deepcopy")
LOOP = f"""\
{CONFIG}models = []
for name in (model_dir, model_dir):
    model = AutoModelForCausalLM.from_pretrained(name, kernel_config=config)
    models.append(model)
"""
CONSTANT = f"""\
{IMPORTS}KERNELS = KernelConfig({NORM})


def load(name):
    return AutoModelForCausalLM.from_pretrained(name, kernel_config=KERNELS)


model = load(model_dir)
"""
FRESH = f"""\
{IMPORTS}
def kernels():
    return KernelConfig({NORM})


for _ in range(2):
    model = AutoModelForCausalLM.from_pretrained(model_dir, kernel_config=kernels())
"""
ONE_MAPPING = f"""\
{IMPORTS}MAPPING = {{"RMSNorm": {{"cuda": "a/b:L"}}}}
config = KernelConfig(MAPPING)
{LOADING}model.set_use_kernels(True, KernelConfig(MAPPING))
"""

RAISING = (
    Flow("reuse-load-load", CONFIG + LOADING * 2, REUSED_BY_LOAD),
    Flow("reuse-set-set", CONFIG + PLAIN + SETTING * 2, REUSED_BY_SET),
    Flow("reuse-load-set", LOAD + SETTING, REUSED_BY_SET),
    Flow("reuse-set-load", CONFIG + PLAIN + SETTING + LOADING, REUSED_BY_LOAD),
    Flow("reuse-set-other-model", CONFIG + PLAIN + SETTING + OTHER_MODEL, REUSED_BY_SET),
    Flow("reuse-load-other-model-set", LOAD + OTHER_MODEL, REUSED_BY_SET),
    Flow("reuse-load-loop", LOOP, REUSED_BY_LOAD),
    Flow("reuse-constant-function-twice", CONSTANT + "other = load(model_dir)\n", REUSED_BY_LOAD),
    Flow("reuse-train-set", LOAD + "model.train()\n" + SETTING, REUSED_BY_SET),
    Flow("reuse-after-disabling", LOAD + DISABLE + SETTING, REUSED_BY_SET),
    Flow(
        "reuse-of-the-model",
        LOAD + "model.set_use_kernels(True, model.kernel_config)\n",
        REUSED_BY_SET,
    ),
    Flow(
        "reuse-mapping-of-used-config",
        LOAD + set_kernels("config.kernel_mapping"),
        REUSED_BY_SET,
    ),
    Flow("reuse-copied-after-use", "import copy\n" + LOAD + DEEP_COPY, REUSED_BY_LOAD),
    Flow("reuse-create-set", CONFIG + PLAIN + CREATE + SETTING, REUSED_BY_SET),
    Flow("reuse-create-load", CONFIG + PLAIN + CREATE + LOADING, REUSED_BY_LOAD),
    Flow("reuse-create-create", CONFIG + PLAIN + CREATE * 2, REUSED_BY_CREATE),
    Flow("reuse-set-sanitize", CONFIG + PLAIN + SETTING + SANITIZE, REUSED_BY_SET),
    Flow("reuse-elsewhere-load-load", IMPORTS + config(ON_XPU) + LOADING * 2, REUSED_BY_LOAD),
    Flow("reuse-layout-load-load", IMPORTS + config(LAYOUT) + LOADING * 2, REUSED_BY_LOAD),
)

FINE = (
    Flow("reuse-constant-function-once", CONSTANT, OWN_AND_DEFAULTS),
    Flow("reuse-sanitize-set", CONFIG + PLAIN + SANITIZE * 2 + SETTING, OWN_AND_DEFAULTS),
    Flow("reuse-sanitize-load", CONFIG + SANITIZE + LOADING, OWN_AND_DEFAULTS),
    Flow(
        "reuse-disabled-set",
        CONFIG + PLAIN + "model.set_use_kernels(False, config)\n" + SETTING,
        OWN_AND_DEFAULTS,
    ),
    Flow("reuse-deepcopy", "import copy\n" + CONFIG + DEEP_COPY + LOADING, OWN_AND_DEFAULTS),
    # Applying a config gives it another mapping; the dict that it had stays as it was.
    Flow("reuse-copy", "import copy\n" + CONFIG + COPY + LOADING, OWN_AND_DEFAULTS),
    Flow("reuse-mapping", ONE_MAPPING, OWN_AND_DEFAULTS),
    Flow(
        "reuse-mapping-unchanged",
        ONE_MAPPING + "observed = MAPPING\n",
        'observed {"RMSNorm": {"cuda": "a/b:L"}}',
    ),
    Flow("reuse-made-by-a-function", FRESH, OWN_AND_DEFAULTS),
    Flow("reuse-empty-set-set", IMPORTS + config("{}") + PLAIN + SETTING * 2, DEFAULTS),
    Flow("reuse-empty-load-load", IMPORTS + config("") + LOADING * 2, DEFAULTS),
    Flow("reuse-empty-load-set", IMPORTS + config("{}") + LOADING + SETTING, DEFAULTS),
    # All for other devices: nothing is left after the first use, so the second finds no fault.
    Flow("reuse-elsewhere-set-set", IMPORTS + config(ON_XPU) + PLAIN + SETTING * 2, DEFAULTS),
    # What failed is not used up.
    Flow(
        "reuse-after-failure-to-set",
        f"{CONFIG}{PLAIN}try:\n    {SETTING}except ValueError:\n"
        f'    model.to("cuda")\n    {SETTING}',
        OWN_AND_DEFAULTS,
        "movable",
    ),
    Flow(
        "reuse-after-failure-to-load",
        f"{CONFIG}try:\n    {LOADING}except ValueError:\n"
        f'    {PLAIN}    model.to("cuda")\n    {SETTING}',
        OWN_AND_DEFAULTS,
        "movable",
    ),
)

UPDATE = 'config.update_kernel("a/b", "RMSNorm", "L", "cuda", Mode.INFERENCE, version=2)\n'
UPDATED = (
    Flow("reuse-update-set", "from kernels import Mode\n" + LOAD + UPDATE + SETTING, REUSED_BY_SET),
    Flow(
        "reuse-update-set-without",
        "from kernels import Mode\n" + LOAD + UPDATE + "model.set_use_kernels(True)\n",
        applied("_a_b_v2.L", SILU, ROPE),
    ),
)

SECOND = (
    Flow("second-set-set", SET + set_kernels(NORM), OWN_AND_DEFAULTS),
    # The second config takes the place of the first; nothing of that is left.
    Flow("second-set-other-layer", SET + set_kernels(JUST_SILU), DEFAULTS),
    Flow("second-set-other-kernel", SET + set_kernels(OTHER_NORM), OTHER_NORM_APPLIED),
    Flow(
        "second-set-other-kernel-eval",
        SET + set_kernels(OTHER_NORM) + "model.eval()\n",
        OTHER_NORM_APPLIED,
    ),
    Flow("second-load-set", LOAD + set_kernels(OTHER_NORM), OTHER_NORM_APPLIED),
    Flow("second-load-set-empty", LOAD + set_kernels("{}"), DEFAULTS),
    Flow("second-defaults-set", DEFAULT_LOAD + set_kernels(NORM), OWN_AND_DEFAULTS),
    Flow(
        "second-defaults-set-alone",
        DEFAULT_LOAD + set_kernels(f"{NORM}, inherit_mapping=False"),
        applied(OWN),
    ),
    Flow(
        "second-defaults-set-train", DEFAULT_LOAD + set_kernels(NORM) + "model.train()\n", "nothing"
    ),
    Flow(
        "second-defaults-set-eval",
        DEFAULT_LOAD + set_kernels(NORM) + "model.eval()\n",
        OWN_AND_DEFAULTS,
    ),
    Flow("second-set-none", SET + "model.set_use_kernels(True)\n", OWN_AND_DEFAULTS),
    Flow(
        "second-set-none-eval",
        SET + "model.set_use_kernels(True)\nmodel.eval()\n",
        OWN_AND_DEFAULTS,
    ),
    Flow("second-load-none", LOAD + "model.set_use_kernels(True)\n", OWN_AND_DEFAULTS),
    Flow(
        "second-none-set",
        PLAIN_LOAD + "model.set_use_kernels(True)\n" + set_kernels(NORM),
        OWN_AND_DEFAULTS,
    ),
    Flow("second-set-disabled", SET + DISABLE, OWN_AND_DEFAULTS),
    Flow(
        "second-set-disabled-enabled",
        SET + DISABLE + "model.set_use_kernels(True)\n",
        OWN_AND_DEFAULTS,
    ),
    Flow("second-set-disabled-set", SET + DISABLE + set_kernels(OTHER_NORM), OTHER_NORM_APPLIED),
    Flow("second-load-disabled-set", LOAD + DISABLE + set_kernels(OTHER_NORM), OTHER_NORM_APPLIED),
    # The config is on the model before it is looked at, and stays there as it was written.
    Flow(
        "second-after-a-failure",
        f"{PLAIN_LOAD}try:\n    {set_kernels(NORM)}except ValueError:\n"
        '    model.to("cuda")\n    model.set_use_kernels(True)\n',
        "AttributeError at kernelize: 'str' object has no attribute 'items'",
        "movable",
    ),
)

FLOWS = RAISING + FINE + UPDATED + SECOND

"""KL301 and KL302: what from_pretrained does not take, although set_use_kernels does."""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING
from kernlint.project.values import MappingValue, Unknown
from kernlint.rules.base import Rule, example
from kernlint.rules.paths import (
    entries,
    finish,
    flag,
    local_repository_error,
    raises,
    slots,
    worst,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernlint.model.diagnostic import Diagnostic
    from kernlint.project.flow import Config
    from kernlint.rules.base import Context


class LocalKernelInFromPretrained(Rule):
    """Local kernels are passed to from_pretrained.

    From transformers 5.13 on `from_pretrained` turns every kernel into a tuple before
    it hands the config on, and a local kernel may not be one: `AttributeError: 'tuple'
    object has no attribute 'split'`, even where the path is right. In 5.13 itself no
    local kernel works, with `set_use_kernels` neither: `TypeError:
    LocalLayerRepository.__init__() got an unexpected keyword argument 'package_name'`.

    Load the model without the config, then call `model.set_use_kernels(True, config)`.

    Source: transformers 5.13 to 5.23, `integrations/hub_kernels.py`
    (`register_kernel_replacements_and_fusions`), `utils/kernel_config.py`
    (`add_to_mapping_local`).
    """

    code = "KL301"
    name = "local-kernel-in-from-pretrained"
    severity = "error"
    bad = (
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig({"RMSNorm": "/opt/rmsnorm:RMSNorm"}, «use_local_kernel=True»)
            model = AutoModelForCausalLM.from_pretrained("org/model", kernel_config=config)
            """
        ),
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            model = AutoModelForCausalLM.from_pretrained(
                "org/model",
                kernel_config=KernelConfig({"RMSNorm": "/opt/rmsnorm:RMSNorm"}, «True»),
            )
            """,
            transformers="5.13.1",
        ),
    )
    good = (
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig({"RMSNorm": "/opt/rmsnorm:RMSNorm"}, use_local_kernel=True)
            model = AutoModelForCausalLM.from_pretrained("org/model")
            model.set_use_kernels(True, config)
            """
        ),
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig({"RMSNorm": "/opt/rmsnorm:RMSNorm"}, use_local_kernel=True)
            model = AutoModelForCausalLM.from_pretrained("org/model", kernel_config=config)
            """,
            transformers="5.12.1",
        ),
    )

    def config(self, config: Config, context: Context) -> Iterator[Diagnostic]:
        """Look at the flag of a config that goes to from_pretrained."""
        if flag(config.use_local_kernel) is not True or next(slots(config), None) is None:
            return
        broken_pair = local_repository_error(context)
        early = late = None
        if broken_pair is not None:
            # A tuple fails before the repository is made (KL111).
            if any(slot.metadata is None for slot in slots(config)):
                late = raises(context, "`create_compatible_mapping`", *broken_pair)
            early = raises(context, "`from_pretrained`", *broken_pair)
        elif "tuple" in context.release.value_forms:
            text = "'tuple' object has no attribute 'split'"
            early = raises(context, "`from_pretrained`", "AttributeError", text)
        outcome = worst(config, context, late, early)
        if outcome is not None:
            passed = next(arg for arg in config.arguments if arg.value == config.use_local_kernel)
            broken = context.catalog.where(
                "transformers", lambda r: r.from_pretrained_fusions and "tuple" in r.value_forms
            )
            found = self.found(
                passed.place,
                f"{context.minor} takes no local kernels"
                if broken_pair
                else "`from_pretrained` takes no local kernels",
                help="use another release"
                if broken_pair
                else "load the model without it, then call `model.set_use_kernels(True, config)`",
                releases=context.catalog.specifier("transformers", broken),
            )
            yield finish(found, outcome, config)


class MultiDeviceInFromPretrained(Rule):
    """Kernels for several devices are passed to from_pretrained.

    From transformers 5.11 on `from_pretrained` accepts exactly one kernel for each
    layer: a dict with more devices raises `ValueError: Expected exactly one kernel
    repo regardless of device/mode specificity`, although the documentation of the
    mapping shows such dicts. `set_use_kernels` takes them in every release.

    Choose the kernel by device yourself, or load the model first and call
    `model.set_use_kernels(True, config)`.

    Source: transformers 5.11 to 5.23, `integrations/hub_kernels.py`
    (`register_kernel_replacements_and_fusions`).
    """

    code = "KL302"
    name = "multi-device-in-from-pretrained"
    severity = "error"
    bad = (
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig(
                {
                    "RMSNorm": «{
                        "cuda": "kernels-community/liger-kernels:LigerRMSNorm",
                        "xpu": "kernels-community/rmsnorm:RMSNorm",
                    }»
                }
            )
            model = AutoModelForCausalLM.from_pretrained("org/model", kernel_config=config)
            """
        ),
        example(
            """
            from transformers import LlamaForCausalLM, KernelConfig

            NORM = «{"cuda": "org/norms:Norm", "gpu": "org/norms:Norm"}»
            model = LlamaForCausalLM.from_pretrained(
                "org/model", kernel_config=KernelConfig({"RMSNorm": NORM})
            )
            """
        ),
    )
    good = (
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig(
                {"RMSNorm": {"cuda": "org/norms:Norm", "xpu": "org/norms:XpuNorm"}}
            )
            model = AutoModelForCausalLM.from_pretrained("org/model")
            model.set_use_kernels(True, config)
            """
        ),
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig(
                {"RMSNorm": {"cuda": "org/norms:Norm", "xpu": "org/norms:XpuNorm"}}
            )
            model = AutoModelForCausalLM.from_pretrained("org/model", kernel_config=config)
            """,
            transformers="5.10.4",
        ),
    )

    def config(self, config: Config, context: Context) -> Iterator[Diagnostic]:
        """Look at every dict of devices of a config that goes to from_pretrained."""
        for entry in entries(config):
            devices = entry.value
            if not isinstance(devices, MappingValue) or len(devices.entries) < 2:
                continue
            if any(isinstance(inner.key, Unknown) for inner in devices.entries):
                continue  # two of them may be the same
            message = context.release.message("one-repository")
            early = raises(context, "`from_pretrained`", "ValueError", message)
            outcome = worst(config, context, None, early)
            if outcome is not None:
                count = len(devices.entries)
                broken = context.catalog.where("transformers", lambda r: r.from_pretrained_fusions)
                found = self.found(
                    devices.place,
                    f"`from_pretrained` takes one kernel for a layer, not one for {count} devices",
                    help="choose one by device, or load the model and call "
                    "`model.set_use_kernels(True, config)`",
                    releases=context.catalog.specifier("transformers", broken),
                )
                yield finish(found, outcome, config)

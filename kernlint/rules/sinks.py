"""KL303 and KL308: what a call makes of the config that it is given."""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING
from kernlint.project.values import Instance, Known, MappingValue, text_of
from kernlint.rules.base import Rule, example
from kernlint.rules.paths import entries, finish, silent, worst

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernlint.model.diagnostic import Diagnostic
    from kernlint.project.flow import Config, Usage
    from kernlint.project.values import Value
    from kernlint.rules.base import Context


class DeviceKeyIgnored(Rule):
    """The device of a kernel is dropped by from_pretrained.

    From transformers 5.11 on `from_pretrained` throws the device key of a kernel away
    before it looks at the device of the model: with `{"RMSNorm": {"cuda": ...}}` the
    kernel is loaded and used on any other accelerator as well, and on the CPU the load
    fails. It does what is written only where the model is on that device.

    Write the kernel without a device if the code runs on one kind of device alone.
    Otherwise load the model first and call `model.set_use_kernels(True, config)`, which
    leaves out the kernels for other devices.

    Source: transformers 5.11 to 5.23, `integrations/hub_kernels.py`
    (`register_kernel_replacements_and_fusions`).
    """

    code = "KL303"
    name = "device-key-ignored"
    severity = "warning"
    confidence = "medium"
    bad = (
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig(
                {"RMSNorm": {«"cuda"»: "kernels-community/liger-kernels:LigerRMSNorm"}}
            )
            model = AutoModelForCausalLM.from_pretrained("org/model", kernel_config=config)
            """
        ),
        example(
            """
            from transformers import LlamaForCausalLM, KernelConfig

            KERNELS = {
                "RMSNorm": {«"xpu"»: "kernels-community/rmsnorm:RMSNorm"},
                "SiLU": {«"cuda"»: "kernels-community/activation:Silu"},
                "FastGELU": {"cuda": "kernels-community/activation:FastGELU"},
            }
            model = LlamaForCausalLM.from_pretrained(
                "org/model", kernel_config=KernelConfig(KERNELS)
            )
            """,
            transformers="5.11.0",
        ),
    )
    good = (
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig(
                {"RMSNorm": {"cuda": "kernels-community/liger-kernels:LigerRMSNorm"}}
            )
            model = AutoModelForCausalLM.from_pretrained("org/model")
            model.set_use_kernels(True, config)
            """
        ),
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig(
                {"RMSNorm": {"cuda": "kernels-community/liger-kernels:LigerRMSNorm"}}
            )
            model = AutoModelForCausalLM.from_pretrained("org/model", kernel_config=config)
            """,
            transformers="5.10.4",
        ),
    )

    def config(self, config: Config, context: Context) -> Iterator[Diagnostic]:
        """Look at the layers with one device; each device of a config is reported once."""
        seen: set[str] = set()
        for entry in entries(config):
            if not isinstance(entry.value, MappingValue) or entry.value.unread:
                continue
            if len(entry.value.entries) != 1:
                continue  # more than one raises
            key = entry.value.entries[0].key
            device = text_of(key)
            if device is None or device in seen or device not in context.release.device_keys:
                continue
            ignored = f"`from_pretrained` uses the kernel on every device, not on `{device}` alone"
            outcome = worst(config, context, None, silent(context, ignored))
            if outcome is None:
                continue
            seen.add(device)
            dropping = context.catalog.where("transformers", lambda r: r.from_pretrained_fusions)
            found = self.found(
                key.place,
                f"`from_pretrained` drops the device `{device}`, "
                "which matters where the model is on another one",
                help="write the kernel without a device, or load the model and call "
                "`model.set_use_kernels(True, config)`",
                releases=context.catalog.specifier("transformers", dropping),
            )
            yield finish(found, outcome, config)


class UseKernelsConflict(Rule):
    """A config is passed together with `use_kernels=False`.

    One of the two is overridden. `from_pretrained` takes the config for the stronger wish:
    it sets `use_kernels` to True, logs a warning once, and uses the kernels.
    `set_use_kernels(False, config)` does not look at the config: neither is it validated
    nor are its kernels used, and kernels that are in use stay.

    Leave the flag out of `from_pretrained`, write `set_use_kernels(True, config)`, or do
    not pass the config.

    Source: transformers 5.0 to 5.23, `modeling_utils.py` (`from_pretrained`,
    `set_use_kernels`).
    """

    code = "KL308"
    name = "use-kernels-conflict"
    severity = "warning"
    bad = (
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            model = AutoModelForCausalLM.from_pretrained(
                "org/model", kernel_config=config, «use_kernels=False»
            )
            """
        ),
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            model = AutoModelForCausalLM.from_pretrained("org/model")
            model.set_use_kernels(«False», config)
            """,
            transformers="5.10.4",
        ),
    )
    good = (
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            model = AutoModelForCausalLM.from_pretrained(
                "org/model", kernel_config=config, use_kernels=True
            )
            """
        ),
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig


            def load(use_kernels):
                config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
                model = AutoModelForCausalLM.from_pretrained("org/model", use_kernels=False)
                model.set_use_kernels(use_kernels, config)
            """
        ),
    )

    def usage(self, usage: Usage, context: Context) -> Iterator[Diagnostic]:
        """Look at the flag of a call that is given a config, too."""
        if usage.parameter != "use_kernels" or not usage.certain or not _is_false(usage.value):
            return
        beside = [other for other in context.usages if other.place == usage.place]
        given = [other.value for other in beside if other.parameter == "kernel_config"]
        flags = [other.value for other in beside if other.parameter == "use_kernels"]
        if not all(map(_is_false, flags)):
            return  # a switch that somebody sets
        if not given or not all(map(_is_config, given)):
            return
        if usage.kind == "from_pretrained":
            message = "`use_kernels=False` has no effect beside a kernel config"
            effect = "`from_pretrained` sets `use_kernels` to True and uses the kernels"
            help_text = "leave the config out to load without kernels, or pass `use_kernels=True`"
        else:
            message = "the config beside `use_kernels=False` is not looked at"
            effect = "`set_use_kernels` uses none of its kernels"
            help_text = "write `set_use_kernels(True, config)`, or leave the config out"
        yield self.found(
            usage.argument,
            message,
            effect=silent(context, effect).effect,
            help=help_text,
            sink=usage.kind,
        )


def _is_false(value: Value) -> bool:
    return isinstance(value, Known) and value.value is False


def _is_config(value: Value) -> bool:
    return isinstance(value, Instance) and value.dotted.startswith("transformers.")

"""KL308: what a call does with the config besides the mapping."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernlint.project.values import Instance, Known
from kernlint.rules.base import Rule, example
from kernlint.rules.paths import silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernlint.model.diagnostic import Diagnostic
    from kernlint.project.flow import Usage
    from kernlint.project.values import Value
    from kernlint.rules.base import Context


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
                model = AutoModelForCausalLM.from_pretrained(
                    "org/model", kernel_config=config if use_kernels else None, use_kernels=False
                )
                model.set_use_kernels(use_kernels, config)
            """
        ),
    )

    def usage(self, usage: Usage, context: Context) -> Iterator[Diagnostic]:
        """Look at the flag of a call that is given a config, too."""
        if usage.parameter != "use_kernels" or not usage.certain or not _is_false(usage.value):
            return
        given = [
            other.value
            for other in context.usages
            if other.place == usage.place and other.parameter == "kernel_config"
        ]
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

"""KL306 and KL312: what is passed in the place of a KernelConfig, and one that nobody passes."""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING
from kernlint.project.values import Instance, Known, MappingValue, SequenceValue, type_name
from kernlint.rules.base import Rule, a, example
from kernlint.rules.mend import before, behind, mending
from kernlint.rules.paths import raises, silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernlint.model.diagnostic import Diagnostic, Fix
    from kernlint.project.flow import Config, Usage
    from kernlint.rules.base import Context
    from kernlint.rules.paths import Verdict


class KernelConfigType(Rule):
    """Something that is no KernelConfig is passed as `kernel_config`.

    Up to transformers 5.10 `from_pretrained`, and up to 5.12 `set_use_kernels`, ignore
    it without a word and use the default kernels. Later `from_pretrained` raises
    `AttributeError: ... object has no attribute 'kernel_mapping'` and
    `set_use_kernels` a ValueError. A config in the place of the flag,
    `set_use_kernels(config)`, only switches the default kernels on.

    Wrap the mapping, `KernelConfig({...})`, and pass the flag first.

    Source: transformers 5.0 to 5.23, `modeling_utils.py`.
    """

    code = "KL306"
    name = "kernel-config-type"
    severity = "error"
    bad = (
        example(
            """
            from transformers import AutoModelForCausalLM

            model = AutoModelForCausalLM.from_pretrained(
                "org/model",
                «kernel_config={"SiLU": "kernels-community/activation:Silu"}»,
            )
            """,
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            model = AutoModelForCausalLM.from_pretrained(
                "org/model",
                kernel_config=KernelConfig({"SiLU": "kernels-community/activation:Silu"}),
            )
            """,
        ),
        example(
            """
            from transformers import AutoModelForCausalLM

            mapping = {"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"}
            model = AutoModelForCausalLM.from_pretrained("org/model")
            model.set_use_kernels(True, «mapping»)
            """,
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            mapping = {"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"}
            model = AutoModelForCausalLM.from_pretrained("org/model")
            model.set_use_kernels(True, KernelConfig(mapping))
            """,
            transformers="5.12.1",
        ),
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            model = AutoModelForCausalLM.from_pretrained("org/model")
            model.set_use_kernels(«config»)
            """,
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            model = AutoModelForCausalLM.from_pretrained("org/model")
            model.set_use_kernels(True, config)
            """,
        ),
    )
    good = (
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            model = AutoModelForCausalLM.from_pretrained("org/model", kernel_config=config)
            """
        ),
        example(
            """
            from mine import Model

            model = Model.from_pretrained("org/model", kernel_config={"block_size": 64})
            """
        ),
    )

    def usage(self, usage: Usage, context: Context) -> Iterator[Diagnostic]:
        """Look at what is passed where the method is known to be transformers'."""
        value = usage.value
        if not usage.certain or usage.kind == "from_config":
            return
        if usage.parameter == "use_kernels":
            is_config = isinstance(value, Instance) and value.short.endswith("KernelConfig")
            if is_config and usage.kind == "set_use_kernels":
                ignored = "`set_use_kernels` takes it for the flag and uses the default kernels"
                yield self.found(
                    usage.argument,
                    "the config is passed as `use_kernels`",
                    severity="warning",
                    effect=silent(context, ignored).effect,
                    help="write `set_use_kernels(True, config)`",
                    sink=usage.kind,
                    fix=_flag_first(usage, context),
                )
            return
        if not isinstance(value, (Known, MappingValue, SequenceValue)):
            return
        if isinstance(value, Known) and value.value is None:
            return
        kind = type_name(value) or "object"
        verdict = _type_verdict(usage, kind, context)
        yield self.found(
            usage.argument,
            f"`kernel_config` is {a(kind)}, not a KernelConfig",
            severity=verdict.severity,
            effect=verdict.effect,
            help="wrap the mapping: `KernelConfig({...})`"
            if isinstance(value, MappingValue)
            else "pass a `KernelConfig({...})`",
            sink=usage.kind,
            fix=_wrapped(usage, verdict) if isinstance(value, MappingValue) else None,
        )


def _wrapped(usage: Usage, verdict: Verdict) -> Fix | None:
    """The mapping in a config, with the import that this needs.

    Where the mapping went through in silence, the model runs its kernels from now on.
    """
    if usage.written is None or usage.wrapper is None:
        return None
    name, after = usage.wrapper
    imported = [] if after is None else [behind(after, f", {name}")]
    return mending(
        "safe" if verdict.severity == "error" else "unsafe",
        f"wrap the mapping in `{name}(...)`",
        *imported,
        before(usage.written, f"{name}("),
        behind(usage.written, ")"),
    )


def _flag_first(usage: Usage, context: Context) -> Fix | None:
    """The flag before the config, which was taken for it; from now on its kernels are used."""
    beside = [other for other in context.usages if other.place == usage.place]
    if usage.written is None or usage.written != usage.argument:
        return None  # it is passed by name
    if any(other.parameter == "kernel_config" for other in beside):
        return None
    return mending("unsafe", "pass the flag first", before(usage.written, "True, "))


def _type_verdict(usage: Usage, kind: str, context: Context) -> Verdict:
    ignored = silent(context, f"`{usage.kind}` ignores it and uses the default kernels")
    if usage.kind == "from_pretrained":
        if context.release.from_pretrained_plain_dict == "ignored":
            return ignored
        text = f"'{kind}' object has no attribute 'kernel_mapping'"
        return raises(context, "`from_pretrained`", "AttributeError", text)
    message = context.release.message("config-type", got=f"<class '{kind}'>")
    if message is None:
        return ignored
    return raises(context, "`set_use_kernels`", "ValueError", message)


class ConfigNeverUsed(Rule):
    """A KernelConfig is made and never used.

    The config does nothing by itself: it has to be passed to `from_pretrained` or to
    `model.set_use_kernels(True, config)`.

    Source: transformers 5.0 to 5.23, `utils/kernel_config.py`.
    """

    code = "KL312"
    name = "config-never-used"
    severity = "info"
    default_on = False
    bad = (
        example(
            """
            from transformers import KernelConfig

            «KernelConfig»({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            """
        ),
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig


            def load():
                config = «KernelConfig»({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
                return AutoModelForCausalLM.from_pretrained("org/model")
            """
        ),
    )
    good = (
        example(
            """
            from transformers import KernelConfig

            CONFIG = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            """
        ),
        example(
            """
            from transformers import KernelConfig


            def config():
                return KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            """
        ),
    )

    def config(self, config: Config, context: Context) -> Iterator[Diagnostic]:
        """A config that is a statement of its own, or bound to a name that is never read."""
        if config.discarded:
            yield self.found(
                config.callee,
                "this config is never used",
                effect="no model gets its kernels",
                help="pass it to `from_pretrained` or to `model.set_use_kernels(True, config)`",
            )

"""KL306, KL307 and KL312: what is passed to KernelConfig, and in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernlint.model.nearest import nearest
from kernlint.project.flow import PARAMETERS
from kernlint.project.values import Instance, Known, MappingValue, SequenceValue, type_name
from kernlint.rules.base import Rule, a, example, quoted
from kernlint.rules.paths import raises, silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernlint.model.diagnostic import Diagnostic
    from kernlint.project.flow import Config, PassedArgument, Usage
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
                «kernel_config={"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"}»,
            )
            """
        ),
        example(
            """
            from transformers import AutoModelForCausalLM

            mapping = {"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"}
            model = AutoModelForCausalLM.from_pretrained("org/model")
            model.set_use_kernels(True, «mapping»)
            """,
            transformers="5.12.1",
        ),
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            model = AutoModelForCausalLM.from_pretrained("org/model")
            model.set_use_kernels(«config»)
            """
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
        )


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


class KernelConfigArgument(Rule):
    """An argument that the call does not take.

    `KernelConfig` takes `kernel_mapping` and `use_local_kernel`, and from transformers
    5.17 on `inherit_mapping` (KL502 before that); anything else raises TypeError.
    `from_config` takes no `kernel_config`: build the model, then call
    `model.set_use_kernels(True, config)`.

    Source: transformers 5.0 to 5.23, `utils/kernel_config.py`, `modeling_utils.py`.
    """

    code = "KL307"
    name = "kernel-config-argument"
    severity = "error"
    bad = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                «mapping»={"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"}
            )
            """
        ),
        example(
            """
            from transformers import AutoConfig, AutoModelForCausalLM, KernelConfig

            kernels = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            model = AutoModelForCausalLM.from_config(
                AutoConfig.from_pretrained("org/model"), «kernel_config=kernels»
            )
            """
        ),
    )
    good = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                kernel_mapping={"RMSNorm": "/opt/rmsnorm:RMSNorm"}, use_local_kernel=True
            )
            """
        ),
        example(
            """
            from options import OPTIONS
            from transformers import KernelConfig

            config = KernelConfig(**OPTIONS)
            """
        ),
    )

    def config(self, config: Config, context: Context) -> Iterator[Diagnostic]:
        """Look at the names and the number of the arguments."""
        accepted = [parameter.name for parameter in context.release.config_parameters]
        taken: set[str] = set()
        for arg in config.arguments:
            name = arg.name
            if arg.position is not None:
                if arg.position >= len(accepted):
                    if arg.position < len(PARAMETERS):
                        continue  # another release takes it (KL502)
                    given = sum(a.position is not None for a in config.arguments)
                    text = (
                        f"KernelConfig.__init__() takes from 1 to {len(accepted) + 1} positional "
                        f"arguments but {given + 1} were given"
                    )
                    yield self._refused(arg, "too many arguments", text, None, context)
                    return
                name = accepted[arg.position]
            elif name is not None and name not in accepted:
                if not _is_of_another_release(name, context):
                    yield self._unexpected(arg, name, accepted, context)
            elif name is not None and name in taken:
                text = f"KernelConfig.__init__() got multiple values for argument '{name}'"
                yield self._refused(arg, f"`{name}` is passed twice", text, None, context)
            if name is not None:
                taken.add(name)

    def _unexpected(
        self, arg: PassedArgument, name: str, accepted: list[str], context: Context
    ) -> Diagnostic:
        text = f"KernelConfig.__init__() got an unexpected keyword argument '{name}'"
        near = nearest(name, accepted)
        return self._refused(
            arg,
            f"`KernelConfig` takes no argument `{name}`",
            text,
            f"did you mean `{near}`?" if near else f"it takes {quoted(accepted)}",
            context,
        )

    def _refused(
        self, arg: PassedArgument, message: str, text: str, advice: str | None, context: Context
    ) -> Diagnostic:
        verdict = raises(context, "`KernelConfig(...)`", "TypeError", text)
        return self.found(arg.name_place or arg.place, message, effect=verdict.effect, help=advice)

    def usage(self, usage: Usage, context: Context) -> Iterator[Diagnostic]:
        """``from_config`` takes no kernel config."""
        if usage.kind == "from_config" and usage.certain:
            verdict = raises(
                context,
                "`from_config`",
                "TypeError",
                "unexpected keyword argument 'kernel_config'",
            )
            yield self.found(
                usage.argument,
                "`from_config` takes no `kernel_config`",
                effect=verdict.effect,
                help="build the model, then call `model.set_use_kernels(True, config)`",
                sink=usage.kind,
            )


def _is_of_another_release(name: str, context: Context) -> bool:
    """Whether some release takes the argument (KL502)."""
    return bool(
        context.catalog.where(
            "transformers", lambda r: any(p.name == name for p in r.config_parameters)
        )
    )


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

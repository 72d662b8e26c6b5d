"""KL307: arguments that a call does not take."""

from __future__ import annotations

from kernlint.model.diagnostic import Edit
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.nearest import nearest
from kernlint.project.flow import PARAMETERS
from kernlint.project.values import Instance
from kernlint.rules.base import Rule, example, quoted
from kernlint.rules.mend import mending, within
from kernlint.rules.paths import raises, silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernlint.model.diagnostic import Diagnostic, Fix
    from kernlint.project.flow import Config, PassedArgument, Step, Story, Usage
    from kernlint.rules.base import Context


class KernelConfigArgument(Rule):
    """An argument that the call does not take.

    `KernelConfig` takes `kernel_mapping` and `use_local_kernel`, and from transformers
    5.17 on `inherit_mapping` (KL502 before that); anything else raises TypeError.
    `from_config` takes no `kernel_config`: build the model, then call
    `model.set_use_kernels(True, config)`. `pipeline` takes it for an argument of the
    calls of the model, which raise: write `model_kwargs={"kernel_config": config}`.
    `set_use_kernels` takes a `mode` from 5.13 on, and `update_kernel` a `version`.

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
            """,
            """
            from transformers import KernelConfig

            config = KernelConfig(
                kernel_mapping={"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"}
            )
            """,
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"},
                «verbose»=True,
            )
            """,
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"},
            )
            """,
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
        example(
            """
            from transformers import KernelConfig, pipeline

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            pipe = «pipeline("text-generation", model="org/model", kernel_config=config)»
            """
        ),
        example(
            """
            from kernels import Mode
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            model = AutoModelForCausalLM.from_pretrained("org/model", device_map="cuda")
            model.train()
            «model.set_use_kernels(True, config, mode=Mode.TRAINING)»
            """,
            transformers="5.12.1",
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
        example(
            """
            from transformers import KernelConfig, pipeline

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            pipe = pipeline(
                "text-generation",
                model="org/model",
                device_map="cuda",
                model_kwargs={"kernel_config": config},
            )
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
                    yield self._unexpected(arg, name, accepted, config, context)
            elif name is not None and name in taken:
                text = f"KernelConfig.__init__() got multiple values for argument '{name}'"
                yield self._refused(arg, f"`{name}` is passed twice", text, None, context)
            if name is not None:
                taken.add(name)

    def _unexpected(
        self, arg: PassedArgument, name: str, accepted: list[str], config: Config, context: Context
    ) -> Diagnostic:
        text = f"KernelConfig.__init__() got an unexpected keyword argument '{name}'"
        near = nearest(name, accepted)
        return self._refused(
            arg,
            f"`KernelConfig` takes no argument `{name}`",
            text,
            f"did you mean `{near}`?" if near else f"it takes {quoted(accepted)}",
            context,
        )._replace(fix=_renamed(arg, near, config) if near else _removed(arg, config))

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

    def story(self, story: Story, context: Context) -> Iterator[Diagnostic]:
        """Look at the arguments of ``set_use_kernels``, ``update_kernel`` and ``pipeline``."""
        accepted = {
            "set_use_kernels": context.release.set_use_kernels_parameters,
            "update_kernel": context.release.update_kernel_parameters,
        }
        owners = {"set_use_kernels": "PreTrainedModel", "update_kernel": "KernelConfig"}
        for step in story.steps:
            if step.certain and step.owner == "transformers.pipeline":
                yield from self._ignored(step, context)
            if not step.certain or step.kind not in accepted:
                continue
            names = {parameter.name for parameter in accepted[step.kind]}
            for name, _ in step.arguments:
                if name in names or name == "**":
                    continue
                who = f"{owners[step.kind]}.{step.kind}()"
                text = f"{who} got an unexpected keyword argument '{name}'"
                yield self.found(
                    step.place,
                    f"`{step.kind}` takes no argument `{name}`",
                    effect=raises(context, f"`{step.kind}`", "TypeError", text).effect,
                    help=f"it takes {quoted(p.name for p in accepted[step.kind])}",
                    sink=step.kind,
                )

    def _ignored(self, step: Step, context: Context) -> Iterator[Diagnostic]:
        """A config that ``pipeline`` keeps for the calls of the model."""
        value = step.argument("kernel_config")
        if isinstance(value, Instance) and value.short.endswith("KernelConfig"):
            yield self.found(
                step.place,
                "`pipeline` takes no `kernel_config`",
                severity="warning",
                effect=silent(
                    context,
                    "`pipeline` loads the model without it, and calling it raises ValueError: The "
                    "following `model_kwargs` are not used by the model: ['kernel_config']",
                ).effect,
                help='write `model_kwargs={"kernel_config": config}`',
            )


def _renamed(arg: PassedArgument, name: str, config: Config) -> Fix | None:
    """An argument under the name that is meant, where nothing else may be passed for it."""
    taken = {name, *(str(at) for at, each in enumerate(PARAMETERS) if each == name)}
    for other in config.arguments:
        if other.star or {other.name, str(other.position)} & taken:
            return None
    if arg.name_place is None or not within(arg.name_place, config.place):
        return None
    if arg.name_place == arg.place:  # from a dict that is spread into the call
        return None
    return mending("unsafe", f"write `{name}`", Edit(arg.name_place.span, name))


def _removed(arg: PassedArgument, config: Config) -> Fix | None:
    """The call without an argument of which nothing can be meant."""
    if arg.removal is None or not within(arg.place, config.place):
        return None
    return mending("unsafe", f"leave `{arg.name}` out", Edit(arg.removal.span, ""))


def _is_of_another_release(name: str, context: Context) -> bool:
    """Whether some release takes the argument (KL502)."""
    return bool(
        context.catalog.where(
            "transformers", lambda r: any(p.name == name for p in r.config_parameters)
        )
    )

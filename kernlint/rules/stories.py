"""KL304 and KL305: what becomes of a kernel config later in the program."""

from __future__ import annotations

from kernlint.model.diagnostic import Related
from kernlint.model.hints import TYPE_CHECKING
from kernlint.rules.base import Rule, example
from kernlint.rules.paths import raises, silent
from kernlint.rules.replay import forgets_configs, ignores_second, replay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernlint.model.diagnostic import Diagnostic
    from kernlint.project.flow import Story
    from kernlint.rules.base import Context
    from kernlint.rules.paths import Verdict
    from kernlint.rules.replay import Event

_PIPELINE = "transformers.pipeline"


class KernelsLostOnModeChange(Rule):
    """The kernels of a config are lost when the model goes to training mode.

    A model comes from `from_pretrained` in evaluation mode. A config that is applied then,
    by `from_pretrained` or by `set_use_kernels`, registers its kernels for inference alone,
    in the place of everything that was registered for these layers. After `model.train()`,
    or in the training of a `Trainer`, they run their original code: neither the kernel of the
    config nor the default one is used, and nothing says so. After `model.eval()` the kernels
    of the config are back. Up to transformers 5.10 they are not: there every `train()` and
    `eval()`, also one that changes nothing, applies the default kernels and forgets the config.

    Call `model.train()` first and then `model.set_use_kernels(True, KernelConfig(...))` with a
    new config: what is registered in training mode serves evaluation as well. With
    transformers 5.11 and 5.12 the model has to be loaded without the config for that. Up to
    5.10 no order of calls keeps the kernels of a config.

    From 5.19 on `set_use_kernels(True, config, mode=Mode.TRAINING)` on a model in evaluation
    mode applies no kernel at all.

    Source: transformers 5.0 to 5.23, `modeling_utils.py` (`train`, `set_use_kernels`).
    """

    code = "KL304"
    name = "kernels-lost-on-mode-change"
    severity = "warning"
    bad = (
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            model = AutoModelForCausalLM.from_pretrained("org/model", kernel_config=config)
            «model.train()»
            """
        ),
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig, Trainer

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            model = AutoModelForCausalLM.from_pretrained("org/model", device_map="cuda")
            model.set_use_kernels(True, config)
            trainer = Trainer(model=model)
            «trainer.train()»
            """
        ),
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            model = «AutoModelForCausalLM.from_pretrained("org/model", kernel_config=config).eval()»
            """,
            transformers="5.10.4",
        ),
        example(
            """
            from data import batches
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            model = AutoModelForCausalLM.from_pretrained("org/model", kernel_config=config)
            for batch in batches:
                «model.train()»
                model(**batch).loss.backward()
                model.eval()
            """
        ),
    )
    good = (
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig, Trainer

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            model = AutoModelForCausalLM.from_pretrained("org/model", device_map="cuda")
            model.train()
            model.set_use_kernels(True, config)
            Trainer(model=model).train()
            """,
            transformers="5.12.1",
        ),
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            model = AutoModelForCausalLM.from_pretrained("org/model", kernel_config=config)
            model.train()
            model.eval()
            """
        ),
        example(
            """
            from transformers import AutoConfig, AutoModelForCausalLM, KernelConfig

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained("org/model"))
            model.set_use_kernels(True, config)
            model.train()
            """
        ),
    )

    def story(self, story: Story, context: Context) -> Iterator[Diagnostic]:
        """Look at the changes of mode of models with a config."""
        for event in replay(story, context):
            if event.kind == "lost":
                yield self._lost(event, context)
            elif event.kind == "other mode":
                effect = "the kernels are registered for inference and asked for in training"
                yield self.found(
                    event.step.place,
                    "no kernel is applied: the model is in evaluation mode",
                    effect=silent(context, effect).effect,
                    help="call `model.train()` before",
                    sink=event.step.kind,
                )

    def _lost(self, event: Event, context: Context) -> Diagnostic:
        effect = (
            "they are registered for inference alone: in training mode their layers run the "
            "original code"
        )
        advice = (
            "call `model.train()` and then `model.set_use_kernels(True, KernelConfig(...))` "
            "with a new config"
        )
        if forgets_configs(context):
            effect = "every `train()` and `eval()` applies the default kernels and forgets a config"
            advice = "no order of calls keeps them before transformers 5.11"
        elif ignores_second(context):
            advice = (
                "load the model without the config, call `model.train()`, and then "
                "`model.set_use_kernels(True, config)`"
            )
        return self.found(
            event.step.place,
            "the kernels of the config are lost here",
            confidence="high" if event.sure else "medium",
            effect=silent(context, effect).effect,
            help=advice,
            related=_related(event, "the config is handed over here"),
        )


class KernelConfigReused(Rule):
    """A KernelConfig is used for a second time.

    Applying a config to a model overwrites its mapping with what was made of it, which is no
    mapping that any path accepts. A second use of the same object raises, for the same model
    or another one: `set_use_kernels` a ValueError that the mapping must be a valid repo name,
    `from_pretrained` that error up to transformers 5.10 and from 5.11 on
    `AttributeError: 'dict' object has no attribute 'partition'`. The first use counts once it
    has succeeded; `sanitize_kernel_mapping` alone changes nothing.

    Make a config for each use: in a function that returns `KernelConfig(...)`, or by
    `copy.deepcopy(config)` before the first use. The dict that it is made from can be shared.

    Source: transformers 5.0 to 5.23, `utils/kernel_config.py` (`create_compatible_mapping`),
    `integrations/hub_kernels.py`.
    """

    code = "KL305"
    name = "kernel-config-reused"
    severity = "error"
    bad = (
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            model = AutoModelForCausalLM.from_pretrained("org/model", kernel_config=config)
            «model.set_use_kernels(True, config)»
            """
        ),
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            KERNELS = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})


            def load(name):
                return «AutoModelForCausalLM.from_pretrained(name, kernel_config=KERNELS)»


            teacher = load("org/teacher")
            student = load("org/student")
            """,
            transformers="5.10.4",
        ),
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig


            def compare(names):
                config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
                for name in names:
                    «AutoModelForCausalLM.from_pretrained(name, kernel_config=config)»
            """
        ),
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig, Trainer

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})


            def make():
                return AutoModelForCausalLM.from_pretrained("org/model", kernel_config=config)


            trainer = Trainer(model_init=make)
            «trainer.train()»
            """
        ),
    )
    good = (
        example(
            """
            import copy

            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            teacher = AutoModelForCausalLM.from_pretrained(
                "org/teacher", kernel_config=copy.deepcopy(config)
            )
            student = AutoModelForCausalLM.from_pretrained("org/student", kernel_config=config)
            """
        ),
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            MAPPING = {"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"}


            def compare(names):
                for name in names:
                    AutoModelForCausalLM.from_pretrained(name, kernel_config=KernelConfig(MAPPING))
            """
        ),
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})


            def load(names):
                for name in names:
                    return AutoModelForCausalLM.from_pretrained(name, kernel_config=config)
            """
        ),
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig


            def compare(names):
                config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
                for name in names:
                    AutoModelForCausalLM.from_pretrained(name, kernel_config=config)
                    config = KernelConfig({"RMSNorm": "kernels-community/rmsnorm:RMSNorm"})
            """
        ),
    )

    def story(self, story: Story, context: Context) -> Iterator[Diagnostic]:
        """Look at the second uses."""
        for event in replay(story, context):
            if event.kind not in {"reused", "reused in a loop"}:
                continue
            message = "the kernel config was used up before"
            if event.kind == "reused in a loop":
                message = "the kernel config is used up from the second time on"
            yield self.found(
                event.step.through or event.step.place,
                message,
                confidence="high" if event.sure else "medium",
                effect=_second_use(event, context).effect,
                help="make a `KernelConfig(...)` for each use",
                related=_related(event, "it is used up here"),
                sink=event.step.kind,
            )


def _second_use(event: Event, context: Context) -> Verdict:
    """The exception of a second use."""
    step = event.step
    who = f"`{step.kind}`"
    if step.kind == "create_compatible_mapping":
        text = "'dict' object has no attribute 'split'"
        return raises(context, who, "AttributeError", text)
    if step.kind == "from_pretrained":
        if context.release.from_pretrained_fusions:
            text = "'dict' object has no attribute 'partition'"
            return raises(context, who, "AttributeError", text)
        if step.owner == _PIPELINE:
            return raises(context, "`pipeline`", "ValueError", "Could not load model ...")
    values = {} if event.layer is None else {"layer_name": event.layer}
    return raises(context, who, "ValueError", context.release.message("repo-name", **values))


def _related(event: Event, message: str) -> list[Related]:
    """The step that something comes from, where it is another one."""
    cause = event.cause
    if cause is None or cause.place == (event.step.through or event.step.place):
        return []
    return [Related(message, cause.place)]

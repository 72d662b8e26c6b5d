"""KL309 and KL310: kernels for a model that is on the CPU, or that has some already."""

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
    from kernlint.rules.replay import Event

_RIGHT = (
    'load with `device_map="cuda"`, which needs accelerate, or move the model and then call '
    "`model.set_use_kernels(True, config)`"
)


class CpuLoadThenMove(Rule):
    """Kernels are applied to a model that is still on the CPU.

    `from_pretrained` without a `device_map` loads on the CPU, and applies the kernels there,
    before `.to("cuda")` is reached. There are no kernels for the CPU: a config raises
    `ValueError: Only devices in [...] are supported, got: cpu`, and so does
    `set_use_kernels(True, config)` before the move. Kernels that are written per device,
    `{"cuda": ...}`, are dropped without a word by `set_use_kernels`, and up to transformers
    5.10 by `from_pretrained` as well. `use_kernels=True` alone applies nothing, and the move
    does not make up for it.

    Load with `device_map="cuda"`, which needs accelerate, or load plainly, move the model, and
    then call `model.set_use_kernels(True, config)`.

    Source: transformers 5.0 to 5.23, `utils/kernel_config.py` (`create_compatible_mapping`),
    `modeling_utils.py` (`from_pretrained`, `set_use_kernels`).
    """

    code = "KL309"
    name = "cpu-load-then-move"
    severity = "error"
    bad = (
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            model = «AutoModelForCausalLM.from_pretrained("org/model", kernel_config=config)»
            model.to("cuda")
            """
        ),
        example(
            """
            from transformers import AutoModelForCausalLM

            model = «AutoModelForCausalLM.from_pretrained("org/model", use_kernels=True)».cuda()
            """
        ),
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig(
                {"RMSNorm": {"cuda": "kernels-community/liger-kernels:LigerRMSNorm"}}
            )
            model = «AutoModelForCausalLM.from_pretrained("org/model", kernel_config=config)»
            model.to("cuda")
            """,
            transformers="5.10.4",
        ),
        example(
            """
            from transformers import KernelConfig, pipeline

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            pipe = «pipeline(
                "text-generation",
                model="org/model",
                device="cuda",
                model_kwargs={"kernel_config": config},
            )»
            """
        ),
    )
    good = (
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            model = AutoModelForCausalLM.from_pretrained("org/model").to("cuda")
            model.set_use_kernels(True, config)
            """
        ),
        example(
            """
            import torch
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            with torch.device("cuda"):
                model = AutoModelForCausalLM.from_pretrained("org/model", kernel_config=config)
            model.to("cuda")
            """
        ),
        example(
            """
            from transformers import AutoModelForCausalLM

            model = AutoModelForCausalLM.from_pretrained("org/model", use_kernels=True)
            model.to("cuda")
            model.train()
            """
        ),
    )

    def story(self, story: Story, context: Context) -> Iterator[Diagnostic]:
        """Look at what is applied on the CPU."""
        for event in replay(story, context):
            if event.kind == "cpu":
                yield self._raising(event, context)
            elif event.kind == "dropped":
                yield self._silent(
                    event,
                    "the kernels are dropped: the model is on the CPU",
                    silent(context, "nothing brings them back when it is moved").effect,
                )
            elif event.kind == "idle":
                yield self._silent(
                    event,
                    "no kernel is applied: the model is on the CPU",
                    silent(context, "moving it does not apply the kernels").effect,
                )

    def _raising(self, event: Event, context: Context) -> Diagnostic:
        text = context.release.message("device", device="cpu")
        verdict = raises(context, f"`{event.step.kind}`", "ValueError", text)
        if event.step.owner == "transformers.pipeline":
            verdict = raises(context, "`pipeline`", "ValueError", "Could not load model ...")
        return self.found(
            event.step.place,
            "the kernel config is applied while the model is on the CPU",
            effect=verdict.effect,
            help=_RIGHT,
            related=_moved(event),
            sink=event.step.kind,
        )

    def _silent(self, event: Event, message: str, effect: str) -> Diagnostic:
        advice = _RIGHT
        if event.kind == "idle":
            advice = advice.replace("(True, config)", "(True)")
        return self.found(
            event.step.place,
            message,
            severity="warning",
            # Somebody else may change the mode of the model, which applies the default kernels.
            confidence="medium" if event.kind == "idle" else "high",
            effect=effect,
            help=advice,
            related=_moved(event),
            sink=event.step.kind,
        )


class RepeatedSetUseKernels(Rule):
    """A second config for a model that has kernels is ignored.

    Up to transformers 5.12 `set_use_kernels(True, config)` does nothing on a model that has
    kernels, be they of another config, of `from_pretrained`, or the default ones. The config
    is validated and used up all the same. With 5.11 and 5.12 it takes effect at the next
    `train()` or `eval()`. From 5.13 on the last config takes the place of the one before.

    Call `model.set_use_kernels(False)` in between, or pass the config the first time.

    Source: transformers 5.0 to 5.12, `modeling_utils.py` (`set_use_kernels`, `use_kernels`).
    """

    code = "KL310"
    name = "repeated-set-use-kernels"
    severity = "warning"
    bad = (
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            model = AutoModelForCausalLM.from_pretrained("org/model", device_map="cuda")
            model.set_use_kernels(
                True, KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            )
            «model.set_use_kernels(
                True, KernelConfig({"SiLU": "kernels-community/activation:Silu"})
            )»
            """,
            transformers="5.12.1",
        ),
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            model = AutoModelForCausalLM.from_pretrained(
                "org/model", device_map="cuda", use_kernels=True
            )
            «model.set_use_kernels(True, config)»
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
                "org/model", device_map="cuda", use_kernels=True
            )
            model.set_use_kernels(False)
            model.set_use_kernels(True, config)
            """,
            transformers="5.12.1",
        ),
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            model = AutoModelForCausalLM.from_pretrained(
                "org/model", device_map="cuda", use_kernels=True
            )
            model.set_use_kernels(True, config)
            """
        ),
    )

    def story(self, story: Story, context: Context) -> Iterator[Diagnostic]:
        """Look at the configs for models that have kernels."""
        if not ignores_second(context):
            return
        until = "" if forgets_configs(context) else " until the next `train()` or `eval()`"
        what = f"`set_use_kernels` does nothing on a model with kernels{until}"
        ignoring = context.catalog.where("transformers", lambda r: _ignores(context, r.version))
        for event in replay(story, context):
            if event.kind != "ignored":
                continue
            related = []
            if event.cause is not None:
                related.append(Related("the kernels that it has come from here", event.cause.place))
            yield self.found(
                event.step.place,
                "the config is ignored: the model has kernels already",
                effect=silent(context, what).effect,
                help="call `model.set_use_kernels(False)` before",
                related=related,
                releases=context.catalog.specifier("transformers", ignoring),
                sink=event.step.kind,
            )


def _ignores(context: Context, version: str) -> bool:
    return ignores_second(context._replace(release=context.catalog.transformers(version)))


def _moved(event: Event) -> list[Related]:
    if event.cause is None:
        return []
    return [Related("it is moved here", event.cause.place)]

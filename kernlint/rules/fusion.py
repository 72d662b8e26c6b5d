"""KL110: keys that stand for several layers."""

from __future__ import annotations

from kernlint.model.diagnostic import NotChecked
from kernlint.model.hints import TYPE_CHECKING, cast
from kernlint.model.record import Record
from kernlint.project.values import Known, is_tuple, text_of, type_name
from kernlint.rules.base import Rule, a, example
from kernlint.rules.paths import Outcome, entries, finish, raises, worst

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kernlint.model.diagnostic import Diagnostic, Place
    from kernlint.project.flow import Config
    from kernlint.project.values import SequenceValue
    from kernlint.rules.base import Context

_OPEN = (
    "whether the kernel brings a layout class, and whether the model has modules on these paths, "
    "cannot be known without them"
)
_FORM = 'write `(("RMSNorm", "model.layers.*.norm"), ("MLP", "model.layers.*.mlp"))`'


class _Fault(Record):
    """What is wrong with a fusion key, where, and the exception that from_pretrained raises."""

    place: Place
    message: str
    help: str
    exception: str
    text: str | None


class FusionKey(Rule):
    """A fusion of layers has a wrong form, or goes where only single layers are taken.

    From transformers 5.11 on `from_pretrained` takes a tuple as a key: a pair of a name and
    a path from the root of the model for each layer that the kernel replaces, all children
    of one module. It reads the second item of each pair, so a tuple of names raises
    `ValueError: All patterns for a fused kernel must share the same parent module` or
    IndexError, and so do paths with different parents or without a dot. The names are not
    looked at. `set_use_kernels` takes no tuple: `ValueError: Layer (...) is not registered
    in the model`.

    A fusion in the right form is not checked further: it works if the kernel brings a layout
    class and the model has modules on these paths.

    Source: transformers 5.11 to 5.23, `integrations/hub_kernels.py`
    (`register_kernel_replacements_and_fusions`); `utils/kernel_config.py`
    (`sanitize_kernel_mapping`).
    """

    code = "KL110"
    name = "fusion-key"
    severity = "error"
    bad = (
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig({(«"RMSNorm"», "MLP"): "org/fused:NormMLP"})
            model = AutoModelForCausalLM.from_pretrained("org/model", kernel_config=config)
            """
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {
                    «(("RMSNorm", "model.norm"), ("MLP", "model.layers.*.mlp"))»: "org/fused:Both",
                    (("RMSNorm", «"norm"»),): "org/fused:Norm",
                    «()»: "org/fused:Nothing",
                }
            )
            """
        ),
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            NORM_AND_MLP = «(
                ("RMSNorm", "model.layers.*.post_attention_layernorm"),
                ("MLP", "model.layers.*.mlp"),
            )»
            model = AutoModelForCausalLM.from_pretrained("org/model")
            model.set_use_kernels(True, KernelConfig({NORM_AND_MLP: "org/fused:NormMLP"}))
            """
        ),
    )
    good = (
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            NORM_AND_MLP = (
                ("RMSNorm", "model.layers.*.post_attention_layernorm"),
                ("MLP", "model.layers.*.mlp"),
            )
            model = AutoModelForCausalLM.from_pretrained(
                "org/model", kernel_config=KernelConfig({NORM_AND_MLP: "org/fused:NormMLP"})
            )
            """
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {(("RMSNorm", "model.norm"), ("Linear", "model.head")): "org/fused:NormHead"}
            )
            """,
            transformers="5.11.0",
        ),
    )

    def config(self, config: Config, context: Context) -> Iterator[Diagnostic | NotChecked]:
        """Look at every tuple that is a key."""
        if not context.release.from_pretrained_fusions:
            return  # another rule says that no release like this one takes them
        for key in (entry.key for entry in entries(config)):
            if is_tuple(key):
                yield from self._key(key, config, context)

    def _key(
        self, key: SequenceValue, config: Config, context: Context
    ) -> Iterator[Diagnostic | NotChecked]:
        message = context.release.message("not-registered", layer_name="(…)")
        rejected = raises(context, "`sanitize_kernel_mapping`", "ValueError", message)
        fault = _fault(key, context)
        early = None
        if fault is not None:
            early = raises(context, "`from_pretrained`", fault.exception, fault.text)
            if fault.exception != "ValueError":
                more = f"{early.effect}, or ValueError where the kernel brings no layout class"
                early = early._replace(effect=more)
        outcome = worst(config, context, rejected, early)
        if all(sink.kind == "update_kernel" for sink in config.sinks):
            # Only from_pretrained takes such a key, so that is where it will go.
            outcome = Outcome(early, None) if early is not None else None
        if outcome is None:
            yield NotChecked(key.place, _OPEN)
        elif fault is not None and outcome.verdict == early:
            fusing = context.catalog.where("transformers", lambda r: r.from_pretrained_fusions)
            found = self.found(
                fault.place,
                fault.message,
                help=fault.help,
                releases=context.catalog.specifier("transformers", fusing),
            )
            yield finish(found, outcome, config)
        else:
            found = self.found(
                key.place,
                "only `from_pretrained` takes a fusion of layers",
                help="load the model with it: `from_pretrained(..., kernel_config=config)`",
            )
            yield finish(found, outcome, config)


def _fault(key: SequenceValue, context: Context) -> _Fault | None:
    """What from_pretrained rejects a fusion key for; None if for nothing that is known."""
    items = _items(key)
    if items is None:
        return None
    try:
        # The steps of register_kernel_replacements_and_fusions.
        patterns = [item[1] for item in items]
        parents = {pattern.rsplit(".", 1)[0] for pattern in patterns}
        if len(parents) == 1:
            for pattern in patterns:
                pattern.rsplit(".", 1)[1]
            return None
        exception = "ValueError"
        text = context.release.message("shared-parent", got=str(patterns))
    except (AttributeError, IndexError, TypeError) as error:
        exception, text = type(error).__name__, str(error)
    for item in key.items:
        if not is_tuple(item) or len(item.items) < 2:
            kind = type_name(item) if not is_tuple(item) else f"tuple of {len(item.items)}"
            what = f"a fusion is a tuple of pairs of a name and a path, and this is {a(kind or '')}"
            return _Fault(item.place, what, _FORM, exception, text)
        path = text_of(item.items[1])
        if path is None or "." not in path:
            what = "this is no path from the root of the model to a child of a module"
            help_text = 'write the full path, such as `"model.norm"`'
            return _Fault(item.items[1].place, what, help_text, exception, text)
    if not key.items:
        return _Fault(key.place, "an empty tuple is no fusion", _FORM, exception, text)
    what = "the layers of a fusion have different parent modules"
    help_text = "give paths that differ in their last part alone"
    return _Fault(key.place, what, help_text, exception, text)


def _items(key: SequenceValue) -> Sequence[Sequence[str]] | None:
    """A key as Python has it, of the type that the library takes for granted; None if unknown.

    Of the first item of a pair nothing depends.
    """
    items: list[object] = []
    for item in key.items:
        if is_tuple(item):
            rest = item.items[1:]
            if not all(isinstance(each, Known) for each in rest):
                return None
            items.append(
                (None, *(each.value for each in rest if isinstance(each, Known)))
                if item.items
                else ()
            )
        elif isinstance(item, Known):
            items.append(item.value)
        else:
            return None
    return cast("Sequence[Sequence[str]]", items)

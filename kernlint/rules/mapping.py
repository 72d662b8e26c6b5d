"""KL101, KL107 and KL108: the shape of a kernel mapping."""

from __future__ import annotations

from kernlint.model.diagnostic import Edit, Related
from kernlint.model.hints import TYPE_CHECKING
from kernlint.project.values import (
    Known,
    MappingValue,
    SequenceValue,
    Unknown,
    type_name,
)
from kernlint.rules.base import Rule, a, example
from kernlint.rules.mend import mending, reach
from kernlint.rules.paths import entries, finish, flag, raises, silent, worst

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernlint.model.diagnostic import Diagnostic
    from kernlint.project.flow import Config
    from kernlint.project.values import Replaced, Value
    from kernlint.rules.base import Context


class MappingNotADict(Rule):
    """The kernel mapping is not a dict.

    `KernelConfig` stores whatever it is given. The mistake shows when the config is
    used: `sanitize_kernel_mapping` raises `ValueError: Kernel mapping must be a dict
    of the following format`, and `from_pretrained` from transformers 5.11 on
    `AttributeError: ... object has no attribute 'items'`.

    Write a dict from layer names to kernels.

    Source: transformers 5.0 to 5.23, `utils/kernel_config.py`,
    `integrations/hub_kernels.py`.
    """

    code = "KL101"
    name = "mapping-not-a-dict"
    severity = "error"
    bad = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(«["kernels-community/liger-kernels:LigerRMSNorm"]»)
            """
        ),
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            mapping = «"kernels-community/liger-kernels:LigerRMSNorm"»
            model = AutoModelForCausalLM.from_pretrained(
                "org/model", kernel_config=KernelConfig(kernel_mapping=mapping)
            )
            """
        ),
    )
    good = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            """
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(dict(RMSNorm="kernels-community/liger-kernels:LigerRMSNorm"))
            """
        ),
    )

    def config(self, config: Config, context: Context) -> Iterator[Diagnostic]:
        """Look at the mapping as a whole."""
        mapping = config.mapping
        if mapping is None or isinstance(mapping, (MappingValue, Unknown)):
            return
        if isinstance(mapping, Known) and mapping.value is None:
            default = next(
                p for p in context.release.config_parameters if p.name == "kernel_mapping"
            )
            if default.default == "None":
                return
        kind = type_name(mapping)
        message = context.release.message("mapping-dict", got=f"<class '{kind}'>")
        outcome = worst(
            config,
            context,
            raises(context, "`sanitize_kernel_mapping`", "ValueError", message),
            raises(
                context,
                "`from_pretrained`",
                "AttributeError",
                f"'{kind}' object has no attribute 'items'",
            ),
        )
        if outcome is not None:
            found = self.found(
                mapping.place,
                f"the kernel mapping is {a(kind or 'value')}, not a dict",
                help='write a dict: `{"RMSNorm": "org/repo:LayerName"}`',
            )
            yield finish(found, outcome, config)


class DuplicateKey(Rule):
    """A dict of a kernel mapping holds the same key twice.

    Python keeps the last value and drops the others without a word, so the first
    kernel is never used.

    Remove one of the two.

    Source: the Python language reference, dictionary displays.
    """

    code = "KL107"
    name = "duplicate-key"
    severity = "warning"
    bad = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {
                    «"RMSNorm"»: "kernels-community/liger-kernels:LigerRMSNorm",
                    "SiLU": "kernels-community/activation:Silu",
                    "RMSNorm": "kernels-community/rmsnorm:RMSNorm",
                }
            )
            """
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {
                    "RMSNorm": {
                        «"cuda"»: "kernels-community/liger-kernels:LigerRMSNorm",
                        "cuda": "kernels-community/rmsnorm:RMSNorm",
                    }
                }
            )
            """
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {
                    «"RMSNorm"»: "kernels-community/liger-kernels:LigerRMSNorm",
                    "SiLU": "kernels-community/activation:Silu",
                    "RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm",  # once more
                }
            )
            """,
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {
                    "RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm",
                    "SiLU": "kernels-community/activation:Silu",  # once more
                }
            )
            """,
        ),
    )
    good = (
        example(
            """
            from transformers import KernelConfig

            base = {"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"}
            config = KernelConfig({**base, "RMSNorm": "kernels-community/rmsnorm:RMSNorm"})
            """
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {
                    "RMSNorm": {"cuda": "kernels-community/liger-kernels:LigerRMSNorm"},
                    "SiLU": {"cuda": "kernels-community/activation:Silu"},
                }
            )
            """
        ),
    )

    def config(self, config: Config, context: Context) -> Iterator[Diagnostic]:
        """Look at every dict in the mapping, metadata included."""
        pending: list[Value] = [config.mapping] if config.mapping is not None else []
        while pending:
            value = pending.pop(0)
            if isinstance(value, MappingValue):
                for pair in value.replaced:
                    yield self._found(pair, config)
                pending.extend(entry.value for entry in value.entries)
            elif isinstance(value, SequenceValue):
                pending.extend(value.items)

    def _found(self, pair: Replaced, config: Config) -> Diagnostic:
        lost, kept, removal = pair
        fix = None
        if removal is not None and _same(lost.value, kept.value):
            message = "remove the second one, which says the same"
            fix = mending(reach(kept.key, config), message, Edit(removal.span, ""))
        key = lost.key.value if isinstance(lost.key, Known) else "this key"
        return self.found(
            lost.key.place,
            f"`{key}` is written twice in one dict",
            effect="Python keeps the last value; this one is dropped without a word",
            help="remove one of the two",
            related=[Related("this one wins", kept.key.place)],
            fix=fix,
        )


def _same(one: Value, other: Value) -> bool:
    """Whether two values are equal for certain, wherever they are written."""
    if isinstance(one, Known) and isinstance(other, Known):
        return type(one.value) is type(other.value) and one.value == other.value
    if isinstance(one, SequenceValue) and isinstance(other, SequenceValue):
        return (
            one.kind == other.kind
            and len(one.items) == len(other.items)
            and all(map(_same, one.items, other.items))
        )
    if isinstance(one, MappingValue) and isinstance(other, MappingValue):
        return (
            not (one.unread or other.unread)
            and len(one.entries) == len(other.entries)
            and all(
                _same(first.key, second.key) and _same(first.value, second.value)
                for first, second in zip(one.entries, other.entries, strict=True)
            )
        )
    return False


class EmptyMapping(Rule):
    """A mapping names no kernel where one is meant.

    A layer with an empty dict of devices is registered for no device, without a
    message: the default kernel of transformers is used where there is one, else the
    original code; `from_pretrained` from transformers 5.11 on raises
    `ValueError: Expected exactly one kernel repo`. An empty mapping together with
    `inherit_mapping=False` or `use_local_kernel=True` switches off every kernel, the
    default ones of transformers too.

    Name a kernel, or leave the layer out.

    Source: transformers 5.0 to 5.23, `utils/kernel_config.py`
    (`create_compatible_mapping`), `integrations/hub_kernels.py` (`kernelize`).
    """

    code = "KL108"
    name = "empty-mapping"
    severity = "warning"
    bad = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig({"RMSNorm": «{}»})
            """
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(«{}», inherit_mapping=False)
            """
        ),
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            model = AutoModelForCausalLM.from_pretrained(
                "org/model", kernel_config=KernelConfig({"RMSNorm": «{}»})
            )
            """
        ),
    )
    good = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig({})
            """
        ),
        example(
            """
            from devices import RMS_NORM
            from transformers import KernelConfig

            config = KernelConfig({"RMSNorm": {**RMS_NORM}}, inherit_mapping=False)
            """
        ),
    )

    def config(self, config: Config, context: Context) -> Iterator[Diagnostic]:
        """Look at the mapping, and at every dict of devices."""
        if _is_empty(config.mapping) and _inherits(config) is False:
            yield self.found(
                config.mapping.place if config.mapping else config.place,
                "the mapping is empty and the default kernels are switched off",
                effect=f"with {context.version} no layer gets a kernel",
                help="name the kernels, or leave `inherit_mapping` and `use_local_kernel` out",
            )
        for entry in entries(config):
            if not _is_empty(entry.value):
                continue
            layer = str(entry.key.value) if isinstance(entry.key, Known) else "the layer"
            has_default = context.release.has_default(layer) and _inherits(config)
            instead = "its default kernel is used" if has_default else "its original code runs"
            outcome = worst(
                config,
                context,
                silent(context, f"the layer is registered for no device: {instead}"),
                raises(
                    context,
                    "`from_pretrained`",
                    "ValueError",
                    context.release.message("one-repository", got="{}"),
                ),
            )
            if outcome is not None:
                found = self.found(
                    entry.value.place,
                    f"`{layer}` is mapped to no kernel",
                    help="name a kernel for a device, or leave the layer out",
                )
                yield finish(found, outcome, config)


def _is_empty(value: Value | None) -> bool:
    return isinstance(value, MappingValue) and not value.entries and not value.unread


def _inherits(config: Config) -> bool | None:
    """Whether the default kernels stay in use; None where that is not known."""
    inherit = True if config.inherit_mapping is None else flag(config.inherit_mapping)
    local = flag(config.use_local_kernel)
    if inherit is False or local is True:
        return False
    return None if inherit is None or local is None else True

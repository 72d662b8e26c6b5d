"""Rules about the metadata beside a kernel string, and KL105: its form."""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.nearest import nearest
from kernlint.project.values import (
    Known,
    MappingValue,
    SequenceValue,
    Unknown,
    type_name,
)
from kernlint.rules.base import Rule, a, example, quoted
from kernlint.rules.paths import Slot, finish, flag, raises, silent, slots, worst

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernlint.model.diagnostic import Diagnostic, Fix, Place
    from kernlint.project.flow import Config
    from kernlint.project.values import Value
    from kernlint.rules.base import Context
    from kernlint.rules.paths import Verdict


class MetadataRule(Rule):
    """A rule about tuples; silent where the judged release takes no tuples."""

    def config(self, config: Config, context: Context) -> Iterator[Diagnostic]:
        """Look at every tuple of the mapping."""
        if "tuple" in context.release.value_forms:
            for slot in slots(config):
                if isinstance(slot.value, SequenceValue) and slot.value.kind == "tuple":
                    yield from self.tuple(slot, slot.value, config, context)

    def tuple(
        self, slot: Slot, value: SequenceValue, config: Config, context: Context
    ) -> Iterator[Diagnostic]:
        """What this rule has against a tuple."""
        yield from ()

    def report(
        self,
        place: Place,
        message: str,
        advice: str,
        config: Config,
        context: Context,
        validated: Verdict | None,
        preloaded: Verdict | None,
        *,
        fix: Fix | None = None,
    ) -> Iterator[Diagnostic]:
        """A finding with the worst verdict, if any path minds."""
        outcome = worst(config, context, validated, preloaded)
        if outcome is not None:
            yield finish(self.found(place, message, help=advice, fix=fix), outcome, config)


class KernelMetadata(MetadataRule):
    """A kernel given as a tuple is not a string and a dict of metadata.

    From transformers 5.13 on a kernel may be `("org/repo:LayerName", {...})`. Another
    number of items or metadata that is no dict raises; `trust_remote_code` has to be
    a bool or None. Keys other than `version`, `revision` and `trust_remote_code` are
    ignored without a word.

    Write `("org/repo:LayerName", {"version": 1})`, or the string alone.

    Source: transformers 5.13 to 5.23, `utils/kernel_config.py`
    (`sanitize_kernel_mapping`), `integrations/hub_kernels.py`.
    """

    code = "KL105"
    name = "kernel-metadata"
    severity = "error"
    bad = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {
                    "RMSNorm": «("kernels-community/liger-kernels:LigerRMSNorm",)»,
                    "SiLU": ("kernels-community/activation:Silu", «"v1"»),
                }
            )
            """
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {
                    "RMSNorm": (
                        "kernels-community/liger-kernels:LigerRMSNorm",
                        {"version": 1, "trust_remote_code": «"yes"», «"trust_remote"»: True},
                    )
                }
            )
            """
        ),
    )
    good = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {
                    "RMSNorm": (
                        "kernels-community/liger-kernels:LigerRMSNorm",
                        {"version": 1, "trust_remote_code": False},
                    )
                }
            )
            """
        ),
        example(
            """
            from pins import LIGER
            from transformers import KernelConfig

            config = KernelConfig(
                {"RMSNorm": ("kernels-community/liger-kernels:LigerRMSNorm", LIGER)}
            )
            """
        ),
    )

    def tuple(
        self, slot: Slot, value: SequenceValue, config: Config, context: Context
    ) -> Iterator[Diagnostic]:
        """The number of items, the type of the second, and what is in it."""
        if len(value.items) != 2:
            yield from self._length(value, config, context)
            return
        metadata = value.items[1]
        if isinstance(metadata, MappingValue):
            for entry in metadata.entries:
                yield from self._entry(entry.key, entry.value, config, context)
        elif not isinstance(metadata, Unknown):
            kind = type_name(metadata) or "object"
            message = context.release.message("metadata-dict", got_type=f"<class '{kind}'>")
            yield from self.report(
                metadata.place,
                f"the metadata of a kernel is {a(kind)}, not a dict",
                'write a dict: `{"version": 1}`',
                config,
                context,
                raises(context, "`sanitize_kernel_mapping`", "ValueError", message),
                raises(
                    context,
                    "`from_pretrained`",
                    "AttributeError",
                    f"'{kind}' object has no attribute 'get'",
                ),
            )

    def _length(
        self, value: SequenceValue, config: Config, context: Context
    ) -> Iterator[Diagnostic]:
        count = len(value.items)
        text = "too many values to unpack (expected 2)"
        if count < 2:
            text = f"not enough values to unpack (expected 2, got {count})"
        yield from self.report(
            value.place,
            f"a kernel is a tuple of 2 items, not of {count}",
            'write `("org/repo:LayerName", {"version": 1})`, or the string alone',
            config,
            context,
            raises(context, "`sanitize_kernel_mapping`", "ValueError", text),
            raises(context, "`from_pretrained`", "ValueError", text),
        )

    def _entry(
        self,
        key: Value,
        value: Value,
        config: Config,
        context: Context,
    ) -> Iterator[Diagnostic]:
        if not isinstance(key, Known):
            return
        accepted = context.release.metadata_keys
        if key.value not in accepted:
            near = nearest(str(key.value), accepted)
            ignored = silent(context, f"`{key.value}` is ignored without a message")
            yield from self.report(
                key.place,
                f"`{key.value}` is not a key of the metadata of a kernel",
                f"did you mean `{near}`?" if near else f"the keys are {quoted(accepted)}",
                config,
                context,
                ignored,
                ignored,
            )
        elif key.value == "trust_remote_code":
            kind = type_name(value)
            if kind not in {None, "bool", "NoneType"}:
                got = str(value.value) if isinstance(value, Known) else "..."
                rejected = raises(
                    context,
                    "`sanitize_kernel_mapping`",
                    "ValueError",
                    context.release.message("trust-bool", got=got),
                )
                # from_pretrained replaces a false value by False before it is checked.
                falsy = flag(value) is False
                yield from self.report(
                    value.place,
                    f"`trust_remote_code` is {a(kind or 'value')}, not a bool",
                    "write True or False",
                    config,
                    context,
                    rejected,
                    None if falsy else rejected,
                )


def given(metadata: MappingValue, name: str) -> Value | None:
    """The value of a key that is not None; None where it is missing or None."""
    for entry in metadata.entries:
        if isinstance(entry.key, Known) and entry.key.value == name:
            is_none = isinstance(entry.value, Known) and entry.value.value is None
            return None if is_none else entry.value
    return None

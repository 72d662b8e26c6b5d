"""KL105 and KL106: the metadata beside a kernel string."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kernlint.model.nearest import nearest
from kernlint.project.values import (
    Known,
    MappingValue,
    SequenceValue,
    Unknown,
    text_of,
    type_name,
)
from kernlint.rules.base import Rule, a, example, quoted
from kernlint.rules.mend import mending, reach, replaced, rewritten
from kernlint.rules.paths import Slot, finish, flag, raises, silent, slots, worst

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from kernlint.model.diagnostic import Diagnostic, Fix, Place
    from kernlint.project.flow import Config
    from kernlint.project.values import Value
    from kernlint.rules.base import Context
    from kernlint.rules.paths import Verdict


class _MetadataRule(Rule):
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


class KernelMetadata(_MetadataRule):
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
            names = {text_of(entry.key) for entry in metadata.entries}
            for entry in metadata.entries:
                yield from self._entry(entry.key, entry.value, names, config, context)
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
        names: Collection[str | None],
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
                fix=_renamed(key, near, config) if near is not None and near not in names else None,
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


class VersionOrRevision(_MetadataRule):
    """The metadata of a kernel names both or neither of `version` and `revision`.

    With neither, `sanitize_kernel_mapping` raises a ValueError, and so does
    `from_pretrained`. With both, `set_use_kernels` raises `ValueError: Either a
    revision or a version must be specified, not both`; `from_pretrained` drops the
    revision without a word and loads the version. A version is an int, the number of
    the branch `v<version>`: with a string the branch is not found when the kernel is
    loaded.

    Source: transformers 5.13 to 5.23, `utils/kernel_config.py`,
    `integrations/hub_kernels.py`; kernels 0.15 to 0.17, `layer/layer.py`.
    """

    code = "KL106"
    name = "version-or-revision"
    severity = "error"
    bad = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {
                    "RMSNorm": (
                        "kernels-community/liger-kernels:LigerRMSNorm",
                        «{"version": 1, "revision": "main"}»,
                    ),
                    "SiLU": ("kernels-community/activation:Silu", «{"trust_remote_code": True}»),
                }
            )
            """
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {"RMSNorm": ("kernels-community/liger-kernels:LigerRMSNorm", {"version": «"1"»})}
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
                        {"version": None, "revision": "main"},
                    )
                }
            )
            """
        ),
        example(
            """
            from pins import PIN
            from transformers import KernelConfig

            config = KernelConfig(
                {"RMSNorm": ("kernels-community/liger-kernels:LigerRMSNorm", {**PIN})}
            )
            """
        ),
    )

    def tuple(
        self, slot: Slot, value: SequenceValue, config: Config, context: Context
    ) -> Iterator[Diagnostic]:
        """The version and the revision of a dict of metadata."""
        metadata = value.items[1] if len(value.items) == 2 else None
        if not isinstance(metadata, MappingValue):
            return
        version, revision = _given(metadata, "version"), _given(metadata, "revision")
        # Beside a path any metadata is wrong (KL111), and only what is validated comes first.
        local = flag(config.use_local_kernel) is not False
        if isinstance(version, Known) and not local:
            yield from self._version(version, config, context)
        if isinstance(revision, Known) and not local:
            yield from self._revision(revision, config, context)
        if metadata.unread or isinstance(version, Unknown) or isinstance(revision, Unknown):
            return
        if version is None and revision is None:
            missing = raises(
                context,
                "`sanitize_kernel_mapping`",
                "ValueError",
                context.release.message("missing-revision", revision="None", version="None"),
            )
            early = "Either a revision or a version must be specified."
            yield from self.report(
                metadata.place,
                "the metadata names neither a version nor a revision",
                'add `"version": 1`, or `"revision": "..."`',
                config,
                context,
                missing,
                raises(context, "`from_pretrained`", "ValueError", early),
            )
        elif version is not None and revision is not None and not local:
            both = "Either a revision or a version must be specified, not both."
            yield from self.report(
                metadata.place,
                "the metadata names a version and a revision",
                "keep one of the two",
                config,
                context,
                raises(context, "`create_compatible_mapping`", "ValueError", both),
                silent(context, "`from_pretrained` drops the revision and loads the version"),
            )

    def _version(self, version: Known, config: Config, context: Context) -> Iterator[Diagnostic]:
        number = version.value
        if number is None or (isinstance(number, (int, float)) and number == int(number)):
            return
        kind = type_name(version)
        fails = raises(
            context, "loading the kernel", "ValueError", f"Version {version.value} not found"
        )
        yield from self.report(
            version.place,
            f"the version is {a(kind or 'value')}, not an int",
            "write the number of the version: `1`",
            config,
            context,
            fails,
            fails,
            fix=_numbered(version, config),
        )

    def _revision(self, revision: Known, config: Config, context: Context) -> Iterator[Diagnostic]:
        if isinstance(revision.value, str) and revision.value:
            return
        kind = type_name(revision)
        message = "the revision is empty"
        fails = raises(context, "loading the kernel", "RepositoryNotFoundError")
        if not isinstance(revision.value, str):
            message = f"the revision is {a(kind or 'value')}, not a string"
            text = f"argument 'revision': '{kind}' object cannot be converted to 'PyString'"
            fails = raises(context, "loading the kernel", "TypeError", text)
        yield from self.report(
            revision.place,
            message,
            "write the name of a branch or tag, or a commit",
            config,
            context,
            fails,
            fails,
        )


def _renamed(key: Known, name: str, config: Config) -> Fix | None:
    """A key that is not ignored: a guess, and never one that trusts somebody."""
    possible = None if name == "trust_remote_code" else reach(key, config) and "unsafe"
    return mending(possible, f'write `"{name}"`', rewritten(key, name))


def _numbered(version: Known, config: Config) -> Fix | None:
    """The number that a string spells out."""
    text = version.value
    if not isinstance(text, str) or not re.fullmatch(r"0|[1-9][0-9]{0,8}", text, re.ASCII):
        return None
    return mending(reach(version, config), f"write `{text}`", replaced(version, text))


def _given(metadata: MappingValue, name: str) -> Value | None:
    """The value of a key that is not None; None where it is missing or None."""
    for entry in metadata.entries:
        if isinstance(entry.key, Known) and entry.key.value == name:
            is_none = isinstance(entry.value, Known) and entry.value.value is None
            return None if is_none else entry.value
    return None

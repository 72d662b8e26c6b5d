"""KL106: the version and the revision in the metadata of a kernel."""

from __future__ import annotations

import re

from kernlint.model.hints import TYPE_CHECKING
from kernlint.project.values import Known, MappingValue, SequenceValue, Unknown, type_name
from kernlint.rules.base import a, example
from kernlint.rules.mend import mending, reach, replaced
from kernlint.rules.metadata import MetadataRule, given
from kernlint.rules.paths import Slot, flag, raises, silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernlint.model.diagnostic import Diagnostic, Fix
    from kernlint.project.flow import Config
    from kernlint.rules.base import Context


class VersionOrRevision(MetadataRule):
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
            """,
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {"RMSNorm": ("kernels-community/liger-kernels:LigerRMSNorm", {"version": 1})}
            )
            """,
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
        version, revision = given(metadata, "version"), given(metadata, "revision")
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


def _numbered(version: Known, config: Config) -> Fix | None:
    """The number that a string spells out."""
    text = version.value
    if not isinstance(text, str) or not re.fullmatch(r"0|[1-9][0-9]{0,8}", text, re.ASCII):
        return None
    return mending(reach(version, config), f"write `{text}`", replaced(version, text))

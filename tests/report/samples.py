from __future__ import annotations

from collections.abc import Mapping

from kernlint.model.diagnostic import (
    Counts,
    Diagnostic,
    Fix,
    InternalError,
    NotChecked,
    Place,
    Related,
    Result,
)
from kernlint.model.expr import Span
from kernlint.model.text import SourceText

TRAIN = """\
from transformers import KernelConfig

cfg = KernelConfig(
    {"RMSNorm": {
        "cuda:0": "kernels-community/liger-kernels:LigerRMSNorm",
    }}
)
"""

ONE_CONFIG = Counts(files=1, configs=1)


def place(source: str, needle: str, path: str = "src/train.py", encoding: str = "utf-8") -> Place:
    """Where ``needle`` first stands in ``source``."""
    start = len(source[: source.index(needle)].encode(encoding))
    return Place(path, Span(start, start + len(needle.encode(encoding))))


def finding(
    where: Place,
    *,
    label: str | None = None,
    related: tuple[Related, ...] = (),
    fix: Fix | None = None,
) -> Diagnostic:
    return Diagnostic(
        "KL104",
        "unsupported-device",
        "error",
        "`cuda:0` is not a device key of KernelConfig",
        where,
        label=label,
        related=related,
        fix=fix,
    )


def result(
    *diagnostics: Diagnostic,
    texts: Mapping[str, SourceText] | None = None,
    not_checked: tuple[NotChecked, ...] = (),
    internal_errors: tuple[InternalError, ...] = (),
    counts: Counts = ONE_CONFIG,
    unreadable: bool = False,
) -> Result:
    return Result(
        diagnostics,
        not_checked,
        internal_errors,
        counts,
        (("transformers", ("5.22.2",)), ("kernels", ("0.17.2", "0.16.0"))),
        texts if texts is not None else {"src/train.py": SourceText(TRAIN.encode())},
        unreadable,
    )

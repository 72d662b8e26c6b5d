"""What is found out about the content of a file at a glance, kept as one number."""

from __future__ import annotations

from kernlint.source.read import mentions_kernels, names_kernels
from kernlint.source.suppress import holds_comment

#: It mentions kernels; holds a comment for kernlint; names a kernel, which may not be known.
MENTIONS, COMMENT, NAMES, NAMES_ARE_KNOWN = 1, 2, 4, 8


def traits_of(data: bytes, *, names: bool) -> int:
    """What a content holds; whether it names kernels only where that is asked for."""
    found = (MENTIONS if mentions_kernels(data) else 0) | (COMMENT if holds_comment(data) else 0)
    if names or found & MENTIONS:
        found |= NAMES_ARE_KNOWN | (NAMES if names_kernels(data) else 0)
    return found

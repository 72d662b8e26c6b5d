"""What a file holds, found out from its bytes alone, to be kept as one number."""

from __future__ import annotations

import os

from kernlint.source.embedded import is_embedding
from kernlint.source.read import holds_comment, mentions_kernels, names_kernels

#: It mentions kernels; holds a comment for kernlint; names a kernel, which may not be known.
MENTIONS, COMMENT, NAMES, NAMES_ARE_KNOWN = 1, 2, 4, 8


def traits_of(path: str, data: bytes, *, names: bool) -> int:
    """What a content is found to hold; whether it names kernels only where that is asked for.

    What a notebook or a document names matters nowhere else.
    """
    embeds = is_embedding(path)
    if embeds:
        from kernlint.source.containers import mentions

        found = MENTIONS if mentions(path, data) else 0
    else:
        found = MENTIONS if mentions_kernels(data) else 0
    found |= COMMENT if holds_comment(data) else 0
    if names or found & MENTIONS:
        found |= NAMES_ARE_KNOWN | (NAMES if not embeds and names_kernels(data) else 0)
    return found


def reading_of(path: str) -> str:
    """What tells how the content of a file is read; nothing for Python."""
    return f"{os.path.splitext(path)[1].lower()}:" if is_embedding(path) else ""

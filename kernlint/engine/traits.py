"""What a file holds, found out from its bytes alone, to be kept as one number."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from kernlint.model.facts import FileFacts
from kernlint.source.containers import mentions
from kernlint.source.embedded import EmbeddedText, is_embedding
from kernlint.source.read import mentions_kernels, names_kernels
from kernlint.source.suppress import holds_comment

if TYPE_CHECKING:
    from kernlint.model.text import SourceText

MENTIONS, COMMENT, NAMES, NAMES_ARE_KNOWN = 1, 2, 4, 8


def traits_of(path: str, data: bytes, *, names: bool) -> int:
    """What a content is found to hold; whether it names kernels only where that is asked for.

    What a notebook or a document names matters nowhere else.
    """
    embeds = is_embedding(path)
    found = MENTIONS if (mentions(path, data) if embeds else mentions_kernels(data)) else 0
    found |= COMMENT if holds_comment(data) else 0
    if names or found & MENTIONS:
        found |= NAMES_ARE_KNOWN | (NAMES if not embeds and names_kernels(data) else 0)
    return found


def reading_of(path: str) -> str:
    """What tells how the content of a file is read; nothing for Python."""
    return f"{os.path.splitext(path)[1].lower()}:" if is_embedding(path) else ""


def facts_without_kernels(text: SourceText) -> FileFacts | None:
    """The facts of a notebook or document whose Python says nothing of kernels."""
    if not isinstance(text, EmbeddedText) or mentions_kernels(text.program.data):
        return None
    return FileFacts(full=True, left_out=text.left_out)


def search_for_calls(path: str, name: str) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """What a file holds that calls a function of another one: its name, and that file's.

    A relative import may bring it from a package that hands it on.
    """
    parts = os.path.splitext(path)[0].replace(os.sep, "/").split("/")[-2:]
    module = "|".join(re.escape(part) for part in parts if part)
    return re.compile(rf"\b{re.escape(name)}\b".encode()), re.compile(
        rf"\b(?:{module})\b|\bfrom\s+\.".encode()
    )

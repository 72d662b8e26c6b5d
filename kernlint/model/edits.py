"""Edits of the bytes of a file: whatever they do not touch stays as it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kernlint.model.diagnostic import Edit
from kernlint.model.text import SourceText


def edited(text: SourceText, edits: Iterable[Edit]) -> bytes:
    """The bytes of a file after edits of which no two touch the same bytes.

    Raises:
        UnicodeEncodeError: The encoding of the file lacks a character of a content.
        ValueError: An edit is not within the file, or two of them overlap.
    """
    data = text.data
    ordered = sorted(edits, reverse=True)
    limit = len(data)
    for (start, end), content in ordered:
        if not 0 <= start <= end <= limit:
            raise ValueError(f"an edit of the bytes {start} to {end}, of {limit} that are left")
        data = data[:start] + text.encoded(content) + data[end:]
        limit = start
    return data


def clash(one: Edit, other: Edit) -> bool:
    """Whether the result of two edits depends on which of them is made first."""
    if one.span.start == other.span.start:
        return True
    first, second = sorted((one.span, other.span))
    return second.start < first.end


def span_of(edits: Sequence[Edit]) -> tuple[int, int]:
    """The first byte that edits touch, and the one behind the last."""
    return min(edit.span.start for edit in edits), max(edit.span.end for edit in edits)

"""Stretches of consecutive releases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

# Since a release (in it) and until one (no longer in it); None: the newest has it.
Period: TypeAlias = tuple[str, "str | None"]


def periods(releases: Sequence[str], present: Sequence[bool]) -> list[Period]:
    """The stretches (since, until) of consecutive releases in which something is present."""
    found: list[Period] = []
    since: str | None = None
    for release, here in zip(releases, present, strict=True):
        if here and since is None:
            since = release
        elif not here and since is not None:
            found.append((since, release))
            since = None
    return [*found, (since, None)] if since is not None else found

"""Finds the files that may call what others define, by a search in their bytes."""

from __future__ import annotations

import os
import re

from kernlint.model.hints import TYPE_CHECKING
from kernlint.source.read import ReadError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator


def calling(
    paths: Iterable[str],
    wanted: Collection[tuple[str, str]],
    bytes_of: Callable[[str], bytes],
) -> Iterator[str]:
    """The files that may call a function or class of another one.

    Args:
        paths: The files to look into.
        wanted: Pairs of a file and the name of a function or class in it. A file that
            calls it names it, and the file or its folder, too.
        bytes_of: The content of a file; one that raises ReadError is passed over.
    """
    searches = [_search(path, name) for path, name in sorted(wanted)]
    for path in paths:
        try:
            data = bytes_of(path)
        except ReadError:
            continue
        if any(all(part.search(data) for part in search) for search in searches):
            yield path


def _search(path: str, name: str) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """What a file holds that calls a function of another one: its name, and that file's.

    A relative import may bring it from a package that hands it on.
    """
    parts = os.path.splitext(path)[0].replace(os.sep, "/").split("/")[-2:]
    module = "|".join(re.escape(part) for part in parts if part)
    return re.compile(rf"\b{re.escape(name)}\b".encode()), re.compile(
        rf"\b(?:{module})\b|\bfrom\s+\.".encode()
    )

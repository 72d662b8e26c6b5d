"""Finds the files that may call what others define, by a search in their bytes."""

from __future__ import annotations

import os
import re

from kernlint.model.hints import TYPE_CHECKING
from kernlint.source.read import ReadError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

_WORD = re.compile(rb"[\w\x80-\xff]+")
_RELATIVE = re.compile(rb"\bfrom\s+\.")
#: An argument for kernels that is put into a dict, whatever becomes of that.
_PUT = (
    r"(?<!pop\()(?<!get\()[\"'](?:{names})[\"']"
    r"|(?:\bdict|\.update)\s*\((?:[^()]|\([^()]{{0,400}}\)){{0,400}}?\b(?:{names})\s*=(?!=)"
)
#: As many names are looked for one by one before dividing a file into words is faster.
_FEW = 20


def put_into_dicts(names: Collection[str], contents: Iterable[bytes]) -> bool:
    """Whether one of some files may put an argument with one of the names into a dict.

    Another one may then pass it on without writing the name.
    """
    words = [name.encode() for name in names]
    put = re.compile(_PUT.format(names="|".join(map(re.escape, names))).encode())
    return any(
        put.search(content) for content in contents if any(word in content for word in words)
    )


def calling(
    paths: Iterable[str],
    wanted: Collection[tuple[str, str]],
    bytes_of: Callable[[str], bytes],
) -> Iterator[str]:
    """The files that may call a function or class of another one.

    Args:
        paths: The files to look into.
        wanted: Pairs of a file and the name of a function or class in it. A file that
            calls it names it, and the file or its folder, too, unless a relative import brings
            it from a package that hands it on.
        bytes_of: The content of a file; one that raises ReadError is passed over.
    """
    modules: dict[bytes, set[bytes]] = {}
    for path, name in wanted:
        parts = os.path.splitext(path)[0].replace(os.sep, "/").split("/")[-2:]
        modules.setdefault(name.encode(), set()).update(part.encode() for part in parts)
    for path in paths:
        try:
            data = bytes_of(path)
        except ReadError:
            continue
        if len(modules) <= _FEW and not any(name in data for name in modules):
            continue
        words = {*_WORD.findall(data)}
        if any(_holds(data, words, modules[name]) for name in modules.keys() & words):
            yield path


def _holds(data: bytes, words: set[bytes], modules: set[bytes]) -> bool:
    """Whether a file may import something from one of some modules."""
    return not words.isdisjoint(modules) or _RELATIVE.search(data) is not None

"""What stands for a finding while the code around it changes."""

from __future__ import annotations

import hashlib
from collections import Counter

from kernlint.model.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from kernlint.model.diagnostic import Diagnostic, Place
    from kernlint.model.text import SourceText


#: Lines above this many bytes, such as a notebook in one line, count by what is marked in them.
_LONGEST = 2000


def fingerprints(
    diagnostics: Iterable[Diagnostic],
    texts: Mapping[str, SourceText],
    path_of: Callable[[str], str] = str,
) -> list[str]:
    """A fingerprint for each finding, 32 hexadecimal digits; no two are equal.

    It is made of the rule, the file, the line on which the finding begins, without spaces, and
    what the finding covers of that line. Other lines may come, go and move, and the line may be
    indented differently; what is written there may not change. Where all that is equal the
    findings are numbered in the order in which they are given.

    Args:
        diagnostics: The findings, in the order of their places.
        texts: The files that they stand in.
        path_of: How the path of a file goes into its fingerprints.
    """
    seen: Counter[tuple[bytes, ...]] = Counter()
    found: list[str] = []
    for item in diagnostics:
        path = path_of(item.place.path).encode(errors="surrogatepass")
        key = (item.code.encode(), path, *_around(item.place, texts.get(item.place.path)))
        number = seen[key]
        seen[key] += 1
        whole = b"\0".join((*key, str(number).encode()))
        found.append(hashlib.blake2b(whole, digest_size=16).hexdigest())
    return found


def _around(place: Place, text: SourceText | None) -> tuple[bytes, bytes]:
    """The first line of a place, and what the place covers of it, both without spaces."""
    if text is None:
        return b"", b""
    data, (start, end) = text.data, place.span
    first = max(data.rfind(b"\n", 0, start), data.rfind(b"\r", 0, start)) + 1
    ends = [at for at in (data.find(b"\n", start), data.find(b"\r", start)) if at >= 0]
    last = min(ends, default=len(data))
    if last - first - (end - start) > _LONGEST:
        first, last = start, end
    return _bare(data[first:last]), _bare(data[start : min(end, last)])


def _bare(line: bytes) -> bytes:
    return b"".join(line.split())

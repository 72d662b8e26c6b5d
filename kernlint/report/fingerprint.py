"""What makes a finding the same one in the next run, although lines have moved."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from kernlint.report.location import text_of
from kernlint.report.repository import in_repository

if TYPE_CHECKING:
    from kernlint.model.diagnostic import Place, Result
    from kernlint.model.run import Run

#: Lines above this many bytes, such as a notebook in one line, count by what is marked in them.
_LONGEST = 2000


def fingerprints(result: Result, run: Run) -> list[str]:
    """A fingerprint for each finding, in their order; no two are the same.

    It is a digest of the code, the path from the root of the repository and the text of the
    lines that are marked, whatever their white space, and of how many findings with these three
    come before it. No line number is in it, so it holds until one of those lines changes, the file
    is renamed, or an equal line with the same mistake is put before it.
    """
    return keys(
        [
            (item.code, in_repository(item.place.path, run), _marked(result, item.place))
            for item in result.diagnostics
        ]
    )


def keys(parts: list[tuple[str, ...]]) -> list[str]:
    """A digest of 32 hexadecimal digits for each; equal ones are told apart by their number."""
    import hashlib

    seen: Counter[tuple[str, ...]] = Counter()
    found: list[str] = []
    for each in parts:
        text = "\0".join([*each, str(seen[each])])
        seen[each] += 1
        digest = hashlib.sha256(text.encode(errors="surrogatepass"))
        found.append(digest.hexdigest()[:32])
    return found


def _marked(result: Result, place: Place) -> str:
    """The text of the lines of a place, with each run of white space as one space."""
    text = text_of(result, place.path)
    start, end = place.span
    data = text.data
    first = max(data.rfind(b"\n", 0, start), data.rfind(b"\r", 0, start)) + 1
    last = min(
        (at for at in (data.find(b"\n", end), data.find(b"\r", end)) if at >= 0), default=len(data)
    )
    if last - first - (end - start) > _LONGEST:
        first, last = start, end
    return " ".join(text.slice(max(first, text.bom), last).split())

"""What makes a finding the same one in the next run, for those who compare reports."""

from __future__ import annotations

from collections import Counter

from kernlint.model import fingerprint
from kernlint.model.hints import TYPE_CHECKING
from kernlint.report.repository import in_repository

if TYPE_CHECKING:
    from kernlint.model.diagnostic import Result
    from kernlint.model.run import Run


def fingerprints(result: Result, run: Run) -> list[str]:
    """A fingerprint for each finding, in their order, whatever folder the run was in."""

    def path_of(path: str) -> str:
        return in_repository(path, run)

    return fingerprint.fingerprints(result.diagnostics, result.texts, path_of)


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

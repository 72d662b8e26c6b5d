"""What is told where findings are written down instead of mended."""

from __future__ import annotations

from kernlint.cli.show import shown_path
from kernlint.model.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kernlint.config import Settings
    from kernlint.model.diagnostic import Result


def ignore(settings: Settings, paths: Sequence[str], result: Result, reason: str) -> str:
    """Write comments for all findings of a result; what to tell on stderr.

    Raises UsageError where a file cannot be written.
    """
    from kernlint.api import add_ignores
    from kernlint.report.location import locate

    done = add_ignores(settings, paths, result, reason)
    rows = []
    for item, why in done.refused:
        start = locate(result, item.place).start
        spot = f"{item.place.path}:{start.line}:{start.column}"
        rows.append(f"warning: {spot}: {item.code} is not ignored: {why}\n")
    comments, files = _count(done.lines, "comment"), _count(done.files, "file")
    return "".join([*rows, f"added {comments} to {files}\n" if done.lines else ""])


def written(settings: Settings, result: Result, path: str) -> str:
    """What to tell of a baseline that was written to a path."""
    text = f"wrote {_count(result.counts.baselined, 'finding')} to `{path}`\n"
    if settings.baseline:
        return text
    key = shown_path(path)
    return f"{text}tip: `--baseline {key}` hides them, and so does the setting `baseline`\n"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

"""What a fix puts in place of what, as a reader of the file sees it."""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING
from kernlint.report.location import text_of

if TYPE_CHECKING:
    from kernlint.model.diagnostic import Diagnostic, Result
    from kernlint.model.expr import Span


def replacements(result: Result, item: Diagnostic) -> list[tuple[Span, str]]:
    """The edits of a finding, first to last, with the text that stands in the file for theirs.

    Empty where it has no fix, or one that the encoding of the file cannot hold.
    """
    text = text_of(result, item.place.path)
    edits = sorted(item.fix.edits, key=lambda edit: edit.span) if item.fix else []
    try:
        return [(edit.span, text.encoded(edit.content).decode(text.encoding)) for edit in edits]
    except UnicodeError:
        return []

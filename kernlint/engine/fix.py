"""Which fixes can be made at once, and what comes of them."""

from __future__ import annotations

from kernlint.model.edits import clash, edited, span_of
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kernlint.model.diagnostic import Diagnostic, Edit, Fix
    from kernlint.model.text import SourceText


class Applied(Record):
    """A file after some fixes.

    ``made`` are the findings whose fixes are in ``data``, ``waiting`` those whose fixes touch
    what another one has changed, ``refused`` those that cannot be written in this file, with
    the reason.
    """

    data: bytes
    made: tuple[Diagnostic, ...]
    waiting: tuple[Diagnostic, ...]
    refused: tuple[tuple[Diagnostic, str], ...]


def apply(text: SourceText, findings: Iterable[Diagnostic]) -> Applied:
    """Make the fixes of findings in one file, as far as they do not touch each other.

    The first one by place wins. A fix is made as a whole or not at all, and one that two
    findings have in common is made once for both.
    """
    made: list[Diagnostic] = []
    waiting: list[Diagnostic] = []
    refused: list[tuple[Diagnostic, str]] = []
    taken: list[Edit] = []
    known: set[tuple[Edit, ...]] = set()
    for item, fix in sorted(_mendable(findings), key=_order):
        if fix.edits in known:
            made.append(item)
            continue
        reason = _refusal(text, fix)
        if reason is not None:
            refused.append((item, reason))
        elif any(clash(one, other) for one in fix.edits for other in taken):
            waiting.append(item)
        else:
            made.append(item)
            taken.extend(fix.edits)
            known.add(fix.edits)
    return Applied(edited(text, taken), tuple(made), tuple(waiting), tuple(refused))


def _mendable(findings: Iterable[Diagnostic]) -> Iterator[tuple[Diagnostic, Fix]]:
    return ((item, item.fix) for item in findings if item.fix is not None)


def _order(pair: tuple[Diagnostic, Fix]) -> tuple[tuple[int, int], str, str]:
    item, fix = pair
    return span_of(fix.edits), item.code, item.message


def _refusal(text: SourceText, fix: Fix) -> str | None:
    """Why a fix cannot be written in a file; None where it can."""
    try:
        edited(text, fix.edits)
    except UnicodeEncodeError:
        return f"its text cannot be written in {text.encoding}"
    except ValueError:
        return "its edits do not fit the file"
    if text.program is not text and text.cell(fix.edits[0].span.start) is None:
        # Lines of documentation have a margin of which the program knows nothing.
        pieces = [each.content for each in fix.edits]
        pieces += [text.slice(*each.span) for each in fix.edits]
        if any("\n" in piece or "\r" in piece for piece in pieces):
            return "it would change how a block of documentation is divided into lines"
    return None

"""One file to its facts: slice, parse, choose, build."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernlint.extract.build import build
from kernlint.extract.choose import choose
from kernlint.extract.parse import MisplacedError, parse, read_text
from kernlint.model.expr import Span
from kernlint.model.facts import FileFacts, Problem
from kernlint.source.slice import cut, logical_lines, mentioned, whole

if TYPE_CHECKING:
    from kernlint.extract.parse import Text
    from kernlint.model.text import SourceText
    from kernlint.source.read import Offsets
    from kernlint.source.slice import Slice


# How often a slice may grow before the whole file is the better choice.
_MAX_CUTS = 4


def extract(
    source: SourceText,
    *,
    sliced: bool = True,
    full: bool = False,
    names: frozenset[str] = frozenset(),
) -> FileFacts:
    """The facts of one file; a ``problem`` where it cannot be parsed.

    Args:
        source: The file.
        sliced: Whether to parse only what can matter; the facts are the same.
        full: Whether to leave nothing out of the program of the file.
        names: Functions and classes of other files whose calls matter.
    """
    try:
        text = read_text(source)
        if isinstance(text, Problem):
            return FileFacts(problem=text)
        if sliced and not full:
            return _sliced(text, names)
        return _facts(whole(text.text), text.offsets, names, full=full)
    except MisplacedError as error:
        return FileFacts(problem=Problem(str(error), Span(source.bom, source.bom)))
    except (RecursionError, MemoryError):
        start = Span(source.bom, source.bom)
        return FileFacts(problem=Problem("the code nests too deeply to be read", start))


def _sliced(text: Text, interest: frozenset[str]) -> FileFacts:
    """The facts of a slice that leaves out nothing that its own names need."""
    names = interest
    lines = logical_lines(text.text)
    for _ in range(_MAX_CUTS):
        part = cut(text.text, lines, names)
        parsed = parse(part, text.offsets)
        if isinstance(parsed, Problem):
            break
        chosen = choose(parsed.module, interest)
        missing = mentioned(text.text, part.omitted, chosen.aliases, chosen.assigned) - names
        if not missing:
            return build(parsed, chosen)
        names |= missing
    return _facts(whole(text.text), text.offsets, interest)


def _facts(
    part: Slice, offsets: Offsets, names: frozenset[str], *, full: bool = False
) -> FileFacts:
    parsed = parse(part, offsets)
    if isinstance(parsed, Problem):
        return FileFacts(problem=parsed)
    return build(parsed, choose(parsed.module, names), full=full)

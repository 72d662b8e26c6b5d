"""Comments that silence findings, and which of them silence nothing.

``# kernlint: ignore[KL104, unknown-layer] reason`` silences rules by code, prefix
or name, ``# kernlint: ignore`` all of them, ``# noqa: KL104`` by code or prefix,
``# kernlint: skip-file`` on a line of its own the whole file.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from functools import partial
from itertools import chain

from kernlint.model.expr import Span
from kernlint.model.pattern import lazy
from kernlint.model.record import Record
from kernlint.model.text import SourceText
from kernlint.source.embedded import EmbeddedText
from kernlint.source.read import Offsets, holds_comment

#: The rule that reports unused comments. Only a comment that names it silences it.
UNUSED_CODE = "KL002"

#: A comment of kernlint's own form.
OURS = lazy(
    r"#\s*kernlint:\s*(?:(?P<skip>skip-file)(?![\w-])|ignore(?![\w\[-]|\s*\[)"
    r"|ignore\s*\[(?P<selectors>[^\]]*)\])"
)
_NOQA = lazy(
    r"#\s*noqa\s*:\s*(?P<selectors>[A-Z]+[0-9]+\b(?:[,\s]+[A-Z]+[0-9]+\b)*)", re.IGNORECASE
)
_SELECTOR = lazy(r"[^,\s]+")
_CODE = lazy(r"KL[0-9]*", re.IGNORECASE)
_LINE = lazy(r"[^\r\n]*(?:\r\n|[\r\n])|[^\r\n]+\Z")


class Unused(Record):
    """A comment, or a rule that it names, that silences nothing.

    ``codes`` are the selectors as written, none where the comment has none. ``removal`` is what
    to delete so that nothing is left of it, None where that is not known; ``misspelt`` tells that
    it names no rule there is.
    """

    span: Span
    codes: tuple[str, ...]
    message: str
    removal: Span | None
    misspelt: bool = False


class _Selector(Record):
    """A rule, or several, as a comment names them."""

    text: str
    span: Span
    removal: Span | None

    @property
    def key(self) -> str:
        """The selector in the one spelling that stands for it."""
        return self.text.upper() if _CODE.fullmatch(self.text) else self.text


def _keys(code: str, name: str) -> tuple[str, ...]:
    """The selectors that name a rule: its name, its code, what the code begins with, ``ALL``."""
    return (name, "ALL", *(code[:end] for end in range(2, len(code) + 1)))


class _Comment(Record):
    """A comment that silences rules; ``selectors`` is None where it silences every one.

    ``foreign`` tells that it names rules of other tools as well, ``noqa`` that it is one.
    ``removal`` is the comment with its reason and the spaces before it.
    """

    span: Span
    removal: Span | None
    selectors: tuple[_Selector, ...] | None
    noqa: bool = False
    foreign: bool = False

    def unused(
        self, used: Set[str | None], run: Set[str], known: Mapping[str, Set[str]]
    ) -> Iterator[Unused]:
        """What of it silences nothing: ``known`` has the rules that each selector stands for."""
        if self.selectors is None:
            if None not in used:
                yield Unused(self.span, (), "this comment silences nothing", self.removal)
            return
        if not self.selectors:
            message = "this comment names no rule and silences nothing"
            yield Unused(self.span, (), message, self.removal)
        idle: list[_Selector] = []
        for selector in self.selectors:
            key = selector.key
            if key not in known:
                message = f"no such rule: `{selector.text}`"
                removal = self._removal(selector)
                yield Unused(selector.span, (selector.text,), message, removal, misspelt=True)
            elif key not in used and known[key] <= run:
                idle.append(selector)
        if len(idle) == len(self.selectors) > 0 and not self.foreign:
            names = ", ".join(f"`{selector.text}`" for selector in idle)
            verb = "silences" if len(idle) == 1 else "silence"
            texts = tuple(selector.text for selector in idle)
            yield Unused(self.span, texts, f"{names} {verb} nothing here", self.removal)
            return
        for selector in idle:
            message = f"`{selector.text}` silences nothing here"
            yield Unused(selector.span, (selector.text,), message, self._removal(selector))

    def _removal(self, selector: _Selector) -> Span | None:
        """What to delete for one selector: the whole comment where it has no other."""
        alone = not self.foreign and len(self.selectors or ()) == 1
        return self.removal if alone else selector.removal


class _Reach:
    """The comments that silence what starts in one range of bytes, and what did so far.

    What is asked of them all is looked up, since there may be many, with many selectors.
    """

    __slots__ = ("comments", "silencing", "span", "used")

    def __init__(self, span: Span) -> None:
        self.span = span
        self.comments: list[_Comment] = []
        self.silencing: set[str | None] = set()  # None: every rule but the one on comments
        self.used: set[str | None] = set()

    def add(self, comment: _Comment) -> None:
        self.comments.append(comment)
        if comment.selectors is None:
            self.silencing.add(None)
        else:
            self.silencing.update(selector.key for selector in comment.selectors)

    def covers(self, code: str, name: str) -> bool:
        """Whether a finding is silenced; remembers by what: by all that fit, not the first."""
        by: set[str | None] = self.silencing.intersection(_keys(code, name))
        if None in self.silencing and code != UNUSED_CODE:
            by.add(None)
        self.used |= by
        return bool(by)


class Suppressions:
    """The comments of one file. ``skip_file`` tells to report nothing in it.

    ``lines`` are reaches of single lines, ``statements`` of such as span several and ``blocks``
    those of documents; of one kind they do not overlap.
    """

    __slots__ = ("_kinds", "_reaches", "skip_file")

    def __init__(
        self,
        lines: Iterable[_Reach] = (),
        statements: Iterable[_Reach] = (),
        blocks: Iterable[_Reach] = (),
        *,
        skip_file: bool = False,
    ) -> None:
        self.skip_file = skip_file
        self._reaches: list[_Reach] = []
        self._kinds: list[tuple[list[int], list[_Reach]]] = []
        for kind in (lines, statements, blocks):
            ordered = sorted(kind, key=lambda reach: reach.span)
            self._reaches += ordered
            self._kinds.append(([reach.span.start for reach in ordered], ordered))

    def covers(self, code: str, name: str, span: Span) -> bool:
        """Whether a comment silences a finding. What did so counts as used."""
        covered = False
        for starts, reaches in self._kinds:
            at = bisect_right(starts, span.start) - 1
            if at >= 0 and span.start < reaches[at].span.end:
                covered = reaches[at].covers(code, name) or covered
        return covered

    @property
    def honours_noqa(self) -> bool:
        """Whether a ``noqa`` comment has silenced something so far."""
        return any(
            comment.noqa and any(selector.key in reach.used for selector in comment.selectors or ())
            for reach in self._reaches
            for comment in reach.comments
        )

    def unused(
        self, codes_run: Collection[str], known: Iterable[tuple[str, str]]
    ) -> Iterator[Unused]:
        """What has silenced nothing so far, in the order of the file.

        Args:
            codes_run: The rules that were run; a comment for another may be needed.
            known: Code and name of every rule there is.
        """
        rules: dict[str, set[str]] = {}
        for code, name in known:
            for key in _keys(code, name):
                rules.setdefault(key, set()).add(code)
        run = {*codes_run} - {UNUSED_CODE}
        yield from sorted(
            unused
            for reach in self._reaches
            for comment in reach.comments
            for unused in comment.unused(reach.used, run, rules)
        )


def split_lines(text: str) -> list[str]:
    """The lines of a program with their ends, as Python divides them."""
    return _LINE.findall(text)


def find_suppressions(source: SourceText) -> Suppressions:
    """Read the comments of a file that silence findings.

    Those of the program that the file holds, and those between its blocks, which reach the
    next block. A comment reaches the findings that start on its line; on the first or last line
    of a statement that spans several, those that start anywhere in it. In a file
    that does not divide into tokens a comment reaches its line alone.
    """
    if not holds_comment(source.data):
        return Suppressions()
    program = source.program
    text = program.slice(program.bom, len(program.data))
    lines = split_lines(text)
    found_in: dict[Span, _Reach] = {}
    statements: set[Span] = set()
    skip_file = False
    offsets = Offsets(text, program)

    def span(line: int, start: int, end: int) -> Span:
        return source.in_file(Span(offsets.byte(line + start), offsets.byte(line + end)))

    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    for row, column, first, last in _comments(lines):
        line = lines[row]
        reach = span(0, starts[first], starts[last + 1])
        if last + 1 == len(lines):
            reach = Span(reach.start, reach.end + 1)  # what is found at the very end
        if last > first:
            statements.add(reach)
        for match in chain(OURS.finditer(line, column), _NOQA.finditer(line, column)):
            if match.re.pattern == OURS.pattern and match["skip"]:
                skip_file = skip_file or not line[: match.start()].strip()
            else:
                comment = _comment(match, partial(span, starts[row]))
                if comment is not None:
                    found_in.setdefault(reach, _Reach(reach)).add(comment)
    blocks, skips = _between_blocks(source)
    return Suppressions(
        (found for span, found in found_in.items() if span not in statements),
        (found for span, found in found_in.items() if span in statements),
        blocks,
        skip_file=skip_file or skips,
    )


def _between_blocks(source: SourceText) -> tuple[Collection[_Reach], bool]:
    """The comments outside of the Python of a document, and whether one skips all of it."""
    found: dict[int, _Reach] = {}
    skips = False
    for note in source.notes if isinstance(source, EmbeddedText) else ():
        match = OURS.match(f"#{note.text}")
        if match is not None and match["skip"]:
            skips = True
        elif match is not None:
            comment = _comment(match, partial(_moved, note.span.start - len("#")))
            if comment is not None:
                comment = comment._replace(
                    removal=None,
                    selectors=None
                    if comment.selectors is None
                    else tuple(each._replace(removal=None) for each in comment.selectors),
                )
                # Of several before a block the first begins what all of them reach.
                found.setdefault(note.reach.end, _Reach(note.reach)).add(comment)
    return found.values(), skips


def _moved(by: int, start: int, end: int) -> Span:
    return Span(by + start, by + end)


def _comment(match: re.Match[str], span: Callable[[int, int], Span]) -> _Comment | None:
    """The comment that a match stands for; None if it only names other tools' rules.

    ``span`` tells where characters of the matched text stand in the file.
    """
    whole = span(match.start(), match.end())
    removal = span(*_without(match))
    if match["selectors"] is None:
        return _Comment(whole, removal, None)
    found = list(_SELECTOR.finditer(match.string, *match.span("selectors")))
    named = tuple(
        _Selector(selector[0], span(*selector.span()), span(*_without_one(found, number)))
        for number, selector in enumerate(found)
    )
    if match.re.pattern != _NOQA.pattern:
        return _Comment(whole, removal, named)
    ours = tuple(selector for selector in named if _CODE.fullmatch(selector.text))
    if not ours:
        return None
    return _Comment(whole, removal, ours, noqa=True, foreign=len(ours) < len(named))


def _without(match: re.Match[str]) -> tuple[int, int]:
    """The part of a line to delete for a comment, its reason included, in characters.

    Where the line holds nothing else, that is all of it; another comment behind it stays.
    """
    line = match.string
    content = len(line.rstrip("\r\n"))
    following = line.find("#", match.end(), content)
    if following >= 0:
        return match.start(), following
    start = len(line[: match.start()].rstrip())
    return (0, len(line)) if start == 0 else (start, content)


def _without_one(selectors: list[re.Match[str]], number: int) -> tuple[int, int]:
    """The part of a list of selectors to delete for one of them, in characters."""
    this = selectors[number]
    if number + 1 < len(selectors):
        return this.start(), selectors[number + 1].start()
    return selectors[number - 1].end() if number else this.start(), this.end()


def _comments(lines: list[str]) -> Iterable[tuple[int, int, int, int]]:
    """Row and column of every comment and the first and last row that it reaches."""
    import tokenize  # 10 ms that files without such a comment need not pay

    # One form of line end for all versions of tokenize; rows and columns stay.
    source = iter([line.rstrip("\r\n") + "\n" for line in lines])
    found: list[tuple[int, int, int, int]] = []
    pending: list[tuple[int, int]] = []
    first: int | None = None
    layout = (tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    try:
        for token in tokenize.generate_tokens(lambda: next(source, "")):
            row = token.start[0] - 1
            if token.type == tokenize.COMMENT:
                if first is None:
                    found.append((row, token.start[1], row, row))
                else:
                    pending.append((row, token.start[1]))
            elif token.type == tokenize.NEWLINE and first is not None:
                for at, column in pending:
                    edge = at in (first, row)
                    found.append((at, column, first if edge else at, row if edge else at))
                pending, first = [], None
            elif first is None and token.type not in layout:
                first = row
    except (tokenize.TokenError, SyntaxError):
        return [(row, line.find("#"), row, row) for row, line in enumerate(lines) if "#" in line]
    return found

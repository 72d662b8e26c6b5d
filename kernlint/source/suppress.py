"""Comments that silence findings, and which of them silence nothing.

``# kernlint: ignore[KL104, unknown-layer] reason`` silences rules by code, prefix
or name, ``# kernlint: ignore`` all of them, ``# noqa: KL104`` by code or prefix,
``# kernlint: skip-file`` on a line of its own the whole file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from kernlint.model.expr import Span
from kernlint.model.text import SourceText
from kernlint.source.read import Offsets

#: The rule that reports unused comments. Only a comment that names it silences it.
UNUSED_CODE = "KL002"

_HINT = re.compile(rb"kernlint:|noqa[^\r\n]*kl[0-9]", re.IGNORECASE)
_OURS = re.compile(
    r"#\s*kernlint:\s*(?:(?P<skip>skip-file)(?![\w-])|ignore(?![\w\[-]|\s*\[)"
    r"|ignore\s*\[(?P<selectors>[^\]]*)\])"
)
_NOQA = re.compile(
    r"#\s*noqa\s*:\s*(?P<selectors>[A-Z]+[0-9]+\b(?:[,\s]+[A-Z]+[0-9]+\b)*)", re.IGNORECASE
)
_SELECTOR = re.compile(r"[^,\s]+")
_CODE = re.compile(r"KL[0-9]*", re.IGNORECASE)
_LINE = re.compile(r"[^\r\n]*(?:\r\n|[\r\n])|[^\r\n]+\Z")


class Unused(NamedTuple):
    """A comment, or a rule that it names, that silences nothing.

    ``codes`` are the selectors as written, none where the comment has none. ``removal`` is what
    to delete so that nothing is left of it; ``misspelt`` tells that it names no rule there is.
    """

    span: Span
    codes: tuple[str, ...]
    message: str
    removal: Span
    misspelt: bool = False


class _Selector(NamedTuple):
    """A rule, or several, as a comment names them."""

    text: str
    span: Span
    removal: Span

    def fits(self, code: str, name: str) -> bool:
        if _CODE.fullmatch(self.text):
            return code.startswith(self.text.upper())
        return self.text in (name, "ALL")


class _Comment:
    """A comment that silences findings that start in a range of bytes."""

    __slots__ = ("foreign", "reach", "removal", "selectors", "span", "used")

    def __init__(
        self,
        span: Span,
        reach: Span,
        selectors: tuple[_Selector, ...] | None,
        foreign: bool,
        removal: Span,
    ) -> None:
        self.span = span
        self.removal = removal  # the comment with its reason and the spaces before it
        self.reach = reach
        self.selectors = selectors  # None: every rule
        self.foreign = foreign  # it names rules of other tools as well
        self.used: set[_Selector | None] = set()

    def covers(self, code: str, name: str, start: int) -> bool:
        """Whether a finding is silenced; remembers by what."""
        if not self.reach.start <= start < self.reach.end:
            return False
        by: set[_Selector | None]
        if self.selectors is None:
            by = set() if code == UNUSED_CODE else {None}
        else:
            by = {selector for selector in self.selectors if selector.fits(code, name)}
        self.used |= by
        return bool(by)

    def unused(
        self, codes_run: Collection[str], known: Collection[tuple[str, str]]
    ) -> Iterator[Unused]:
        if self.selectors is None:
            if not self.used:
                yield Unused(self.span, (), "this comment silences nothing", self.removal)
            return
        if not self.selectors:
            message = "this comment names no rule and silences nothing"
            yield Unused(self.span, (), message, self.removal)
        idle: list[_Selector] = []
        for selector in self.selectors:
            codes = {code for code, name in known if selector.fits(code, name)}
            if not codes:
                message = f"no such rule: `{selector.text}`"
                removal = self._removal(selector)
                yield Unused(selector.span, (selector.text,), message, removal, misspelt=True)
            elif selector not in self.used and codes <= {*codes_run} - {UNUSED_CODE}:
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

    def _removal(self, selector: _Selector) -> Span:
        """What to delete for one selector: the whole comment where it has no other."""
        alone = not self.foreign and len(self.selectors or ()) == 1
        return self.removal if alone else selector.removal


class Suppressions:
    """The comments of one file. ``skip_file`` tells to report nothing in it."""

    __slots__ = ("_comments", "skip_file")

    def __init__(self, comments: tuple[_Comment, ...] = (), skip_file: bool = False) -> None:
        self._comments = comments
        self.skip_file = skip_file

    def covers(self, code: str, name: str, span: Span) -> bool:
        """Whether a comment silences a finding. What did so counts as used."""
        covered = False
        for comment in self._comments:  # all that fit are used, not the first alone
            covered = comment.covers(code, name, span.start) or covered
        return covered

    def unused(
        self, codes_run: Collection[str], known: Collection[tuple[str, str]]
    ) -> Iterator[Unused]:
        """What has silenced nothing so far, in the order of the file.

        Args:
            codes_run: The rules that were run; a comment for another may be needed.
            known: Code and name of every rule there is.
        """
        yield from sorted(
            unused for comment in self._comments for unused in comment.unused(codes_run, known)
        )


def holds_comment(data: bytes) -> bool:
    """Whether a file may hold a comment that silences findings."""
    # Plain searches first: they are many times as fast as the expression.
    plain = b"oqa" in data or b"QA" in data or b"kernlint:" in data
    return plain and _HINT.search(data) is not None


def find_suppressions(source: SourceText) -> Suppressions:
    """Read the comments of a file that silence findings.

    A comment reaches the findings that start on its line; on the first or last line
    of a statement that spans several, those that start anywhere in it. In a file
    that does not divide into tokens a comment reaches its line alone.
    """
    if not holds_comment(source.data):
        return Suppressions()
    text = source.slice(source.bom, len(source.data))
    lines = _LINE.findall(text)
    found: list[_Comment] = []
    skip_file = False
    offsets = Offsets(text, source)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    for row, column, first, last in _comments(lines):
        line = lines[row]
        reach = Span(offsets.byte(starts[first]), offsets.byte(starts[last + 1]))
        if last + 1 == len(lines):
            reach = Span(reach.start, reach.end + 1)  # what is found at the very end
        for match in chain(_OURS.finditer(line, column), _NOQA.finditer(line, column)):
            if match.re is _OURS and match["skip"]:
                skip_file = skip_file or not line[: match.start()].strip()
            else:
                found.extend(_comment(match, starts[row], offsets, reach))
    return Suppressions(tuple(found), skip_file)


def _comment(
    match: re.Match[str], line_start: int, offsets: Offsets, reach: Span
) -> Iterator[_Comment]:
    """The comment that a match stands for; none if it only names other tools' rules."""

    def span(start: int, end: int) -> Span:
        return Span(offsets.byte(line_start + start), offsets.byte(line_start + end))

    whole = span(match.start(), match.end())
    removal = span(*_without(match))
    if match["selectors"] is None:
        yield _Comment(whole, reach, None, False, removal)
        return
    found = list(_SELECTOR.finditer(match.string, *match.span("selectors")))
    named = tuple(
        _Selector(selector[0], span(*selector.span()), span(*_without_one(found, number)))
        for number, selector in enumerate(found)
    )
    if match.re is not _NOQA:
        yield _Comment(whole, reach, named, False, removal)
        return
    ours = tuple(selector for selector in named if _CODE.fullmatch(selector.text))
    if ours:
        yield _Comment(whole, reach, ours, len(ours) < len(named), removal)


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

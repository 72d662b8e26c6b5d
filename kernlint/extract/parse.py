"""Text to a libcst tree, and tree nodes back to byte spans.

libcst's own position providers cost several times the parse; the generator here
counts characters once and keeps only the places of the nodes asked for.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from contextlib import nullcontext
from typing import TYPE_CHECKING

import libcst as cst
from libcst._nodes.internal import CodegenState

from kernlint.extract.patterns import slow_pattern
from kernlint.model.expr import Span
from kernlint.model.facts import Problem
from kernlint.model.record import Record
from kernlint.source.read import MAX_BYTES, Offsets, too_deep

if TYPE_CHECKING:
    from collections.abc import Collection
    from contextlib import AbstractContextManager

    from kernlint.model.text import SourceText
    from kernlint.source.slice import Slice

# libcst drops a form feed in the indentation of a line and a lone carriage return at
# the end of a file (libcst 1.9). A line feed is as long and means the same to Python,
# which counts the indentation anew after a form feed.
_UNSTABLE = re.compile(r"\r(?!\n)|(?<![^\r\n])(?<!\\\n)(?<!\\\r\n)[ \t\f]*\f")
_LINE_FEEDS = str.maketrans("\r\f", "\n\n")
_ERROR_PLACE = re.compile(r"error at (\d+):(\d+)")

_PYTHON_LIMIT = 1_000
_TOO_LARGE = (RecursionError, MemoryError)


class Text(Record):
    """The text of a file, of the same length as libcst gives it back."""

    text: str
    offsets: Offsets


class Parsed(Record):
    """A parsed slice of a file."""

    module: cst.Module
    slice: Slice
    offsets: Offsets


def read_text(source: SourceText) -> Text | Problem:
    """The text to parse, or why the file is not parsed and where that shows."""
    if len(source.data) > MAX_BYTES:
        return Problem(
            f"the file has {len(source.data):,} bytes; files above {MAX_BYTES:,} are not parsed",
            Span(source.bom, source.bom),
        )
    text = source.slice(source.bom, len(source.data))
    offsets = Offsets(text, source)
    if "\r" in text or "\f" in text:
        text = _UNSTABLE.sub(lambda match: match[0].translate(_LINE_FEEDS), text)
    deep = too_deep(text)
    if deep is not None:
        at = offsets.byte(deep)
        return Problem("brackets nest deeper than Python itself accepts (200)", Span(at, at + 1))
    return Text(text, offsets)


def parse(part: Slice, offsets: Offsets) -> Parsed | Problem:
    """Parse a slice of a file, or say why it cannot be parsed and where."""
    at = offsets.byte(0)
    start = Span(at, at)
    slow = slow_pattern(part.text)
    if slow is not None:
        at = offsets.byte(part.original(slow))
        return Problem("the patterns nest too deeply to be parsed", Span(at, at + 1))
    if _is_beyond_python(part.text):
        return Problem("the code nests deeper than Python itself accepts", start)
    try:
        module = cst.parse_module(part.text)
    except cst.ParserSyntaxError as error:
        return _syntax_problem(part, offsets, error)
    except _TOO_LARGE:
        return Problem("the code nests too deeply to be parsed", start)
    return Parsed(module, part, offsets)


def _is_beyond_python(text: str) -> bool:
    """Whether the running Python refuses the code for its depth.

    On such code libcst 1.9 takes minutes, or ends the process with a segmentation
    fault. Python's own parser stops early, at its own recursion limit.
    """
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(_PYTHON_LIMIT)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError):
        return False  # libcst may know a newer grammar, and says what is wrong
    except _TOO_LARGE:
        return True
    finally:
        sys.setrecursionlimit(limit)
    return False


def _syntax_problem(part: Slice, offsets: Offsets, error: cst.ParserSyntaxError) -> Problem:
    """The place and reason of a syntax error.

    libcst names the next token's line, or 1:1 (libcst 1.9); Python's own parser is
    exact where it agrees that the file is wrong.
    """
    text = part.text
    line, column, message = 0, 0, "the file is not valid Python"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
            message = "the parser cannot read this code, although Python can"
    except SyntaxError as reason:
        line, column, message = reason.lineno or 0, (reason.offset or 1) - 1, reason.msg
    except (ValueError, *_TOO_LARGE) as reason:
        message = str(reason) or message
    if not line:
        found = _ERROR_PLACE.search(str(error))
        line, column = (int(found[1]), int(found[2]) - 1) if found else (1, 0)
    before = text.split("\n")[: line - 1]
    start = sum(len(each) + 1 for each in before) + max(column, 0)
    first = part.original(min(start, len(text)))
    last = part.original(min(start + 1, len(text)))
    return Problem(message, Span(offsets.byte(first), offsets.byte(last)))


class MisplacedError(Exception):
    """A tree whose nodes cannot be found in the text."""


class Spans:
    """The byte spans of every node at or below the given roots of a module.

    Raises MisplacedError where the tree does not stand for the text exactly, so that
    no place would be right.
    """

    def __init__(self, parsed: Parsed, roots: Collection[cst.CSTNode]) -> None:
        state = _Locator(parsed.module, {id(root) for root in roots})
        parsed.module._codegen(state)  # noqa: SLF001  # the one way to walk a tree as text
        if "".join(state.tokens) != parsed.slice.text:
            raise MisplacedError("the parser does not give the text of the file back")
        self._outer = state.outer
        self._inner = state.inner
        self._original = parsed.slice.original
        self._byte = parsed.offsets.byte

    def __getitem__(self, node: cst.CSTNode) -> Span:
        """The span of a node without its parentheses; a tuple keeps its own."""
        if isinstance(node, cst.Tuple):
            return self.with_parentheses(node)
        return self._span(*self._inner.get(id(node), self._outer[id(node)]))

    def with_parentheses(self, node: cst.CSTNode) -> Span:
        """The span of a node and of all parentheses around it."""
        return self._span(*self._outer[id(node)])

    def _span(self, start: int, end: int) -> Span:
        # The end is that of the last character: the next one may be elsewhere.
        first = self._original(start)
        last = self._original(end - 1) + 1 if end > start else first
        return Span(self._byte(first), self._byte(last))


class _Locator(CodegenState):
    """Writes the module out again and notes at which character wanted nodes stand."""

    def __init__(self, module: cst.Module, roots: set[int]) -> None:
        super().__init__(module.default_indent, module.default_newline)
        self.roots = roots
        self.outer: dict[int, tuple[int, int]] = {}
        self.inner: dict[int, tuple[int, int]] = {}
        self.at = 0
        self.inside = 0
        self.starts: list[int] = []

    def add_indent_tokens(self) -> None:
        for token in self.indent_tokens:
            self.add_token(token)

    def add_token(self, value: str) -> None:
        self.tokens.append(value)
        self.at += len(value)

    def pop_trailing_newline(self) -> None:
        if self.tokens:
            self.at -= len(self.tokens.pop())

    def before_codegen(self, node: cst.CSTNode) -> None:
        if self.inside or id(node) in self.roots:
            self.inside += 1
            self.starts.append(self.at)

    def after_codegen(self, node: cst.CSTNode) -> None:
        if self.inside:
            self.inside -= 1
            self.outer[id(node)] = (self.starts.pop(), self.at)

    # libcst wants no more of it than this, whatever it says.
    def record_syntactic_position(  # type: ignore[override]
        self,
        node: cst.CSTNode,
        *,
        start_node: cst.CSTNode | None = None,
        end_node: cst.CSTNode | None = None,
    ) -> AbstractContextManager[None]:
        return _Inner(self, node) if self.inside else _NOTHING


_NOTHING = nullcontext()


class _Inner:
    """Notes where a node stands without its parentheses; of these there are very many."""

    __slots__ = ("_locator", "_node", "_start")

    def __init__(self, locator: _Locator, node: cst.CSTNode) -> None:
        self._locator = locator
        self._node = node

    def __enter__(self) -> None:
        self._start = self._locator.at

    def __exit__(self, *_: object) -> None:
        self._locator.inner[id(self._node)] = (self._start, self._locator.at)

"""Examples in docstrings: what a module says after ``>>>``."""

from __future__ import annotations

import warnings

from kernlint.model.expr import Span
from kernlint.model.facts import Problem
from kernlint.model.hints import TYPE_CHECKING
from kernlint.source.blocks import Block, typed
from kernlint.source.embedded import Content, EmbeddedText, lines_of
from kernlint.source.read import mentions_kernels
from kernlint.source.syntax import fault

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from kernlint.model.text import SourceText

_PROMPT_WIDTH = len(">>> ")


def with_doctests(source: SourceText) -> SourceText:
    """A module whose program has, at its end, a function for each docstring about kernels.

    So an example sees the names of the module, and nothing sees its own. The text as it is
    where no example mentions kernels.
    """
    data = source.data
    content = Content()
    content.add(data, 0)
    if not data.endswith((b"\n", b"\r")):
        content.add(b"\n", len(data), 0)
    for number, docstring in enumerate(_docstrings(source)):
        _add(content, source, docstring, number)
    if not content.parts and not content.left_out:
        return source
    return EmbeddedText(source, "module", content)


def _add(content: Content, source: SourceText, docstring: Span, number: int) -> None:
    """Add the examples of one docstring as a function."""
    data = source.data
    inside = [
        Span(max(line.start, docstring.start), min(line.end, docstring.end))
        for line in lines_of(data[: docstring.end], source.bom)
        if line.end > docstring.start
    ]
    lines = typed(data, Block(tuple(inside))).lines
    text = b"".join(data[line.start : line.end] for line in lines)
    if not mentions_kernels(text):
        return
    if b"\\" in text and not _is_raw(data, docstring.start):
        return  # what is typed there is not what stands in the file
    wrong = fault(text.decode(source.encoding, errors="replace"))
    if wrong is not None:
        line = lines[min(wrong[0], len(lines)) - 1]
        message = f"these examples are not valid Python: {wrong[1]}"
        shown = Span(line.start, line.start + len(data[line.start : line.end].rstrip(b"\r\n")))
        content.left_out.append(Problem(message, shown))
        return
    start = content.size
    first = lines[0].start - _PROMPT_WIDTH
    content.add(b"def _doctest_%d():" % number, first, _PROMPT_WIDTH - 1)
    content.add(b"\n", first + _PROMPT_WIDTH - 1, 0)
    for line in lines:
        content.add(b"    ", line.start, 0)
        content.add(data[line.start : line.end], line.start)
        if not data[line.start : line.end].endswith((b"\n", b"\r")):
            content.add(b"\n", line.end, 0)
    content.parts.append(Span(start, content.size))


def _docstrings(source: SourceText) -> Iterator[Span]:
    """Where the docstrings of a module stand, by their quotes and all; none if it is no Python."""
    import ast

    text = source.slice(source.bom, len(source.data))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found = [_docstring(node.body) for node in ast.walk(tree) if isinstance(node, kinds)]
    for each in sorted(filter(None, found), key=lambda node: (node.lineno, node.col_offset)):
        end = each.end_lineno or each.lineno, each.end_col_offset or 0
        yield Span(_offset(source, each.lineno, each.col_offset), _offset(source, *end))


def _docstring(body: list[ast.stmt]) -> ast.Constant | None:
    import ast

    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        return body[0].value if isinstance(body[0].value.value, str) else None
    return None


def _offset(source: SourceText, line: int, column: int) -> int:
    """The byte of the file at a line and a column that counts bytes of UTF-8."""
    start = source.line_starts[line - 1]
    if source.encoding == "utf-8":
        return start + column
    before = source.line(line).encode()[:column].decode()
    return start + len(before.encode(source.encoding))


def _is_raw(data: bytes, start: int) -> bool:
    return b"r" in data[start : start + 2].lower().split(b'"')[0].split(b"'")[0]

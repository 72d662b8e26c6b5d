"""Makes a program on which kernlint and Python differ smaller, as long as they differ alike."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from tests.differential.program_check import Disagreement
from tests.differential.program_writer import Program
from tests.differential.programs import Case, run

#: How a program differs; None where it does not.
Judge = Callable[[Case], Disagreement | None]

#: What only the environment knows; as a value it is rightly open.
_FLAG = re.compile(rb"FLAG|environ|getenv")
_ROUNDS = 60
_AT_ONCE = 40


def shrink(found: Disagreement, judge: Judge) -> Disagreement:
    """The disagreement with as little around it as simple cuts leave."""
    least = found
    for _ in range(_ROUNDS):
        smaller = _smaller(least, judge)
        if smaller is None:
            break
        least = smaller
    return least


def _smaller(found: Disagreement, judge: Judge) -> Disagreement | None:
    """The first smaller program that still runs and differs in the same way."""
    programs = sorted(_cuts(found.case.program), key=lambda program: len(program.text))
    for start in range(0, len(programs), _AT_ONCE):
        chunk = programs[start : start + _AT_ONCE]
        for program, truth in zip(chunk, run(chunk), strict=True):
            if isinstance(truth, str) or not truth:
                continue
            again = judge(Case(program, truth))
            if again is not None and again.kind == found.kind:
                return again
    return None


def _cuts(program: Program) -> Iterator[Program]:
    """The program with something left out, once for everything that can be."""
    for path, text in program.files.items():
        if not text and path != program.entry and "__init__" not in path:
            yield program._replace(files={k: v for k, v in program.files.items() if k != path})
        lines = text.encode().splitlines(keepends=True)
        offsets = [0]
        for line in lines:
            offsets.append(offsets[-1] + len(line))
        for start, end, new in _edits(ast.parse(text), offsets, text.encode()):
            changed = (text.encode()[:start] + new + text.encode()[end:]).decode()
            if len(changed) < len(text):
                yield program._replace(files={**program.files, path: changed})


def _edits(tree: ast.Module, offsets: list[int], text: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Pieces of a file with what may stand there instead."""

    def span(node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = offsets[node.lineno - 1] + node.col_offset
        return start, offsets[node.end_lineno - 1] + node.end_col_offset

    for node in ast.walk(tree):
        for _, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                for statement in value:
                    yield *span(statement), b"pass"
                    if len(value) > 1 or isinstance(node, ast.Module):
                        first, last = statement.lineno, statement.end_lineno or 0
                        yield offsets[first - 1], offsets[last], b""
                    if text[span(statement)[0] :].startswith((b"if", b"with", b"try", b"for")):
                        yield from _bodies(statement, offsets, text)
        if isinstance(node, ast.expr):
            for part in _parts(node):
                start, end = span(part)
                new = text[start:end]
                if isinstance(node, ast.IfExp) or not _FLAG.search(new):
                    yield *span(node), new
                    yield *span(node), b"(" + new + b")"
        if isinstance(node, ast.Dict):
            for key, item in zip(node.keys, node.values, strict=True):
                start = span(key)[0] if key is not None else text.rindex(b"**", 0, span(item)[0])
                end = text.find(b",", span(item)[1], span(node)[1])
                yield start, span(item)[1] if end < 0 else end + 1, b""
            yield *span(node), b"'a/b:L'"


def _bodies(
    statement: ast.stmt, offsets: list[int], text: bytes
) -> Iterator[tuple[int, int, bytes]]:
    """A statement with what stands under it in its place."""
    for name in ("body", "orelse", "finalbody"):
        under: list[ast.stmt] = getattr(statement, name, [])
        if under and under[0].col_offset > statement.col_offset:
            start, end = offsets[under[0].lineno - 1], offsets[under[-1].end_lineno or 0]
            indent = b" " * (under[0].col_offset - statement.col_offset)
            lines = text[start:end].splitlines(keepends=True)
            new = b"".join(line.removeprefix(indent) for line in lines)
            yield offsets[statement.lineno - 1], offsets[statement.end_lineno or 0], new


def _parts(node: ast.expr) -> list[ast.expr]:
    """Parts of an expression that may stand in its place."""
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, (ast.Attribute, ast.Subscript, ast.NamedExpr)):
        return [node.value]
    if isinstance(node, ast.Call):
        return [*node.args, *(keyword.value for keyword in node.keywords)]
    return []

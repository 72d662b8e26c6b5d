"""The small questions about libcst nodes that every part of the extraction asks."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import libcst as cst

if TYPE_CHECKING:
    from collections.abc import Iterator

_TRIVIA = frozenset(
    {
        "lpar",
        "rpar",
        "comma",
        "semicolon",
        "leading_lines",
        "lines_after_decorators",
        "header",
        "footer",
        "leading_whitespace",
        "trailing_whitespace",
        "newline",
        "colon",
        "lbrace",
        "rbrace",
        "lbracket",
        "rbracket",
    }
)
_MAX_BITS = 4_096

_FIELDS: dict[type[cst.CSTNode], tuple[str, ...]] = {}


def children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The child nodes that carry meaning, in source order; no whitespace."""
    kind = type(node)
    fields = _FIELDS.get(kind)
    if fields is None:
        fields = tuple(
            name
            for name in kind.__dataclass_fields__
            if name not in _TRIVIA and not name.startswith("whitespace")
        )
        _FIELDS[kind] = fields
    for name in fields:
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            yield value
        elif isinstance(value, (list, tuple)):
            for item in value:
                if isinstance(item, cst.CSTNode):
                    yield item


def parameters(params: cst.Parameters) -> Iterator[cst.Param]:
    """The parameters of a function, in order."""
    yield from params.posonly_params
    yield from params.params
    if isinstance(params.star_arg, cst.Param):
        yield params.star_arg
    yield from params.kwonly_params
    if params.star_kwarg is not None:
        yield params.star_kwarg


def literal(node: cst.SimpleString | cst.Integer | cst.Float | cst.Imaginary) -> object | None:
    """The value of a literal; None where Python refuses what libcst accepts.

    That is so for escapes without a meaning, characters beyond ASCII in bytes, and
    numbers of more than 4,300 digits.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value: object = node.evaluated_value
    except (SyntaxError, ValueError):
        return None
    too_long = isinstance(value, int) and value.bit_length() > _MAX_BITS
    return None if too_long else value


def dotted_name(node: cst.CSTNode) -> str:
    """``a.b.c`` of a name with attributes; other parts become ``?``."""
    if isinstance(node, cst.Attribute):
        return f"{dotted_name(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else "?"


def holds_comment(comma: cst.Comma | cst.MaybeSentinel) -> bool:
    """Whether there are comments beside a comma."""
    if not isinstance(comma, cst.Comma):
        return False
    for space in (comma.whitespace_before, comma.whitespace_after):
        if isinstance(space, cst.ParenthesizedWhitespace):
            if space.first_line.comment is not None:
                return True
            if any(line.comment is not None for line in space.empty_lines):
                return True
    return False

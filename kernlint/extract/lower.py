"""libcst expressions to the small tree of ``kernlint.model.expr``.

Lowering keeps what was written. It decides nothing and computes only what the
syntax alone determines: the value of a literal, implicit string concatenation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from kernlint.extract.nodes import literal
from kernlint.model.expr import (
    Argument,
    Attribute,
    Binary,
    Call,
    Comparison,
    Conditional,
    Constant,
    DictDisplay,
    DictItem,
    Expr,
    JoinedString,
    Name,
    Opaque,
    SequenceDisplay,
    Span,
    Spread,
    Subscript,
)

if TYPE_CHECKING:
    from kernlint.extract.parse import Spans

_OPERATORS: dict[type[cst.CSTNode], str] = {
    cst.Add: "+",
    cst.Modulo: "%",
    cst.Multiply: "*",
    cst.BitOr: "|",
    cst.Divide: "/",
}
_COMPARISONS: dict[type[cst.CSTNode], str] = {
    cst.Equal: "==",
    cst.NotEqual: "!=",
    cst.In: "in",
    cst.NotIn: "not in",
}
_SEQUENCES: dict[type[cst.CSTNode], str] = {cst.List: "list", cst.Tuple: "tuple", cst.Set: "set"}
_REFUSED = "a literal that Python refuses"
_SINGLETONS = {"True": True, "False": False, "None": None, "Ellipsis": ...}
_OPAQUE: dict[type[cst.CSTNode], str] = {
    cst.DictComp: "a dict comprehension",
    cst.ListComp: "a list comprehension",
    cst.SetComp: "a set comprehension",
    cst.GeneratorExp: "a generator",
    cst.Lambda: "a lambda",
    cst.Await: "an awaited value",
    cst.Yield: "a yielded value",
    cst.Comparison: "a comparison",
    cst.BooleanOperation: "a boolean expression",
    cst.UnaryOperation: "an operation",
    cst.BinaryOperation: "an operation",
    cst.Subscript: "a slice",
}


class Lowering:
    """Lowers expressions of one file whose spans are known."""

    def __init__(self, spans: Spans) -> None:
        self._spans = spans

    def expr(self, node: cst.BaseExpression) -> Expr:
        """The lowered form of any expression; Opaque where it has none."""
        span = self._spans[node]
        if isinstance(node, cst.Name):
            if node.value in _SINGLETONS:
                return Constant(_SINGLETONS[node.value], span)
            return Name(node.value, span)
        if isinstance(node, cst.SimpleString):
            return self._string(node, span)
        if isinstance(node, cst.Attribute):
            return Attribute(self.expr(node.value), node.attr.value, span, self._spans[node.attr])
        if isinstance(node, cst.Call):
            return self.call(node)
        if isinstance(node, cst.Dict):
            return DictDisplay(tuple(self._item(element) for element in node.elements), span)
        if isinstance(node, (cst.List, cst.Tuple, cst.Set)):
            items = tuple(self._element(element) for element in node.elements)
            return SequenceDisplay(_SEQUENCES[type(node)], items, span)
        if isinstance(node, (cst.ConcatenatedString, cst.FormattedString)):
            return self._joined(node, span)
        if isinstance(node, cst.NamedExpr):
            return self.expr(node.value)
        if isinstance(node, cst.IfExp):
            test = self.expr(node.test)
            return Conditional(test, self.expr(node.body), self.expr(node.orelse), span)
        return self._number_or_operation(node, span)

    def call(self, node: cst.Call) -> Call:
        """The lowered form of a call."""
        return Call(
            self.expr(node.func), tuple(self._argument(arg) for arg in node.args), self._spans[node]
        )

    def _number_or_operation(self, node: cst.BaseExpression, span: Span) -> Expr:
        if isinstance(node, (cst.Integer, cst.Float, cst.Imaginary)):
            number = literal(node)
            return Opaque(_REFUSED, span) if number is None else Constant(number, span)
        if isinstance(node, cst.Ellipsis):
            return Constant(..., span)
        if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
            operand = self.expr(node.expression)
            if isinstance(operand, Constant) and isinstance(operand.value, (int, float)):
                return Constant(-operand.value, span)
        if isinstance(node, cst.BinaryOperation) and type(node.operator) in _OPERATORS:
            operator = _OPERATORS[type(node.operator)]
            return Binary(operator, self.expr(node.left), self.expr(node.right), span)
        if isinstance(node, cst.Comparison) and len(node.comparisons) == 1:
            target = node.comparisons[0]
            if type(target.operator) in _COMPARISONS:
                operator = _COMPARISONS[type(target.operator)]
                return Comparison(
                    operator, self.expr(node.left), self.expr(target.comparator), span
                )
        if isinstance(node, cst.Subscript) and len(node.slice) == 1:
            index = node.slice[0].slice
            if isinstance(index, cst.Index) and index.star is None:
                return Subscript(self.expr(node.value), self.expr(index.value), span)
        return Opaque(_OPAQUE.get(type(node), "an expression"), span)

    def _item(self, element: cst.BaseDictElement) -> DictItem:
        if isinstance(element, cst.DictElement):
            return DictItem(self.expr(element.key), self.expr(element.value))
        return DictItem(None, self.expr(element.value))

    def _element(self, element: cst.BaseElement) -> Expr:
        value = self.expr(element.value)
        if isinstance(element, cst.StarredElement):
            return Spread(value, self._spans[element])
        return value

    def _argument(self, arg: cst.Arg) -> Argument:
        # A star and its value belong together; a comma and spaces do not.
        value = self.expr(arg.value)
        if arg.keyword is None:
            return Argument(None, arg.star, value, value.span)
        name = self._spans[arg.keyword]
        end = self._spans.with_parentheses(arg.value).end
        return Argument(arg.keyword.value, arg.star, value, Span(name.start, end), name)

    def _string(self, node: cst.SimpleString, span: Span) -> Constant | Opaque:
        value = literal(node)
        if value is None:
            return Opaque(_REFUSED, span)
        opening = len(node.prefix) + len(node.quote)
        written = node.value[opening : len(node.value) - len(node.quote)]
        exact = isinstance(value, str) and value == written and value.isascii()
        return Constant(value, span, span.start + opening if exact else None)

    def _joined(self, node: cst.ConcatenatedString | cst.FormattedString, span: Span) -> Expr:
        parts: list[Expr] = []
        for piece in _pieces(node):
            if isinstance(piece, cst.SimpleString):
                parts.append(self._string(piece, self._spans[piece]))
            elif isinstance(piece, cst.FormattedString):
                parts.extend(self._formatted(piece))
            else:
                return Opaque("a template string", span)
        values = [part.value for part in parts if isinstance(part, Constant)]
        if len(values) == len(parts) and all(isinstance(value, str) for value in values):
            return Constant("".join(str(value) for value in values), span)
        if any(isinstance(value, bytes) for value in values):
            return Opaque("bytes", span)
        return JoinedString(tuple(parts), span)

    def _formatted(self, node: cst.FormattedString) -> list[Expr]:
        parts: list[Expr] = []
        raw = "r" in node.prefix
        for part in node.parts:
            span = self._spans[part]
            if isinstance(part, cst.FormattedStringText):
                text = part.value.replace("{{", "{").replace("}}", "}")
                escaped = "\\" in text and not raw
                parts.append(Opaque("an escaped text", span) if escaped else Constant(text, span))
            elif isinstance(part, cst.FormattedStringExpression):
                plain = part.conversion in {None, "s"} and not (part.format_spec or part.equal)
                parts.append(
                    self.expr(part.expression) if plain else Opaque("a formatted value", span)
                )
            else:
                parts.append(Opaque("a formatted value", span))
        return parts


def _pieces(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    """The string literals of an implicit concatenation, left to right."""
    pieces: list[cst.BaseExpression] = []
    while isinstance(node, cst.ConcatenatedString):
        pieces.append(node.left)
        node = node.right
    pieces.append(node)
    return pieces

"""libcst expressions to the small tree of ``kernlint.model.expr``.

Lowering keeps what was written. It decides nothing and computes only what the
syntax alone determines: the value of a literal, implicit string concatenation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import libcst as cst

from kernlint.extract.nodes import holds_comment, literal
from kernlint.model.code import Return
from kernlint.model.expr import (
    Argument,
    Attribute,
    Binary,
    Boolean,
    Call,
    Clause,
    Code,
    Comparison,
    Comprehension,
    Conditional,
    Constant,
    DictDisplay,
    DictItem,
    Expr,
    JoinedString,
    Lambda,
    Name,
    Opaque,
    Parameter,
    SequenceDisplay,
    Slice,
    Span,
    Spread,
    Subscript,
    Unary,
    Walrus,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernlint.extract.parse import Spans

_OPERATORS: dict[type[cst.CSTNode], str] = {
    cst.Add: "+",
    cst.Subtract: "-",
    cst.Multiply: "*",
    cst.Divide: "/",
    cst.FloorDivide: "//",
    cst.Modulo: "%",
    cst.BitOr: "|",
}
_COMPARISONS: dict[type[cst.CSTNode], str] = {
    cst.Equal: "==",
    cst.NotEqual: "!=",
    cst.In: "in",
    cst.NotIn: "not in",
    cst.Is: "is",
    cst.IsNot: "is not",
    cst.LessThan: "<",
    cst.LessThanEqual: "<=",
    cst.GreaterThan: ">",
    cst.GreaterThanEqual: ">=",
}
_COMPREHENSIONS: dict[type[cst.CSTNode], Literal["list", "set", "generator"]] = {
    cst.ListComp: "list",
    cst.SetComp: "set",
    cst.GeneratorExp: "generator",
}
_NESTED = frozenset({cst.NamedExpr, cst.IfExp, cst.DictComp, cst.Lambda, *_COMPREHENSIONS})
_SEQUENCES: dict[type[cst.CSTNode], str] = {cst.List: "list", cst.Tuple: "tuple", cst.Set: "set"}
_REFUSED = "a literal that Python refuses"
_SINGLETONS = {"True": True, "False": False, "None": None, "Ellipsis": ...}
_OPAQUE: dict[type[cst.CSTNode], str] = {
    cst.Await: "an awaited value",
    cst.Yield: "a yielded value",
    cst.Comparison: "a comparison",
    cst.UnaryOperation: "an operation",
    cst.BinaryOperation: "an operation",
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
            return DictDisplay(tuple(self._items(node)), span)
        if isinstance(node, (cst.List, cst.Tuple, cst.Set)):
            items = tuple(self._element(element) for element in node.elements)
            return SequenceDisplay(_SEQUENCES[type(node)], items, span)
        if isinstance(node, (cst.ConcatenatedString, cst.FormattedString)):
            return self._joined(node, span)
        if type(node) in _NESTED:
            return self._nested(node, span)
        return self._number_or_operation(node, span)

    def _nested(self, node: cst.BaseExpression, span: Span) -> Expr:
        """What has names of its own, or binds one, or chooses."""
        if isinstance(node, cst.NamedExpr) and isinstance(node.target, cst.Name):
            return Walrus(node.target.value, self.expr(node.value), span)
        if isinstance(node, cst.IfExp):
            test = self.expr(node.test)
            return Conditional(test, self.expr(node.body), self.expr(node.orelse), span)
        if isinstance(node, cst.DictComp):
            clauses = self._clauses(node.for_in)
            return Comprehension("dict", self.expr(node.key), self.expr(node.value), clauses, span)
        if isinstance(node, (cst.ListComp, cst.SetComp, cst.GeneratorExp)):
            kind = _COMPREHENSIONS[type(node)]
            return Comprehension(kind, None, self.expr(node.elt), self._clauses(node.for_in), span)
        if isinstance(node, cst.Lambda):
            body = (Return(self.expr(node.body), self._spans[node.body]),)
            code = Code("<lambda>", self.parameters(node.params), body, False, span)
            return Lambda(code, span)
        return Opaque("an expression", span)

    def call(self, node: cst.Call) -> Call:
        """The lowered form of a call."""
        before = (None, *node.args)
        arguments = tuple(map(self._argument, node.args, before))
        return Call(self.expr(node.func), arguments, self._spans[node])

    def _number_or_operation(self, node: cst.BaseExpression, span: Span) -> Expr:
        if isinstance(node, (cst.Integer, cst.Float, cst.Imaginary)):
            number = literal(node)
            return Opaque(_REFUSED, span) if number is None else Constant(number, span)
        if isinstance(node, cst.Ellipsis):
            return Constant(..., span)
        if isinstance(node, cst.UnaryOperation):
            return self._unary(node, span)
        if isinstance(node, cst.BooleanOperation):
            op: Literal["and", "or"] = "and" if isinstance(node.operator, cst.And) else "or"
            return Boolean(op, self.expr(node.left), self.expr(node.right), span)
        if isinstance(node, cst.BinaryOperation) and type(node.operator) in _OPERATORS:
            operator = _OPERATORS[type(node.operator)]
            return Binary(operator, self.expr(node.left), self.expr(node.right), span)
        if isinstance(node, cst.Comparison):
            return self._comparison(node, span)
        if isinstance(node, cst.Subscript):
            return Subscript(self.expr(node.value), self._key(node), span)
        return Opaque(_OPAQUE.get(type(node), "an expression"), span)

    def _unary(self, node: cst.UnaryOperation, span: Span) -> Expr:
        operand = self.expr(node.expression)
        if isinstance(node.operator, cst.Not):
            return Unary("not", operand, span)
        if isinstance(node.operator, cst.Minus):
            if isinstance(operand, Constant) and isinstance(operand.value, (int, float)):
                return Constant(-operand.value, span)
            return Unary("-", operand, span)
        return Opaque("an operation", span)

    def _comparison(self, node: cst.Comparison, span: Span) -> Expr:
        """``a < b < c`` is ``a < b and b < c``, as long as b is no call."""
        left = self.expr(node.left)
        found: Expr | None = None
        for index, target in enumerate(node.comparisons):
            if type(target.operator) not in _COMPARISONS:
                return Opaque("a comparison", span)
            right = self.expr(target.comparator)
            if index and not isinstance(left, (Name, Constant, Attribute)):
                return Opaque("a comparison", span)
            one = Comparison(_COMPARISONS[type(target.operator)], left, right, span)
            found = one if found is None else Boolean("and", found, one, span)
            left = right
        return found or Opaque("a comparison", span)

    def _key(self, node: cst.Subscript) -> Expr:
        keys: list[Expr] = []
        for element in node.slice:
            index = element.slice
            if isinstance(index, cst.Slice):
                lower, upper, step = (
                    None if part is None else self.expr(part)
                    for part in (index.lower, index.upper, index.step)
                )
                keys.append(Slice(lower, upper, step, self._spans[node]))
            elif isinstance(index, cst.Index):
                key = self.expr(index.value)
                keys.append(key if index.star is None else Spread(key, self._spans[index]))
        return (
            keys[0]
            if len(keys) == 1 and node.slice[0].comma is cst.MaybeSentinel.DEFAULT
            else (SequenceDisplay("tuple", tuple(keys), self._spans[node]))
        )

    def _clauses(self, clause: cst.CompFor | None) -> tuple[Clause, ...]:
        found: list[Clause] = []
        while clause is not None:
            target = self.expr(clause.target)
            if clause.asynchronous is not None:
                target = Opaque("an asynchronous comprehension", target.span)
            tests = tuple(self.expr(condition.test) for condition in clause.ifs)
            found.append(Clause(target, self.expr(clause.iter), tests))
            clause = clause.inner_for_in
        return tuple(found)

    def parameters(self, params: cst.Parameters) -> tuple[Parameter, ...]:
        """The lowered parameters of a function, in order."""
        found: list[Parameter] = []

        def add(param: cst.Param, star: str, only: str) -> None:
            default = None if param.default is None else self.expr(param.default)
            found.append(Parameter(param.name.value, star, only, default, self._spans[param.name]))

        for param in params.posonly_params:
            add(param, "", "position")
        for param in params.params:
            add(param, "", "")
        if isinstance(params.star_arg, cst.Param):
            add(params.star_arg, "*", "")
        for param in params.kwonly_params:
            add(param, "", "name")
        if params.star_kwarg is not None:
            add(params.star_kwarg, "**", "")
        return tuple(found)

    def _items(self, node: cst.Dict) -> Iterator[DictItem]:
        before: cst.BaseDictElement | None = None
        for element in node.elements:
            key = self.expr(element.key) if isinstance(element, cst.DictElement) else None
            yield DictItem(key, self.expr(element.value), self._removal(before, element))
            before = element

    def _removal(
        self,
        before: cst.BaseDictElement | cst.Arg | None,
        element: cst.BaseDictElement | cst.Arg,
    ) -> Span | None:
        if before is None or holds_comment(before.comma):
            return None
        ends = (self._spans.with_parentheses(each.value).end for each in (before, element))
        return Span(*ends)

    def _element(self, element: cst.BaseElement) -> Expr:
        value = self.expr(element.value)
        if isinstance(element, cst.StarredElement):
            return Spread(value, self._spans[element])
        return value

    def _argument(self, arg: cst.Arg, before: cst.Arg | None) -> Argument:
        # A star and its value belong together; a comma and spaces do not.
        value = self.expr(arg.value)
        if arg.keyword is None:
            return Argument(None, arg.star, value, value.span)
        name = self._spans[arg.keyword]
        end = self._spans.with_parentheses(arg.value).end
        removal = self._removal(before, arg)
        return Argument(arg.keyword.value, arg.star, value, Span(name.start, end), name, removal)

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
                spec = "".join(
                    each.value if isinstance(each, cst.FormattedStringText) else "?"
                    for each in part.format_spec or ()
                )
                plain = part.conversion in {None, "s"} and spec in {"", "s"} and not part.equal
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

"""libcst statements to those of ``kernlint.model.code``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from kernlint.extract.lower import Lowering
from kernlint.extract.nodes import children, dotted_name
from kernlint.model.code import (
    Annotate,
    Assign,
    Augment,
    Block,
    Case,
    Declare,
    Define,
    DefineClass,
    Delete,
    Evaluate,
    For,
    Handler,
    If,
    Import,
    ImportStar,
    Jump,
    Match,
    Other,
    Pattern,
    Raise,
    Return,
    Statement,
    Try,
    While,
    With,
)
from kernlint.model.expr import Code, Elided, Name, Opaque

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from kernlint.extract.parse import Spans
    from kernlint.model.expr import Expr, Span

#: A value of more nodes than this is left out of facts that are no whole program.
SMALL = 400

_AUGMENTED: dict[type[cst.CSTNode], str] = {
    cst.AddAssign: "+",
    cst.SubtractAssign: "-",
    cst.MultiplyAssign: "*",
    cst.BitOrAssign: "|",
    cst.ModuloAssign: "%",
}


class Program:
    """Lowers the statements of one file.

    Args:
        spans: The places of all nodes that ``parts`` gives.
        kept: The definitions, by identity, whose bodies are lowered, and the calls and
            displays whose size does not matter; None for everything.
    """

    def __init__(self, spans: Spans, kept: set[int] | None) -> None:
        self._spans = spans
        self._kept = kept
        self._lowering = Lowering(spans)
        self._inside = False

    def block(self, nodes: Iterable[cst.CSTNode]) -> Block:
        """The statements of a block, those that do nothing left out."""
        found: list[Statement] = []
        for node in nodes:
            if isinstance(node, (cst.SimpleStatementLine, cst.SimpleStatementSuite)):
                for small in node.body:
                    found.extend(self._small(small))
            else:
                lower = _COMPOUND.get(type(node))
                if lower is not None:
                    found.append(lower(self, node))
        return tuple(found)

    def _body(self, node: cst.BaseSuite) -> Block:
        if isinstance(node, cst.SimpleStatementSuite):
            return self.block([node])
        return self.block(node.body)

    def _value(self, node: cst.BaseExpression) -> Expr:
        if self._kept is not None and id(node) not in self._kept and size(node) > SMALL:
            return Elided(self._spans[node])
        return self._lowering.expr(node)

    def _small(self, node: cst.BaseSmallStatement) -> Iterator[Statement]:
        span = self._spans[node]
        expr = self._lowering.expr
        if isinstance(node, cst.Assign):
            targets = tuple(expr(target.target) for target in node.targets)
            yield Assign(targets, self._value(node.value), span)
        elif isinstance(node, cst.AnnAssign):
            value = None if node.value is None else self._value(node.value)
            yield Annotate(expr(node.target), expr(node.annotation.annotation), value, span)
        elif isinstance(node, cst.AugAssign):
            op = _AUGMENTED.get(type(node.operator), "?")
            yield Augment(op, expr(node.target), self._value(node.value), span)
        elif isinstance(node, cst.Expr):
            if not isinstance(node.value, (cst.SimpleString, cst.Ellipsis)):
                yield Evaluate(expr(node.value), span)
        elif isinstance(node, cst.Del):
            targets = (
                tuple(expr(element.value) for element in node.target.elements)
                if isinstance(node.target, (cst.Tuple, cst.List))
                else (expr(node.target),)
            )
            yield Delete(targets, span)
        else:
            yield from self._simple(node, span)

    def _simple(self, node: cst.BaseSmallStatement, span: Span) -> Iterator[Statement]:
        """A statement that ends a block, imports or declares."""
        expr = self._lowering.expr
        if isinstance(node, cst.Return):
            yield Return(None if node.value is None else expr(node.value), span)
        elif isinstance(node, cst.Raise):
            yield Raise(None if node.exc is None else expr(node.exc), span)
        elif isinstance(node, cst.Assert):
            failed = Raise(Name("AssertionError", span), span)
            test = expr(node.test)
            yield If(test, (), (failed,), test.span)
        elif isinstance(node, cst.Break):
            yield Jump("break", span)
        elif isinstance(node, cst.Continue):
            yield Jump("continue", span)
        elif isinstance(node, (cst.Global, cst.Nonlocal)):
            names = tuple(item.name.value for item in node.names)
            yield Declare("global" if isinstance(node, cst.Global) else "nonlocal", names, span)
        elif isinstance(node, cst.Import):
            for alias in node.names:
                yield self._import(alias)
        elif isinstance(node, cst.ImportFrom):
            yield from self._import_from(node, span)
        elif isinstance(node, cst.TypeAlias):
            yield Other((node.name.value,), span)

    def _import(self, alias: cst.ImportAlias) -> Import:
        path = dotted_name(alias.name)
        span = self._spans[alias]
        if alias.asname is not None:
            return Import(dotted_name(alias.asname.name), path, span, member=False)
        root = path.partition(".")[0]
        return Import(root, root, span, member=False)

    def _import_from(self, node: cst.ImportFrom, span: Span) -> Iterator[Statement]:
        module = "." * len(node.relative) + (dotted_name(node.module) if node.module else "")
        if isinstance(node.names, cst.ImportStar):
            yield ImportStar(module, span)
            return
        for alias in node.names:
            name = dotted_name(alias.name)
            joined = module + name if module.endswith(".") else f"{module}.{name}"
            bound = name if alias.asname is None else dotted_name(alias.asname.name)
            place = alias.name if alias.asname is None else alias.asname.name
            yield Import(bound, joined, self._spans[place], member=True)

    def _define(self, node: cst.FunctionDef) -> Define:
        # A function within one that matters may change what that one holds.
        kept = self._inside or self._kept is None or id(node) in self._kept
        inside, self._inside = self._inside, kept
        body = self._body(node.body) if kept else None
        self._inside = inside
        code = Code(
            node.name.value,
            self._lowering.parameters(node.params),
            body,
            # A slice leaves the body out: what is in it must make no difference then.
            node.asynchronous is not None or (kept and _yields(node)),
            self._spans[node.name],
        )
        return Define(code, self._decorators(node), self._spans[node.name])

    def _class(self, node: cst.ClassDef) -> DefineClass:
        kept = self._inside or self._kept is None or id(node) in self._kept
        return DefineClass(
            node.name.value,
            tuple(self._lowering.expr(arg.value) for arg in node.bases),
            self._decorators(node),
            self._body(node.body) if kept else None,
            self._spans[node.name],
        )

    def _decorators(self, node: cst.FunctionDef | cst.ClassDef) -> tuple[Expr, ...]:
        return tuple(self._lowering.expr(each.decorator) for each in node.decorators)

    def _if(self, node: cst.If) -> If:
        orelse: Block = ()
        if isinstance(node.orelse, cst.If):
            orelse = (self._if(node.orelse),)
        elif node.orelse is not None:
            orelse = self._body(node.orelse.body)
        test = self._lowering.expr(node.test)
        return If(test, self._body(node.body), orelse, test.span)

    def _for(self, node: cst.For) -> For:
        iterable = self._lowering.expr(node.iter)
        if node.asynchronous is not None:
            iterable = Opaque("an asynchronous loop", iterable.span)
        orelse = () if node.orelse is None else self._body(node.orelse.body)
        target = self._lowering.expr(node.target)
        return For(target, iterable, self._body(node.body), orelse, iterable.span)

    def _while(self, node: cst.While) -> While:
        test = self._lowering.expr(node.test)
        orelse = () if node.orelse is None else self._body(node.orelse.body)
        return While(test, self._body(node.body), orelse, test.span)

    def _try(self, node: cst.Try | cst.TryStar) -> Try:
        handlers: list[Handler] = []
        for each in node.handlers:
            types = None if each.type is None else self._lowering.expr(each.type)
            name = None if each.name is None else dotted_name(each.name.name)
            handlers.append(Handler(types, name, self._body(each.body)))
        return Try(
            self._body(node.body),
            tuple(handlers),
            () if node.orelse is None else self._body(node.orelse.body),
            () if node.finalbody is None else self._body(node.finalbody.body),
            self._spans[node.body],
        )

    def _with(self, node: cst.With) -> With:
        items = tuple(
            (
                self._lowering.expr(item.item),
                None if item.asname is None else self._lowering.expr(item.asname.name),
            )
            for item in node.items
        )
        return With(items, self._body(node.body), self._spans[node.items[0]])

    def _match(self, node: cst.Match) -> Match:
        subject = self._lowering.expr(node.subject)
        cases = tuple(
            Case(
                self._pattern(case.pattern),
                None if case.guard is None else self._lowering.expr(case.guard),
                self._body(case.body),
            )
            for case in node.cases
        )
        return Match(subject, cases, subject.span)

    def _pattern(self, node: cst.MatchPattern | cst.MatchStar) -> Pattern:
        span = self._spans[node]
        names = tuple(_captured(node))
        if isinstance(node, (cst.MatchValue, cst.MatchSingleton)):
            return Pattern("value", names, span, self._lowering.expr(node.value))
        if isinstance(node, cst.MatchOr):
            parts = tuple(self._pattern(each.pattern) for each in node.patterns)
            return Pattern("or", names, span, parts=parts)
        if isinstance(node, cst.MatchAs):
            part = () if node.pattern is None else (self._pattern(node.pattern),)
            name = None if node.name is None else node.name.value
            return Pattern("as", names, span, name=name, parts=part)
        if isinstance(node, cst.MatchStar):
            return Pattern("star", names, span, name=None if node.name is None else node.name.value)
        if isinstance(node, (cst.MatchList, cst.MatchTuple)):
            parts = tuple(
                self._pattern(each.value if isinstance(each, cst.MatchSequenceElement) else each)
                for each in node.patterns
            )
            return Pattern("sequence", names, span, parts=parts)
        if isinstance(node, cst.MatchMapping):
            keys = tuple(self._lowering.expr(each.key) for each in node.elements)
            parts = tuple(self._pattern(each.pattern) for each in node.elements)
            rest = None if node.rest is None else node.rest.value
            return Pattern("mapping", names, span, name=rest, keys=keys, parts=parts)
        if isinstance(node, cst.MatchClass) and not node.patterns and not node.kwds:
            return Pattern("class", names, span, self._lowering.expr(node.cls))
        return Pattern("other", names, span)


_COMPOUND: dict[type[cst.CSTNode], Callable[..., Statement]] = {
    cst.FunctionDef: Program._define,  # noqa: SLF001  # its own table
    cst.ClassDef: Program._class,  # noqa: SLF001
    cst.If: Program._if,  # noqa: SLF001
    cst.For: Program._for,  # noqa: SLF001
    cst.While: Program._while,  # noqa: SLF001
    cst.Try: Program._try,  # noqa: SLF001
    cst.TryStar: Program._try,  # noqa: SLF001
    cst.With: Program._with,  # noqa: SLF001
    cst.Match: Program._match,  # noqa: SLF001
}


def _captured(node: cst.CSTNode) -> Iterator[str]:
    """The names that a pattern can bind."""
    if isinstance(node, (cst.MatchAs, cst.MatchStar)) and node.name is not None:
        yield node.name.value
    if isinstance(node, cst.MatchMapping) and node.rest is not None:
        yield node.rest.value
    for child in children(node):
        yield from _captured(child)


def _yields(node: cst.FunctionDef) -> bool:
    """Whether a function is a generator."""
    pending: list[cst.CSTNode] = [node.body]
    while pending:
        current = pending.pop()
        if isinstance(current, cst.Yield):
            return True
        if not isinstance(current, (cst.FunctionDef, cst.ClassDef, cst.Lambda)):
            pending.extend(children(current))
    return False


def size(node: cst.CSTNode) -> int:
    """The number of nodes below, counted no further than just beyond the limit."""
    count = 0
    pending = [node]
    while pending and count <= SMALL:
        count += 1
        pending.extend(children(pending.pop()))
    return count

"""Runs statements, as far as they can be known."""

from __future__ import annotations

from kernlint.model.code import (
    Annotate,
    Assign,
    Augment,
    Boundary,
    Declare,
    Define,
    DefineClass,
    Delete,
    Evaluate,
    For,
    If,
    Import,
    ImportStar,
    Jump,
    Match,
    Other,
    Raise,
    Return,
    Try,
    While,
    With,
)
from kernlint.model.expr import Call
from kernlint.model.hints import TYPE_CHECKING
from kernlint.project.branches import RETURNED, Branches
from kernlint.project.exceptions import Exceptions
from kernlint.project.machine import RaisedError
from kernlint.project.objects import Given, Object
from kernlint.project.patterns import Patterns
from kernlint.project.simple import Simple
from kernlint.project.values import Demand, Known, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from kernlint.model.code import Block
    from kernlint.model.expr import Code, Expr
    from kernlint.project.objects import Env, Function
    from kernlint.project.simple import Done
    from kernlint.project.values import Value


class Program(Patterns):
    """Runs the statements of a program."""

    def block(self, env: Env, statements: Block) -> Done | None:
        """Run statements in order; how they ended where that is not at the last."""
        for statement in statements:
            self.step()
            run = _RUN.get(type(statement))
            if run is not None:
                done = run(self, env, statement)
                if done is not None:
                    return done
        return None

    def run_module(self, body: Block, env: Env) -> None:
        """Run the statements of a module."""
        try:
            self.block(env, body)
        except RaisedError:
            return

    def run_function(self, code: Code, env: Env, unknown: Unknown) -> Value:
        """Run the body of a function with its parameters bound; what it returns."""
        done = self.block(env, code.body or ())
        if done is not None and done.kind == "raise":
            raise RaisedError(done.name)
        if RETURNED in env.names:
            return env.names[RETURNED]
        if done is not None and done.value is not None:
            return done.value
        return Known(None, unknown.place)

    def invoke(self, called: Function, args: tuple[Value, ...], env: Env, expr: Expr) -> Value:
        """Call a function as ``expr`` does."""
        call = Call(expr, (), expr.span)
        return self.call_function(called, Given(args, (), None), env, call)

    def start(self, init: Function, given: Given, env: Env, expr: Call) -> None:
        """Run the constructor of an instance."""
        made = init.bound
        demand = Demand("body", init.path, init.code.span.start)
        found = self.call_function(init, given, env, expr)
        if isinstance(found, Unknown) and isinstance(made, Object):
            made.open = found._replace(demand=found.demand)
            if found.demand == demand:
                made.open = found

    def boundary(self) -> None:
        """Another block of a document begins; nothing changes for its names."""

    # Names and targets

    # Simple statements

    # Definitions

    # Branches

    # Exceptions

    # Patterns


def _run_boundary(program: Program, _env: Env, _node: Boundary) -> None:
    program.boundary()


_RUN: dict[type, Callable[..., Done | None]] = {
    Assign: Simple.run_assign,
    Annotate: Simple.run_annotate,
    Augment: Simple.run_augment,
    Evaluate: Simple.run_evaluate,
    Delete: Simple.run_delete,
    Return: Simple.run_return,
    Raise: Simple.run_raise,
    Jump: Simple.run_jump,
    Declare: Simple.run_declare,
    Other: Simple.run_other,
    Import: Simple.run_import,
    ImportStar: Simple.run_import_star,
    Define: Simple.run_define,
    DefineClass: Simple.run_define_class,
    If: Branches.run_if,
    For: Branches.run_for,
    While: Branches.run_while,
    With: Branches.run_with,
    Try: Exceptions.run_try,
    Match: Patterns.run_match,
    Boundary: _run_boundary,
}

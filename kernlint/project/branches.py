"""Statements of which a part may run, or run several times."""

from __future__ import annotations

from kernlint.model.expr import Attribute, dotted
from kernlint.model.hints import TYPE_CHECKING
from kernlint.project.blur import blur
from kernlint.project.machine import RaisedError
from kernlint.project.objects import Builtin, Function, Object, demand_in
from kernlint.project.simple import Done, Simple
from kernlint.project.values import Demand, Known, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kernlint.model.code import Block, For, If, While, With
    from kernlint.model.expr import Expr, Span
    from kernlint.project.objects import Cell, Env, Saved
    from kernlint.project.values import Value


_MAX_ROUNDS = 2_000


#: The value that a function returns on a way that was not followed.
RETURNED = "<returned>"


class Branches(Simple):
    """Runs conditions, loops and ``with``."""

    def run_if(self, env: Env, node: If) -> Done | None:
        """``if``."""
        test = self.value(env, node.test)
        return self._either(env, test, node.body, node.orelse, node.span)

    def _either(self, env: Env, test: Value, body: Block, orelse: Block, span: Span) -> Done | None:
        """Run one of two blocks, or look at both."""
        holds, demand = self.decided(env, test, span)
        if holds is not None:
            env.to_come |= self.bound_in(orelse if holds else body)
            return self.block(env, body if holds else orelse)
        return self._both(env, (body, orelse), demand, span)

    def decided(self, env: Env, test: Value, span: Span) -> tuple[bool | None, Demand | None]:
        """Whether a condition holds; where it is not followed yet, the demand to do so."""
        holds = self.known_truth(test)
        if holds is not None:
            return holds, None
        demand = Demand("branch", env.path, span.start)
        return (self.truth(test), None) if demand in self.demands else (None, demand)

    def _both(
        self, env: Env, blocks: Sequence[Block], demand: Demand | None, span: Span
    ) -> Done | None:
        """Look at several blocks of which one runs: where they differ nothing is known.

        One that raises is taken not to run; one that returns has to be followed.
        """
        ways: list[tuple[Done | None, list[tuple[Cell, Saved]]]] = []
        for each in blocks:
            self.push(demand)
            try:
                done = self.block(env, each)
            except RaisedError as error:
                done = Done("raise", None, error.name)
            finally:
                changed = self.undo()
            ways.append((done, changed))
        going = [way for way in ways if way[0] is None or way[0].kind != "raise"]
        if not going:
            return ways[0][0]
        jumps = [done for done, _ in going if done is not None]
        if jumps and demand is not None and (self.calls or jumps[0].kind != "return"):
            self.demand(demand)
        if len(going) == 1:
            done, changed = going[0]
            for cell, after in changed:
                self.touch(cell)
                cell.restore(after)
            return done
        staying = [changed for done, changed in going if done is None]
        unknown = self.unknown("it depends on a condition", env.path, span)
        unknown = unknown._replace(demand=demand)
        if jumps and jumps[0].kind == "return" and self.calls:
            self.set_name(env, RETURNED, unknown)
        self._blur(staying or [changed for _, changed in going], unknown)
        return None if staying else jumps[0]

    def _blur(self, ways: Sequence[list[tuple[Cell, Saved]]], unknown: Unknown) -> None:
        cells = {id(cell): cell for changed in ways for cell, _ in changed}
        for number, cell in cells.items():
            self.touch(cell)
            after = [
                next((saved for each, saved in changed if id(each) == number), cell.save())
                for changed in ways
            ]
            blur(cell, after, unknown)

    def _perhaps(self, env: Env, run: Callable[[], Done | None], value: Value, span: Span) -> None:
        """Run something that may run any number of times."""
        demand = demand_in(value)
        done: Done | None = None
        self.push(demand)
        try:
            done = run()
        except RaisedError:
            pass
        finally:
            changed = self.undo()
        unknown = self.unknown("it is set in a loop that is not followed", env.path, span)
        unknown = unknown._replace(demand=demand)
        if done is not None and done.kind == "return" and self.calls:
            self.set_name(env, RETURNED, unknown)
        before = [(cell, cell.save()) for cell, _ in changed]
        self._blur([changed, before], unknown)

    def run_for(self, env: Env, node: For) -> Done | None:
        """``for``."""
        iterable = self.value(env, node.iterable)
        items = self.items(iterable)
        if items is None or len(items) > _MAX_ROUNDS:

            def once() -> Done | None:
                reason = f"`{dotted(node.target) or 'it'}` is bound by a loop that is not followed"
                unknown = self.unknown(reason, env.path, node.target.span)
                unknown = unknown._replace(demand=demand_in(iterable))
                self.assign(env, node.target, unknown)
                return self._round(env, node)

            self._perhaps(env, once, iterable, node.span)
            return self.block(env, node.orelse)
        if not items:
            env.to_come |= self.bound_in(node.body)
        self.loops.append(0)
        try:
            for item in items:
                self.loops[-1] += 1
                self.assign(env, node.target, item)
                done = self.block(env, node.body)
                if done is not None and done.kind == "break":
                    return None
                if done is not None and done.kind != "continue":
                    return done
        finally:
            self.loops.pop()
        return self.block(env, node.orelse)

    def run_while(self, env: Env, node: While) -> Done | None:
        """``while``."""
        self.loops.append(0)
        try:
            for _ in range(_MAX_ROUNDS):
                self.loops[-1] += 1
                test = self.value(env, node.test)
                holds = self.known_truth(test)
                if holds is None:
                    break
                if not holds:
                    return self.block(env, node.orelse)
                done = self.block(env, node.body)
                if done is not None and done.kind == "break":
                    return None
                if done is not None and done.kind != "continue":
                    return done
        finally:
            self.loops.pop()

        self._perhaps(env, lambda: self._round(env, node), test, node.span)
        return self.block(env, node.orelse)

    def _round(self, env: Env, node: For | While) -> Done | None:
        """One round of a loop that may go any number of rounds."""
        self.open_loops.append(node.span.start)
        try:
            return self.block(env, node.body)
        finally:
            self.open_loops.pop()

    def run_with(self, env: Env, node: With) -> Done | None:
        """``with``."""
        entered: list[Value] = []
        for context, target in node.items:
            value = self.value(env, context)
            entered.append(value)
            if target is not None:
                self.assign(env, target, self._entered(env, value, target))
        return self.within(entered, lambda: self.block(env, node.body))

    def _entered(self, env: Env, context: Value, target: Expr) -> Value:
        """What ``with context as target`` binds."""
        if isinstance(context, Object):
            if context.dotted == "contextlib.nullcontext":
                return context.attrs.get("0", Known(None, context.place))
            written = Attribute(target, "__enter__", target.span, target.span)
            enter = None
            if context.cls is not None:
                enter = self.attribute_of_object(context, "__enter__", env, written)
            if isinstance(enter, Function):
                return self.invoke(enter, (), env, target)
        reason = f"`{dotted(target) or 'it'}` is bound by a statement that is not followed"
        unknown = self.unknown(reason, env.path, target.span)
        demand = context.demand if isinstance(context, Unknown) else None
        return unknown._replace(demand=demand)

    def within(self, contexts: Sequence[Value], run: Callable[[], Done | None]) -> Done | None:
        """Run the body of a ``with``."""
        suppressing = [
            each
            for each in contexts
            if isinstance(each, Object) and each.dotted == "contextlib.suppress"
        ]
        if not suppressing:
            return run()
        self.trying += 1
        try:
            done = run()
        except RaisedError as error:
            done = Done("raise", None, error.name)
        finally:
            self.trying -= 1
        if done is None or done.kind != "raise":
            return done
        caught = {
            value.name
            for each in suppressing
            for value in each.attrs.values()
            if isinstance(value, Builtin)
        }
        return None if done.name in caught or "Exception" in caught else done

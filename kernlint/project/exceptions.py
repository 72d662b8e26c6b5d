"""``try``, and what may be raised in it."""

from __future__ import annotations

import sys
from abc import abstractmethod

from kernlint.model.code import Import
from kernlint.model.expr import SequenceDisplay, dotted
from kernlint.model.hints import TYPE_CHECKING
from kernlint.project.branches import Branches
from kernlint.project.machine import IMPORT_RISK, RaisedError
from kernlint.project.objects import External
from kernlint.project.values import Demand

if TYPE_CHECKING:
    from collections.abc import Hashable

    from kernlint.model.code import Block, Try
    from kernlint.model.expr import Expr
    from kernlint.project.objects import Env
    from kernlint.project.simple import Done


_NO_MODULE = "ModuleNotFoundError"
_PARENTS = {
    _NO_MODULE: ("ImportError",),
    "KeyError": ("LookupError",),
    "IndexError": ("LookupError",),
}


class Exceptions(Branches):
    """Runs ``try``."""

    def run_try(self, env: Env, node: Try) -> Done | None:
        """``try``."""
        try:
            done = self._guarded(env, node)
        except RaisedError:
            self.block(env, node.final)
            raise
        ended = self.block(env, node.final)
        return ended or done

    def _guarded(self, env: Env, node: Try) -> Done | None:
        if not node.handlers:
            return self.block(env, node.body)
        demand = Demand("branch", env.path, node.span.start)
        before = set(self.risk)
        risks = self._risks(env, node)
        raised = _NO_MODULE if all(each.startswith(IMPORT_RISK) for each in risks) else None
        fails: bool | None = False
        if risks:
            fails = None
            if demand in self.demands:
                key: Hashable = ("try", env.path, node.span.start, *self.loops)
                if raised is not None and len(risks) == 1:
                    key = ("imports", *risks)  # works wherever it works once
                answer = self.oracle.true(key)
                fails = None if answer is None else not answer
        if fails is None:
            found = None if demand in self.demands else demand
            done = self._both(env, (self._tried(node), self._handled(node)), found, node.span)
        elif fails:
            env.to_come |= self.bound_in(node.body)
            done = self._handle(env, node, raised)
        else:
            done = self._attempt(env, node)
        if raised is not None and any(_catches(each.types, raised) for each in node.handlers):
            self.risk = before
        return done

    def _risks(self, env: Env, node: Try) -> set[str]:
        """What the body does that may raise for all that is known."""
        if all(isinstance(each, Import) and self._is_there(env, each) for each in node.body):
            return set()
        mark, before = self.mark(), self.risk
        self.risk, self.pending = set(), None
        self.push()
        try:
            self._attempt(env, node._replace(orelse=()))
        except RaisedError:
            pass
        finally:
            self.undo()
            self.forget(mark)
        risks, self.risk = self.risk, before
        followed = Demand("branch", env.path, node.span.start) in self.demands
        if risks and followed:
            self.ask_for_pending()
        return risks

    @abstractmethod
    def mark(self) -> tuple[int, ...]:
        """How much was seen so far."""

    @abstractmethod
    def forget(self, mark: tuple[int, ...]) -> None:
        """Forget what was seen since then."""

    def _is_there(self, env: Env, node: Import) -> bool:
        """Whether an import is one of the standard library, or certainly works."""
        target = self.modules.absolute(env.path, node.target)
        root = target.partition(".")[0]
        if root in sys.stdlib_module_names and self.modules.find(env.path, node.target) is None:
            return True
        if self.is_library(env.path, root):
            return False
        self.trying += 1
        try:
            value = self.imported(env.path, node.target, node.span)
            self.use(value)
        except RaisedError:
            return False
        finally:
            self.trying -= 1
        return not isinstance(value, External)

    def _attempt(self, env: Env, node: Try) -> Done | None:
        """Run the body; a handler where it certainly raises."""
        self.trying += 1
        try:
            done = self.block(env, node.body)
            raised = done is not None and done.kind == "raise"
            name = done.name if done is not None else None
        except RaisedError as error:
            raised, name, done = True, error.name, None
        finally:
            self.trying -= 1
        if not raised:
            return done or self.block(env, node.orelse)
        return self._handle(env, node, name)

    def _handle(self, env: Env, node: Try, name: str | None) -> Done | None:
        for each in node.handlers:
            if name is None or _catches(each.types, name):
                if each.name is not None:
                    unknown = self.unknown("an exception is not followed", env.path, node.span)
                    self.set_name(env, each.name, unknown)
                return self.block(env, each.body)
        raise RaisedError(name)

    def _tried(self, node: Try) -> Block:
        return (node._replace(handlers=(), final=()), *node.orelse)

    def _handled(self, node: Try) -> Block:
        return node.handlers[0].body if node.handlers else ()


def _catches(types: Expr | None, name: str) -> bool:
    """Whether an ``except`` catches an exception of this name."""
    if types is None:
        return True
    written = types.items if isinstance(types, SequenceDisplay) else (types,)
    names = {(dotted(each) or "?").rpartition(".")[2] for each in written}
    last = name.rpartition(".")[2]
    return bool(names & {last, *_PARENTS.get(last, ()), "Exception", "BaseException", "?"})

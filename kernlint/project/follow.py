"""Follows all programs of a project: every module, and every function that nobody calls."""

from __future__ import annotations

from functools import partial

from kernlint.model.code import Annotate, Assign, Augment, Define, DefineClass, Import
from kernlint.model.diagnostic import Place
from kernlint.model.expr import Call, Code, Lambda, Name, Span, dotted
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.record import Record
from kernlint.model.walk import walk
from kernlint.project.flow import Sink
from kernlint.project.machine import (
    MAX_STEPS,
    MAX_STEPS_OF_ROOT,
    TOO_DEEP,
    TOO_LONG,
    RaisedError,
    RestartError,
    TooLongError,
)
from kernlint.project.objects import Class, DictBox, Env, Function, Given, ListBox
from kernlint.project.observe import Observer
from kernlint.project.values import Demand, Unknown
from kernlint.project.watching import (
    asked,
    holding_functions,
    imported_names,
    takes_config,
    wrapper,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from kernlint.model.code import Block
    from kernlint.model.expr import Elided, Expr
    from kernlint.model.facts import FileFacts
    from kernlint.project.flow import Config, Story, Usage
    from kernlint.project.machine import FactsOf
    from kernlint.project.modules import Modules
    from kernlint.project.objects import Object
    from kernlint.project.values import Value


_MAX_ROUNDS = 60
#: Steps of a root before its other ways are left open: in a project that makes configs, and in
#: one that only hands on what others make, such as a library.
_PATIENCE = MAX_STEPS // 2
_PATIENCE_WITHOUT_CONFIGS = 3_000
#: The demands that need a whole file, and all that there are.
_DEAR = frozenset({"body", "value"})
_ALL = _DEAR | {"branch", "default", "module"}
_MAX_RESULTS = 200


class _Root(Record):
    """A function that something outside of the project may call; None for the module."""

    path: str
    function: Span | None


class _Result:
    """What was seen in all runs of one root."""

    def __init__(self) -> None:
        self.configs: dict[Config, None] = {}
        self.usages: dict[Usage, None] = {}
        self.stories: dict[Story, None] = {}
        self.values: dict[tuple[str, Span], list[Value]] = {}
        self.entered: set[tuple[str, Span]] = set()
        self.wanted: set[tuple[str, str]] = set()


class Follower(Observer):
    """Runs what there is to run; see ``configs``, ``usages`` and ``stories`` afterwards.

    ``hands_on`` tells whether something may put an argument for kernels into a dict, which others
    pass on without writing its name.
    """

    def __init__(
        self,
        modules: Modules,
        facts_of: FactsOf,
        *,
        makes_configs: bool = True,
        hands_on: Callable[[], bool] = lambda: True,
    ) -> None:
        super().__init__(modules, facts_of)
        self.watched = {}
        self.chosen = {}
        self.imports = {}
        self.uses_transformers = {}
        self.wrappers = {}
        self.callees = {}
        self.gathering = set()
        self.holding: dict[str, set[Span]] = {}
        self.results: dict[_Root, _Result] = {}
        self.kept = []
        self.failed: dict[str, str] = {}
        self.makes_configs = makes_configs
        self._hands_on = hands_on
        self._named: dict[Hashable, tuple[str, str]] = {}
        self._finished: list[Config] = []
        self._full: dict[str, dict[Span, Define | DefineClass | Lambda]] = {}
        self._large: dict[str, dict[Span, Expr]] = {}
        self._changes: dict[str, dict[str, set[Span]]] = {}
        self.reset()

    # Preparing

    def watch(self, path: str, facts: FileFacts) -> None:
        """Note what of a file is asked for."""
        self.chosen[path] = {site.span: site.discarded for site in facts.calls}
        watched: set[Span] = set()
        for item in facts.decorations:
            watched |= asked(item.decorator)
        for name in facts.layer_names:
            watched.add(name.value.span)
        for code in walk(facts.body):
            if isinstance(code, Call):
                self.callees[Place(path, code.func.span)] = dotted(code.func) or ""
                if code.span in self.chosen[path] and not takes_config(code):
                    watched |= asked(code)
        self.watched[path] = watched
        spans, names = holding_functions(facts.body, watched | set(self.chosen[path]))
        self.holding[path] = spans
        self.holders |= names
        self.imports[path] = dict(imported_names(path, facts.body))
        self.wrappers[path] = wrapper(path, facts.body, self.imports[path])
        self.uses_transformers[path] = any(
            isinstance(each, Import) and each.target.partition(".")[0] == "transformers"
            for each in walk(facts.body)
        )

    # Running

    def follow(self, path: str) -> None:
        """Run a module, and then each of its functions that holds something to see."""
        functions: dict[Span, None] = {}

        def main() -> None:
            env = self.module(path, main=True)
            if env is not None:
                functions.update(dict.fromkeys(env.created))
                self._fresh()

        self.later = False
        self._runs(_Root(path, None), main)
        holding = self.holding[path]
        for span in functions:
            if span in holding:
                self.later = True
                self._runs(_Root(path, span), partial(self._function, path, span))

    def _runs(self, root: _Root, run: Callable[[], None]) -> None:
        """Run something once for each way that it can go."""
        spent = 0
        patience = _PATIENCE if self.makes_configs else _PATIENCE_WITHOUT_CONFIGS
        while True:
            result = self.results[root] = _Result()
            begun = spent
            if not self.makes_configs:
                self.unasked = _DEAR if spent <= patience else _ALL
            try:
                for _ in self.oracle.ways(hurry=spent > patience):
                    try:
                        self._once(result, run)
                    finally:
                        spent += self.steps
                    self.oracle.hurry = spent - begun > patience
                    if self.oracle.doubtful and not self.oracle.open:
                        continue
                    self._take(result)
            except RestartError:
                if spent <= MAX_STEPS_OF_ROOT:
                    continue
                self._give_up(root, TOO_LONG)
            except TooLongError:
                self._give_up(root, TOO_LONG)
            except RecursionError:
                self._give_up(root, TOO_DEEP)
            return

    def _once(self, result: _Result, run: Callable[[], None]) -> None:
        self.begin()
        self.reset()
        self.push()
        try:
            try:
                run()
            except RaisedError:
                del self.frames[1:]
            self._finished = [self._finish(config) for config in self.configs]
        finally:
            del self.frames[1:]
            self.undo()
        result.entered |= self.entered
        result.wanted |= {self._named[each] for each in self.parameters if each in self._named}

    def _finish(self, config: Object) -> Config:
        sinks = dict.fromkeys(note for note in config.notes if isinstance(note, Sink))
        return self.frozen(config)._replace(sinks=tuple(sinks))

    def _function(self, path: str, span: Span) -> None:
        """Call a function as somebody else may call it."""
        env = self.module(path)
        made = None if env is None else env.created.get(span)
        if made is not None:
            self._call_unknown(made)
            self._fresh()

    def _fresh(self) -> None:
        """Call the functions that others have made and nobody has called."""
        for _ in range(_MAX_ROUNDS):
            waiting = [
                made
                for made in self.fresh
                if made.code.span in self.holding.get(made.path, ())
                and (made.path, made.code.span) not in self.entered
            ]
            if not waiting:
                return
            for made in waiting:
                self.entered.add((made.path, made.code.span))
                self._call_unknown(made)

    def _call_unknown(self, made: Function) -> None:
        """Call a function with arguments that are not known."""
        code = made.code
        self.entered.add((made.path, code.span))
        if self.boundaries:  # in a document nothing tells that it follows the last block
            self.boundary()
        env = Env("function", made.path, made.env)
        for index, parameter in enumerate(code.parameters):
            env.names[parameter.name] = self._parameter(made, index, parameter.name)
        if code.body is not None:
            self.block(env, code.body)

    def _parameter(self, made: Function, index: int, name: str) -> Value:
        parameter = made.code.parameters[index]
        place = Place(made.path, parameter.span)
        if index == 0 and made.owner is not None and made.form != "static":
            return made.owner if made.form == "class" else self._instance(made.owner, place)
        key = ("parameter", made.path, parameter.span.start)
        name_of = made.code.name if made.owner is None else made.owner.name
        self._named[key] = made.path, name_of
        if parameter.star == "**" and not self._hands_on():
            self.gathering.add(key)
        unknown = Unknown(f"`{name}` is a parameter", place, key)
        default = made.defaults.get(name)
        if default is None or parameter.star:
            return unknown
        demand = Demand("default", made.path, parameter.span.start)
        if demand not in self.demands:
            return unknown._replace(demand=demand)
        if self.oracle.true(("default", made.path, parameter.span.start)):
            return default
        return unknown._replace(key=("passed", *key))

    def _instance(self, cls: Class, place: Place) -> Value:
        """An object of a class, made with arguments that are not known."""
        env = Env("function", place.path, cls.env.parent)
        call = Call(Name(cls.name, place.span), (), place.span)
        is_open = Unknown("an argument is not known", place)
        return self.instantiate(cls, Given((), (), is_open), env, call)

    # Results

    def _take(self, result: _Result) -> None:
        """Keep what was seen in a run."""
        for frozen in self._finished:
            if len(result.configs) < _MAX_RESULTS:
                result.configs[frozen] = None
        for usage in self.usages:
            result.usages[usage] = None
        for story in self.stories():
            result.stories[story] = None
        for path, span, value in self.values:
            held = result.values.setdefault((path, span), [])
            if len(held) < _MAX_RESULTS:
                held.append(value)

    def _give_up(self, root: _Root, reason: str) -> None:
        # What was seen until then is not all that can be: it would pass for checked.
        self.results[root] = _Result()
        self.failed.setdefault(root.path, reason)

    def outcome(self) -> _Result:
        """What was seen in all roots but those that others call."""
        whole = _Result()
        entering: dict[tuple[str, Span], list[_Root]] = {}
        for root, result in self.results.items():
            for called in result.entered:
                entering.setdefault(called, []).append(root)
        dropped: set[_Root] = set()
        for root in self.results:
            if root.function is None:
                continue
            callers = entering.get((root.path, root.function), ())
            if any(each != root and each not in dropped for each in callers):
                dropped.add(root)
        for root, result in self.results.items():
            if root in dropped:
                continue
            whole.configs.update(result.configs)
            whole.usages.update(result.usages)
            whole.stories.update(result.stories)
            whole.wanted |= result.wanted
            for key, values in result.values.items():
                whole.values.setdefault(key, []).extend(values)
        return whole

    # What others need to know

    def seen_later(self, value: Value, home: Env, name: str, place: Place) -> Value:
        """What a name of a module holds once functions may have changed it."""
        if not self.later:
            return value
        changing = self._changing(home.path).get(name, set())
        if all((home.path, span) in self.entered for span in changing):
            return value
        reason = f"`{name}` is changed after it is bound"
        if isinstance(value, (DictBox, ListBox)):
            self.touch(value)
            value.doubt(Unknown(reason, place))
            return value
        return value if isinstance(value, Function | Class) else Unknown(reason, place)

    def _changing(self, path: str) -> dict[str, set[Span]]:
        if path not in self._changes:
            found: dict[str, set[Span]] = {}
            facts = self.facts_of(path)
            for change in facts.changes if facts is not None else ():
                found.setdefault(change.name, set()).add(change.function)
            self._changes[path] = found
        return self._changes[path]

    def full_code(self, called: Function) -> Code | None:
        """The code of a function with its body."""
        found = self._definitions(called.path).get(called.code.span)
        return found.code if isinstance(found, (Define, Lambda)) else None

    def full_class(self, cls: Class) -> Block | None:
        """The body of a class in the full facts."""
        found = self._definitions(cls.env.path).get(cls.span)
        return found.body if isinstance(found, DefineClass) else None

    def full_value(self, path: str, expr: Elided) -> Expr | None:
        """A large value of the full facts."""
        if path not in self._large:
            facts = self.facts_of(path, full=True)
            self._large[path] = {
                each.value.span: each.value
                for each in walk(facts.body if facts is not None else ())
                if isinstance(each, (Annotate, Assign, Augment)) and each.value is not None
            }
        return self._large[path].get(expr.span)

    def _definitions(self, path: str) -> dict[Span, Define | DefineClass | Lambda]:
        if path not in self._full:
            facts = self.facts_of(path, full=True)
            self._full[path] = {
                each.span: each
                for each in walk(facts.body if facts is not None else ())
                if isinstance(each, (Define, DefineClass, Lambda))
            }
        return self._full[path]

    def hand_on(self, parts: tuple[Value, ...], demand: Demand, name: str, place: Place) -> None:
        """Hand values to something that is not followed yet."""
        self.pass_on(parts, demand, f"it is passed to `{name}`", place)

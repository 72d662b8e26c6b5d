"""The state of a program while it is followed, and the limits on that."""

from __future__ import annotations

import builtins

from kernlint.model.diagnostic import Place
from kernlint.model.hints import TYPE_CHECKING, Protocol
from kernlint.model.record import Record
from kernlint.project.objects import count_parts
from kernlint.project.oracle import Oracle
from kernlint.project.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Hashable

    from kernlint.model.code import Block
    from kernlint.model.expr import Span
    from kernlint.model.facts import FileFacts
    from kernlint.project.modules import Modules
    from kernlint.project.objects import Cell, Class, Env, Function, Saved
    from kernlint.project.values import Demand, Value


#: Steps that one run may take, all runs of one root, and all runs of a project together.
MAX_STEPS = 200_000
MAX_STEPS_OF_ROOT = 400_000
MAX_STEPS_IN_ALL = 10_000_000
#: How deep expressions, statements and calls may nest, taken together.
MAX_NESTING = 110
#: How often a program may be started again to follow more of it.
MAX_DEMANDS = 500

#: What may raise: anything, or the import of something.
ANY_RISK = "?"
IMPORT_RISK = "import "

TOO_LONG = "the program takes too many steps to be followed"
TOO_DEEP = "the program nests too deeply to be followed"
#: How many parts of a value are handled in one step.
_PARTS_OF_STEP = 16


class FactsOf(Protocol):
    """Gives the facts of a project file, reading it first where needed."""

    def __call__(self, path: str, *, full: bool = False, brief: bool = False) -> FileFacts | None:
        """The facts, in full or brief where asked for; None where the file cannot be read."""


class RestartError(Exception):
    """The run depends on something that it did not follow; it does so from now on."""


class TooLongError(Exception):
    """The program takes more steps than are followed."""


class RaisedError(Exception):
    """The program raises here; ``name`` is the exception, None where it is not known."""

    def __init__(self, name: str | None) -> None:
        super().__init__(name)
        self.name = name


class Frame(Record):
    """What is changed since some point: how it was before, by identity.

    ``demand`` is set where the frame is code that is only looked at until it matters.
    """

    saved: dict[int, tuple[Cell, Saved]]
    demand: Demand | None


class Machine:
    """Runs programs as far as they can be known; the classes that follow add how.

    ``demands`` is what is followed because some run was found to depend on it, ``unasked``
    are the kinds of demands that stay open. ``later``
    tells that the modules have run and any of their functions may have been called,
    ``entered`` which were called in this run, ``fresh`` which were made in it by others.
    ``holders`` are the names of functions and classes in which there is something to see.
    ``passing`` are classes that are what they are in this run alone.
    ``risk`` names what may have raised since it was last reset: an import, or ``?``.
    ``loops`` numbers the rounds of the loops that the program is in.
    """

    def __init__(self, modules: Modules, facts_of: FactsOf) -> None:
        self.modules = modules
        self.facts_of = facts_of
        self.oracle = Oracle()
        self.demands: set[Demand] = set()
        self.unasked: frozenset[str] = frozenset()
        self.frames: list[Frame] = []
        self.loops: list[int] = []
        self.open_loops: list[int] = []
        self.trying = 0
        self.steps = 0
        self.nesting = 0
        self.calls = 0
        self.total = 0
        self.entered: set[tuple[str, Span]] = set()
        self.fresh: list[Function] = []
        self.later = False
        self.risk: set[str] = set()
        self.pending: Demand | None = None
        self.holders: set[str] = set()
        self.passing: list[Class] = []
        self._running: set[str] = set()
        self._binds: dict[str, tuple[set[str], list[str]]] = {}
        self._bound: dict[int, tuple[Block, set[str]]] = {}
        self._kept: dict[str, Env] = {}
        self._loaded: dict[str, Env] = {}

    # Limits

    def step(self, parts: int = 0) -> None:
        """Count a step, and more where a value of many parts is handled in it."""
        taken = 1 + parts // _PARTS_OF_STEP
        self.steps += taken
        self.total += taken
        if self.steps > MAX_STEPS or self.total > MAX_STEPS_IN_ALL:
            raise TooLongError

    def weigh(self, *values: Value) -> None:
        """Count the steps that it takes to handle all parts of some values."""
        parts = sum(map(count_parts, values))
        if parts >= _PARTS_OF_STEP:
            self.step(parts)

    def begin(self) -> None:
        """Start a run."""
        self.frames.clear()
        self.loops.clear()
        self.open_loops.clear()
        self.trying = self.steps = self.nesting = self.calls = 0
        self.entered = set()
        self.fresh = []
        self._loaded = {}
        self._running = set()
        for cls in self.passing:
            cls.body = None
            cls.env.names.clear()
        self.passing.clear()

    # What is not known

    def unknown(self, reason: str, path: str, span: Span, *, key: Hashable = None) -> Unknown:
        """Something that arises here and is not known."""
        key = ("at", path, span.start, *self.loops) if key is None else key
        return Unknown(reason, Place(path, span), key)

    def use(self, value: Value) -> None:
        """Note that the run depends on a value; starts again where more can be known."""
        if isinstance(value, Unknown) and value.demand is not None:
            self.demand(value.demand)

    def demand(self, demand: Demand) -> None:
        """Start again and follow this, unless it is followed and still not known."""
        if demand.kind in self.unasked or len(self.demands) >= MAX_DEMANDS:
            return
        if demand not in self.demands:
            self.demands.add(demand)
            self._kept.clear()
            raise RestartError

    def ask_for_pending(self) -> None:
        """Follow what was passed by since this was last reset."""
        if self.pending is not None:
            self.demand(self.pending)

    def record(self) -> None:
        """Note that something happens that is to be told of: it has to be followed."""
        for frame in self.frames:
            if frame.demand is not None:
                self.demand(frame.demand)

    # What changes

    def touch(self, cell: Cell) -> None:
        """Tell that a cell is about to be changed."""
        if self.frames:
            saved = self.frames[-1].saved
            if id(cell) not in saved:
                self.weigh(cell)
                saved[id(cell)] = cell, cell.save()

    def set_name(self, env: Env, name: str, value: Value) -> None:
        """Bind a name."""
        env = env.globals.get(name, env)
        self.touch(env)
        env.names[name] = value

    def push(self, demand: Demand | None = None) -> None:
        """Begin to note what is changed."""
        self.frames.append(Frame({}, demand))

    def undo(self) -> list[tuple[Cell, Saved]]:
        """Take back what was changed since the last ``push``; what it was changed to."""
        frame = self.frames.pop()
        changed: list[tuple[Cell, Saved]] = []
        for cell, saved in frame.saved.values():
            changed.append((cell, cell.save()))
            cell.restore(saved)
        return changed

    def _is_local(self, env: Env, name: str) -> bool:
        """Whether a name that has no value in its scope has none from elsewhere, either."""
        if env.kind == "module":
            return not env.stars and not hasattr(builtins, name)
        return env.kind != "class"

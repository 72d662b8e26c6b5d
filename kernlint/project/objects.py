"""What a program handles while it is followed: objects that change, and code."""

from __future__ import annotations

from abc import ABC, abstractmethod

from kernlint.model.hints import TYPE_CHECKING, cast
from kernlint.model.record import Record
from kernlint.project.values import Known, Live, MappingValue, SequenceValue, Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kernlint.model.code import Block
    from kernlint.model.diagnostic import Place
    from kernlint.model.expr import Code, Span
    from kernlint.project.merging import Merged
    from kernlint.project.values import Demand, Entry, Value


MODE = "kernels.Mode."


class Saved(Record):
    """What a cell held: its parts by key or name, and the rest in a form of its own."""

    parts: dict[object, Value]
    rest: object = None


class Cell(Live, ABC):
    """Something that a program can change; ``save`` and ``restore`` take it back."""

    __slots__ = ()

    @abstractmethod
    def save(self) -> Saved:
        """What it holds."""

    @abstractmethod
    def restore(self, saved: Saved) -> None:
        """Let it hold what it held."""

    def doubt(self, unknown: Unknown) -> None:
        """Note that it may hold something else as well."""


def _parts(names: Mapping[str, Value]) -> dict[object, Value]:
    return dict(names.items())


class DictBox(Cell):
    """A dict."""

    __slots__ = ("held",)

    def __init__(self, held: Merged) -> None:
        self.held = held
        self.place = held.place

    def save(self) -> Saved:
        """The values by their keys, and the dict."""
        return Saved(dict(self.held.parts()), self.held.copy())

    def restore(self, saved: Saved) -> None:
        """Let it hold what it held."""
        self.held = cast("Merged", saved.rest).copy()

    def doubt(self, unknown: Unknown) -> None:
        """Note that it may hold something else as well."""
        self.held.unread[unknown] = None


class ListBox(Cell):
    """A list or a set; ``doubts`` are reasons why it may hold something else."""

    __slots__ = ("doubts", "items", "kind")

    def __init__(self, kind: str, items: list[Value], place: Place) -> None:
        self.kind = kind
        self.items = items
        self.place = place
        self.doubts: list[Unknown] = []

    def save(self) -> Saved:
        """The items, and the doubts about them."""
        return Saved(dict(enumerate(self.items)), tuple(self.doubts))

    def restore(self, saved: Saved) -> None:
        """Let it hold what it held."""
        self.items = list(saved.parts.values())
        self.doubts = list(cast("tuple[Unknown, ...]", saved.rest))

    def doubt(self, unknown: Unknown) -> None:
        """Note that it may hold something else as well."""
        self.doubts.append(unknown)

    @property
    def unknown(self) -> Unknown | None:
        """Why its items are not known, where they are not."""
        return self.doubts[0] if self.doubts else None


class Env(Cell):
    """The names of a module, a class body or a call, and the one around it.

    ``fields`` are the annotated names of a class, ``to_come`` those that are bound only on
    a way that the program does not go, ``created`` the functions that a module makes.
    """

    __slots__ = (
        "called",
        "created",
        "fields",
        "globals",
        "kind",
        "names",
        "parent",
        "path",
        "stars",
        "to_come",
    )

    def __init__(self, kind: str, path: str, parent: Env | None) -> None:
        self.kind = kind
        self.path = path
        self.parent = parent
        self.names: dict[str, Value] = {}
        self.globals: dict[str, Env] = {}
        self.stars: list[str] = []
        self.fields: list[str] = []
        self.to_come: set[str] = set()
        self.called: Function | None = None
        self.created: dict[Span, Function] = {}

    def save(self) -> Saved:
        """What it holds, part by part."""
        return Saved(_parts(self.names))

    def restore(self, saved: Saved) -> None:
        """Let it hold what it held."""
        self.names = {str(name): value for name, value in saved.parts.items()}

    @property
    def module(self) -> Env:
        """The names of its module."""
        env = self
        while env.parent is not None:
            env = env.parent
        return env


class Function(Live):
    """A function of the project, bound to an object where it is one of its methods."""

    __slots__ = ("bound", "code", "decorated", "defaults", "env", "form", "owner")

    def __init__(self, code: Code, env: Env, defaults: dict[str, Value]) -> None:
        self.code = code
        self.env = env
        self.defaults = defaults
        self.form = ""
        self.owner: Class | None = None
        self.bound: Value | None = None
        self.decorated: Unknown | None = None

    def bind(self, value: Value) -> Function:
        """The function as a method of an object."""
        method = Function(self.code, self.env, self.defaults)
        method.form, method.owner, method.decorated = self.form, self.owner, self.decorated
        method.bound = value
        return method

    @property
    def path(self) -> str:
        """The file that it is written in."""
        return self.env.path


class Class(Cell):
    """A class of the project."""

    __slots__ = ("bases", "body", "decorators", "env", "name", "span")

    def __init__(self, name: str, span: Span, env: Env, body: Block | None) -> None:
        self.name = name
        self.span = span
        self.env = env
        self.body = body
        self.bases: tuple[Value, ...] = ()
        self.decorators: tuple[Value, ...] = ()

    def save(self) -> Saved:
        """What it holds, part by part."""
        return self.env.save()

    def restore(self, saved: Saved) -> None:
        """Let it hold what it held."""
        self.env.restore(saved)


class Object(Cell):
    """An instance of a class; ``dotted`` is the class, as far as it has a name.

    ``notes`` are what was seen to be done with it, in order.
    """

    __slots__ = ("attrs", "cls", "dotted", "notes", "open")

    def __init__(self, dotted: str, place: Place, cls: Class | None = None) -> None:
        self.dotted = dotted
        self.place = place
        self.cls = cls
        self.attrs: dict[str, Value] = {}
        self.notes: tuple[object, ...] = ()
        self.open: Unknown | None = None

    def save(self) -> Saved:
        """What it holds, part by part."""
        return Saved(_parts(self.attrs), Notes(self.notes, self.open))

    def restore(self, saved: Saved) -> None:
        """Let it hold what it held."""
        self.attrs = {str(name): value for name, value in saved.parts.items()}
        self.notes, self.open = cast("Notes", saved.rest)

    def doubt(self, unknown: Unknown) -> None:
        """Note that it may hold something else as well."""
        self.open = unknown


class Super(Live):
    """``super()`` in a method of a class."""

    __slots__ = ("cls", "holder")

    def __init__(self, cls: Class, holder: Value) -> None:
        self.cls = cls
        self.holder = holder


class Notes(Record):
    """The notes of an object as they were, and why its attributes were not known."""

    notes: tuple[object, ...]
    open: Unknown | None


class External(Live):
    """Something outside of the project, by its dotted path."""

    __slots__ = ("dotted",)

    def __init__(self, dotted: str, place: Place) -> None:
        self.dotted = dotted
        self.place = place

    @property
    def root(self) -> str:
        """The first part of the dotted path."""
        return self.dotted.partition(".")[0]

    @property
    def last(self) -> str:
        """The last part of the dotted path."""
        return self.dotted.rpartition(".")[2]


class Builtin(Live):
    """A built-in, or a method of a value where ``holder`` is set."""

    __slots__ = ("holder", "name")

    def __init__(self, name: str, holder: Value | None = None) -> None:
        self.name = name
        self.holder = holder


class ModuleValue(Live):
    """A module of the project."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path


class Given(Record):
    """The arguments of a call, those of stars spread out; ``open`` is a star that cannot be."""

    args: tuple[Value, ...]
    named: tuple[Entry, ...]
    open: Unknown | None

    def by_name(self) -> dict[object, Value]:
        """The arguments that are passed by name."""
        return {each.key.value: each.value for each in self.named if isinstance(each.key, Known)}


def demand_in(value: Value) -> Demand | None:
    """What would have to be followed for a value to be known, or known in full."""
    if isinstance(value, Unknown):
        return value.demand
    unknowns: list[Value] = []
    if isinstance(value, DictBox):
        unknowns = [*value.held.unread, *(entry.key for entry in value.held.entries())]
    elif isinstance(value, ListBox):
        unknowns = list(value.doubts)
    elif isinstance(value, MappingValue):
        unknowns = [*value.unread, *(entry.key for entry in value.entries)]
    elif isinstance(value, Object) and value.open is not None:
        unknowns = [value.open]
    return next((u.demand for u in unknowns if isinstance(u, Unknown) and u.demand), None)


def count_parts(value: Value) -> int:
    """How many parts a value has, not looking into them."""
    if isinstance(value, DictBox):
        return value.held.size
    if isinstance(value, (ListBox, SequenceValue)):
        return len(value.items)
    if isinstance(value, MappingValue):
        return len(value.entries)
    return len(value.names) if isinstance(value, Env) else 0


def plain(value: Value) -> Value:
    """A dict, list or set as it is now; any other value as it is."""
    if isinstance(value, DictBox):
        return value.held.value()
    if isinstance(value, ListBox):
        return value.unknown or SequenceValue(value.kind, tuple(value.items), value.place)
    return value

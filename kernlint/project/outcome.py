"""What is known of a whole project: its configs, layers, and what is done with them."""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.record import Record
from kernlint.project.values import Known, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Literal

    from kernlint.model.diagnostic import Place
    from kernlint.project.flow import Config, Story, Usage
    from kernlint.project.values import Value

#: Decorators that take the layer name as their first argument, and its parameter.
DECORATORS = {
    "use_kernel_forward_from_hub": "layer_name",
    "use_kernel_func_from_hub": "layer_name",
    "use_kernel_func_from_hub_with_fallback": "func_name",
}
REPLACER = "replace_kernel_forward_from_hub"


class Declaration(Record):
    """A place of the project that declares a layer name.

    ``name`` is what the name is known to be, if at all. ``owner`` is the class or
    function that gets the name, as written; ``target`` its value, where it is the
    argument of a call. ``function`` is the declaring function
    (``kernel_layer_name`` where the attribute is set by hand) and ``library`` where
    it comes from: "" where that is not known. ``called`` is false for a decorator
    that is not called.
    """

    name: Value
    owner: str
    owner_kind: Literal["class", "function", "object"]
    function: str
    library: str
    place: Place
    called: bool = True
    target: Value | None = None

    @property
    def layer(self) -> str | None:
        """The layer name; None where it is not known."""
        return text_of(self.name)


def place_of_name(declaration: Declaration) -> Place:
    """Where to point at: the name if it is written there, else the declaration."""
    name = declaration.name
    if isinstance(name, Known) and name.place.path == declaration.place.path:
        return name.place
    return declaration.place


class Project(Record):
    """The configs, declarations, usages and stories of a set of files, by place.

    ``unread`` are the files that could not be read or parsed, ``wanted`` the functions and
    classes, each with its file, that get something which has to be known and which no file
    is seen to call. ``alone`` are the files that are programs of their own, which nothing
    imports: notebooks and documents.
    """

    configs: tuple[Config, ...]
    declarations: tuple[Declaration, ...]
    usages: tuple[Usage, ...]
    unread: tuple[str, ...] = ()
    stories: tuple[Story, ...] = ()
    wanted: frozenset[tuple[str, str]] = frozenset()
    alone: frozenset[str] = frozenset()

    @property
    def paths(self) -> set[str]:
        """The files that any of them stands in."""
        places = [config.place for config in self.configs]
        places += [declaration.place for declaration in self.declarations]
        places += [usage.place for usage in self.usages]
        return {place.path for place in places}


class Origin(Record):
    """The function that a decorator is: its name, and its library as in a ``Declaration``."""

    function: str
    library: str


class Plain(Record):
    """A file that declares layers and does nothing else with kernels.

    ``imports`` are the names of its decorators with what each is imported from, as written,
    ``classes`` those that get a layer name. ``origins`` are by name of a decorator; one that
    declares nothing has none.
    """

    imports: tuple[tuple[str, str], ...]
    classes: tuple[str, ...]
    origins: tuple[tuple[str, Origin], ...]
    declarations: tuple[Declaration, ...]


class Parts(Record):
    """A project in two parts: plain files by path, and what all others come to."""

    core: Project
    plain: Mapping[str, Plain]

    @property
    def project(self) -> Project:
        """Both together."""
        declared = list(self.core.declarations)
        for each in self.plain.values():
            declared.extend(each.declarations)
        return self.core._replace(declarations=in_order(declared))


def in_order(declarations: Iterable[Declaration]) -> tuple[Declaration, ...]:
    """Declarations by their place."""
    return tuple(sorted(declarations, key=lambda declaration: declaration.place))

"""Who declares which layer name in the project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from kernlint.model.diagnostic import Place
from kernlint.model.expr import Call, Expr, dotted
from kernlint.model.facts import argument
from kernlint.project.names import LIBRARIES, External, Unbound
from kernlint.project.values import Known, Unknown, Value, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernlint.model.facts import Decoration, FileFacts
    from kernlint.project.evaluate import Evaluator
    from kernlint.project.names import Names

#: Decorators that take the layer name as their first argument, and its parameter.
DECORATORS = {
    "use_kernel_forward_from_hub": "layer_name",
    "use_kernel_func_from_hub": "layer_name",
    "use_kernel_func_from_hub_with_fallback": "func_name",
}
REPLACER = "replace_kernel_forward_from_hub"


class Declaration(NamedTuple):
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


def declarations(
    path: str, facts: FileFacts, names: Names, evaluator: Evaluator
) -> Iterator[Declaration]:
    """The layer declarations of one file, in no particular order."""
    for item in facts.decorations:
        found = _decoration(path, item, names, evaluator)
        if found is not None:
            yield found
    for site in facts.calls:
        call, scope = site.call, site.scope
        origin = _origin(path, scope, call.func, names)
        if origin is not None and origin[0] == REPLACER:
            yield _replacement(path, scope, call, origin[1], evaluator)
        elif origin is not None and origin[0] in DECORATORS:
            yield Declaration(
                _layer_argument(path, scope, call, DECORATORS[origin[0]], evaluator),
                "",
                "object",
                origin[0],
                origin[1],
                Place(path, call.span),
            )
        else:
            yield from _handed_on(path, scope, call, names)
    for name in facts.layer_names:
        yield Declaration(
            evaluator.value(path, name.scope, name.value),
            name.owner,
            "class" if name.form == "class-attribute" else "object",
            "kernel_layer_name",
            "",
            Place(path, name.span),
        )


def _decoration(
    path: str, item: Decoration, names: Names, evaluator: Evaluator
) -> Declaration | None:
    call = item.decorator if isinstance(item.decorator, Call) else None
    origin = _origin(path, item.scope, call.func if call else item.decorator, names)
    if origin is None or origin[0] not in DECORATORS:
        return None
    place = Place(path, item.decorator.span)
    name: Value = Unknown("the decorator is not called with a layer name", place)
    if call is not None:
        name = _layer_argument(path, item.scope, call, DECORATORS[origin[0]], evaluator)
    return Declaration(
        name, item.owner, item.owner_kind, origin[0], origin[1], place, call is not None
    )


def _origin(path: str, scope: int, func: Expr, names: Names) -> tuple[str, str] | None:
    """Name and library of a declaring function; None where it is another one.

    A function of that name whose origin is not known still counts as declaring:
    a layer too many is harmless, a layer too few is a false alarm. Its library is
    "" then.
    """
    reference = names.origin(path, scope, func)
    library = ""
    name = (dotted(func) or "").rpartition(".")[2]
    if isinstance(reference, External):
        name = reference.last
        library = reference.root if reference.root in LIBRARIES else ""
    if isinstance(reference, Unbound) or (name not in DECORATORS and name != REPLACER):
        return None
    return name, library


def _handed_on(path: str, scope: int, call: Call, names: Names) -> Iterator[Declaration]:
    """A declaring function as an argument: ``partial(use_kernel_forward_from_hub, name)``."""
    for arg in call.args:
        origin = _origin(path, scope, arg.value, names)
        if origin is not None:
            place = Place(path, arg.span)
            name = Unknown("the declaring function is handed on", place)
            yield Declaration(name, "", "object", origin[0], origin[1], place)


def _layer_argument(
    path: str, scope: int, call: Call, parameter: str, evaluator: Evaluator
) -> Value:
    arg = argument(call, parameter, 0)
    if arg is None:
        return Unknown("the layer name is not written out", Place(path, call.span))
    return evaluator.value(path, scope, arg.value)


def _replacement(
    path: str, scope: int, call: Call, library: str, evaluator: Evaluator
) -> Declaration:
    cls, layer = argument(call, "cls", 0), argument(call, "layer_name", 1)
    name: Value = Unknown("the layer name is not written out", Place(path, call.span))
    if layer is not None:
        name = evaluator.value(path, scope, layer.value)
    return Declaration(
        name,
        (dotted(cls.value) if cls is not None else None) or "",
        "class",
        REPLACER,
        library,
        Place(path, call.span),
        target=evaluator.value(path, scope, cls.value) if cls is not None else None,
    )


def place_of_name(declaration: Declaration) -> Place:
    """Where to point at: the name if it is written there, else the declaration."""
    name = declaration.name
    if isinstance(name, Known) and name.place.path == declaration.place.path:
        return name.place
    return declaration.place

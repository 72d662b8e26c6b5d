"""Who declares which layer name in the project."""

from __future__ import annotations

from kernlint.model.diagnostic import Place
from kernlint.model.expr import Call, Constant, dotted
from kernlint.model.facts import argument
from kernlint.model.hints import TYPE_CHECKING, Protocol
from kernlint.model.walk import calls
from kernlint.project.freeze import freeze
from kernlint.project.names import LIBRARIES, is_unbound
from kernlint.project.objects import External
from kernlint.project.outcome import DECORATORS, REPLACER, Declaration, Origin
from kernlint.project.values import Known, Unknown, settled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kernlint.model.expr import Expr
    from kernlint.model.facts import Decoration, FileFacts
    from kernlint.project.values import Value


class Values(Protocol):
    """Gives the values that an expression was seen to have."""

    def __call__(self, path: str, expr: Expr, /) -> Sequence[Value]:
        """The values, each once; empty where the program does not come by."""


def declarations(path: str, facts: FileFacts, values: Values) -> Iterator[Declaration]:
    """The layer declarations of one file, in no particular order."""
    for item in facts.decorations:
        yield from _decoration(path, item, values)
    sites = {site.span for site in facts.calls}
    decorators = {item.decorator.span for item in facts.decorations}
    for call in calls(facts.body):
        if call.span in sites and call.span not in decorators:
            yield from _call(path, call, values)
    for name in facts.layer_names:
        for value in _known(path, name.value, values):
            yield Declaration(
                value,
                name.owner,
                "class" if name.form == "class-attribute" else "object",
                "kernel_layer_name",
                "",
                Place(path, name.span),
            )


def _call(path: str, call: Call, values: Values) -> Iterator[Declaration]:
    """The layers that a call declares which is no decorator."""
    found = origin_of(path, call.func, values)
    place = Place(path, call.span)
    if found is None:
        yield from _handed_on(path, call, values)
        return
    function, library = found
    if function != REPLACER:
        for name in _layer_argument(path, call, DECORATORS[function], values):
            yield Declaration(name, "", "object", function, library, place)
        return
    cls, layer = argument(call, "cls", 0), argument(call, "layer_name", 1)
    names: list[Value] = [Unknown("the layer name is not written out", place)]
    if layer is not None:
        names = _known(path, layer.value, values)
    target = _known(path, cls.value, values)[0] if cls is not None else None
    owner = (dotted(cls.value) if cls is not None else None) or ""
    for name in names:
        yield Declaration(name, owner, "class", REPLACER, library, place, target=target)


def _decoration(path: str, item: Decoration, values: Values) -> Iterator[Declaration]:
    call = item.decorator if isinstance(item.decorator, Call) else None
    origin = origin_of(path, call.func if call else item.decorator, values)
    if origin is not None:
        yield from declared_by(path, item, call, origin, values)


def declared_by(
    path: str, item: Decoration, call: Call | None, origin: Origin, values: Values
) -> Iterator[Declaration]:
    """What a decorator declares of which it is known where it comes from.

    ``call`` is the call that it is, if it is one.
    """
    if origin.function not in DECORATORS:
        return
    place = Place(path, item.decorator.span)
    names: list[Value] = [Unknown("the decorator is not called with a layer name", place)]
    if call is not None:
        names = _layer_argument(path, call, DECORATORS[origin.function], values)
    for name in names:
        yield Declaration(name, item.owner, item.owner_kind, *origin, place, call is not None)


def _known(path: str, expr: Expr, values: Values) -> list[Value]:
    """What an expression can be; unknown where the program does not come by."""
    place = Place(path, expr.span)
    if isinstance(expr, Constant):
        return [Known(expr.value, place, expr.inner)]
    found = list(dict.fromkeys(settled(freeze(value, place)) for value in values(path, expr)))
    return found or [Unknown("the program does not come by here", place)]


def origin_of(path: str, func: Expr, values: Values) -> Origin | None:
    """Name and library of a declaring function; None where it is another one.

    A function of that name whose origin is not known still counts as declaring:
    a layer too many is harmless, a layer too few is a false alarm. Its library is
    "" then.
    """
    name, library = (dotted(func) or "").rpartition(".")[2], ""
    found = values(path, func)
    outside = [value for value in found if isinstance(value, External)]
    if outside:
        name = outside[0].last
        library = outside[0].root if outside[0].root in LIBRARIES else ""
    elif found and all(is_unbound(value) for value in found):
        return None
    return Origin(name, library) if name in DECORATORS or name == REPLACER else None


def _handed_on(path: str, call: Call, values: Values) -> Iterator[Declaration]:
    """A declaring function as an argument: ``partial(use_kernel_forward_from_hub, name)``."""
    for arg in call.args:
        origin = origin_of(path, arg.value, values)
        if origin is not None:
            place = Place(path, arg.span)
            name = Unknown("the declaring function is handed on", place)
            yield Declaration(name, "", "object", *origin, place)


def _layer_argument(path: str, call: Call, parameter: str, values: Values) -> list[Value]:
    arg = argument(call, parameter, 0)
    if arg is None:
        return [Unknown("the layer name is not written out", Place(path, call.span))]
    return _known(path, arg.value, values)

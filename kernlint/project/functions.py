"""What the built-in functions give that make one value of another."""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING, cast
from kernlint.project.merging import MAX_PARTS, Merged, key_of, text
from kernlint.project.operations import opened
from kernlint.project.texts import printed
from kernlint.project.values import Entry, Known, MappingValue, SequenceValue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kernlint.model.diagnostic import Place
    from kernlint.project.values import Value


FUNCTIONS = frozenset(
    {"str", "copy", "dict.fromkeys", "list", "tuple", "set", "sorted", "reversed", "enumerate"}
    | {"zip", "range", "len", "max", "min", "sum", "int", "bool", "any", "all"}
)

_MAX_RANGE = 1_000
_MAX_DIGITS = 9
_MAX_NUMBER = 10**_MAX_DIGITS


def function(name: str, args: Sequence[Value], place: Place) -> Value | None:
    """The result of one of ``FUNCTIONS``; None where it cannot be told."""
    if name == "range":
        return _range(args, place)
    if name == "str":
        written = printed(args[0]) if len(args) == 1 else None
        return None if written is None else text(written, place)
    if name == "copy" and len(args) == 1:
        copied = args[0]
        if isinstance(copied, (MappingValue, SequenceValue)):
            return copied._replace(place=place)
        return copied
    if name == "dict.fromkeys" and 1 <= len(args) <= 2:
        return _from_keys(args, place)
    if name == "zip":
        columns = [iterated(arg) for arg in args]
        known = [column for column in columns if column is not None]
        if len(known) < len(columns):
            return None
        rows = zip(*known, strict=False)
        pairs = (SequenceValue("tuple", row, place) for row in rows)
        return SequenceValue("zip", tuple(pairs), place)
    if name in {"len", "max", "min", "sum", "int", "bool", "any", "all"}:
        return _number(name, args, place)
    return _of_one(name, args, place)


def _number(name: str, args: Sequence[Value], place: Place) -> Value | None:
    """``len``, ``max``, ``min``, ``sum``, ``int``, ``bool``, ``any`` and ``all``."""
    if name in {"int", "bool"}:
        constants = [arg.value for arg in args if isinstance(arg, Known)]
        if len(constants) < len(args) or len(args) != 1:
            return None
        if name == "bool":
            return Known(bool(constants[0]), place)
        constant = constants[0]
        if isinstance(constant, (int, float)) and abs(constant) < _MAX_NUMBER:
            return Known(int(constant), place)
        decimal = isinstance(constant, str) and constant.isdecimal()
        return Known(int(str(constant)[:_MAX_DIGITS]), place) if decimal else None
    if name == "len" and len(args) == 1:
        if isinstance(args[0], Known) and isinstance(args[0].value, str):
            return Known(len(args[0].value), place)
        counted = iterated(args[0], ordered=False)
        return None if counted is None else Known(len(counted), place)
    items = iterated(args[0], ordered=False) if len(args) == 1 else tuple(args)
    if items is None or not items:
        return None
    held = [item.value for item in items if isinstance(item, Known)]
    if len(held) < len(items):
        return None
    if name in {"any", "all"}:
        return Known({"any": any, "all": all}[name](held), place)
    if not all(type(each) is int for each in held) and not (
        name != "sum" and all(isinstance(each, str) for each in held)
    ):
        return None
    found: object = {"max": max, "min": min, "sum": sum}[name](held)  # type: ignore[operator]
    return Known(found, place)


def _of_one(name: str, args: Sequence[Value], place: Place) -> Value | None:
    """The functions that take one iterable."""
    if name in {"list", "tuple", "set"} and not args:
        return SequenceValue(name, (), place)
    start = 0
    if name == "enumerate" and len(args) == 2:
        given = args[1].value if isinstance(args[1], Known) else None
        if not isinstance(given, int):
            return None
        start, args = given, args[:1]
    if len(args) != 1:
        return None
    items = iterated(args[0], ordered=name not in {"set", "sorted"})
    if items is None:
        return None
    if name == "sorted":
        return _sorted(items, place)
    if name == "reversed":
        return SequenceValue("reversed", items[::-1], place)
    if name == "enumerate":
        pairs = (
            SequenceValue("tuple", (Known(number, place), item), place)
            for number, item in enumerate(items, start)
        )
        return SequenceValue("enumerate", tuple(pairs), place)
    return SequenceValue(name, items, place) if name in {"list", "tuple", "set"} else None


def iterated(value: Value, *, ordered: bool = True) -> tuple[Value, ...] | None:
    """What a loop over a value sees, in this order; None where that is not known.

    A set has no order that could be known, and may hold an item twice as written.
    """
    if isinstance(value, MappingValue):
        complete = opened(value).complete
        return tuple(entry.key for entry in value.entries) if complete else None
    if not isinstance(value, SequenceValue):
        return None
    if value.kind == "set":
        distinct = {key_of(item): item for item in value.items}
        return None if ordered or None in distinct else tuple(distinct.values())
    return value.items


def _sorted(items: Sequence[Value], place: Place) -> Value | None:
    held = [(item.value, item) for item in items if isinstance(item, Known)]
    kinds = {type(constant) for constant, _ in held}
    if len(held) < len(items) or len(kinds) > 1 or not kinds <= {str, bytes, int, float}:
        return None
    in_order = sorted(held, key=lambda pair: cast("str", pair[0]))
    return SequenceValue("list", tuple(item for _, item in in_order), place)


def _from_keys(args: Sequence[Value], place: Place) -> Value | None:
    keys = iterated(args[0], ordered=False)
    if keys is None:
        return None
    result = Merged(place)
    for key in keys:
        result.add(Entry(key, args[1] if len(args) == 2 else Known(None, place)))
    return result.value()


def _range(args: Sequence[Value], place: Place) -> Value | None:
    bounds = [arg.value for arg in args if isinstance(arg, Known)]
    numbers = [bound for bound in bounds if isinstance(bound, int)]
    if len(numbers) < len(args) or not 1 <= len(args) <= 3 or numbers[2:] == [0]:
        return None
    if any(abs(number) > MAX_PARTS for number in numbers):
        return None
    counted = range(*numbers)
    if len(counted) > _MAX_RANGE:
        return None
    return SequenceValue("range", tuple(Known(number, place) for number in counted), place)

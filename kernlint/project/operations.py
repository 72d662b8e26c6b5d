"""What operators, subscripts and methods of built-in types give for known values.

Every function gives None where the result cannot be told; who asks says so.
"""

from __future__ import annotations

import operator

from kernlint.model.hints import TYPE_CHECKING
from kernlint.project.merging import MAX_PARTS, MAX_TEXT, TOO_LARGE, Merged, key_of, merged, text
from kernlint.project.objects import Cell, plain
from kernlint.project.texts import percent
from kernlint.project.values import Known, Live, MappingValue, SequenceValue, Unknown, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from kernlint.model.diagnostic import Place
    from kernlint.project.values import Value


#: The longest sequence that ``in`` looks through.
_MAX_SEARCH = 200
_MAX_OPENED = 64
#: How many dicts and lists one comparison looks into: fewer than may nest.
_MAX_COMPARED = 100
INDEXED = frozenset({"list", "tuple"})
_OPENED: dict[int, tuple[MappingValue, Merged]] = {}

_MAX_NUMBER = 10**9
_ARITHMETIC: dict[str, Callable[[Any, Any], object]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}
_ORDER: dict[str, Callable[[Any, Any], object]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def binary(op: str, left: Value, right: Value, place: Place) -> Value | None:
    """``left op right``."""
    if op == "|" and isinstance(left, MappingValue) and isinstance(right, MappingValue):
        result = Merged(place)
        result.spread(left)
        result.spread(right)
        return result.value() if result.size <= MAX_PARTS else Unknown(TOO_LARGE, place)
    first, second = text_of(left), text_of(right)
    if op == "+" and first is not None and second is not None:
        return text(first + second, place)
    if op == "%" and first is not None:
        return percent(first, right, place)
    if op == "*" and first is not None and isinstance(right, Known):
        times = right.value
        few = isinstance(times, int) and len(first) * times <= MAX_TEXT
        return text(first * times, place) if few and isinstance(times, int) else None
    if isinstance(left, SequenceValue) and left.kind in INDEXED:
        if op == "+" and isinstance(right, SequenceValue) and left.kind == right.kind:
            if len(left.items) + len(right.items) > MAX_PARTS:
                return Unknown(TOO_LARGE, place)
            return SequenceValue(left.kind, left.items + right.items, place)
        if op == "*" and isinstance(right, Known) and isinstance(right.value, int):
            few = len(left.items) * right.value <= _MAX_SEARCH
            return SequenceValue(left.kind, left.items * right.value, place) if few else None
    if isinstance(left, Known) and isinstance(right, Known):
        return _arithmetic(op, left.value, right.value, place)
    return None


def _arithmetic(op: str, left: object, right: object, place: Place) -> Value | None:
    """The result for small numbers."""
    if not isinstance(left, (int, float)) or not isinstance(right, (int, float)):
        return None
    if abs(left) > _MAX_NUMBER or abs(right) > _MAX_NUMBER or op not in _ARITHMETIC:
        return None
    if op in {"/", "//", "%"} and not right:
        return None
    return Known(_ARITHMETIC[op](left, right), place)


def compare(op: str, left: Value, right: Value, budget: Iterator[int] | None = None) -> bool | None:
    """``left op right``; ``is`` where it can be told from the values alone.

    ``budget`` counts the parts that may still be compared: a value may contain itself.
    """
    budget = iter(range(_MAX_COMPARED)) if budget is None else budget
    if op in {"is", "is not"}:
        same = _same(left, right)
        return None if same is None else same is (op == "is")
    left, right = plain(left), plain(right)
    if op in _ORDER:
        return _ordered(op, left, right)
    key = key_of(left)
    if op in {"==", "!="}:
        other = key_of(right)
        if key is None or other is None:
            equal = _equal_parts(left, right, budget)
            return None if equal is None else equal is (op == "==")
        return (key == other) is (op == "==")
    if key is None:
        return None
    first, second = text_of(left), text_of(right)
    found: bool | None = None
    if first is not None and second is not None:
        found = first in second
    elif isinstance(right, MappingValue):
        held = opened(right)
        found = held.get(key) is not None if held.complete else None
    elif isinstance(right, SequenceValue) and len(right.items) <= _MAX_SEARCH:
        keys = [key_of(item) for item in right.items]
        found = None if None in keys else key in keys
    return None if found is None else found is (op == "in")


def _same(left: Value, right: Value) -> bool | None:
    """``left is right``, for the objects of which there is only one."""
    if isinstance(left, Live) and isinstance(right, Live):
        return None
    for one, other in ((left, right), (right, left)):
        single = isinstance(one, Known) and (one.value is None or isinstance(one.value, bool))
        if single and isinstance(one, Known):
            if isinstance(other, Known):
                return other.value is one.value
            if isinstance(other, (Cell, MappingValue, SequenceValue)):
                return False
    return None


def _equal_parts(left: Value, right: Value, budget: Iterator[int]) -> bool | None:
    """Whether a dict or list is equal to something."""
    if next(budget, None) is None:
        return None
    if isinstance(left, MappingValue) and isinstance(right, MappingValue):
        held, other = opened(left), opened(right)
        if not held.complete or not other.complete:
            return None
        if len(left.entries) != len(right.entries):
            return False
        values = [(e.value, other.get(key_of(e.key))) for e in left.entries]
        answers = [None if b is None else compare("==", a, b, budget) for a, b in values]
        if any(b is None for _, b in values) or False in answers:
            return False
        return None if None in answers else True
    if isinstance(left, SequenceValue) and isinstance(right, SequenceValue):
        if left.kind != right.kind or "set" in left.kind:
            return None if left.kind == right.kind else False
        if len(left.items) != len(right.items):
            return False
        answers = [
            compare("==", a, b, budget) for a, b in zip(left.items, right.items, strict=True)
        ]
        return False if False in answers else None if None in answers else True
    known = (Known, MappingValue, SequenceValue)
    return False if isinstance(left, known) and isinstance(right, known) else None


def _ordered(op: str, left: Value, right: Value) -> bool | None:
    if isinstance(left, SequenceValue) and isinstance(right, SequenceValue):
        first_items, second_items = _constants(left), _constants(right)
        if left.kind != right.kind or left.kind not in INDEXED:
            return None
        if first_items is None or second_items is None:
            return None
        try:
            return bool(_ORDER[op](first_items, second_items))
        except TypeError:
            return None
    if not isinstance(left, Known) or not isinstance(right, Known):
        return None
    first, second = left.value, right.value
    numbers = isinstance(first, (int, float)) and isinstance(second, (int, float))
    if not numbers and not (isinstance(first, str) and isinstance(second, str)):
        return None
    return bool(_ORDER[op](first, second))


def _constants(value: SequenceValue) -> list[object] | None:
    held = [item.value for item in value.items if isinstance(item, Known)]
    return held if len(held) == len(value.items) else None


def opened(value: MappingValue) -> Merged:
    """A dict to be looked into; the latest ones are kept, as many look-ups follow."""
    kept = _OPENED.get(id(value))
    if kept is None or kept[0] is not value:
        if len(_OPENED) >= _MAX_OPENED:
            _OPENED.clear()
        kept = _OPENED[id(value)] = value, merged(value)
    return kept[1]


def element(value: Value, key: Value) -> Value | None:
    """``value[key]``."""
    if isinstance(value, MappingValue):
        wanted, held = key_of(key), opened(value)
        return held.get(wanted) if wanted is not None and held.complete else None
    index = key.value if isinstance(key, Known) else None
    part = _slice(key)
    written = text_of(value)
    if written is not None:
        if isinstance(index, int) and -len(written) <= index < len(written):
            return Known(written[index], value.place)
        return None if part is None else Known(written[part], value.place)
    if isinstance(value, SequenceValue) and value.kind in INDEXED and part is not None:
        return value._replace(items=value.items[part])
    if isinstance(value, SequenceValue) and value.kind in INDEXED and isinstance(index, int):
        inside = -len(value.items) <= index < len(value.items)
        return value.items[index] if inside else None
    return None


def _slice(key: Value) -> slice | None:
    """A key that is a slice with bounds that are numbers."""
    if not isinstance(key, SequenceValue) or key.kind != "slice":
        return None
    bounds = [bound.value for bound in key.items if isinstance(bound, Known)]
    plain_bounds = [bound for bound in bounds if bound is None or type(bound) is int]
    if len(plain_bounds) < 3 or plain_bounds[2] == 0:
        return None
    return slice(*plain_bounds)


def missing(value: Value, key: Value) -> str | None:
    """The exception that ``value[key]`` certainly raises."""
    wanted = key_of(key)
    if isinstance(value, SequenceValue) and value.kind in INDEXED:
        index = key.value if isinstance(key, Known) else None
        inside = not isinstance(index, int) or -len(value.items) <= index < len(value.items)
        return None if inside else "IndexError"
    if wanted is None or not isinstance(value, MappingValue):
        return None
    held = opened(value)
    return "KeyError" if held.complete and held.get(wanted) is None else None


def view(value: MappingValue, name: str, place: Place) -> SequenceValue:
    """The keys, values or items of a dict that is known in full, as a list would hold them."""
    if name == "keys":
        return SequenceValue("dict_keys", tuple(entry.key for entry in value.entries), place)
    if name == "values":
        return SequenceValue("dict_values", tuple(entry.value for entry in value.entries), place)
    pairs = tuple(
        SequenceValue("tuple", (entry.key, entry.value), place) for entry in value.entries
    )
    return SequenceValue("dict_items", pairs, place)

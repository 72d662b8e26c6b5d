"""What operators, subscripts and methods of built-in types give for known values.

Every function gives None where the result cannot be told; who asks says so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kernlint.project.merging import MAX_TEXT, TOO_LARGE, Merged, key_of, merged, text
from kernlint.project.values import (
    Entry,
    Known,
    MappingValue,
    SequenceValue,
    Unknown,
    Value,
    is_tuple,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kernlint.model.diagnostic import Place

#: The longest sequence that ``in`` looks through.
_MAX_SEARCH = 200
_MAX_OPENED = 64
_MAX_DIGITS = 9
_INDEXED = frozenset({"list", "tuple"})
_OPENED: dict[int, tuple[MappingValue, Merged]] = {}

_STRIPS = {"strip": str.strip, "lstrip": str.lstrip, "rstrip": str.rstrip}
_CASES = {"lower": str.lower, "upper": str.upper, "title": str.title, "capitalize": str.capitalize}
#: Fields of ``%`` and ``format`` that only put a text in its place.
_PERCENT = re.compile(r"%(?:[%s]|\((\w+)\)s)")
_FIELD = re.compile(r"\{\{|\}\}|\{(\w*)(?:!s)?\}", re.ASCII)


def binary(op: str, left: Value, right: Value, place: Place) -> Value | None:
    """``left op right``."""
    if op == "|" and isinstance(left, MappingValue) and isinstance(right, MappingValue):
        result = Merged(place)
        result.spread(left)
        result.spread(right)
        return result.value()
    first, second = text_of(left), text_of(right)
    if op == "+" and first is not None and second is not None:
        return text(first + second, place)
    if op == "%" and first is not None:
        return _percent(first, right, place)
    if (
        op == "+"
        and isinstance(left, SequenceValue)
        and isinstance(right, SequenceValue)
        and left.kind == right.kind
        and left.kind in _INDEXED
    ):
        return SequenceValue(left.kind, left.items + right.items, place)
    return None


def compare(op: str, left: Value, right: Value) -> bool | None:
    """``left op right`` for ``==``, ``!=``, ``in`` and ``not in``."""
    key = key_of(left)
    if key is None:
        return None
    if op in {"==", "!="}:
        other = key_of(right)
        return None if other is None else (key == other) is (op == "==")
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
    wanted = key_of(key)
    if wanted is None:
        return None
    if isinstance(value, MappingValue):
        held = opened(value)
        return held.get(wanted) if held.complete else None
    index = key.value if isinstance(key, Known) else None
    if isinstance(value, SequenceValue) and value.kind in _INDEXED and type(index) is int:
        inside = -len(value.items) <= index < len(value.items)
        return value.items[index] if inside else None
    return None


def method(
    value: Value, name: str, args: Sequence[Value], named: Mapping[object, Value], place: Place
) -> Value | None:
    """``value.name(*args, **named)`` for methods that change nothing."""
    if isinstance(value, MappingValue):
        return _of_dict(value, name, args, place) if not named else None
    written = text_of(value)
    if written is None:
        return None
    texts = [text_of(arg) for arg in args]
    if name == "format":
        return _format(written, args, named, place)
    if named:
        return None
    if name in _CASES and not args:
        return text(_CASES[name](written), place)
    if name in _STRIPS and len(args) <= 1 and None not in texts:
        return text(_STRIPS[name](written, *texts), place)
    if name == "join" and len(args) == 1 and isinstance(args[0], SequenceValue):
        return _join(written, args[0], place)
    return None


def _of_dict(value: MappingValue, name: str, args: Sequence[Value], place: Place) -> Value | None:
    if name == "copy" and not args:
        return value._replace(place=place)
    if name == "get" and 1 <= len(args) <= 2:
        wanted = key_of(args[0])
        held = opened(value)
        if wanted is None or not held.complete:
            return None
        default = args[1] if len(args) == 2 else Known(None, place)
        return held.get(wanted) or default
    if name in {"keys", "values", "items"} and not args and opened(value).complete:
        return view(value, name, place)
    return None


def view(value: MappingValue, name: str, place: Place) -> SequenceValue:
    """The keys, values or items of a dict that is known in full, as a list would hold them."""
    if name == "keys":
        return SequenceValue("dict_keys", tuple(entry.key for entry in value.entries), place)
    if name == "values":
        return SequenceValue("dict_values", tuple(entry.value for entry in value.entries), place)
    pairs = tuple(
        SequenceValue("tuple", (entry.key, entry.value), entry.key.place) for entry in value.entries
    )
    return SequenceValue("dict_items", pairs, place)


def change(held: Merged, name: str, args: Sequence[Value], named: Sequence[Entry]) -> bool:
    """Change a dict as a method of it does; whether what it holds then can be told."""
    if name in {"update", "__ior__"}:
        if len(args) > 1 or not all(isinstance(arg, MappingValue) for arg in args):
            return False
        for arg in args:
            held.spread(arg)
        for entry in named:
            held.add(entry)
        return True
    if named or not args:
        return False
    if name == "__setitem__" and len(args) == 2:
        held.add(Entry(args[0], args[1]))
        return True
    key = key_of(args[0])
    if key is None or not held.complete:
        return False
    present = held.get(key) is not None
    if name == "setdefault" and len(args) <= 2:
        if not present:
            default = args[1] if len(args) == 2 else Known(None, args[0].place)
            held.add(Entry(args[0], default))
        return True
    removes = (name == "__delitem__" and len(args) == 1) or (name == "pop" and len(args) <= 2)
    if not removes or not (present or len(args) == 2):
        return False
    if present:
        held.remove(key)
    return True


def printed(value: Value) -> str | None:
    """``str(value)`` of a constant."""
    if isinstance(value, Known) and isinstance(value.value, (str, int, float, type(None))):
        return str(value.value)
    return None


def _percent(template: str, right: Value, place: Place) -> Value | None:
    """``template % right`` with nothing but ``%s`` and ``%(name)s``."""
    fields = [found[1] for found in _PERCENT.finditer(template) if found[0] != "%%"]
    if "%" in _PERCENT.sub("", template):
        return None
    if isinstance(right, MappingValue):
        values = [element(right, Known(name, place)) for name in fields]
        if None in fields:
            return None
    else:
        values = list(right.items) if is_tuple(right) else [right]
        if any(fields) or len(values) != len(fields):
            return None
    return _filled(_PERCENT, template, [None if v is None else printed(v) for v in values], place)


def _format(
    template: str, args: Sequence[Value], named: Mapping[object, Value], place: Place
) -> Value | None:
    """``template.format(...)`` with nothing but ``{}``, ``{0}`` and ``{name}``."""
    if re.search(r"[{}]", _FIELD.sub("", template)):
        return None
    fields = [found[1] for found in _FIELD.finditer(template) if found[1] is not None]
    if "" in fields and any(field.isdigit() for field in fields):
        return None
    texts: list[str | None] = []
    count = 0
    for field in fields:
        if field and not field.isdigit():
            found = named.get(field)
        else:
            index = int(field[:_MAX_DIGITS]) if field else count
            count += not field
            found = args[index] if index < len(args) else None
        texts.append(None if found is None else printed(found))
    return _filled(_FIELD, template, texts, place)


def _filled(
    pattern: re.Pattern[str], template: str, texts: Sequence[str | None], place: Place
) -> Value | None:
    """A template with texts in the place of its fields, doubled signs being one."""
    if None in texts:
        return None
    if len(template) + sum(len(each or "") for each in texts) > 2 * MAX_TEXT:
        return Unknown(TOO_LARGE, place)
    rest = iter(texts)

    def put(found: re.Match[str]) -> str:
        doubled = found[0] in {"%%", "{{", "}}"}
        return found[0][0] if doubled else next(rest) or ""

    return text(pattern.sub(put, template), place)


def _join(separator: str, items: SequenceValue, place: Place) -> Value | None:
    texts = [text_of(item) for item in items.items]
    known = [each for each in texts if each is not None]
    if len(known) < len(texts) or items.kind == "set":
        return None
    if sum(map(len, known)) + len(separator) * len(known) > 2 * MAX_TEXT:
        return Unknown(TOO_LARGE, place)
    return text(separator.join(known), place)

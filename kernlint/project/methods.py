"""What methods of dicts, lists, sets and texts give, and what they change."""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING
from kernlint.project.merging import MAX_PARTS, key_of, text
from kernlint.project.objects import plain
from kernlint.project.operations import INDEXED, compare, opened, view
from kernlint.project.texts import CASES, STRIPS, TEXT_METHODS, formatted, joined, of_text
from kernlint.project.values import Entry, Known, MappingValue, SequenceValue, Unknown, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kernlint.model.diagnostic import Place
    from kernlint.project.merging import Merged
    from kernlint.project.values import Value


#: The methods that change a dict, and those that change a list or set.
MUTATORS = frozenset({"update", "__ior__", "setdefault", "pop", "popitem", "clear"})


LIST_MUTATORS = frozenset(
    {"append", "extend", "insert", "pop", "remove", "sort", "reverse", "clear", "add", "update"}
    | {"discard"}
)


def method(
    value: Value, name: str, args: Sequence[Value], named: Mapping[object, Value], place: Place
) -> Value | None:
    """``value.name(*args, **named)`` for methods that change nothing."""
    if isinstance(value, MappingValue):
        return _of_dict(value, name, args, place) if not named else None
    if isinstance(value, SequenceValue):
        return _of_sequence(value, name, args, place) if not named else None
    written = text_of(value)
    if written is None:
        return None
    texts = [text_of(arg) for arg in args]
    if name == "format":
        return formatted(written, args, named, place)
    if named:
        return None
    if name in CASES and not args:
        return text(CASES[name](written), place)
    if name in STRIPS and len(args) <= 1 and None not in texts:
        return text(STRIPS[name](written, *texts), place)
    if None not in texts and name in TEXT_METHODS and len(args) <= 3:
        return of_text(written, name, args, place)
    if name == "join" and len(args) == 1 and isinstance(args[0], SequenceValue):
        return joined(written, args[0], place)
    return None


def _of_sequence(
    value: SequenceValue, name: str, args: Sequence[Value], place: Place
) -> Value | None:
    if name == "copy" and not args and value.kind in {"list", "set"}:
        return value._replace(place=place)
    if name in {"index", "count"} and len(args) == 1 and value.kind in INDEXED:
        answers = [compare("==", item, args[0]) for item in value.items]
        if None in answers:
            return None
        if name == "count":
            return Known(answers.count(True), place)
        return Known(answers.index(True), place) if True in answers else None
    if name == "union" and value.kind == "set" and len(args) == 1:
        other = args[0]
        if isinstance(other, SequenceValue):
            return value._replace(items=value.items + other.items, place=place)
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


def change(held: Merged, name: str, args: Sequence[Value], named: Sequence[Entry]) -> bool:
    """Change a dict as a method of it does; whether what it holds then can be told."""
    if name in {"update", "__ior__"}:
        return len(args) <= 1 and all(_spread(held, arg) for arg in args) and _add(held, named)
    if name == "clear" and not args and not named:
        held.clear()
        return True
    if name == "popitem" and not args and not named:
        last = held.last() if held.complete else None
        if last is not None:
            held.remove(key_of(last.key))
        return last is not None
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


def _add(held: Merged, named: Sequence[Entry]) -> bool:
    for entry in named:
        held.add(entry)
    return True


def _spread(held: Merged, value: Value) -> bool:
    """Put in what ``update`` is given: a dict, or pairs."""
    if isinstance(value, MappingValue):
        if held.size + len(value.entries) + len(value.unread) > MAX_PARTS:
            return False
        held.spread(value)
        return True
    if not isinstance(value, SequenceValue):
        return False
    pairs = [plain(item) for item in value.items]
    whole = [pair.items for pair in pairs if isinstance(pair, SequenceValue)]
    if len(whole) < len(pairs) or any(len(pair) != 2 for pair in whole):
        return False
    for key, item in whole:
        held.add(Entry(key, item))
    return True


def result(held: Merged, name: str, args: Sequence[Value], place: Place) -> Value:
    """What a method that changes a dict is about to give; Unknown where that is not known."""
    none = Known(None, place)
    if name in {"pop", "setdefault"} and args:
        key = key_of(args[0])
        if key is None or not held.complete:
            return Unknown("an element of another value is not followed", place)
        found = held.get(key)
        return found if found is not None else (args[1] if len(args) == 2 else none)
    if name == "popitem":
        last = held.last() if held.complete else None
        if last is None:
            return Unknown("an element of another value is not followed", place)
        return SequenceValue("tuple", (last.key, last.value), place)
    return none


def change_list(
    items: list[Value], kind: str, name: str, args: Sequence[Value], place: Place
) -> Value | None:
    """Change a list or set as a method of it does; what it gives, None if that cannot be told."""
    none = Known(None, place)
    if kind == "set":
        if name == "add" and len(args) == 1:
            items.append(args[0])
            return none
        if name == "update" and len(args) == 1:
            more = plain(args[0])
            if isinstance(more, SequenceValue) and len(items) + len(more.items) <= MAX_PARTS:
                items.extend(more.items)
                return none
        return None
    if name == "append" and len(args) == 1:
        items.append(args[0])
        return none
    if name == "extend" and len(args) == 1:
        more = plain(args[0])
        if isinstance(more, SequenceValue) and more.kind != "set":
            if len(items) + len(more.items) > MAX_PARTS:
                return None
            items.extend(more.items)
            return none
        return None
    index = args[0].value if args and isinstance(args[0], Known) else None
    if name == "insert" and len(args) == 2 and type(index) is int:
        items.insert(index, args[1])
        return none
    if name == "pop" and not args and items:
        return items.pop()
    if name == "pop" and type(index) is int and -len(items) <= index < len(items):
        return items.pop(index)
    if name in {"reverse", "clear"} and not args:
        getattr(items, name)()
        return none
    return None

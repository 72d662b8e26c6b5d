"""Methods and templates of texts."""

from __future__ import annotations

import re

from kernlint.model.hints import TYPE_CHECKING
from kernlint.project.merging import MAX_TEXT, TOO_LARGE, merged, text
from kernlint.project.values import Known, MappingValue, SequenceValue, Unknown, is_tuple, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kernlint.model.diagnostic import Place
    from kernlint.project.values import Value


_MAX_DIGITS = 9


TEXT_METHODS: dict[str, Callable[..., object]] = {
    name: getattr(str, name)
    for name in (
        *("replace", "split", "rsplit", "startswith", "endswith", "removeprefix"),
        *(
            "removesuffix",
            "index",
            "find",
            "partition",
            "rpartition",
            "isupper",
            "islower",
            "isdigit",
            "count",
        ),
    )
}


#: How many texts they take, where that is not one.
_TEXT_ARGUMENTS = {"replace": (2,)}


STRIPS = {"strip": str.strip, "lstrip": str.lstrip, "rstrip": str.rstrip}


CASES = {"lower": str.lower, "upper": str.upper, "title": str.title, "capitalize": str.capitalize}


#: Fields of ``%`` and ``format`` that only put a text in its place.
_PERCENT = re.compile(r"%(?:[%s]|\((\w+)\)s)")


_FIELD = re.compile(r"\{\{|\}\}|\{(\w*)(?:!s)?\}", re.ASCII)


def of_text(written: str, name: str, args: Sequence[Value], place: Place) -> Value | None:
    """The methods of a text that give a text, a list of them or a truth value."""
    given = [text_of(arg) for arg in args]
    if not args and name in {"split", "isupper", "islower", "isdigit"}:
        result: object = TEXT_METHODS[name](written)
    elif len(args) not in _TEXT_ARGUMENTS.get(name, (1,)):
        return None
    else:
        try:
            result = TEXT_METHODS[name](written, *given)
        except ValueError:
            return None
    if isinstance(result, str):
        return text(result, place)
    if isinstance(result, (list, tuple)):
        kind = type(result).__name__
        return SequenceValue(kind, tuple(Known(each, place) for each in result), place)
    return Known(result, place)


def printed(value: Value) -> str | None:
    """``str(value)`` of a constant."""
    if isinstance(value, Known) and isinstance(value.value, (str, int, float, type(None))):
        return str(value.value)
    return None


def percent(template: str, right: Value, place: Place) -> Value | None:
    """``template % right`` with nothing but ``%s`` and ``%(name)s``."""
    fields = [found[1] for found in _PERCENT.finditer(template) if found[0] != "%%"]
    if "%" in _PERCENT.sub("", template):
        return None
    if isinstance(right, MappingValue):
        if None in fields:
            return None
        held = merged(right)
        values: list[Value | None] = [held.get((name,)) for name in fields]
        if not held.complete:
            return None
    else:
        values = [*right.items] if is_tuple(right) else [right]
        if any(fields) or len(values) != len(fields):
            return None
    return _filled(_PERCENT, template, [None if v is None else printed(v) for v in values], place)


def formatted(
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


def joined(separator: str, items: SequenceValue, place: Place) -> Value | None:
    """``separator.join(items)``."""
    texts = [text_of(item) for item in items.items]
    known = [each for each in texts if each is not None]
    if len(known) < len(texts) or items.kind == "set":
        return None
    if sum(map(len, known)) + len(separator) * len(known) > 2 * MAX_TEXT:
        return Unknown(TOO_LARGE, place)
    return text(separator.join(known), place)

"""What the probe wrote, line by line, as facts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from kernlint.model.record import Record
from kernlint.model.runtime import (
    EnvironmentFacts,
    ExceptionFacts,
    ExecutionFacts,
    ModelFacts,
    NumericFacts,
    Pass,
    StrictFacts,
    TogetherFacts,
)

_LONGEST = 200
_T = TypeVar("_T")


class Step(Record):
    """Something that the probe began: a pass, and the layer that it is about, if it is one."""

    during: Pass
    layer: str | None = None


class Done(Record):
    """The last record: what the process took, in seconds and bytes."""

    seconds: float
    peak_memory: int | None = None


class ConfigRead(Record):
    """The names in the mapping, and the file of the module that the config is an attribute of."""

    layers: tuple[str, ...]
    file: str | None = None


class _Failed(Record):
    during: Pass
    exception: ExceptionFacts


class Recording(Record):
    """Everything that one process wrote.

    ``last`` is the step that was begun last; ``done`` is there where the process came to its end.
    ``unread`` are the lines that say nothing that is known, shortened.
    """

    environment: EnvironmentFacts | None = None
    model: ModelFacts | None = None
    config: ConfigRead | None = None
    strict: tuple[StrictFacts, ...] = ()
    together: TogetherFacts | None = None
    execution: tuple[ExecutionFacts, ...] = ()
    numerics: tuple[NumericFacts, ...] = ()
    failed: Mapping[Pass, ExceptionFacts] = MappingProxyType({})
    last: Step | None = None
    done: Done | None = None
    unread: tuple[str, ...] = ()


def recording(lines: Iterable[str]) -> Recording:
    """Read the lines of an events file; the last one may be cut off in its middle."""
    found = Recording()
    for line in lines:
        if line.strip():
            try:
                found = _with(found, json.loads(line))
            except (ValueError, RecursionError):
                found = found._replace(unread=(*found.unread, line.strip()[:_LONGEST]))
    return found


def _with(found: Recording, event: object) -> Recording:
    """A recording with one more event; ValueError for one that is not known."""
    if not isinstance(event, dict):
        raise ValueError("no event")
    fields = {"during" if key == "pass" else key: value for key, value in event.items()}
    kind = fields.pop("event", None)
    if kind == "environment":
        return found._replace(environment=typed(fields, EnvironmentFacts))
    if kind == "model":
        return found._replace(model=typed(fields, ModelFacts))
    if kind == "config":
        return found._replace(config=typed(fields, ConfigRead))
    if kind == "strict":
        return found._replace(strict=(*found.strict, typed(fields, StrictFacts)))
    if kind == "together":
        return found._replace(together=typed(fields, TogetherFacts))
    if kind == "execution":
        return found._replace(execution=(*found.execution, typed(fields, ExecutionFacts)))
    if kind == "numerics":
        return found._replace(numerics=(*found.numerics, typed(fields, NumericFacts)))
    if kind == "failed":
        failed = typed(fields, _Failed)
        return found._replace(failed={**found.failed, failed.during: failed.exception})
    if kind == "start":
        return found._replace(last=typed(fields, Step))
    if kind == "done":
        return found._replace(done=typed(fields, Done))
    raise ValueError(f"unknown event {kind!r}")


def typed(value: object, wanted: type[_T]) -> _T:
    """A JSON value as an object of a named tuple of ``kernlint.model.runtime``.

    Fields that the type does not have are left out: a newer probe may say more. Raises
    ValueError for a value of another type, and for a field that is missing.
    """
    made: _T = _typed(value, wanted)
    return made


def _typed(value: object, hint: Any) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any or (origin is Literal and value in arguments):
        return value
    if origin in (Union, UnionType):
        inner = [each for each in arguments if each is not type(None)]
        return None if value is None else _typed(value, inner[0])
    if origin is tuple and isinstance(value, list):
        if arguments[1:] == (...,):
            return tuple(_typed(part, arguments[0]) for part in value)
        if len(arguments) == len(value):
            return tuple(map(_typed, value, arguments))
    if isinstance(value, dict):
        if origin is Mapping:
            return {str(key): _typed(part, arguments[1]) for key, part in value.items()}
        if hasattr(hint, "_fields"):
            return _named_tuple(value, hint)
    if hint is float and type(value) is int:
        return float(value)
    if isinstance(hint, type) and type(value) is hint:
        return value
    raise ValueError(f"{value!r} is no {hint}")


def _named_tuple(value: dict[str, object], hint: Any) -> Any:
    hints = _hints(hint)
    known = {key: _typed(part, hints[key]) for key, part in value.items() if key in hints}
    try:
        return hint(**known)
    except TypeError as error:
        raise ValueError(str(error)) from None


@lru_cache
def _hints(hint: Any) -> dict[str, Any]:
    return get_type_hints(hint)

"""Facts to JSON values and back, so that they can be kept without being executed.

A named tuple becomes a list that starts with the number of its type, another tuple one that
starts with null. What JSON has no value for becomes an object. The numbers hold for one version
of kernlint alone.
"""

from __future__ import annotations

from kernlint.model.hints import Any


def types(*modules: object) -> tuple[Any, ...]:
    """The named tuples of some modules, in an order that is always the same."""
    found = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, tuple) and hasattr(value, "_fields")
    }
    return tuple(sorted(found, key=lambda each: (each.__module__, each.__name__)))


class Codec:
    """Encodes and decodes values that are made of named tuples of some modules."""

    def __init__(self, *modules: object) -> None:
        self._types = types(*modules)
        self._numbers = {kind: number for number, kind in enumerate(self._types)}

    def encode(self, value: object) -> object:
        """The JSON value; TypeError or RecursionError for what cannot be kept."""
        if value is None or isinstance(value, (bool, str)):
            return value
        if isinstance(value, int):
            return value
        if isinstance(value, float):
            from math import isfinite

            return value if isfinite(value) else {"float": repr(value)}
        if isinstance(value, tuple):
            return [self._numbers.get(type(value)), *map(self.encode, value)]
        if isinstance(value, frozenset):
            return {"frozenset": [self.encode(each) for each in sorted(value)]}
        if isinstance(value, bytes):
            return {"bytes": value.hex()}
        if isinstance(value, complex):
            return {"complex": [repr(value.real), repr(value.imag)]}
        if value is Ellipsis:
            return {"ellipsis": None}
        raise TypeError(type(value).__name__)

    def decode(self, value: Any) -> Any:
        """What was encoded; some exception where that was never encoded."""
        if isinstance(value, list):
            decode = self.decode
            # Most values are themselves: a call for each would take most of the time.
            items = [decode(each) if isinstance(each, (list, dict)) else each for each in value[1:]]
            return tuple(items) if value[0] is None else self._types[value[0]]._make(items)
        if isinstance(value, dict):
            ((kind, content),) = value.items()
            return _decode_object(kind, content, self)
        return value


def _decode_object(kind: str, value: Any, codec: Codec) -> object:
    if kind == "float":
        return float(value)
    if kind == "frozenset":
        return frozenset(map(codec.decode, value))
    if kind == "bytes":
        return bytes.fromhex(value)
    if kind == "complex":
        return complex(float(value[0]), float(value[1]))
    if kind == "ellipsis":
        return ...
    raise ValueError(kind)

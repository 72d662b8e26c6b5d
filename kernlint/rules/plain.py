"""Values that are wholly known, as the Python objects that the libraries would get."""

from __future__ import annotations

from kernlint.project.values import Instance, Known, MappingValue, SequenceValue, Unknown, Value

_SEQUENCES = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}


class NotKnownError(Exception):
    """A value, or a part of one, that is not known."""

    def __init__(self, unknown: Unknown) -> None:
        super().__init__(unknown.reason)
        self.unknown = unknown


class Foreign:
    """An object of which only the class is known.

    It prints as ``...``, like everything in a message that is not known; alone, a member
    of ``kernels.Mode`` prints as it does there.
    """

    def __init__(self, instance: Instance) -> None:
        is_mode = instance.dotted.startswith("kernels.") and ".Mode." in instance.dotted
        self._text = instance.short if is_mode else "..."

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "..."


def plain(value: Value) -> object:
    """The object that a value stands for; NotKnownError where some part of it is unknown."""
    if isinstance(value, Known):
        return value.value
    if isinstance(value, Instance):
        return Foreign(value)
    if isinstance(value, Unknown):
        raise NotKnownError(value)
    try:
        if isinstance(value, SequenceValue):
            return _SEQUENCES[value.kind](plain(item) for item in value.items)
        if isinstance(value, MappingValue):
            return _dict(value)
        raise TypeError(value)
    except (KeyError, TypeError):
        unknown = Unknown("Python cannot make it: something in it is not hashable", value.place)
        raise NotKnownError(unknown) from None


def _dict(value: MappingValue) -> dict[object, object]:
    if value.unread:
        raise NotKnownError(value.unread[0])
    return {plain(entry.key): plain(entry.value) for entry in value.entries}


def kind_of(value: object) -> str | None:
    """The name of an object's type; None where it is not known for certain."""
    return None if isinstance(value, Foreign) else type(value).__name__

"""What type hints are made of, for modules that are loaded in every run.

Loading ``typing`` takes 3 ms, and no hint is looked at while a program runs. So the type checker
sees its names here, and a run gets stand-ins that do nothing.
"""

from __future__ import annotations

__all__ = [
    "TYPE_CHECKING",
    "Any",
    "AnyStr",
    "BinaryIO",
    "ClassVar",
    "Literal",
    "NoReturn",
    "Protocol",
    "TextIO",
    "TypeGuard",
    "TypeVar",
    "cast",
    "overload",
]

# The type checker takes a variable of this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import (
        Any,
        AnyStr,
        BinaryIO,
        ClassVar,
        Literal,
        NoReturn,
        Protocol,
        TextIO,
        TypeGuard,
        TypeVar,
        cast,
        overload,
    )
else:

    class _Hint:
        def __getitem__(self, _):
            return self

    Any = AnyStr = BinaryIO = ClassVar = Literal = NoReturn = TextIO = TypeGuard = _Hint()

    class Protocol:
        """The base of classes that only say what others have."""

    def TypeVar(name, **_):  # noqa: N802 (the name is that of `typing`)
        """A stand-in for any type."""
        return name

    def cast(_, value):
        """The value as it is."""
        return value

    def overload(function):
        """The function, which another one of the same name replaces."""
        return function

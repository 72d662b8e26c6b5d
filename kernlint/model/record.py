"""Named tuples that cost little to define.

``typing.NamedTuple`` writes and compiles a constructor for each class when it is defined, which
takes a fifth of a millisecond. A run defines more than a hundred of them, makes instances of a
few, and is over in less than a tenth of a second. So a class is defined here with its fields
alone, and the constructor is made when it is first called.
"""

from __future__ import annotations

__all__ = ["Record"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple as Record
else:
    from collections import namedtuple

    try:
        from _collections import _tuplegetter as _field
    except ImportError:
        from operator import itemgetter

        def _field(index, doc):
            return property(itemgetter(index), doc=doc)

    class _Methods(tuple):
        """What all records can do, as ``collections.namedtuple`` has it."""

        __slots__ = ()

        def __new__(cls, *values, **named):
            """Make the constructor of the class, and its first instance."""
            made = namedtuple(cls.__name__, cls._fields, defaults=cls._field_defaults.values())
            cls.__new__ = staticmethod(made.__new__)
            return cls(*values, **named)

        @classmethod
        def _make(cls, values):
            found = tuple.__new__(cls, values)
            if len(found) != len(cls._fields):
                raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(found)}")
            return found

        def _replace(self, **changes):
            found = self._make(map(changes.pop, self._fields, self))
            if changes:
                raise TypeError(f"Got unexpected field names: {[*changes]!r}")
            return found

        def _asdict(self):
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self):
            shown = ", ".join(f"{name}={self[at]!r}" for at, name in enumerate(self._fields))
            return f"{type(self).__name__}({shown})"

        def __getnewargs__(self):
            return tuple(self)

    class _Definition(type):
        """Makes a class of a body that annotates its fields, as ``typing.NamedTuple`` does."""

        def __new__(cls, name, bases, body):
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = tuple(body["__annotations__"])
            defaults = {each: body[each] for each in fields if each in body}
            if fields[len(fields) - len(defaults) :] != tuple(defaults):
                raise TypeError(f"{name} has a field without a default after one with a default")
            for at, each in enumerate(fields):
                body[each] = _field(at, f"Alias for field number {at}")
            body |= {
                "__slots__": (),
                "_fields": fields,
                "_field_defaults": defaults,
                "__match_args__": fields,
            }
            return type(name, (_Methods,), body)

    class Record(metaclass=_Definition):
        """The base of named tuples."""

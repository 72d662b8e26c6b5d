"""A record behaves as a named tuple of the standard library does."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import NamedTuple

import pytest

from kernlint.model.record import Record


class Point(Record):
    """Where something is."""

    x: int
    y: int = 2

    @property
    def both(self) -> int:
        """The sum."""
        return self.x + self.y


class Standard(NamedTuple):
    """The same, as the standard library makes it."""

    x: int
    y: int = 2

    @property
    def both(self) -> int:
        """The sum."""
        return self.x + self.y


class Single(Record):
    """One field, which is not to be taken for the whole tuple."""

    only: tuple[int, ...]


USES: dict[str, Callable[[type[Standard]], object]] = {
    "by position": lambda kind: tuple(kind(1, 3)),
    "by name": lambda kind: tuple(kind(y=3, x=1)),
    "a default": lambda kind: tuple(kind(1)),
    "made": lambda kind: tuple(kind._make([4, 5])),
    "replaced": lambda kind: tuple(kind(1)._replace(y=7)),
    "as a dict": lambda kind: kind(1)._asdict(),
    "fields": lambda kind: (kind._fields, kind._field_defaults, kind.__match_args__),
    "an attribute and a property": lambda kind: (kind(1).y, kind(1).both),
    "equal to a tuple": lambda kind: (kind(1) == (1, 2), hash(kind(1)) == hash((1, 2))),
    "sorted": lambda kind: [tuple(each) for each in sorted([kind(2), kind(1, 9), kind(1)])],
    "shown": lambda kind: repr(kind(1)).replace(kind.__name__, "It"),
    "documented": lambda kind: kind.x.__doc__,
}


@pytest.mark.parametrize("use", USES)
def test_as_the_standard_library(use: str) -> None:
    # The type checker takes both for the same; at run time they share the interface only.
    assert USES[use](Point) == USES[use](Standard)  # type: ignore[arg-type]


MISTAKES: dict[str, Callable[[type[Standard]], object]] = {
    "missing": lambda kind: kind(),  # type: ignore[call-arg]
    "too many": lambda kind: kind(1, 2, 3),  # type: ignore[call-arg]
    "unknown": lambda kind: kind(1, z=2),  # type: ignore[call-arg]
    "made of too little": lambda kind: kind._make([1]),
    "changed": lambda kind: setattr(kind(1), "x", 2),
    "another attribute": lambda kind: setattr(kind(1), "z", 2),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_refuses_what_the_standard_library_refuses(mistake: str) -> None:
    with pytest.raises((TypeError, AttributeError)) as expected:
        MISTAKES[mistake](Standard)
    with pytest.raises(expected.type) as found:
        MISTAKES[mistake](Point)  # type: ignore[arg-type]
    assert str(found.value).replace("Point", "Standard") == str(expected.value)


def test_an_unknown_field_cannot_be_replaced() -> None:
    with pytest.raises((TypeError, ValueError), match="'z'"):
        Point(1)._replace(z=2)  # type: ignore[call-arg]


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_goes_to_another_process(protocol: int) -> None:
    for value in (Point(1, 5), Single((1, 2))):
        again = pickle.loads(pickle.dumps(value, protocol))
        assert (again, type(again)) == (value, type(value))


def test_can_be_copied() -> None:
    value = Single((1, 2))
    assert copy.deepcopy(value) == copy.copy(value) == value


def test_the_first_instance_may_come_of_a_pickle() -> None:
    class Late(Record):
        value: int

    made = Late.__new__(Late, 3)
    assert (made.value, type(made)) == (3, Late)


def test_matches_by_position() -> None:
    match Point(1, 5):
        case Point(1, y):
            assert y == 5
        case _:
            pytest.fail("no match")


def test_a_default_has_to_come_last() -> None:
    with pytest.raises(TypeError, match="Wrong has a field without a default"):

        class Wrong(Record):
            x: int = 1
            y: int  # type: ignore[misc]


def test_is_a_tuple_without_a_dictionary() -> None:
    assert isinstance(Point(1), tuple)
    assert not hasattr(Point(1), "__dict__")
    assert Point.__doc__ == "Where something is."

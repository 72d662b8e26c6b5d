"""Which way the conditions go that nobody knows, one run of a computation at a time.

A computation that depends on a condition is run once for each way that it can go. The
condition goes one way throughout a run, so that all that depends on it agrees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar, Union

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kernlint.model.facts import Arm, Binding

_Result = TypeVar("_Result")
#: A condition: its file, and the byte offset in it.
_Key = tuple[str, int]

#: How many ways a computation may go before it is not followed.
MAX_WAYS = 16
_MAX_NESTING = 50
_MAX_BINDINGS = 100


class Choices:
    """Decides conditions, so that all of their combinations get their turn.

    ``met`` tells whether a condition was asked for since it was last reset.
    """

    def __init__(self) -> None:
        self.met = False
        self._active = False
        self._fixed: dict[_Key, int] = {}
        self._ways: dict[_Key, int] = {}
        self._open: dict[_Key, None] = {}
        self._root: _Key | None = None

    def way(self, path: str, test: int) -> int | None:
        """0 where a condition holds, 1 where it does not, None where that is not decided."""
        self.met = True
        key = path, test
        if key in self._fixed:
            return self._fixed[key]
        if not self._active:
            self._open[key] = None
            return None
        if key in self._open and key != self._root:
            return None
        return self._ways.setdefault(key, 0)

    def fixed(self, path: str, test: int) -> int | None:
        """As ``way``, for a condition that the place under consideration stands under."""
        self.met = True
        return self._fixed.get((path, test))

    def every(
        self, path: str, around: Sequence[Arm], compute: Callable[[], _Result]
    ) -> list[_Result]:
        """The results of a computation for every way that its conditions can go.

        Those ``around`` the place in a file go the way that leads there. Of conditions
        that stand beside each other only one at a time is decided: they may depend on
        each other, and a combination that never happens must not be judged. Those that
        are met because of the way of another one are decided with it. Where there are
        more than ``MAX_WAYS`` ways, the one result of leaving all open.
        """
        self._fixed = {(path, arm.test): arm.way for arm in around if arm.way >= 0}
        self._open = {}
        try:
            undecided = compute()
            results: list[_Result] = []
            for root in list(self._open):
                self._root = root
                for result in self._each_way(compute):
                    results.append(result)
                    if len(results) > MAX_WAYS:
                        return [undecided]
            return results or [undecided]
        finally:
            self._fixed = {}
            self._root = None

    def _each_way(self, compute: Callable[[], _Result]) -> Iterator[_Result]:
        """The results for the ways of one condition, and of those that it leads to."""
        self._ways = {}
        while True:
            self._active = True
            try:
                result = compute()
            finally:
                self._active = False
            yield result
            # The last condition that can still go the other way does; those met
            # after it are met anew, if at all.
            while self._ways and next(reversed(self._ways.values())) == 1:
                self._ways.popitem()
            if not self._ways:
                return
            self._ways[next(reversed(self._ways))] = 1


class Fork(NamedTuple):
    """What a name holds depends on the condition at an offset of its file."""

    test: int
    holds: Outcome
    fails: Outcome


#: What a name holds in the end: None where it is not bound.
Outcome = Union[Fork, "Binding", None]


class UnclearError(Exception):
    """Which of several bindings counts cannot be told from the conditions around them."""


def outcome(bindings: Sequence[Binding], depth: int = 0, before: Outcome = None) -> Outcome:
    """Which of the bindings of a name counts after all of them.

    Args:
        bindings: The bindings, in source order.
        depth: How many of the branches around them they have in common.
        before: What the name holds before them.

    Raises:
        UnclearError: One stands in a loop, a ``try`` or the like, or nests too deep; or
            there are too many.
    """
    if len(bindings) > _MAX_BINDINGS:
        raise UnclearError
    current = before
    index = 0
    while index < len(bindings):
        binding = bindings[index]
        if len(binding.arms) == depth:
            current = binding
            index += 1
            continue
        test, way = binding.arms[depth]
        if way < 0 or depth > _MAX_NESTING:
            raise UnclearError
        end = index
        ways: tuple[list[Binding], list[Binding]] = ([], [])
        while end < len(bindings) and bindings[end].arms[depth : depth + 1] in _either(test):
            ways[bindings[end].arms[depth].way].append(bindings[end])
            end += 1
        holds, fails = (outcome(part, depth + 1, current) for part in ways)
        if holds is None or fails is None:
            current = fails if holds is None else holds
        else:
            current = Fork(test, holds, fails)
        index = end
    return current


def _either(test: int) -> tuple[tuple[tuple[int, int], ...], ...]:
    """A branch of a condition, whichever way it goes."""
    return ((test, 0),), ((test, 1),)

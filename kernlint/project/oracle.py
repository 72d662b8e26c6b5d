"""Which way the conditions go that nobody knows, one run of a program at a time.

A program that depends on something unknown is run once for each way that this can go.
What is decided holds throughout a run, and what follows from it is not decided again:
where ``x == "a"`` holds, ``x`` is true and is not ``"b"``.
"""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator


#: How many ways a program may go before its conditions are left open.
MAX_WAYS = 64

_UNSET = object()


class _Assumed:
    """What is taken for granted of one unknown value during a run."""

    def __init__(self) -> None:
        self.equal: object = _UNSET
        self.different: list[object] = []
        self.true: bool | None = None
        self.asked: set[Hashable] = set()


class Oracle:
    """Decides conditions, so that all of their combinations get their turn.

    ``open`` tells that nothing is decided in this run. ``met`` tells whether a condition
    was asked for since it was last reset, ``doubtful`` whether conditions were decided
    that are about the same value in ways that may exclude each other. ``hurry`` may be set
    to leave the ways that have not had their turn.
    """

    def __init__(self) -> None:
        self.open = True
        self.met = False
        self.doubtful = False
        self.hurry = False
        self._ways: dict[Hashable, int] = {}
        self._asked: dict[Hashable, None] = {}
        self._assumed: dict[Hashable, _Assumed] = {}

    def ways(self, *, hurry: bool = False) -> Iterator[None]:
        """Run the body of the loop once for each way that its conditions can go.

        After ``MAX_WAYS`` ways, or in a hurry, it runs once more with all of them left open.
        """
        self._ways = {}
        self.hurry = hurry
        count = 0
        while True:
            self._begin(is_open=self.hurry or count >= MAX_WAYS)
            yield
            if self.open:
                return
            count += 1
            # Conditions that were not met this time are met anew, if at all.
            self._ways = {key: way for key, way in self._ways.items() if key in self._asked}
            while self._ways and next(reversed(self._ways.values())) == 1:
                self._ways.popitem()
            if not self._ways:
                return
            self._ways[next(reversed(self._ways))] = 1

    def _begin(self, *, is_open: bool) -> None:
        self.open = is_open
        self.met = self.doubtful = False
        self._asked = {}
        self._assumed = {}

    def known(self, key: Hashable) -> tuple[object] | None:
        """The constant that an unknown value is taken for in this run."""
        assumed = self._assumed.get(key)
        if assumed is None or assumed.equal is _UNSET:
            return None
        self.met = True
        return (assumed.equal,)

    def decided(self, key: Hashable) -> bool | None:
        """Whether an unknown value is taken to be true in this run, where that is decided."""
        assumed = self._assumed.get(key)
        if assumed is None:
            return None
        self.met = True
        return assumed.true if assumed.equal is _UNSET else bool(assumed.equal)

    def true(self, key: Hashable) -> bool | None:
        """Whether an unknown value is true; None where nothing is decided."""
        self.met = True
        decided = self.decided(key)
        if decided is not None:
            return decided
        if _is_text(key) and {None, ""} <= set(self._about(key).different):
            return True
        answer = self._decide(("true", key))
        if answer is not None:
            assumed = self._about(key)
            assumed.true = answer
            self.doubtful |= bool(assumed.asked)
        return answer

    def equal(self, key: Hashable, constant: object) -> bool | None:
        """Whether an unknown value is equal to a constant; None where nothing is decided."""
        self.met = True
        assumed = self._assumed.get(key) or _Assumed()
        if assumed.equal is not _UNSET:
            return assumed.equal == constant
        if constant in assumed.different or assumed.true is (not constant):
            return False
        answer = self._decide(("equal", key, type(constant).__name__, constant))
        if answer is not None:
            assumed = self._about(key)
            self.doubtful |= bool(assumed.asked)
            if answer:
                assumed.equal = constant
            else:
                assumed.different.append(constant)
        return answer

    def holds(self, condition: Hashable, about: Hashable) -> bool | None:
        """Whether some other condition about an unknown value holds; None if not decided."""
        self.met = True
        known = self._assumed.get(about)
        answer = self._decide(("holds", condition))
        if answer is not None:
            other = known is not None and (
                known.equal is not _UNSET or known.true is not None or known.asked - {condition}
            )
            self.doubtful |= bool(other)
            self._about(about).asked.add(condition)
        return answer

    def _about(self, key: Hashable) -> _Assumed:
        return self._assumed.setdefault(key, _Assumed())

    def _decide(self, key: Hashable) -> bool | None:
        if self.open:
            return None
        self._asked[key] = None
        return self._ways.setdefault(key, 0) == 0


def _is_text(key: Hashable) -> bool:
    """Whether an unknown value is a text or None: a variable of the environment."""
    return isinstance(key, tuple) and key[:2] == ("call", "os.environ.get")

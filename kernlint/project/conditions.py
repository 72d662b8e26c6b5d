"""Whether values are true, decided where that is not known."""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING
from kernlint.project.merging import key_of
from kernlint.project.names import Names
from kernlint.project.objects import Cell, External, Object, plain
from kernlint.project.values import Known, MappingValue, SequenceValue, Unknown

if TYPE_CHECKING:
    from collections.abc import Hashable

    from kernlint.project.values import Value


class Conditions(Names):
    """Decides conditions."""

    def known_truth(self, value: Value) -> bool | None:
        """Whether a value is true, where that needs no decision."""
        value = plain(value)
        if isinstance(value, Known):
            return bool(value.value)
        if isinstance(value, MappingValue):
            return True if value.entries else None if value.unread else False
        if isinstance(value, SequenceValue):
            return bool(value.items)
        if isinstance(value, Unknown):
            return None if value.key is None else self.oracle.decided(value.key)
        if isinstance(value, External):
            return False if value.last == "TYPE_CHECKING" else None
        return None if isinstance(value, Cell) and not isinstance(value, Object) else True

    def truth(self, value: Value) -> bool | None:
        """Whether a value is true, decided where need be; None where that is left open."""
        known = self.known_truth(value)
        if known is not None:
            return known
        if isinstance(value, External):
            return self.oracle.true(("external", value.dotted))
        if not isinstance(value, Unknown) or value.key is None:
            return None
        self.use(value)
        return self._decide(value.key)

    def _decide(self, key: Hashable) -> bool | None:
        if not isinstance(key, tuple) or len(key) < 2:
            return self.oracle.true(key)
        if key[0] == "not":
            answer = self._decide(key[1])
            return None if answer is None else not answer
        if len(key) == 3 and key[0] in _NEGATED:
            answer = self._decide((_NEGATED[key[0]], *key[1:]))
            return None if answer is None else not answer
        if len(key) == 3 and key[0] in {"==", "is", "in"}:
            return self._decide_equal(*key)
        if len(key) == 3 and key[0] in {"<", "<=", ">", ">="}:
            about = key[1] if not is_constant(key[1]) else key[2]
            return self.oracle.holds(key, about)
        return self.oracle.true(key)

    def _decide_equal(self, op: str, left: Hashable, right: Hashable) -> bool | None:
        if op == "in":
            if is_constant(left) or not is_constants(right):
                return self.oracle.holds((op, left, right), right if is_constant(left) else left)
            for each in right[1:]:  # type: ignore[index]
                answer = self._decide_equal("==", left, each)
                if answer is not False:
                    return answer
            return False
        if is_constant(left):
            left, right = right, left
        if is_constant(right) and not is_constant(left):
            return self.oracle.equal(left, right[1])  # type: ignore[index]
        return self.oracle.holds(("==", left, right), left)


#: The longest sequence of constants that ``in`` is decided for one by one.
_MAX_CHOICES = 8
#: How deep they nest in what is told apart by its parts.
_MAX_DEPTH = 3


_NEGATED = {"!=": "==", "is not": "is", "not in": "in"}


def key_with(value: Value, depth: int = 0) -> Hashable:
    """Something equal for values that are; None where nothing is known."""
    if depth > _MAX_DEPTH:
        return None
    if isinstance(value, Unknown):
        return value.key
    value = plain(value)
    if isinstance(value, SequenceValue) and len(value.items) <= _MAX_CHOICES:
        keys = tuple(key_with(item, depth + 1) for item in value.items)
        return None if None in keys else ("items", *keys)
    key = key_of(value)
    if key is None or not isinstance(value, Known):
        return ("external", value.dotted) if isinstance(value, External) else None
    try:
        hash(value.value)
    except TypeError:
        return None
    return ("constant", value.value, type(value.value).__name__)


def is_constant(key: Hashable) -> bool:
    """Whether a key is that of a constant."""
    return isinstance(key, tuple) and key[:1] == ("constant",)


def is_constants(key: Hashable) -> bool:
    """Whether a key is that of a sequence of constants."""
    return isinstance(key, tuple) and key[:1] == ("items",) and all(map(is_constant, key[1:]))

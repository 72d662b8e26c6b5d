"""``match`` and its patterns."""

from __future__ import annotations

from kernlint.model.diagnostic import Place
from kernlint.model.hints import TYPE_CHECKING
from kernlint.project import operations
from kernlint.project.conditions import key_with
from kernlint.project.exceptions import Exceptions
from kernlint.project.merging import key_of
from kernlint.project.objects import Builtin, DictBox, ListBox, plain
from kernlint.project.values import Known, MappingValue, SequenceValue, Unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kernlint.model.code import Case, Match, Pattern
    from kernlint.model.expr import Span
    from kernlint.project.objects import Env
    from kernlint.project.simple import Done
    from kernlint.project.values import Value


class Patterns(Exceptions):
    """Runs ``match``."""

    def run_match(self, env: Env, node: Match) -> Done | None:
        """``match``."""
        subject = self.value(env, node.subject)
        return self._cases(env, subject, node.cases, node.span)

    def _cases(self, env: Env, subject: Value, cases: Sequence[Case], span: Span) -> Done | None:
        if not cases:
            return None
        case, *rest = cases
        test = self.pattern(env, case.pattern, subject)
        if case.guard is not None and self.known_truth(test) is not False:
            guard = self.value(env, case.guard)
            if self.known_truth(test) is True or self.known_truth(guard) is False:
                test = guard
            else:
                test = Unknown("a guard", guard.place, ("and", key_with(test), key_with(guard)))
        holds, demand = self.decided(env, test, span)
        if holds is True:
            env.to_come |= {name for other in rest for name in self.bound_in(other.body)}
            return self.block(env, case.body)
        if holds is False:
            env.to_come |= self.bound_in(case.body)
            return self._cases(env, subject, rest, span)
        blocks = [each.body for each in cases]
        if not any(_matches_all(each) for each in cases):
            blocks.append(())
        return self._both(env, blocks, demand, span)

    def pattern(self, env: Env, pattern: Pattern, subject: Value) -> Value:
        """Whether a pattern matches, as a value; binds its names where it may."""
        place = Place(env.path, pattern.span)
        if pattern.kind == "value" and pattern.value is not None:
            return self._equal(subject, self.value(env, pattern.value), place)
        if pattern.kind == "class" and pattern.value is not None:
            return self._is_a(subject, self.value(env, pattern.value), place)
        if pattern.kind == "or":
            return self._one_of(env, pattern, subject, place)
        if pattern.kind == "as":
            found = Known(True, place)
            matched = self.pattern(env, pattern.parts[0], subject) if pattern.parts else found
            if pattern.name is not None:
                self.set_name(env, pattern.name, subject)
            return matched
        held = plain(subject)
        known = isinstance(held, (Known, MappingValue, SequenceValue))
        parts: list[tuple[Pattern, Value]] | None = []
        if pattern.kind == "sequence" and known:
            parts = self._items(env, pattern, held)
        elif pattern.kind == "mapping" and known:
            parts = self._values(env, pattern, held)
        else:
            return self._open(env, pattern)
        return Known(False, place) if parts is None else self._all(env, parts, place)

    def _equal(self, subject: Value, value: Value, place: Place) -> Value:
        answer = operations.compare("==", subject, value)
        if answer is not None:
            return Known(answer, place)
        keys = key_with(subject), key_with(value)
        found = self.unknown("a pattern is not followed", *place)
        if isinstance(subject, Unknown):
            found = found._replace(demand=subject.demand)
        return found if None in keys else found._replace(key=("==", *keys))

    def _is_a(self, subject: Value, kind: Value, place: Place) -> Value:
        answer = self.is_instance(plain(subject), kind)
        if answer is not None:
            return Known(answer, place)
        found = self.unknown("a pattern is not followed", *place)
        if isinstance(kind, Builtin) and isinstance(subject, Unknown):
            found = found._replace(key=("is a", subject.key, kind.name), demand=subject.demand)
        return found

    def _one_of(self, env: Env, pattern: Pattern, subject: Value, place: Place) -> Value:
        for each in pattern.parts:
            found = self.pattern(env, each, subject)
            holds = self.truth(found)
            if holds is not False:
                return found if holds is None else Known(True, place)
        return Known(False, place)

    def _items(
        self, env: Env, pattern: Pattern, subject: Value
    ) -> list[tuple[Pattern, Value]] | None:
        """What the parts of a sequence pattern have to match; None where it cannot."""
        items = subject.items if isinstance(subject, SequenceValue) else None
        count = len(pattern.parts)
        star = next((i for i, part in enumerate(pattern.parts) if part.kind == "star"), None)
        if items is None or (len(items) != count if star is None else len(items) < count - 1):
            return None
        pairs: list[tuple[Pattern, Value]] = []
        for index, part in enumerate(pattern.parts):
            if star is None or index < star:
                pairs.append((part, items[index]))
            elif index > star:
                pairs.append((part, items[len(items) - (count - index)]))
            elif part.name is not None:
                rest = list(items[index : len(items) - (count - index - 1)])
                box = ListBox("list", rest, Place(env.path, part.span))
                self.set_name(env, part.name, box)
        return pairs

    def _values(
        self, env: Env, pattern: Pattern, subject: Value
    ) -> list[tuple[Pattern, Value]] | None:
        """What the parts of a mapping pattern have to match; None where it cannot."""
        if not isinstance(subject, MappingValue):
            return None
        held = operations.opened(subject)
        left = held.copy()
        pairs: list[tuple[Pattern, Value]] = []
        for key, part in zip(pattern.keys, pattern.parts, strict=True):
            wanted = key_of(self.value(env, key))
            value = None if wanted is None else held.get(wanted)
            if value is None and held.complete and wanted is not None:
                return None
            if value is None:
                reason = "an element of another value is not followed"
                value = self.unknown(reason, env.path, key.span)
            else:
                left.remove(wanted)
            pairs.append((part, value))
        if pattern.name is not None:
            self.set_name(env, pattern.name, DictBox(left))
        return pairs

    def _all(self, env: Env, parts: list[tuple[Pattern, Value]], place: Place) -> Value:
        for part, value in parts:
            found = self.pattern(env, part, value)
            holds = self.truth(found)
            if not holds:
                return found if holds is None else Known(False, place)
        return Known(True, place)

    def _open(self, env: Env, pattern: Pattern) -> Value:
        """A pattern of which it cannot be told whether it matches."""
        for name in pattern.names:
            reason = f"`{name}` is bound by a statement that is not followed"
            self.set_name(env, name, self.unknown(reason, env.path, pattern.span))
        return self.unknown("a pattern is not followed", env.path, pattern.span)


def _matches_all(case: Case) -> bool:
    pattern = case.pattern
    return case.guard is None and pattern.kind == "as" and not pattern.parts

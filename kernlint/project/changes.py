"""Where a file changes what one of its names holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernlint.model.expr import Name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kernlint.model.facts import Binding, FileFacts, Scope

_MAX_SCOPES = 100
#: The number of changes of one name that are followed.
_MAX_CHANGES = 1_000


class Changes:
    """The changes of one file, by name."""

    def __init__(self, facts: FileFacts) -> None:
        self._scopes = facts.scopes
        self._changes: dict[str, list[tuple[int, Binding]]] = {}
        self._aliases: dict[str, list[str]] = {}
        for index, scope in enumerate(facts.scopes):
            for binding in scope.bindings:
                if binding.kind == "mutation":
                    self._changes.setdefault(binding.name, []).append((index, binding))
                elif binding.kind == "assign" and isinstance(binding.value, Name):
                    self._aliases.setdefault(binding.value.id, []).append(binding.name)

    def any(self, name: str) -> bool:
        """Whether the file changes, somewhere, what it calls by this name."""
        return name in self._changes

    def ordered(self, scope: int, name: str, bound: int) -> list[Binding] | None:
        """The changes of what a scope binds to a name, in the order that they are made.

        Args:
            scope: The scope that binds the name.
            name: The name.
            bound: The offset of the last place that binds it.

        Returns:
            None where that order is not that of the lines, where a change is not
            followed, or where there are too many.
        """
        changes = self._changes.get(name, ())
        if len(changes) > _MAX_CHANGES or self._changed_by_another_name(name):
            return None
        found: list[Binding] = []
        for index, change in changes:
            if _owner(self._scopes, index, name) != scope:
                continue
            straight = index == scope and not change.conditional and change.span.start > bound
            if change.value is None or not straight:
                return None
            found.append(change)
        return found

    def _changed_by_another_name(self, name: str) -> bool:
        """Whether a name that is given the same object is used to change it."""
        seen = {name}
        pending = list(self._aliases.get(name, ()))
        while pending:
            alias = pending.pop()
            if alias in seen:
                continue
            if alias in self._changes:
                return True
            seen.add(alias)
            pending.extend(self._aliases.get(alias, ()))
        return False


def _owner(scopes: Sequence[Scope], start: int, name: str) -> int:
    """The scope that a name belongs to where it is changed; the module in case of doubt."""
    index: int | None = start
    for _ in range(_MAX_SCOPES):
        if index is None:
            break
        scope = scopes[index]
        if scope.kind != "class" or index == start:
            bound = {binding.kind for binding in scope.bindings if binding.name == name}
            if bound - {"mutation"}:
                return 0 if "global" in bound else index
        index = scope.parent
    return 0

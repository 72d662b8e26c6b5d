"""What is left of several ways that a program can go: what is the same in all of them."""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING, cast
from kernlint.project.objects import DictBox, ListBox, Object, Saved
from kernlint.project.values import Entry

if TYPE_CHECKING:
    from kernlint.project.merging import Merged
    from kernlint.project.objects import Cell, Notes
    from kernlint.project.values import Unknown, Value


def blur(cell: Cell, ways: list[Saved], unknown: Unknown) -> None:
    """Let a cell hold what it holds in all of several ways; the rest is not known.

    Args:
        cell: The cell.
        ways: What it would hold, as ``save`` gives it.
        unknown: What stands for a part that differs.
    """
    before = cell.save()
    if isinstance(cell, DictBox):
        _blur_dict(cell, before, ways, unknown)
    elif isinstance(cell, ListBox):
        if any(way != before for way in ways):
            cell.doubt(unknown)
    else:
        cell.restore(Saved(_common(before, ways, unknown), before.rest))
        if isinstance(cell, Object):
            noted = [cast("Notes", way.rest) for way in ways]
            # What is seen on some way is seen: it may happen.
            cell.notes = tuple(dict.fromkeys(note for each in noted for note in each.notes))
            if len({each.open for each in noted}) > 1:
                cell.doubt(unknown)


def _common(before: Saved, ways: list[Saved], unknown: Unknown) -> dict[object, Value]:
    """The names that hold the same in all ways, those that do not as unknown."""
    after: dict[object, Value] = {}
    for name in dict.fromkeys(name for way in (before, *ways) for name in way.parts):
        held = [way.parts.get(name) for way in ways]
        first = held[0]
        if first is not None and all(each is first for each in held):
            after[name] = first
        elif not all(each is before.parts.get(name) for each in held):
            after[name] = unknown._replace(key=("differs", unknown.key, name))
    return after


def _blur_dict(box: DictBox, before: Saved, ways: list[Saved], unknown: Unknown) -> None:
    if all(_same(before, way) for way in ways):
        return
    old = cast("Merged", before.rest)
    for key, value in before.parts.items():
        if any(way.parts.get(key) is not value for way in ways):
            for entry in old.entries():
                if entry.value is value:
                    box.held.add(Entry(entry.key, unknown))
    box.doubt(unknown)


def _same(before: Saved, after: Saved) -> bool:
    """Whether a dict is the same, what in it is not known included."""
    old, new = cast("Merged", before.rest), cast("Merged", after.rest)
    return (
        before.parts.keys() == after.parts.keys()
        and all(after.parts[key] is value for key, value in before.parts.items())
        and list(old.unread) == list(new.unread)
    )

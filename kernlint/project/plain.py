"""Files that declare layers and do nothing else: of those that are alike one is followed.

A library of models has hundreds of them. Where their decorators come from is the same for all
that import the same thing, and their layer names are written out.
"""

from __future__ import annotations

from kernlint.model.code import Define, DefineClass, Import
from kernlint.model.expr import Call, Name
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.record import Record
from kernlint.project.index import declared_by, origin_of
from kernlint.project.outcome import Origin, Plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kernlint.model.facts import Decoration, FileFacts
    from kernlint.project.index import Values


class Outline(Record):
    """What the outcome of a plain file depends on besides its layer names; see ``Plain``."""

    imports: tuple[tuple[str, str], ...]
    classes: tuple[str, ...]


def outline(facts: FileFacts) -> Outline | None:
    """The outline of a file; None where the file is no plain one, or binds a decorator twice."""
    if not facts.brief:
        return None
    used = {name.id for _, _, name in _decorators(facts)}
    imports: dict[str, str] = {}
    for each in facts.body:
        if isinstance(each, Import):
            if each.name in used & imports.keys():
                return None
            imports[each.name] = each.target
        elif isinstance(each, (DefineClass, Define)):
            defined = each.name if isinstance(each, DefineClass) else each.code.name
            if defined in used:
                return None
    if not used <= imports.keys():
        return None
    classes = {item.owner for item, _, _ in _decorators(facts) if item.owner_kind == "class"}
    return Outline(tuple((name, imports[name]) for name in sorted(used)), tuple(sorted(classes)))


def origins(path: str, facts: FileFacts, values: Values) -> dict[str, Origin]:
    """What the decorators of a plain file are found to be, by name, once it has been followed."""
    found: dict[str, Origin] = {}
    for _, _, name in _decorators(facts):
        origin = origin_of(path, name, values)
        if origin is not None:
            found[name.id] = origin
    return found


def plain(path: str, facts: FileFacts, known: Mapping[str, Origin]) -> Plain | None:
    """A plain file, from what its decorators are known to be; None where it is no such file."""
    found = outline(facts)
    if found is None:
        return None
    declared = [
        declaration
        for item, call, name in _decorators(facts)
        if name.id in known
        for declaration in declared_by(path, item, call, known[name.id], _no_values)
    ]
    return Plain(*found, tuple(sorted(known.items())), tuple(dict.fromkeys(declared)))


def renewed(path: str, facts: FileFacts, before: Plain) -> Plain | None:
    """A plain file that was changed; None where that may make a difference elsewhere."""
    after = plain(path, facts, dict(before.origins))
    same = after is not None and after[:2] == before[:2]
    return after if same else None


def _decorators(facts: FileFacts) -> Iterator[tuple[Decoration, Call, Name]]:
    """The decorators of a plain file: calls of a name."""
    for item in facts.decorations:
        call = item.decorator
        if isinstance(call, Call) and isinstance(call.func, Name):
            yield item, call, call.func


def _no_values(path: str, expr: object) -> tuple[()]:
    """Layer names of plain files are constants."""
    return ()

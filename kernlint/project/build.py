"""All files of a project to what the rules look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kernlint.project.evaluate import Evaluator
from kernlint.project.flow import Config, Usage, as_they_stay, configs, usages, with_sinks
from kernlint.project.index import Declaration, declarations
from kernlint.project.names import Names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kernlint.project.modules import Modules
    from kernlint.project.names import FactsOf


class Project(NamedTuple):
    """The configs, declarations and usages of a set of files, by place.

    ``unread`` are the files that could not be read or parsed.
    """

    configs: tuple[Config, ...]
    declarations: tuple[Declaration, ...]
    usages: tuple[Usage, ...]
    unread: tuple[str, ...] = ()

    @property
    def paths(self) -> set[str]:
        """The files that any of them stands in."""
        places = [config.place for config in self.configs]
        places += [declaration.place for declaration in self.declarations]
        places += [usage.place for usage in self.usages]
        return {place.path for place in places}


def build(paths: Iterable[str], modules: Modules, facts_of: FactsOf) -> Project:
    """Put together what the given files say; others are read where names lead to them."""
    names = Names(modules, facts_of)
    evaluator = Evaluator(names, facts_of)
    found: list[Config] = []
    declared: list[Declaration] = []
    used: list[Usage] = []
    unread: list[str] = []
    for path in sorted(paths):
        facts = facts_of(path)
        if facts is None or facts.problem is not None:
            unread.append(path)
        else:
            made = configs(path, facts, names, evaluator)
            found.extend(as_they_stay(path, facts, made, evaluator))
            declared.extend(declarations(path, facts, names, evaluator))
            used.extend(usages(path, facts, names, evaluator))
    return Project(
        tuple(sorted(with_sinks(found, used), key=lambda config: config.place)),
        tuple(sorted(declared, key=lambda declaration: declaration.place)),
        tuple(sorted(used, key=lambda usage: usage.place)),
        tuple(unread),
    )

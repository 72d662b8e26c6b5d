"""All files of a project to what the rules look at."""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING, TypeVar
from kernlint.project.collect import collect
from kernlint.project.follow import Follower
from kernlint.project.index import declarations
from kernlint.project.missing import not_reached
from kernlint.project.outcome import Declaration, Parts, Plain, Project, in_order
from kernlint.project.plain import origins, outline, plain
from kernlint.project.watching import makes_configs

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    from kernlint.model.diagnostic import Place
    from kernlint.model.expr import Expr
    from kernlint.model.facts import FileFacts
    from kernlint.project.flow import Config, Usage
    from kernlint.project.machine import FactsOf
    from kernlint.project.modules import Modules
    from kernlint.project.values import Value

_T = TypeVar("_T")


def build(
    paths: Iterable[str],
    modules: Modules,
    facts_of: FactsOf,
    is_alone: Callable[[str], bool] = lambda path: False,
) -> Project:
    """Put together what the given files say; others are read where names lead to them.

    A file that ``is_alone`` is a program of its own, which sees the rest and is seen by nothing.
    """
    return build_parts(paths, modules, facts_of, is_alone).project


def build_parts(
    paths: Iterable[str],
    modules: Modules,
    facts_of: FactsOf,
    is_alone: Callable[[str], bool] = lambda path: False,
    hands_on: Callable[[], bool] = lambda: True,
) -> Parts:
    """As ``build``, with what plain files say apart.

    The declarations of a file that has nothing else are enough, unless others look into it.
    ``hands_on`` is that of ``Follower``.
    """
    paths = sorted(paths)
    alone = [path for path in paths if is_alone(path)]
    importable = [path for path in paths if not is_alone(path)]
    core, plain_files = _build(importable, modules, facts_of, hands_on)
    if not alone:
        return Parts(core, plain_files)
    parts = [_own(_build([path], modules, facts_of, hands_on).project, path) for path in alone]
    together = Project(
        tuple(sorted(_all(core.configs, *(part.configs for part in parts)), key=_place)),
        tuple(sorted(_all(core.declarations, *(p.declarations for p in parts)), key=_place)),
        tuple(sorted(_all(core.usages, *(part.usages for part in parts)), key=_place)),
        _all(core.unread, *(part.unread for part in parts)),
        _all(core.stories, *(part.stories for part in parts)),
        core.wanted,
        frozenset(alone),
    )
    return Parts(together, plain_files)


def _all(*parts: tuple[_T, ...]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(item for part in parts for item in part))


def _place(item: Config | Declaration | Usage) -> Place:
    return item.place


def _own(project: Project, path: str) -> Project:
    """What of a program stands in its own file, or leads there."""
    return project._replace(
        configs=tuple(
            config
            for config in project.configs
            if path in {config.place.path, *(sink.place.path for sink in config.sinks)}
        ),
        usages=tuple(usage for usage in project.usages if usage.place.path == path),
        stories=tuple(
            story
            for story in project.stories
            if any(step.place.path == path for step in story.steps)
        ),
    )


def _build(
    paths: Iterable[str], modules: Modules, facts_of: FactsOf, hands_on: Callable[[], bool]
) -> Parts:
    short = {path: facts_of(path, brief=True) for path in paths}
    makes = any(makes_configs(facts) for facts in short.values() if facts is not None)
    follower = Follower(modules, facts_of, makes_configs=makes, hands_on=hands_on)
    readable = {
        path: facts for path, facts in short.items() if facts is not None and facts.problem is None
    }
    alike = _alike(readable, follower)
    followed = {
        path: facts
        for path, facts in readable.items()
        if all(path not in rest for _, *rest in alike.values())
    }
    for path, facts in followed.items():
        follower.watch(path, facts)
    for path in followed:
        follower.follow(path)
    seen = follower.outcome()

    def values(path: str, expr: Expr) -> Sequence[Value]:
        return seen.values.get((path, expr.span), [])

    plain_files: dict[str, Plain] = {}
    for first, *rest in alike.values():
        known = origins(first, readable[first], values)
        for path in (first, *rest):
            each = plain(path, readable[path], known)
            if each is not None:
                plain_files[path] = each
    declared: dict[Declaration, None] = {}
    places = {config.place for config in seen.configs}
    for path, facts in followed.items():
        if path not in plain_files:
            reason = follower.failed.get(path)
            for config in not_reached(path, facts, modules, places, reason):
                seen.configs[config] = None
            declared.update(dict.fromkeys(declarations(path, facts, values)))
    core = Project(
        tuple(sorted(collect(seen.configs), key=lambda config: config.place)),
        in_order(declared),
        tuple(sorted(seen.usages, key=lambda usage: usage.place)),
        tuple(path for path in paths if path not in readable),
        tuple(seen.stories),
        frozenset(seen.wanted if makes else ()),
    )
    return Parts(core, plain_files)


def _alike(facts: Mapping[str, FileFacts], follower: Follower) -> dict[Hashable, list[str]]:
    """The plain files, those together whose decorators come from the same."""
    found: dict[Hashable, list[str]] = {}
    for path, each in facts.items():
        shape = outline(each)
        if shape is not None:
            # What a class is called may make another file look into this one.
            follower.holders.update(shape.classes)
            meaning = tuple((name, follower.target(path, to)) for name, to in shape.imports)
            found.setdefault(meaning, []).append(path)
    return found

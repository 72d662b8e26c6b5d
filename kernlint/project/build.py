"""All files of a project to what the rules look at."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from kernlint.project.collect import collect
from kernlint.project.follow import Follower
from kernlint.project.index import declarations
from kernlint.project.missing import not_reached
from kernlint.project.outcome import Declaration, Project
from kernlint.project.watching import makes_configs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

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
    Where nothing makes a config, the declarations of a file that has nothing else are enough.
    """
    paths = sorted(paths)
    alone = [path for path in paths if is_alone(path)]
    whole = _build([path for path in paths if not is_alone(path)], modules, facts_of)
    if not alone:
        return whole
    parts = [_own(_build([path], modules, facts_of), path) for path in alone]
    return Project(
        tuple(sorted(_all(whole.configs, *(part.configs for part in parts)), key=_place)),
        tuple(sorted(_all(whole.declarations, *(p.declarations for p in parts)), key=_place)),
        tuple(sorted(_all(whole.usages, *(part.usages for part in parts)), key=_place)),
        _all(whole.unread, *(part.unread for part in parts)),
        _all(whole.stories, *(part.stories for part in parts)),
        whole.wanted,
        frozenset(alone),
    )


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


def _build(paths: Iterable[str], modules: Modules, facts_of: FactsOf) -> Project:
    paths = sorted(paths)
    short = {path: facts_of(path, brief=True) for path in paths}
    makes = any(makes_configs(facts) for facts in short.values() if facts is not None)
    if makes:
        facts_of = partial(_usual, facts_of)
    follower = Follower(modules, facts_of, makes_configs=makes)
    readable: list[str] = []
    unread: list[str] = []
    for path in paths:
        facts = facts_of(path, brief=True)
        if facts is None or facts.problem is not None:
            unread.append(path)
        else:
            readable.append(path)
            follower.watch(path, facts)
    for path in readable:
        follower.follow(path)
    seen = follower.outcome()

    def values(path: str, expr: Expr) -> Sequence[Value]:
        return seen.values.get((path, expr.span), [])

    declared: list[Declaration] = []
    places = {config.place for config in seen.configs}
    for path in readable:
        facts = facts_of(path, brief=True)
        if facts is not None:
            reason = follower.failed.get(path)
            for config in not_reached(path, facts, modules, places, reason):
                seen.configs[config] = None
            declared.extend(dict.fromkeys(declarations(path, facts, values)))
    return Project(
        tuple(sorted(collect(seen.configs), key=lambda config: config.place)),
        tuple(sorted(declared, key=lambda declaration: declaration.place)),
        tuple(sorted(seen.usages, key=lambda usage: usage.place)),
        tuple(unread),
        tuple(seen.stories),
        frozenset(seen.wanted if makes else ()),
    )


def _usual(
    facts_of: FactsOf, path: str, *, full: bool = False, brief: bool = False
) -> FileFacts | None:
    """The facts of a file, never brief ones."""
    return facts_of(path, full=full)

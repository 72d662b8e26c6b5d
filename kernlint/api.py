"""A whole run, on one page."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from kernlint.model.diagnostic import Counts, Diagnostic, Place, Result
from kernlint.model.expr import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from kernlint.catalog.checkpoints import Checkpoint
    from kernlint.catalog.target import Target
    from kernlint.config import Settings
    from kernlint.engine.files import Files
    from kernlint.engine.targets import JudgedFiles, Targets
    from kernlint.model.mapping import Asked, Mappings
    from kernlint.project.build import Project
    from kernlint.rules.base import Context, Rule
    from kernlint.source.discover import Discovery


#: How often functions are followed to those that call them.
_MAX_CALLERS = 4


class UsageError(Exception):
    """A run that cannot be started as asked for; ``hint`` says what to do instead."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def list_files(settings: Settings, paths: Sequence[str]) -> list[str]:
    """The files that a run with these settings would report on, sorted."""
    return list(_discover(settings, paths).files)


def judged_by(settings: Settings, paths: Sequence[str]) -> list[tuple[str, tuple[str, ...], str]]:
    """Library, releases (oldest first) and origin in words: what the first path is judged by."""
    discovery = _discover(settings, paths)
    target = _targets(settings, discovery).of(_folder(paths))
    return [
        ("transformers", target.transformers, target.origin),
        ("kernels", target.kernels, target.kernels_origin),
    ]


def check(settings: Settings, paths: Sequence[str], *, ignore_noqa: bool = False) -> Result:
    """Lint the files that the paths stand for, with the rest of their project as context.

    Raises UsageError for a path that does not exist, and for a version specifier that
    admits no release that kernlint knows.
    """
    from kernlint.engine.files import Files

    discovery = _discover(settings, paths)
    targets = _targets(settings, discovery)
    files = Files(settings.jobs)
    candidates, commented = files.read(discovery.files, alone=not discovery.project.listed)
    if not candidates and not commented and not discovery.unreadable:
        counts = Counts(files=len(discovery.files))
        return Result((), (), (), counts, _judged([targets.default]), {})

    from kernlint.config import rule_enabled
    from kernlint.engine.checkpoints import checkpoints
    from kernlint.engine.finish import finish
    from kernlint.engine.judge import judge
    from kernlint.rules.registry import all_rules

    rules = {rule.code: rule for rule in all_rules()}

    def enabled(rule: Rule, path: str | None) -> bool:
        return rule_enabled(rule.code, rule.name, rule.default_on, settings, path)

    files.extract(candidates)
    whole = any(rule.whole_project and enabled(rule, None) for rule in rules.values())
    linked = files.matter_elsewhere((*candidates, *commented))
    project = _project(discovery, files, candidates, whole=whole or linked)
    groups = targets.group(project.paths)
    reported = frozenset((*discovery.files, *_dependency_files(groups, paths)))
    models = checkpoints(project.stories, os.getcwd())
    findings = judge(
        [(_contexts(settings, group.target, project, models), group.paths) for group in groups],
        rules.values(),
        reported,
    )
    kept = finish(
        (*findings.diagnostics, *_unreadable(files, candidates, discovery.unreadable)),
        findings.not_checked,
        files.shown((*files.commented((*candidates, *commented)), *findings.paths)),
        rules,
        enabled,
        reported,
        ignore_noqa=ignore_noqa,
    )
    own = {config.place for config in project.configs if config.place.path in reported}
    declared = {item.place for item in project.declarations if item.place.path in reported}
    counts = Counts(
        files=len(discovery.files),
        configs=len(own),
        declarations=len(declared),
        unread_mappings=len(own & findings.unread),
        suppressed=kept.suppressed,
    )
    return Result(
        kept.diagnostics,
        kept.not_checked,
        tuple(findings.internal_errors),
        counts,
        _judged([group.target for group in groups] or [targets.default]),
        files.texts,
        any(item.code == "KL001" for item in kept.diagnostics),
        targets.notes(groups),
    )


def show_mappings(settings: Settings, paths: Sequence[str], asked: Asked) -> Mappings:
    """What transformers makes of every config in the files that the paths stand for.

    Each config is judged by the newest release that its project allows. Raises
    UsageError as ``check`` does, and for a device that no model can be on.
    """
    from kernlint.engine.files import Files
    from kernlint.engine.mappings import collect, places, wrong_device
    from kernlint.model.diagnostic import NotChecked
    from kernlint.model.mapping import Mappings

    wrong = wrong_device(asked.devices)
    if wrong is not None:
        raise UsageError(*wrong)
    discovery = _discover(settings, paths)
    targets = _targets(settings, discovery)
    files = Files(settings.jobs)
    candidates, _ = files.read(discovery.files, alone=not discovery.project.listed)
    files.extract(candidates)
    project = _project(discovery, files, candidates, whole=False)
    groups = targets.group({config.place.path for config in project.configs})
    parts = [(_contexts(settings, target, project, {})[-1], owned) for target, owned in groups]
    shown = tuple(collect(parts, frozenset(discovery.files), asked))
    unreadable = tuple(_unreadable(files, candidates, discovery.unreadable))
    paths_shown = {place.path for place in (*places(shown), *(each.place for each in unreadable))}
    return Mappings(
        shown,
        tuple(NotChecked(item.place, item.message) for item in unreadable),
        len(discovery.files),
        files.shown(paths_shown),
        targets.notes(groups),
    )


def _discover(settings: Settings, paths: Sequence[str]) -> Discovery:
    from kernlint.source.discover import discover

    exclude = (*settings.exclude, *settings.extend_exclude)
    discovery = discover(
        paths,
        cwd=os.getcwd(),
        root=settings.root,
        exclude=exclude,
        force_exclude=settings.force_exclude,
    )
    if discovery.missing:
        names = ", ".join(f"`{path}`" for path in discovery.missing)
        raise UsageError(f"no such file or directory: {names}")
    return discovery


def _project(
    discovery: Discovery, files: Files, candidates: Sequence[str], *, whole: bool
) -> Project:
    """What the reported files say, with the rest of the project where that matters.

    The rest declares layers and hands configs on, so a config always needs it; anything
    else where the ``whole`` project has to be known.
    """
    from kernlint.project.build import build
    from kernlint.project.modules import Modules
    from kernlint.source.discover import context

    rest = context(discovery).files
    modules = Modules((*discovery.files, *rest))
    project = build(candidates, modules, files.facts)
    if rest and (whole or project.configs):
        others, _ = files.read(rest)
        files.extract(others)
        candidates = (*candidates, *others)
        project = build(candidates, modules, files.facts)
    asked: set[tuple[str, str]] = set()
    for _ in range(_MAX_CALLERS):
        wanted = project.wanted - asked
        callers = files.callers((*discovery.files, *rest), wanted) if wanted else ()
        if not callers:
            break
        asked |= wanted
        candidates = tuple(dict.fromkeys((*candidates, *callers)))
        project = build(candidates, modules, files.facts)
    return project


def _targets(settings: Settings, discovery: Discovery) -> Targets:
    from kernlint.catalog.installed import NoEnvironmentError
    from kernlint.catalog.target import TargetError
    from kernlint.engine.targets import Targets

    try:
        return Targets(settings, root=discovery.project.folder, cwd=os.getcwd())
    except (TargetError, NoEnvironmentError) as error:
        raise UsageError(str(error)) from None


def _contexts(
    settings: Settings, target: Target, project: Project, models: Mapping[str, Checkpoint]
) -> list[Context]:
    """What the rules see: once for each release, oldest first."""
    from kernlint.catalog.store import load
    from kernlint.engine.targets import pairs
    from kernlint.rules.base import Context

    catalog = load()
    return [
        Context(
            catalog,
            catalog.transformers(transformers),
            catalog.kernels(kernels),
            frozenset(settings.known_layers),
            project.configs,
            project.declarations,
            project.usages,
            target,
            project.unread,
            project.stories,
            models,
        )
        for transformers, kernels in pairs(target)
    ]


def _folder(paths: Sequence[str]) -> str:
    """Something in the folder that the first path stands for."""
    first = paths[0] if paths else "."
    return os.path.join(first, ".") if os.path.isdir(first) else first


def _dependency_files(groups: Iterable[JudgedFiles], paths: Sequence[str]) -> Iterator[str]:
    """The files that say which releases are allowed, as far as the given paths hold them."""
    given = [os.path.normpath(path) for path in paths]
    for target, _ in groups:
        for stated in (target.requirement, target.kernels_requirement, *target.kernel_pins[:1]):
            if stated is not None:
                path = stated.place.path
                if any(
                    each == os.path.normpath(path)
                    or (each == "." and not path.startswith("../"))
                    or path.startswith(f"{each}/")
                    for each in given
                ):
                    yield path


def _judged(targets: Iterable[Target]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Every release that something was judged by, oldest first."""
    from kernlint.catalog.release import release_key

    known = list(targets)
    transformers = {version for target in known for version in target.transformers}
    kernels = {version for target in known for version in target.kernels}
    return (
        ("transformers", tuple(sorted(transformers, key=release_key))),
        ("kernels", tuple(sorted(kernels, key=release_key))),
    )


def _unreadable(
    files: Files, candidates: Iterable[str], folders: Iterable[str]
) -> Iterable[Diagnostic]:
    """What could not be looked at, as findings."""
    from kernlint.rules.registry import rule

    unparsable = rule("KL001")
    for path in candidates:
        problem = files.facts(path, brief=True).problem
        if problem is not None:
            yield unparsable.found(Place(path, problem.span), problem.message)
    for folder in folders:
        yield unparsable.found(Place(folder, Span(0, 0)), "the folder cannot be listed")

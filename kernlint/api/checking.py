"""A run over source code, on one page."""

from __future__ import annotations

import os
from types import MappingProxyType
from typing import TYPE_CHECKING

from kernlint.api.project import (
    UsageError,
    discover_files,
    files_of,
    project_of,
    targets_of,
    unreadable_of,
)
from kernlint.model.diagnostic import Counts, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from kernlint.catalog.checkpoints import Checkpoint
    from kernlint.catalog.target import Target
    from kernlint.config import Settings
    from kernlint.engine.targets import JudgedFiles
    from kernlint.model.mapping import Asked, Mappings
    from kernlint.project.outcome import Project
    from kernlint.rules.base import Context, Rule


def list_files(settings: Settings, paths: Sequence[str]) -> list[str]:
    """The files that a run with these settings would report on, sorted."""
    return list(discover_files(settings, paths).files)


def judged_by(settings: Settings, paths: Sequence[str]) -> list[tuple[str, tuple[str, ...], str]]:
    """Library, releases (oldest first) and origin in words: what the first path is judged by."""
    discovery = discover_files(settings, paths)
    target = targets_of(settings, discovery).of(_folder(paths))
    return [
        ("transformers", target.transformers, target.origin),
        ("kernels", target.kernels, target.kernels_origin),
    ]


def check(
    settings: Settings,
    paths: Sequence[str],
    *,
    ignore_noqa: bool = False,
    progress: Callable[[str], None] = lambda text: None,
    given: Mapping[str, bytes] = MappingProxyType({}),
) -> Result:
    """Lint the files that the paths stand for, with the rest of their project as context.

    ``progress`` is told, in words, what the run has come to. ``given`` are contents that count
    instead of what is on disk, by path, relative to the working directory. Raises UsageError
    for a path that does not exist, and for a version specifier that admits no release that
    kernlint knows.
    """
    discovery = discover_files(settings, paths)
    targets = targets_of(settings, discovery)
    files = files_of(settings, progress, given)
    candidates, commented = files.read(discovery.files, alone=not discovery.project.listed)
    if not candidates and not commented and not discovery.unreadable:
        counts = Counts(files=len(discovery.files))
        judged = _judged([targets.default])
        return Result((), (), (), counts, judged, {}, notes=files.save())

    from kernlint.config import rule_enabled
    from kernlint.engine.checkpoints import checkpoints
    from kernlint.engine.finish import finish
    from kernlint.engine.judge import judge
    from kernlint.rules.registry import all_rules

    rules = {rule.code: rule for rule in all_rules()}

    def enabled(rule: Rule, path: str | None) -> bool:
        return rule_enabled(rule.code, rule.name, rule.default_on, settings, path)

    whole = any(rule.whole_project and enabled(rule, None) for rule in rules.values())
    linked = files.matter_elsewhere((*candidates, *commented))
    project = project_of(discovery, files, candidates, whole=whole or linked)
    unread = [path for path in project.unread if path in candidates]
    groups = targets.group(project.paths)
    reported = frozenset((*discovery.files, *_dependency_files(groups, paths)))
    models = checkpoints(project.stories, os.getcwd())
    findings = judge(
        [(_contexts(settings, group.target, project, models), group.paths) for group in groups],
        rules.values(),
        reported,
    )
    kept = finish(
        (*findings.diagnostics, *unreadable_of(files, unread, discovery.unreadable)),
        findings.not_checked,
        files.shown((*files.commented((*candidates, *commented)), *findings.paths, *unread)),
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
        (*targets.notes(groups), *files.save()),
    )


def show_mappings(settings: Settings, paths: Sequence[str], asked: Asked) -> Mappings:
    """What transformers makes of every config in the files that the paths stand for.

    Each config is judged by the newest release that its project allows. Raises
    UsageError as ``check`` does, and for a device that no model can be on.
    """
    from kernlint.engine.mappings import collect, places, wrong_device
    from kernlint.model.diagnostic import NotChecked
    from kernlint.model.mapping import Mappings

    wrong = wrong_device(asked.devices)
    if wrong is not None:
        raise UsageError(*wrong)
    discovery = discover_files(settings, paths)
    targets = targets_of(settings, discovery)
    files = files_of(settings)
    candidates, _ = files.read(discovery.files, alone=not discovery.project.listed)
    project = project_of(discovery, files, candidates, whole=False)
    unread = [path for path in project.unread if path in candidates]
    groups = targets.group({config.place.path for config in project.configs})
    parts = [(_contexts(settings, target, project, {})[-1], owned) for target, owned in groups]
    shown = tuple(collect(parts, frozenset(discovery.files), asked))
    unreadable = tuple(unreadable_of(files, unread, discovery.unreadable))
    paths_shown = {place.path for place in (*places(shown), *(each.place for each in unreadable))}
    return Mappings(
        shown,
        tuple(NotChecked(item.place, item.message) for item in unreadable),
        len(discovery.files),
        files.shown(paths_shown),
        (*targets.notes(groups), *files.save()),
    )


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

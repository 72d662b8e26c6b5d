"""A run over source code, on one page."""

from __future__ import annotations

import os
from collections.abc import Mapping

from kernlint.api.adopting import baseline_of, noqa_notes, with_baseline
from kernlint.api.project import (
    UsageError,
    discover_files,
    files_of,
    left_out_of,
    project_of,
    targets_of,
    unreadable_of,
)
from kernlint.model.diagnostic import Counts, Result
from kernlint.model.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from kernlint.catalog.checkpoints import Checkpoint
    from kernlint.catalog.target import Target
    from kernlint.config import Settings
    from kernlint.engine.finish import Named
    from kernlint.engine.targets import JudgedFiles
    from kernlint.model.mapping import Asked, Mappings
    from kernlint.project.outcome import Project
    from kernlint.rules.base import Context


#: What is given instead of files: the contents by path, as those that ask name them.
Given = Mapping[str, bytes]
_NOTHING: Given = {}


def list_files(settings: Settings, paths: Sequence[str], given: Given = _NOTHING) -> list[str]:
    """The files that a run with these settings would report on, sorted."""
    return list(discover_files(settings, paths, given).files)


def judged_by(
    settings: Settings, paths: Sequence[str], given: Given = _NOTHING
) -> list[tuple[str, tuple[str, ...], str]]:
    """Library, releases (oldest first) and origin in words: what the first path is judged by."""
    discovery = discover_files(settings, paths, given)
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
    given: Given = _NOTHING,
    write_baseline: str | None = None,
) -> Result:
    """Lint the files that the paths stand for, with the rest of their project as context.

    Args:
        settings: The settings of the run.
        paths: Files and folders.
        ignore_noqa: Whether comments in the code silence nothing.
        progress: Told, in words, what the run has come to.
        given: The contents of those of the paths that are not read from the disk, and need
            not exist there, as they are in an editor.
        write_baseline: The baseline that takes in what is found, instead of the one of the
            settings.

    Raises UsageError for another path that does not exist, and for a version specifier that
    admits no release that kernlint knows; ConfigError for a baseline that is none.
    """
    baseline = baseline_of(settings, write_baseline)
    discovery = discover_files(settings, paths, given)
    targets = targets_of(settings, discovery)
    files = files_of(settings, progress, given)
    candidates, commented = files.read(
        discovery.files, discovery.statuses, alone=not discovery.project.listed
    )
    if not candidates and not commented and not discovery.unreadable:
        counts = Counts(files=len(discovery.files))
        judged = _judged([targets.default])
        nothing = Result((), (), (), counts, judged, {}, notes=files.save())
        return with_baseline(baseline, nothing, settings, discovery)

    from kernlint.config import rule_enabled
    from kernlint.engine.finish import finish
    from kernlint.engine.judge import judge
    from kernlint.rules.registry import rule
    from kernlint.rules.table import ENTRIES

    def enabled(rule: Named, path: str | None) -> bool:
        return rule_enabled(rule.code, rule.name, rule.default_on, settings, path)

    on = [entry for entry in ENTRIES if enabled(entry, None)]
    whole = any(entry.whole_project for entry in on)
    linked = files.matter_elsewhere((*candidates, *commented))
    project = project_of(discovery, files, candidates, whole=whole or linked)
    unread = [path for path in project.unread if path in candidates]
    groups = targets.group(project.paths)
    kinds = _kinds(project, groups)
    reported = frozenset((*discovery.files, *_dependency_files(groups, paths)))
    models = _models(project)
    findings = judge(
        [(_contexts(settings, group.target, project, models), group.paths) for group in groups],
        [rule(entry.code) for entry in on if entry.kinds & kinds],
        reported,
    )
    kept = finish(
        (
            *findings.diagnostics,
            *unreadable_of(files, unread, discovery.unreadable),
            *left_out_of(files, candidates if settings.strict_docs else ()),
        ),
        findings.not_checked,
        files.shown(
            (
                *files.commented((*candidates, *commented)),
                *findings.paths,
                *unread,
                *(candidates if settings.strict_docs else ()),
            )
        ),
        {entry.code: entry for entry in ENTRIES},
        enabled,
        # Of a file that was not read nobody knows what its comments silence.
        reported - {*unread},
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
    result = Result(
        kept.diagnostics,
        kept.not_checked,
        tuple(findings.internal_errors),
        counts,
        _judged([group.target for group in groups] or [targets.default]),
        files.texts,
        any(item.code == "KL001" for item in kept.diagnostics),
        (*targets.notes(groups), *noqa_notes(kept.by_noqa), *files.save()),
    )
    return with_baseline(baseline, result, settings, discovery)


def show_mappings(
    settings: Settings, paths: Sequence[str], asked: Asked, given: Given = _NOTHING
) -> Mappings:
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
    discovery = discover_files(settings, paths, given)
    targets = targets_of(settings, discovery)
    files = files_of(settings, given=given)
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
            project.alone,
        )
        for transformers, kernels in pairs(target)
    ]


def _kinds(project: Project, groups: Iterable[JudgedFiles]) -> set[str]:
    """What there is for rules to look at."""
    there: dict[str, object] = {
        "config": project.configs,
        "usage": project.usages,
        "story": project.stories,
        "declaration": project.declarations,
        "target": [
            target for target, _ in groups if target.requirement is not None or target.kernel_pins
        ],
    }
    return {kind for kind, things in there.items() if things}


def _models(project: Project) -> Mapping[str, Checkpoint]:
    """The configs of the models that get a kernel config."""
    if not any(step.config is not None for story in project.stories for step in story.steps):
        return {}
    from kernlint.engine.checkpoints import checkpoints

    return checkpoints(project.stories, os.getcwd())


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

"""A whole run, on one page."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from kernlint.model.diagnostic import Counts, Diagnostic, Place, Result
from kernlint.model.expr import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kernlint.catalog.target import Target
    from kernlint.config import Settings
    from kernlint.engine.files import Files
    from kernlint.project.build import Project
    from kernlint.rules.base import Context, Rule
    from kernlint.source.discover import Discovery


class UsageError(Exception):
    """A run that cannot be started as asked for; ``hint`` says what to do instead."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def list_files(settings: Settings, paths: Sequence[str]) -> list[str]:
    """The files that a run with these settings would report on, sorted."""
    return list(_discover(settings, paths).files)


def check(settings: Settings, paths: Sequence[str], *, ignore_noqa: bool = False) -> Result:
    """Lint the files that the paths stand for, with the rest of their project as context.

    Raises UsageError for a path that does not exist, and for a version specifier that
    admits no release that kernlint knows.
    """
    from kernlint.engine.files import Files

    target = _target(settings)
    judged = (("transformers", target.transformers), ("kernels", target.kernels))
    discovery = _discover(settings, paths)
    files = Files(settings.jobs)
    candidates, commented = files.read(discovery.files)
    if not candidates and not commented and not discovery.unreadable:
        return Result((), (), (), Counts(files=len(discovery.files)), judged, {})

    from kernlint.config import rule_enabled
    from kernlint.engine.check import run_rules
    from kernlint.engine.finish import finish
    from kernlint.rules.registry import all_rules

    rules = {rule.code: rule for rule in all_rules()}

    def enabled(rule: Rule, path: str | None) -> bool:
        return rule_enabled(rule.code, rule.name, rule.default_on, settings, path)

    files.extract(candidates)
    whole = any(rule.whole_project and enabled(rule, None) for rule in rules.values())
    silencing = files.hold_comments((*candidates, *commented))
    project = _project(discovery, files, candidates, whole=whole, silencing=silencing)
    reported = frozenset(discovery.files)
    findings = run_rules(_context(settings, target, project), rules.values(), reported)
    unreadable = _unreadable(files, candidates, discovery.unreadable)
    elsewhere = {item.place.path for item in findings.diagnostics}
    elsewhere |= {item.place.path for item in findings.not_checked}
    kept = finish(
        (*findings.diagnostics, *unreadable),
        findings.not_checked,
        {path: files.texts[path] for path in sorted({*candidates, *commented, *elsewhere})},
        rules,
        enabled,
        reported,
        ignore_noqa=ignore_noqa,
    )
    own = [config for config in project.configs if config.place.path in reported]
    counts = Counts(
        files=len(discovery.files),
        configs=len(own),
        declarations=sum(item.place.path in reported for item in project.declarations),
        unread_mappings=sum(config.place in findings.unread for config in own),
        suppressed=kept.suppressed,
    )
    return Result(
        kept.diagnostics,
        kept.not_checked,
        tuple(findings.internal_errors),
        counts,
        judged,
        files.texts,
        any(item.code == "KL001" for item in kept.diagnostics),
    )


def _target(settings: Settings) -> Target:
    from kernlint.catalog.target import TargetError, find_target

    try:
        return find_target(settings.transformers, settings.kernels)
    except TargetError as error:
        raise UsageError(str(error)) from None


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
    discovery: Discovery,
    files: Files,
    candidates: Sequence[str],
    *,
    whole: bool,
    silencing: bool,
) -> Project:
    """What the reported files say, with the rest of the project where that matters.

    The rest declares layers and hands configs on, so a config always needs it; a
    declaration only for a rule that has to know the ``whole`` project. A comment that
    is ``silencing`` may stand in a mapping for a config in another file.
    """
    from kernlint.project.build import build
    from kernlint.project.modules import Modules
    from kernlint.source.discover import context

    rest = context(discovery).files
    modules = Modules((*discovery.files, *rest))
    project = build(candidates, modules, files.facts)
    if rest and (silencing or project.configs or (whole and project.declarations)):
        others, _ = files.read(rest)
        files.extract(others)
        project = build((*candidates, *others), modules, files.facts)
    return project


def _context(settings: Settings, target: Target, project: Project) -> Context:
    from kernlint.catalog.store import load
    from kernlint.rules.base import Context

    catalog = load()
    return Context(
        catalog,
        catalog.transformers(target.transformers[-1]),
        catalog.kernels(target.kernels[-1]),
        frozenset(settings.known_layers),
        project.configs,
        project.declarations,
        project.usages,
        target,
    )


def _unreadable(
    files: Files, candidates: Iterable[str], folders: Iterable[str]
) -> Iterable[Diagnostic]:
    """What could not be looked at, as findings."""
    from kernlint.rules.registry import rule

    unparsable = rule("KL001")
    for path in candidates:
        problem = files.facts(path).problem
        if problem is not None:
            yield unparsable.found(Place(path, problem.span), problem.message)
    for folder in folders:
        yield unparsable.found(Place(folder, Span(0, 0)), "the folder cannot be listed")

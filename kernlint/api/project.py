"""What every run begins with: the files, and the project that they are part of."""

from __future__ import annotations

import os

from kernlint.model.diagnostic import Diagnostic, Place
from kernlint.model.expr import Span
from kernlint.model.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from kernlint.config import Settings
    from kernlint.engine.files import Files
    from kernlint.engine.targets import Targets
    from kernlint.project.outcome import Project
    from kernlint.source.discover import Discovery

#: How often functions are followed to those that call them.
_MAX_CALLERS = 4


class UsageError(Exception):
    """A run that cannot be started as asked for; ``hint`` says what to do instead."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def discover_files(
    settings: Settings, paths: Sequence[str], given: Collection[str] = ()
) -> Discovery:
    """The files that the paths stand for; UsageError for a path that does not exist.

    Those that are ``given`` need not exist.
    """
    from kernlint.source.discover import discover

    exclude = (*settings.exclude, *settings.extend_exclude)
    discovery = discover(
        paths,
        cwd=os.getcwd(),
        root=settings.root,
        exclude=exclude,
        force_exclude=settings.force_exclude,
        given=given,
    )
    if discovery.missing:
        names = ", ".join(f"`{path}`" for path in discovery.missing)
        raise UsageError(f"no such file or directory: {names}")
    return discovery


def files_of(
    settings: Settings,
    progress: Callable[[str], None] = lambda text: None,
    given: Mapping[str, bytes] | None = None,
) -> Files:
    """The files of a run, with what is kept of them from earlier ones.

    ``given`` has the contents of files that are not read from the disk.
    """
    from kernlint.engine.files import Files

    cwd = os.getcwd()
    cache = None
    if settings.cache_dir:
        from kernlint.engine.cache import Cache

        cache = Cache(os.path.join(settings.root, settings.cache_dir), cwd)
    if given:
        from kernlint.source.discover import shown_path

        given = {shown_path(path, cwd): data for path, data in given.items()}
    return Files(settings.jobs, cache, progress, given)


def project_of(
    discovery: Discovery, files: Files, candidates: Sequence[str], *, whole: bool
) -> Project:
    """What the reported files say, with the rest of the project where that matters.

    The rest declares layers and hands configs on, so a config always needs it; anything
    else where the ``whole`` project has to be known.
    """
    from kernlint.source.discover import context

    rest = context(discovery).files
    paths = (*discovery.files, *rest)
    cache = None if rest else files.cache
    if cache is not None:
        from kernlint.engine.recall import recall

        held = recall(cache, files, paths, candidates)
        if held is not None:
            return held
    from kernlint.project.build import build, build_parts
    from kernlint.project.modules import Modules
    from kernlint.source.embedded import is_embedding

    modules = Modules(paths)  # here, since other processes may still be at work for the next line
    files.extract(candidates)
    parts = build_parts(candidates, modules, files.facts, is_embedding)
    project = parts.project
    if cache is not None and not (project.wanted or project.unread):
        from kernlint.engine.recall import remember

        remember(cache, files, paths, candidates, parts)
    if rest and (whole or project.configs):
        others, _ = files.read(rest)
        files.extract(others)
        candidates = (*candidates, *others)
        project = build(candidates, modules, files.facts, is_embedding)
    asked: set[tuple[str, str]] = set()
    for _ in range(_MAX_CALLERS):
        wanted = project.wanted - asked
        callers = files.callers(paths, wanted) if wanted else ()
        if not callers:
            break
        asked |= wanted
        candidates = tuple(dict.fromkeys((*candidates, *callers)))
        project = build(candidates, modules, files.facts, is_embedding)
    return project


def targets_of(settings: Settings, discovery: Discovery) -> Targets:
    """What finds the releases to judge by; UsageError where the settings name none."""
    from kernlint.catalog.target import NoEnvironmentError, TargetError
    from kernlint.engine.targets import Targets

    try:
        return Targets(settings, root=discovery.project.folder, cwd=os.getcwd())
    except (TargetError, NoEnvironmentError) as error:
        raise UsageError(str(error)) from None


def unreadable_of(
    files: Files, paths: Iterable[str], folders: Iterable[str]
) -> Iterable[Diagnostic]:
    """The files and folders that could not be looked at, as findings."""
    from kernlint.rules.registry import rule

    unparsable = rule("KL001")
    for path in paths:
        problem = files.facts(path, brief=True).problem
        if problem is not None:
            yield unparsable.found(Place(path, problem.span), problem.message)
    for folder in folders:
        yield unparsable.found(Place(folder, Span(0, 0)), "the folder cannot be listed")


def left_out_of(files: Files, paths: Iterable[str]) -> Iterable[Diagnostic]:
    """The blocks of documents that are no Python, as findings."""
    from kernlint.rules.registry import rule

    unparsable = rule("KL001")
    for path in paths:
        for problem in files.facts(path, brief=True).left_out:
            yield unparsable.found(Place(path, problem.span), problem.message)

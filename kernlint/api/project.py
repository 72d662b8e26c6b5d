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
    from kernlint.project.outcome import Parts, Project
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
    if rest and not whole:
        parts = _made(paths, files, candidates)
        if not parts.core.configs:
            return _with_callers(parts, paths, files, candidates).project
    if rest:
        others, _ = files.read(rest)
        candidates = (*candidates, *others)
    # With the rest of a project documents are left out, so it is another one.
    part = "context" if rest else ""
    if files.cache is not None:
        from kernlint.engine.recall import recall

        held = recall(files.cache, files, paths, candidates, part)
        if held is not None:
            return held
    parts = _with_callers(_made(paths, files, candidates), paths, files, candidates)
    if files.cache is not None and not parts.core.unread:
        from kernlint.engine.recall import remember

        remember(files.cache, files, paths, candidates, parts, part)
    return parts.project


def _made(paths: Sequence[str], files: Files, candidates: Sequence[str]) -> Parts:
    """What files that mention kernels come to."""
    from functools import cache

    from kernlint.project.build import build_parts
    from kernlint.project.modules import Modules
    from kernlint.source.embedded import is_embedding

    modules = Modules(paths)  # here, since other processes may still be at work for the next line
    files.extract(candidates)
    return build_parts(
        candidates, modules, files.facts, is_embedding, cache(lambda: files.hands_on(candidates))
    )


def _with_callers(
    parts: Parts, paths: Sequence[str], files: Files, candidates: Sequence[str]
) -> Parts:
    """The same, with the files that call their functions."""
    asked: set[tuple[str, str]] = set()
    for _ in range(_MAX_CALLERS):
        wanted = parts.core.wanted - asked
        callers = files.callers(paths, wanted) if wanted else ()
        if not callers:
            break
        asked |= wanted
        candidates = tuple(dict.fromkeys((*candidates, *callers)))
        parts = _made(paths, files, candidates)
    return parts


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
    for path in paths:
        problem = files.facts(path, brief=True).problem
        if problem is not None:
            yield _unparsable(path, problem.span, problem.message)
    for folder in folders:
        yield _unparsable(folder, Span(0, 0), "the folder cannot be listed")


def left_out_of(files: Files, paths: Iterable[str]) -> Iterable[Diagnostic]:
    """The blocks of documents that are no Python, as findings."""
    for path in paths:
        for problem in files.facts(path, brief=True).left_out:
            yield _unparsable(path, problem.span, problem.message)


def _unparsable(path: str, span: Span, message: str) -> Diagnostic:
    from kernlint.rules.registry import rule

    return rule("KL001").found(Place(path, span), message)

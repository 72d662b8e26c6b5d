"""Which files a run reports on, and which others belong to the same project."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType

from kernlint.model.record import Record
from kernlint.source.distinct import distinct
from kernlint.source.embedded import is_embedding
from kernlint.source.globs import compile_globs, is_plain_name
from kernlint.source.listing import Listing, git_ignores, git_listing, walk_listing, work_tree

#: A project of more Python files (or, walked, of more folders) gives no context.
CONTEXT_LIMIT = 20_000


class Project(Record):
    """Where the files that are not reported on lie; absolute folders.

    ``listed`` tells that all of ``folder`` is reported on.
    """

    folder: str
    cwd: str
    root: str
    exclude: tuple[str, ...]
    listed: bool


class Discovery(Record):
    """What the paths of a command line stand for.

    ``files`` are the files to report on, relative to the working directory with
    ``/``, sorted, each real file once. ``missing`` are the given paths that do not
    exist, ``unreadable`` the folders that could not be listed. ``statuses`` is what the
    system says of the files, as far as it was asked, by what precedes their names in ``files``
    and by name.
    """

    files: tuple[str, ...]
    missing: tuple[str, ...]
    unreadable: tuple[str, ...]
    project: Project
    statuses: Mapping[str, Mapping[str, os.stat_result]] = MappingProxyType({})


class Context(Record):
    """The rest of a project's Python files; none where there are too many."""

    files: tuple[str, ...]
    truncated: bool


def discover(
    paths: Sequence[str],
    *,
    cwd: str,
    root: str,
    exclude: Sequence[str],
    force_exclude: bool = False,
    given: Collection[str] = (),
) -> Discovery:
    """Find the files to report on.

    A folder stands for the files with Python below it that git does not ignore, without
    those of repositories nested in it. Where git cannot answer, the folder is
    walked and its ``.gitignore`` files are honoured. A file counts whatever it is
    called.

    Args:
        paths: Files and folders, relative to ``cwd`` or absolute.
        cwd: The working directory.
        root: The folder of the configuration, to which ``exclude`` is relative.
        exclude: Patterns as for ``compile_globs``. A path given in ``paths`` is not
            excluded, only what lies below it ...
        force_exclude: ... unless this is set.
        given: Those of the paths whose text is known. They stand for files that need not
            exist, and that patterns leave out.
    """
    here, top = os.path.realpath(cwd), os.path.realpath(root)
    exclusion = _Exclusion(exclude, top)
    show = _Display(here)
    folders: list[str] = []
    files: list[str] = []
    unclear: set[str] = set()
    missing: list[str] = []
    home: str | None = None
    for path in paths:
        absolute = _absolute(path, here)
        if path in given:
            home = home or os.path.dirname(absolute)
            if not exclusion.covers(absolute):
                unclear.add(show(absolute))
            continue
        mode = _mode(absolute) if path else None
        if mode is None:
            missing.append(path)
            continue
        home = home or (absolute if stat.S_ISDIR(mode) else os.path.dirname(absolute))
        if force_exclude and exclusion.covers(absolute):
            continue
        if stat.S_ISDIR(mode):
            folders.append(absolute)
        elif stat.S_ISREG(mode):
            files.append(absolute)
        else:
            unclear.add(show(absolute))  # reading it says what is wrong with it
    listing = _list(folders, top, exclusion)
    found = distinct(files, _kept(listing, exclusion)).statuses
    statuses = {show.folder(folder): held for folder, held in found.items() if held}
    readable = [folder + name for folder, held in statuses.items() for name in held]
    project = (home and work_tree(home)) or top
    return Discovery(
        tuple(sorted(unclear.union(readable) if unclear else readable)),
        tuple(missing),
        tuple(sorted({show(folder) for folder in listing.unreadable})),
        Project(project, here, top, tuple(exclude), listed=project in folders),
        statuses,
    )


def context(discovery: Discovery) -> Context:
    """The modules of the project that are not reported on, by one more listing.

    Nothing imports a notebook or a document, so these are no context.

    The project is the git work tree that holds the first path, else the folder of
    the configuration.
    """
    project = discovery.project
    if project.listed:
        return Context((), truncated=False)
    exclusion = _Exclusion(project.exclude, project.root)
    listing = _list([project.folder], project.root, exclusion, limit=CONTEXT_LIMIT)
    modules = [
        (folder, [name for name in names if not is_embedding(name)])
        for folder, names in _kept(listing, exclusion)
    ]
    if sum(len(names) for _, names in modules) > CONTEXT_LIMIT or not listing.complete:
        return Context((), truncated=True)
    reported = distinct([os.path.join(project.cwd, path) for path in discovery.files]).paths
    rest = distinct((), modules).paths
    show = _Display(project.cwd)
    return Context(
        tuple(sorted(show(path) for key, path in rest.items() if key not in reported)),
        truncated=False,
    )


def shown_path(path: str, cwd: str) -> str:
    """A path as ``discover`` names the file: relative to the working directory, with ``/``."""
    here = os.path.realpath(cwd)
    return _Display(here)(_absolute(path, here))


class _Exclusion:
    """Which folders and files the patterns leave out; absolute paths."""

    def __init__(self, patterns: Sequence[str], root: str) -> None:
        self._names = {pattern for pattern in patterns if is_plain_name(pattern)}
        self._pattern = compile_globs(each for each in patterns if each not in self._names)
        self._root = root
        self._verdicts: dict[str, bool] = {}

    def admit(self, folder: str) -> None:
        """Let a folder through that was named on purpose, with all above it."""
        self._verdicts[folder] = False

    def kept(self, folder: str, names: Sequence[str]) -> list[str]:
        """The files in a folder that no pattern fits."""
        kept = [name for name in names if name not in self._names]
        if self._pattern is None:
            return kept
        head = folder.removesuffix(os.sep) + os.sep
        return [name for name in kept if not self.entry(head + name)]

    def folder(self, path: str) -> bool:
        """Whether a folder is left out, itself or with one above it."""
        known = self._verdicts.get(path)
        if known is not None:
            return known
        # A walk comes by the folder above first.
        known = self._verdicts.get(path[: path.rfind(os.sep)])
        if known is not None:
            known = self._verdicts[path] = known or self.entry(path)
            return known
        above: list[str] = []
        while path not in self._verdicts and path != os.path.dirname(path):
            above.append(path)
            path = os.path.dirname(path)
        verdict = self._verdicts.get(path, False)
        for path in reversed(above):
            verdict = self._verdicts[path] = verdict or self.entry(path)
        return verdict

    def entry(self, path: str) -> bool:
        """Whether a pattern fits this very file or folder."""
        if path[path.rfind(os.sep) + 1 :] in self._names and path != self._root:
            return True
        if self._pattern is None:
            return False
        inner = _relative(path, self._root)
        return self._pattern.fullmatch(inner) is not None

    def covers(self, path: str) -> bool:
        """Whether a pattern fits a path or, within the root, a folder that holds it."""
        while not self.entry(path):
            path = os.path.dirname(path)
            if not path.startswith(self._root + os.sep):
                return False
        return True


class _Display:
    """Absolute paths as seen from the working directory, with ``/``."""

    def __init__(self, cwd: str) -> None:
        self._cwd = cwd
        self._prefixes: dict[str, str] = {}

    def __call__(self, path: str) -> str:
        end = path.rfind(os.sep) + 1
        return self.folder(path[: end - 1] or os.sep) + path[end:]

    def folder(self, folder: str) -> str:
        """What precedes the names of the files in a folder."""
        prefix = self._prefixes.get(folder)
        if prefix is None:
            prefix = _relative(folder, self._cwd)
            prefix = "" if prefix == "." else prefix.removesuffix("/") + "/"
            self._prefixes[folder] = prefix
        return prefix


def _relative(path: str, start: str) -> str:
    """A path relative to a folder, with ``/``; absolute from another drive."""
    if path.startswith(start + os.sep):
        inner = path[len(start) + 1 :]
    else:
        try:
            inner = os.path.relpath(path, start)
        except ValueError:
            inner = path
    return inner.replace(os.sep, "/")


def _absolute(path: str, cwd: str) -> str:
    """A normal absolute path; ``..`` leads where the system would go."""
    joined = os.path.join(cwd, path)
    if ".." in path:
        folder, name = os.path.split(joined)
        if name == "..":
            return os.path.realpath(joined)
        joined = os.path.join(os.path.realpath(folder), name)
    return os.path.normpath(joined)


def _mode(path: str) -> int | None:
    """What kind of file a path leads to; 0 if that is unknown, None if to nothing."""
    try:
        return os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    except OSError:
        return 0


def _list(
    folders: Sequence[str], root: str, exclusion: _Exclusion, limit: int | None = None
) -> Listing:
    """The files with Python below absolute folders, one question to git for each work tree."""
    groups: dict[tuple[str | None, str], list[str]] = {}
    for folder in dict.fromkeys(folders):
        exclusion.admit(folder)
        tree = work_tree(folder)
        # A link, or a folder outside all trees, has its own contents.
        alone = folder if tree is None or os.path.realpath(folder) != folder else ""
        groups.setdefault((tree, alone), []).append(folder)
    names: dict[str, list[str]] = {}
    unreadable: list[str] = []
    complete = True
    for (tree, _), members in groups.items():
        for part in _list_group(members, tree, root, exclusion, limit):
            names.update(part.names)
            unreadable.extend(part.unreadable)
            complete = complete and part.complete
    return Listing(names, tuple(unreadable), complete)


def _list_group(
    folders: list[str], tree: str | None, root: str, exclusion: _Exclusion, limit: int | None
) -> Iterator[Listing]:
    """The listings that make up folders of one work tree, or a folder of none."""
    told = git_listing(os.path.commonpath(folders)) if tree else None
    unanswered = folders
    if told is not None:
        heads = tuple(folder.removesuffix(os.sep) + os.sep for folder in folders)
        inside = {
            folder: names
            for folder, names in told.names.items()
            if (folder + os.sep).startswith(heads)
        }
        yield told._replace(names=inside)
        # An ignored folder that was named on purpose is walked for all it holds.
        unanswered = [
            folder
            for folder, head in zip(folders, heads, strict=True)
            if not any((held + os.sep).startswith(head) for held in inside) and git_ignores(folder)
        ]
    for folder in unanswered:
        above = root if (folder + os.sep).startswith(root + os.sep) else folder
        top = folder if told is not None else tree or above
        yield walk_listing(folder, top=top, skip=exclusion.folder, limit=limit)


def _kept(listing: Listing, exclusion: _Exclusion) -> Iterator[tuple[str, list[str]]]:
    """The listed files that no pattern leaves out, by folder."""
    for folder, names in listing.names.items():
        if not exclusion.folder(folder):
            yield folder, exclusion.kept(folder, names)

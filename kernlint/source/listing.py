"""Which files with Python lie below a folder: asked of git, else walked."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence

from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.pattern import lazy
from kernlint.model.record import Record
from kernlint.source.embedded import SUFFIXES as EMBEDDING
from kernlint.source.read import ReadError, read_bytes

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

#: What a file that is Python is called, and one that holds it. Only files named by the user may
#: be called otherwise.
MODULES = (".py", ".pyi", ".pyw")
SUFFIXES = (*MODULES, *EMBEDDING)

_GIT_SECONDS = 30

# None of these runs a program that the repository's own configuration names.
_GIT = ("git", "-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false")
_CLOSED_FOLDER = lazy(rb"could not open directory '(.*?)/?'")


class Listing(Record):
    """The files with Python below some folders, by absolute folder.

    ``unreadable`` holds the absolute paths of the folders that could not be read;
    ``complete`` is false where the walk was given up at its limit.
    """

    names: dict[str, list[str]]
    unreadable: tuple[str, ...]
    complete: bool = True


def work_tree(folder: str) -> str | None:
    """The top of the git work tree that holds an absolute folder, None outside one."""
    while not os.path.lexists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
    return folder


def git_listing(base: str) -> Listing | None:
    """What git knows or does not ignore below an absolute folder of a work tree.

    Folders that are work trees of their own, submodules included, are left out.
    None where git is missing, refuses or takes longer than half a minute.
    """
    suffixes = [f"*{suffix}" for suffix in SUFFIXES]
    answer = _git(base, "ls-files", "-co", "--exclude-standard", "-z", "--", *suffixes)
    if answer is None:
        return None
    output, complaints = answer
    names: dict[str, list[str]] = {}
    folders: dict[str, str] = {}
    # In a conflict git names a file once for each side.
    for path in dict.fromkeys(os.fsdecode(output).split("\0")):
        head, _, name = path.rpartition("/")
        if head not in folders:
            folders[head] = os.path.normpath(os.path.join(base, head))
        if name:
            names.setdefault(folders[head], []).append(name)
    closed = (os.fsdecode(found) for found in _CLOSED_FOLDER.findall(complaints))
    return Listing(names, tuple(os.path.normpath(os.path.join(base, path)) for path in closed))


def git_ignores(folder: str) -> bool:
    """Whether git ignores an absolute folder as a whole."""
    return _git(folder, "check-ignore", "-q", ".") is not None


def _git(folder: str, *arguments: str) -> tuple[bytes, bytes] | None:
    """What git writes to its two outputs, None unless it ends well."""
    import subprocess  # 20 ms that a run over single files need not pay

    # A hook runs with GIT_DIR and GIT_INDEX_FILE of another repository or moment.
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name.startswith(("GIT_CONFIG_", "GIT_CEILING_"))
    }
    environment |= {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}
    try:
        done = subprocess.run(  # noqa: S603 (a fixed command)
            [*_GIT, *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return (done.stdout, done.stderr) if done.returncode == 0 else None


def walk_listing(
    folder: str,
    *,
    top: str,
    skip: Callable[[str], bool],
    limit: int | None = None,
) -> Listing:
    """Walk an absolute folder, leaving out what ``.gitignore`` files name.

    Args:
        folder: Where to begin. If it is ignored itself, only ``.gitignore`` files
            within it count.
        top: The folder at or above it from which on ``.gitignore`` files count.
        skip: Tells of an absolute folder whether to leave it out.
        limit: The number of files with Python, and of folders, after which to give up.

    Links to folders are not followed.
    """
    names: dict[str, list[str]] = {}
    unreadable: list[str] = []
    visited = found = 0
    rules = _inherited_rules(folder, top)
    pending = [(folder, () if _ignored(folder, rules, folder=True) else rules)]
    while pending:
        current, rules = pending.pop()
        visited += 1
        try:
            with os.scandir(current) as scan:
                entries = list(scan)
        except OSError:
            unreadable.append(current)
            continue
        if ".gitignore" in [entry.name for entry in entries]:
            rules = (*_rules_of(current), *rules)
        kept: list[str] = []
        for entry in entries:
            try:
                is_folder = entry.is_dir(follow_symlinks=False)
            except OSError:
                is_folder = False
            if not is_folder:
                name = entry.name
                if name.endswith(SUFFIXES) and not (rules and _ignored(entry.path, rules)):
                    kept.append(name)
            elif entry.name == ".git" or skip(entry.path):
                continue
            elif not (rules and _ignored(entry.path, rules, folder=True)):
                pending.append((entry.path, rules))
        if kept:
            names[current] = kept
            found += len(kept)
        if limit is not None and max(found, visited) > limit:
            return Listing({}, tuple(unreadable), complete=False)
    return Listing(names, tuple(unreadable))


#: The parsed ``.gitignore`` files that hold for a folder, with their own folders,
#: the nearest first.
_Rules = tuple[tuple[str, "GitIgnoreSpec"], ...]


def _inherited_rules(folder: str, top: str) -> _Rules:
    """The rules of the folders above one, up to and including ``top``."""
    rules: list[tuple[str, GitIgnoreSpec]] = []
    while folder not in (top, os.path.dirname(folder)):
        folder = os.path.dirname(folder)
        rules.extend(_rules_of(folder))
    return tuple(rules)


def _rules_of(folder: str) -> Iterator[tuple[str, GitIgnoreSpec]]:
    try:
        data = read_bytes(os.path.join(folder, ".gitignore"))
    except ReadError:
        return
    lines = os.fsdecode(data).splitlines()
    spec = _parsed(lines) or _parsed([line for line in lines if _parsed([line])])
    if spec is not None:
        yield folder, spec


def _parsed(lines: Sequence[str]) -> GitIgnoreSpec | None:
    """The rules of some lines, None if pathspec fails on one, as on some git accepts."""
    import warnings

    from pathspec import GitIgnoreSpec  # 40 ms, needed only without git

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # re's, about sets such as [[:alpha:]]
        try:
            return GitIgnoreSpec.from_lines(lines)
        except (ValueError, re.error):
            return None


def _ignored(path: str, rules: _Rules, folder: bool = False) -> bool:
    """The verdict of the nearest ``.gitignore`` that has one."""
    for base, spec in rules:
        inner = path[len(base) :].lstrip(os.sep) + ("/" if folder else "")
        verdict = spec.check_file(inner).include
        if verdict is not None:
            return verdict
    return False

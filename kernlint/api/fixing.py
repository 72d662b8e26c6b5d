"""A run that mends what it finds, on one page.

What comes of the fixes is found out without a file being changed, by checking the project with
the fixed texts in the place of those on disk; only then is anything written.
"""

from __future__ import annotations

import os
from collections import Counter

from kernlint.api.checking import check
from kernlint.api.project import discover_files
from kernlint.engine.fix import apply
from kernlint.model.diagnostic import Diagnostic, Held, Mended, Result
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.record import Record
from kernlint.source.write import WriteError, refusal, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from kernlint.config import Settings
    from kernlint.model.text import SourceText

    Run = Callable[[Mapping[str, bytes]], Result]

#: After so many rounds the fixes are taken not to come to an end.
ROUNDS = 10


class Fixes(Record):
    """What fixing comes to.

    ``result`` is that of the fixed project, with what was mended and what is held back;
    ``before`` are the texts of the changed files as they were read, ``after`` their new bytes.
    ``unwritten`` are the files that could not be written, each with the reason.
    """

    result: Result
    before: Mapping[str, SourceText]
    after: Mapping[str, bytes]
    unwritten: tuple[tuple[str, str], ...] = ()


def fixes(
    settings: Settings,
    paths: Sequence[str],
    *,
    ignore_noqa: bool = False,
    progress: Callable[[str], None] = lambda text: None,
    given: Mapping[str, bytes] | None = None,
) -> Fixes:
    """Find out what the fixes of the files that the paths stand for come to; nothing is written.

    A fix is made where its result is free of the finding and brings in no other error. Unsafe
    ones are made where the settings allow them. ``given`` and the rest are as for ``check``,
    which says what is raised.
    """
    discovery = discover_files(settings, paths, given or {})
    folders = (discovery.project.folder, discovery.project.root, os.getcwd())

    def run(texts: Mapping[str, bytes]) -> Result:
        contents = {**(given or {}), **texts}
        return check(settings, paths, ignore_noqa=ignore_noqa, progress=progress, given=contents)

    def refused(path: str) -> str | None:
        if path not in discovery.files:
            return "its file is not among the given paths"
        return None if given and path in given else refusal(path, folders)

    return _Mending(run, refused, unsafe=settings.unsafe_fixes).all()


def fix(
    settings: Settings,
    paths: Sequence[str],
    *,
    ignore_noqa: bool = False,
    progress: Callable[[str], None] = lambda text: None,
) -> Fixes:
    """Mend the files that the paths stand for, as far as ``fixes`` finds the fixes good.

    A file that has changed meanwhile, or cannot be written, stays as it is.
    """
    found = fixes(settings, paths, ignore_noqa=ignore_noqa, progress=progress)
    written = {path: _write(path, found) for path in found.after}
    failed = {path: reason for path, reason in written.items() if reason is not None}
    if not failed:
        return found
    left = check(settings, paths, ignore_noqa=ignore_noqa)
    done = tuple(each for each in found.result.mended if each.path not in failed)
    return found._replace(result=left._replace(mended=done), unwritten=tuple(failed.items()))


def _write(path: str, found: Fixes) -> str | None:
    """Write a fixed file; the reason where that cannot be done."""
    try:
        replace(path, found.before[path].data, found.after[path])
    except WriteError as error:
        return str(error)
    return None


#: What makes two findings of two runs the same: places move.
_Key = tuple[str, str, str]


def _key(item: Diagnostic) -> _Key:
    return item.place.path, item.code, item.message


class _Mending:
    """Rounds of fixes, each checked before it counts."""

    def __init__(self, run: Run, refused: Callable[[str], str | None], *, unsafe: bool) -> None:
        self._run = run
        self._refused = refused
        self._allowed = {"safe", "unsafe"} if unsafe else {"safe"}
        self._before: dict[str, SourceText] = {}
        self._after: dict[str, bytes] = {}
        self._reasons: dict[_Key, str] = {}
        self._mended: Counter[tuple[str, str, str]] = Counter()
        self._result = run({})

    def all(self) -> Fixes:
        """Make all fixes that there are, round by round, until nothing more is to be fixed."""
        notes: tuple[str, ...] = ()
        for _ in range(ROUNDS):
            if not self._round():
                break
        else:
            notes = (f"there is still something to fix after {ROUNDS} rounds of fixes",)
        mended = tuple(
            Mended(path, code, name, number)
            for (path, code, name), number in sorted(self._mended.items())
        )
        held = tuple(
            Held(item.place, item.code, self._reasons[_key(item)])
            for item in self._result.diagnostics
            if item.fix is not None and _key(item) in self._reasons
        )
        notes = (*self._result.notes, *notes)
        result = self._result._replace(mended=mended, held=held, notes=notes)
        changed = sorted(self._after)
        return Fixes(
            result,
            {path: self._before[path] for path in changed},
            {path: self._after[path] for path in changed},
        )

    def _round(self) -> bool:
        """Make the fixes that do not touch each other; whether there was something to do."""
        wanted = self._wanted()
        if not wanted:
            return False
        base = self._result
        made: list[Diagnostic] = []
        for path, items in wanted.items():
            applied = apply(base.texts[path], items)
            made.extend(applied.made)
            for item, reason in applied.refused:
                self._reasons[_key(item)] = reason
        proven = self._proven(base, [], made)
        for item in proven:
            self._mended[item.place.path, item.code, item.name] += 1
        return True

    def _wanted(self) -> dict[str, list[Diagnostic]]:
        """The findings to mend, by file."""
        found: dict[str, list[Diagnostic]] = {}
        for item in self._result.diagnostics:
            if item.fix is None or item.fix.applicability not in self._allowed:
                continue
            if _key(item) in self._reasons:
                continue
            reason = self._refused(item.place.path)
            if reason is None:
                found.setdefault(item.place.path, []).append(item)
            else:
                self._reasons[_key(item)] = reason
        return found

    def _proven(
        self, base: Result, good: list[Diagnostic], more: list[Diagnostic]
    ) -> list[Diagnostic]:
        """The fixes that are good, of some that are known to be and more of the same round.

        Where all of them together are not, halves are tried, down to the one to hold back.
        """
        if not more:
            return good
        chosen = [*good, *more]
        texts = dict(self._after)
        for path in {item.place.path for item in chosen}:
            self._before.setdefault(path, base.texts[path])
            items = [item for item in chosen if item.place.path == path]
            texts[path] = apply(base.texts[path], items).data
        result = self._run(texts)
        fault = _fault(base, result, chosen)
        if fault is None:
            self._after, self._result = texts, result
            return chosen
        if len(more) == 1:
            self._reasons[_key(more[0])] = fault
            return good
        middle = len(more) // 2
        good = self._proven(base, good, more[:middle])
        return self._proven(base, good, more[middle:])


def _fault(before: Result, after: Result, made: Iterable[Diagnostic]) -> str | None:
    """What speaks against some fixes; None where nothing does.

    An error that was not there before, a mapping that can no longer be read, or a finding that
    is still there.
    """
    fresh = _errors(after) - _errors(before)
    if fresh:
        path, code, message = min(fresh)
        return f"it would bring in {code} in {path}: {message}"
    more_unread = after.counts.unread_mappings - before.counts.unread_mappings
    if more_unread > max(after.counts.configs - before.counts.configs, 0):
        return "a mapping could not be read afterwards"
    if len(after.internal_errors) > len(before.internal_errors):
        return "the result could not be checked"
    left = Counter(map(_key, after.diagnostics))
    expected = Counter(map(_key, before.diagnostics))
    expected.subtract(map(_key, made))
    if any(left[key] > expected[key] for key in map(_key, made)):
        return "the finding would still be there"
    return None


def _errors(result: Result) -> Counter[_Key]:
    return Counter(_key(item) for item in result.diagnostics if item.severity == "error")

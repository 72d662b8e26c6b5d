"""What a whole project came to in an earlier run, as far as that still holds.

It holds as long as the same files are there, those that it was made from have the same content,
and plain files that were changed differ in nothing that others could see.
"""

from __future__ import annotations

from kernlint.engine.cache import decoded, digest_of_all, encoded, of_projects
from kernlint.model.hints import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kernlint.engine.cache import Cache
    from kernlint.engine.files import Files
    from kernlint.project.outcome import Parts, Plain, Project


def recall(
    cache: Cache, files: Files, paths: Iterable[str], candidates: Iterable[str], part: str = ""
) -> Project | None:
    """What the files of a project come to; None where that is not known for certain.

    Args:
        cache: What was kept.
        files: The files, as they are now.
        paths: All files of the project.
        candidates: Those that mention kernels.
        part: What of the cache it is kept in.
    """
    held = cache.project(part)
    try:
        if held is None or held["plain"].keys() - {*candidates}:
            return None
        if held["state"] is not None and held["state"] != _state(cache, files, paths):
            return None
        rest = [path for path in candidates if path not in held["plain"]]
        if held["key"] != _key(files, paths, rest):
            return None
        if any(files.digest(path) != content for path, content in held["reads"]):
            return None
        core: Project | None = decoded(held["core"], of_projects())
        plain = _plain(cache, files, held, part)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    if core is None or plain is None:
        return None
    from kernlint.project.outcome import Parts

    return Parts(core, plain).project


def _plain(cache: Cache, files: Files, held: dict[str, Any], part: str) -> dict[str, Plain] | None:
    """The plain files, those that were changed looked at anew; None where one differs too much."""
    found: dict[str, Plain] = {}
    changed: dict[str, list[object]] = {}
    for path, (content, kept) in held["plain"].items():
        before: Plain | None = decoded(kept, of_projects())
        if before is None:
            return None
        now = files.digest(path)
        if now != content:
            from kernlint.project.plain import renewed

            facts = files.brief(path)
            after = None if facts is None else renewed(path, facts, before)
            if after is None:
                return None
            before = after
            changed[path] = [now, encoded(after, of_projects())]
        found[path] = before
    if changed:
        cache.keep_project({**held, "plain": {**held["plain"], **changed}}, part)
    return found


def remember(
    cache: Cache,
    files: Files,
    paths: Iterable[str],
    candidates: Iterable[str],
    parts: Parts,
    part: str = "",
) -> None:
    """Keep what all files come to, with what was read besides the candidates.

    Where callers were looked for, any file that changes may have become one.
    """
    rest = [path for path in candidates if path not in parts.plain]
    also = sorted(files.parsed - {*rest})
    # Where that is not known, such as of files that have just changed, nothing can be kept.
    state = _state(cache, files, paths) if parts.core.wanted else None
    if parts.core.wanted and state is None:
        return
    core = encoded(parts.core, of_projects())
    plain = {
        path: [files.digest(path), encoded(each, of_projects())]
        for path, each in parts.plain.items()
    }
    if core is not None and all(kept is not None for _, kept in plain.values()):
        cache.keep_project(
            {
                "key": _key(files, paths, rest),
                "state": state,
                "reads": [(path, files.digest(path)) for path in also],
                "core": core,
                "plain": plain,
            },
            part,
        )


def _state(cache: Cache, files: Files, paths: Iterable[str]) -> str | None:
    """What stands for all files of a project as they are on the disk, whatever they say."""
    found = None if files.has_given else cache.files.state(sorted(paths))
    return None if found is None else digest_of_all((found,))


def _key(files: Files, paths: Iterable[str], candidates: Iterable[str]) -> str:
    contents = [part for path in sorted(candidates) for part in (path, files.digest(path))]
    return digest_of_all((*sorted(paths), "", *contents))

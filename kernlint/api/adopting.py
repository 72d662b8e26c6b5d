"""What a project with findings of long ago does with them: comments and the baseline."""

from __future__ import annotations

import os

from kernlint.api.project import UsageError, discover_files
from kernlint.model.diagnostic import OPEN_CODES
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from kernlint.config import Settings
    from kernlint.engine.baseline import Baseline
    from kernlint.model.diagnostic import Diagnostic, Result
    from kernlint.source.discover import Discovery

#: Files of other kinds that findings stand in: notebooks, documents, dependencies.
_NO_PYTHON = (".ipynb", ".md", ".mdx", ".rst", ".toml", ".txt", ".cfg", ".lock", ".in")


def baseline_of(settings: Settings, written: str | None = None) -> Baseline | None:
    """The baseline of the settings, or the one that is to be ``written``; None without one.

    Raises ConfigError where it cannot be used.
    """
    path = settings.baseline if written is None else written
    if not path:
        return None
    from kernlint.engine.baseline import Baseline

    if written is None and settings.sources["baseline"][-1].line is not None:
        path = os.path.relpath(os.path.join(settings.root, path))
    return Baseline(path, write=written is not None)


def with_baseline(
    baseline: Baseline | None, result: Result, settings: Settings, discovery: Discovery
) -> Result:
    """The result without what the baseline hides; it is written where that is asked for."""
    if baseline is None:
        return result
    from kernlint.config import rule_enabled
    from kernlint.rules.registry import all_rules

    rules = {rule.code: rule for rule in all_rules()}
    unreadable = {item.place.path for item in result.diagnostics if item.code == "KL001"}
    looked_at = {*discovery.files} - unreadable

    def looked_for(code: str, path: str) -> bool:
        rule = rules.get(code)
        return path in looked_at and (
            rule is None or rule_enabled(code, rule.name, rule.default_on, settings, path)
        )

    return baseline.applied(result, looked_for)


def noqa_notes(paths: Iterable[str]) -> tuple[str, ...]:
    """What to tell of files whose ``noqa`` comments for kernlint do not last: one thing."""
    for path in paths:
        from kernlint.config.ruff import removes_noqa

        file = removes_noqa(path)
        if file is not None:
            shown = os.path.relpath(file).replace(os.sep, "/")
            advice = f'set `external = ["KL"]` in {shown}, or write `# kernlint: ignore[...]`'
            return (f"`ruff check --fix` removes `noqa` comments for kernlint: {advice}",)
    return ()


class Ignored(Record):
    """What came of writing comments: how many lines got one, in how many files.

    ``refused`` are the findings that no comment silences, each with the reason.
    """

    lines: int
    files: int
    refused: tuple[tuple[Diagnostic, str], ...]


def add_ignores(
    settings: Settings, paths: Sequence[str], result: Result, reason: str = ""
) -> Ignored:
    """Write a comment that silences it beside every finding of a run over the paths.

    Files are replaced one by one, as a whole. Raises UsageError for one that cannot be written.
    """
    from kernlint.source.read import ReadError, read_bytes
    from kernlint.source.replace import replace_file
    from kernlint.source.silence import Finding, silence

    named = {*discover_files(settings, paths).files}
    refused: list[tuple[Diagnostic, str]] = []
    by_path: dict[str, dict[Finding, Diagnostic]] = {}
    for item in result.diagnostics:
        why = _refusal(item, named)
        if why is not None:
            refused.append((item, why))
            continue
        finding = Finding(item.code, item.name, item.place.span.start)
        by_path.setdefault(item.place.path, {})[finding] = item
    lines = files = 0
    for path, findings in by_path.items():
        text = result.texts[path]
        try:
            done = silence(text, findings, reason)
            if read_bytes(path) != text.data:
                raise ReadError("it has changed in the meantime")
            if done.lines:
                replace_file(path, done.data)
        except UnicodeEncodeError:
            raise UsageError(
                f"the reason cannot be written in `{path}`: its encoding is {text.encoding}"
            ) from None
        except (ReadError, OSError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise UsageError(f"cannot write `{path}`: {why}") from None
        lines += done.lines
        files += bool(done.lines)
        refused += [(findings[each], "no comment can stand there") for each in sorted(done.refused)]
    return Ignored(lines, files, tuple(sorted(refused, key=lambda each: each[0].place)))


def _refusal(item: Diagnostic, named: Collection[str]) -> str | None:
    """Why no comment can be written for a finding, None where one may be."""
    if item.code in OPEN_CODES:
        return "what could not be checked is not ignored"
    if item.code == "KL002":
        return "remove the comment instead"
    if item.place.path.endswith(_NO_PYTHON):
        return "comments are written in Python files only"
    if item.place.path not in named:
        return "the file is not among those that are checked"
    return None

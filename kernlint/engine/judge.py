"""One verdict over all releases that a project allows.

The newest one decides. What only older ones mind is a warning that names them.
"""

from __future__ import annotations

from kernlint.engine.check import Findings, run_rules
from kernlint.model.diagnostic import Diagnostic, Related
from kernlint.model.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from kernlint.model.diagnostic import Place
    from kernlint.rules.base import Context, Rule


_MISSING_IMPORT = "KL502"


def judge(
    groups: Iterable[tuple[Sequence[Context], Collection[str]]],
    rules: Iterable[Rule],
    reported: Collection[str],
) -> Findings:
    """Run the rules over a project.

    Args:
        groups: The files that are judged by the same releases, each with a context for
            every allowed release of transformers, oldest first.
        rules: The rules to run.
        reported: The files to report on.
    """
    rules = tuple(rules)
    findings = Findings([], [], [], set())
    for contexts, paths in groups:
        found = _judge(contexts, rules, reported, paths)
        findings.diagnostics.extend(found.diagnostics)
        findings.not_checked.extend(found.not_checked)
        findings.internal_errors.extend(found.internal_errors)
        findings.unread.update(found.unread)
    return findings


def _judge(
    contexts: Sequence[Context],
    rules: Iterable[Rule],
    reported: Collection[str],
    paths: Collection[str],
) -> Findings:
    """Run the rules for every release that some files are judged by."""
    if not contexts[-1].target.transformers:
        # Of releases from before the catalog only the missing import is known.
        rules = [rule for rule in rules if rule.code == _MISSING_IMPORT]
    runs = [run_rules(context, rules, reported, paths) for context in contexts]
    newest = runs[-1]
    settled = {item.place for item in newest.diagnostics}
    older: dict[tuple[str, Place], list[tuple[Context, Diagnostic]]] = {}
    for context, run in zip(contexts[:-1], runs[:-1], strict=True):
        newest.internal_errors.extend(run.internal_errors)
        for item in run.diagnostics:
            if item.place not in settled and item.severity != "info":
                older.setdefault((item.code, item.place), []).append((context, item))
    newest.diagnostics.extend(_only_older(found) for found in older.values())
    return newest


def _only_older(found: Sequence[tuple[Context, Diagnostic]]) -> Diagnostic:
    """The finding of the newest release that has it, as a warning that names them all."""
    context, item = found[-1]
    releases = context.catalog.specifier(
        "transformers", [each.release.version for each, _ in found]
    )
    allowed = f"with transformers {releases}, which {context.target.origin} allows,"
    effect = (item.effect or "").replace(f"with {context.version}", allowed, 1)
    related = item.related
    requirement = context.target.requirement
    if requirement is not None:
        related = (*related, Related("these releases are allowed here", requirement.place))
    return item._replace(
        severity="warning",
        effect=effect,
        related=related,
        fix=None,  # it was made for the older release
        releases=(("transformers", releases),),
    )

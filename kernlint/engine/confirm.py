"""The findings on what checks with the real libraries saw."""

from __future__ import annotations

from kernlint.engine.finish import finish
from kernlint.model.diagnostic import Counts, Diagnostic, InternalError, Result
from kernlint.model.hints import TYPE_CHECKING
from kernlint.rules.registry import all_rules
from kernlint.rules.verdicts import report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from kernlint.engine.finish import Named
    from kernlint.model.diagnostic import NotChecked
    from kernlint.model.runtime import RuntimeFacts, RuntimeReport
    from kernlint.model.text import SourceText
    from kernlint.rules.base import Rule


def confirm(
    checks: Iterable[RuntimeFacts],
    texts: Mapping[str, SourceText],
    enabled: Callable[[Named, str], bool],
    *,
    ignore_noqa: bool = False,
    not_checked: Iterable[NotChecked] = (),
    unreadable: Iterable[Diagnostic] = (),
) -> Result:
    """A report of every check, and what the rules that are on find in it.

    Args:
        checks: What was seen, in the order in which it is reported.
        texts: The files that the configs stand in, as far as they can be read: for excerpts, and
            for the comments that silence findings.
        enabled: Whether a rule is on for a path.
        ignore_noqa: Whether comments silence nothing.
        not_checked: The configs of which too little is known for a check.
        unreadable: The findings about files that may hold configs and could not be read.

    Where a config was not checked, or none was, the result counts as unreadable.
    """
    reports = tuple(report(facts) for facts in checks)
    found: list[Diagnostic] = []
    errors: list[InternalError] = []
    for rule in all_rules():
        for item in reports:
            _look(rule, item, found, errors)
    rules = {rule.code: rule for rule in all_rules()}
    kept = finish(
        (*found, *unreadable), not_checked, texts, rules, enabled, (), ignore_noqa=ignore_noqa
    )
    places = {item.facts.check.config.place for item in reports}
    places |= {item.place for item in kept.not_checked}
    is_open = not reports or bool(kept.not_checked)
    return Result(
        kept.diagnostics,
        kept.not_checked,
        tuple(errors),
        Counts(
            len({place.path for place in places}),
            len(places),
            unread_mappings=len(kept.not_checked),
            suppressed=kept.suppressed,
        ),
        _versions(reports),
        texts,
        is_open or any(item.code == "KL001" for item in kept.diagnostics),
        () if reports else ("there is no config that could be tried out",),
        reports,
    )


def _look(
    rule: Rule, item: RuntimeReport, found: list[Diagnostic], errors: list[InternalError]
) -> None:
    try:
        found.extend(rule.runtime(item))
    except Exception as error:  # noqa: BLE001  # one rule must not end the run
        place = item.facts.check.config.place
        errors.append(InternalError(rule.code, place, f"{type(error).__name__}: {error}"))


def _versions(reports: Iterable[RuntimeReport]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The releases of the libraries that the checks ran with."""
    found: dict[str, dict[str, None]] = {"transformers": {}, "kernels": {}}
    for item in reports:
        if item.facts.environment is not None:
            for name, releases in found.items():
                if name in item.facts.environment.versions:
                    releases[item.facts.environment.versions[name]] = None
    return tuple((name, tuple(releases)) for name, releases in found.items() if releases)

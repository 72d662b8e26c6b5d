"""A run with the real libraries, on one page."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from kernlint.api.project import discover_files, project_of, unreadable_of
from kernlint.api.request import interpreter_of, validate
from kernlint.model.diagnostic import Counts, Diagnostic, NotChecked, Place, Result
from kernlint.model.expr import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from kernlint.config import Settings
    from kernlint.engine.files import Files
    from kernlint.model.runtime import Check, ConfigSource, Pass, Request, RuntimeReport
    from kernlint.rules.base import Rule

    Progress = Callable[[int, int, Check, Pass, str | None], None]


class Plan(NamedTuple):
    """What a run will do: nothing has been executed yet.

    ``not_checked`` are the configs that cannot be tried out, ``unreadable`` the findings about
    files that could not be looked at. ``files`` holds their texts, ``candidates`` those that say
    something about kernels, ``reported`` all that stand in the given paths.
    """

    checks: tuple[Check, ...]
    not_checked: tuple[NotChecked, ...]
    unreadable: tuple[Diagnostic, ...]
    files: Files
    candidates: tuple[str, ...]
    reported: frozenset[str]


def plan(settings: Settings, paths: Sequence[str], request: Request) -> Plan:
    """Find what to confirm: the configs in the paths, or the one that the request names.

    Raises UsageError for a request that cannot come to anything.
    """
    from kernlint.engine.files import Files

    validate(request)
    python = interpreter_of(settings)
    if request.kernel_config is not None:
        source = _attribute(request.kernel_config)
        files = Files(settings.jobs)
        return Plan((_check(source, request, python),), (), (), files, (), frozenset())
    from kernlint.engine.confirmable import confirmable

    discovery = discover_files(settings, paths)
    files = Files(settings.jobs)
    candidates, commented = files.read(discovery.files, alone=not discovery.project.listed)
    files.extract(candidates)
    project = project_of(discovery, files, candidates, whole=False)
    reported = frozenset(discovery.files)
    found = confirmable(project.configs, reported, files.texts)
    return Plan(
        tuple(_check(source, request, python) for source in found.sources),
        found.not_checked,
        tuple(unreadable_of(files, candidates, discovery.unreadable)),
        files,
        (*candidates, *commented),
        reported,
    )


def confirm(
    settings: Settings,
    paths: Sequence[str],
    request: Request,
    *,
    ignore_noqa: bool = False,
    announce: Callable[[str], None] = lambda text: None,
    progress: Progress = lambda number, total, check, during, layer: None,
) -> Result:
    """Try out configs on a model, each in a process of its own, in the user's interpreter.

    Args:
        settings: The settings of the run.
        paths: Where the configs stand.
        request: What to confirm, and how.
        ignore_noqa: Whether comments in the code silence nothing.
        announce: Gets the text that says what will be executed, before anything is.
        progress: Told of every step: the number of the check, how many there are, the check,
            its pass and the layer that it is about.

    Raises UsageError as ``plan`` does.
    """
    planned = plan(settings, paths, request)
    announce(announcement(planned.checks))
    reports = []
    for number, check in enumerate(planned.checks, 1):
        told = _telling(progress, number, len(planned.checks), check)
        reports.append(run_check(check, told))
    return judged(settings, planned, reports, ignore_noqa=ignore_noqa)


def run_check(
    check: Check, progress: Callable[[Pass, str | None], None] = lambda during, layer: None
) -> RuntimeReport:
    """Execute one check, and judge what was seen of it; the progress is told by step."""
    from kernlint.rules.verdicts import report
    from kernlint.runtime.confirm import confirm as observe

    return report(observe(check, lambda step: progress(step.during, step.layer)))


def findings(report: RuntimeReport) -> tuple[Diagnostic, ...]:
    """What the rules say of a report."""
    from kernlint.rules.registry import all_rules

    return tuple(found for rule in all_rules() for found in rule.runtime(report))


def judged(
    settings: Settings,
    planned: Plan,
    reports: Sequence[RuntimeReport],
    *,
    ignore_noqa: bool = False,
) -> Result:
    """The result of a run from the reports on its checks."""
    from kernlint.config import rule_enabled
    from kernlint.engine.finish import finish
    from kernlint.rules.registry import all_rules

    rules = {rule.code: rule for rule in all_rules()}

    def enabled(rule: Rule, path: str | None) -> bool:
        # That a comment silences nothing cannot be told where only some rules run.
        unused = rule.code == "KL002"
        return not unused and rule_enabled(rule.code, rule.name, rule.default_on, settings, path)

    reports = tuple(_located(report, planned.files) for report in reports)
    found = [item for report in reports for item in findings(report)]
    paths = {place.path for item in found for place in _places(item)}
    paths |= {report.facts.check.config.place.path for report in reports}
    paths |= {item.place.path for item in planned.not_checked}
    readable = {path for path in paths if os.path.isfile(path)}
    kept = finish(
        (*found, *planned.unreadable),
        planned.not_checked,
        planned.files.shown(planned.candidates, readable),
        rules,
        enabled,
        planned.reported,
        ignore_noqa=ignore_noqa,
    )
    return Result(
        kept.diagnostics,
        kept.not_checked,
        (),
        Counts(
            files=len(planned.reported),
            configs=len({check.config.place for check in planned.checks}),
            unread_mappings=len(planned.not_checked),
            suppressed=kept.suppressed,
        ),
        _judged_by(reports),
        planned.files.texts,
        not planned.checks
        or bool(kept.not_checked)
        or any(item.code == "KL001" for item in kept.diagnostics),
        () if planned.checks else ("no config was found that could be tried out",),
        runtime=reports,
    )


def announcement(checks: Sequence[Check]) -> str:
    """What will be executed, in lines; empty where that is nothing."""
    if not checks:
        return ""
    first = checks[0]
    trust = "yes" if first.trust_remote_code else "no"
    rows = [
        f"running {first.python}, which executes:",
        f"  the model: {first.model} (code from its repository: {trust})",
    ]
    for check in checks:
        config = check.config
        if config.attribute is not None:
            rows.append(f"  the module of the config: {config.attribute}, and its kernels")
            continue
        rows.append(f"  the kernels of {config.label}, by {config.way}:")
        rows += [f"    {name}: {_kernels(value)}" for name, value in (config.mapping or {}).items()]
        if config.inherit_mapping and not config.use_local_kernel:
            rows.append("    every other layer of the model: the default kernel of transformers")
    return "\n".join(rows) + "\n"


def _kernels(value: object) -> str:
    """The repositories in a value of a mapping, as they are written."""
    if isinstance(value, dict):
        return ", ".join(f"{_kernels(part)} for {key}" for key, part in value.items())
    if isinstance(value, tuple) and value:
        return str(value[0])
    return str(value)


def _telling(
    progress: Progress, number: int, total: int, check: Check
) -> Callable[[Pass, str | None], None]:
    return lambda during, layer: progress(number, total, check, during, layer)


def _check(source: ConfigSource, request: Request, python: str) -> Check:
    from kernlint.model.runtime import Check

    return Check(
        source,
        request.model,
        request.device,
        request.mode,
        request.compiled,
        request.offline,
        request.trust_remote_code,
        request.execute,
        request.numerics,
        request.timeout,
        python,
    )


def _attribute(text: str) -> ConfigSource:
    """The config that an attribute of the user's code is; its file where that is known."""
    from kernlint.model.runtime import ConfigSource

    module = text.rpartition(":")[0]
    path = next((path for path in _files_of(module) if os.path.isfile(path)), text)
    place = Place(path.replace(os.sep, "/"), Span(0, 0))
    return ConfigSource(text, place, None, False, True, "set_use_kernels", text)


def _files_of(module: str) -> Iterator[str]:
    if module.endswith(".py"):
        yield os.path.relpath(module)
    else:
        folder = os.path.join(*module.split("."))
        yield f"{folder}.py"
        yield os.path.join(folder, "__init__.py")


def _located(report: RuntimeReport, files: Files) -> RuntimeReport:
    """A report that points to where the attribute gets its value, where that is in sight."""
    config = report.facts.check.config
    if config.attribute is None or not os.path.isfile(config.place.path):
        return report
    name = re.escape(config.attribute.rpartition(":")[2].partition(".")[0])
    text = files.shown((), (config.place.path,))[config.place.path]
    found = re.search(
        rf"^(?:def[ \t]+|class[ \t]+)?({name})[ \t]*[=:(]".encode(), text.data, re.MULTILINE
    )
    if found is None:
        return report
    place = config.place._replace(span=Span(*found.span(1)))
    check = report.facts.check._replace(config=config._replace(place=place))
    layers = tuple(
        layer._replace(place=place) if layer.place == config.place else layer
        for layer in report.layers
    )
    return report._replace(facts=report.facts._replace(check=check), layers=layers)


def _places(item: Diagnostic) -> Iterator[Place]:
    yield item.place
    for related in item.related:
        yield related.place


def _judged_by(reports: Iterable[RuntimeReport]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The releases that were run."""
    environments = [each.facts.environment for each in reports if each.facts.environment]
    return tuple(
        (
            library,
            tuple(
                sorted(
                    {each.versions[library] for each in environments if library in each.versions}
                )
            ),
        )
        for library in ("transformers", "kernels")
    )

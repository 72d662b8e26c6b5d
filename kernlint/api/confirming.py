"""A run with the real libraries, on one page."""

from __future__ import annotations

import os
import re

from kernlint.api.project import discover_files, files_of, project_of, unreadable_of
from kernlint.api.request import interpreter_of, validate
from kernlint.model.diagnostic import Diagnostic, NotChecked, Place, Result
from kernlint.model.expr import Span
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from kernlint.config import Settings
    from kernlint.engine.files import Files
    from kernlint.engine.finish import Named
    from kernlint.model.runtime import Check, ConfigSource, Pass, Request, RuntimeFacts
    from kernlint.runtime.events import Step

    Progress = Callable[[int, int, Check, Pass, str | None], None]


class Plan(Record):
    """What a run will do: nothing has been executed yet.

    ``not_checked`` are the configs that cannot be tried out, ``unreadable`` the findings about
    files that could not be looked at. ``files`` holds the texts.
    """

    checks: tuple[Check, ...]
    not_checked: tuple[NotChecked, ...]
    unreadable: tuple[Diagnostic, ...]
    files: Files


def plan(settings: Settings, paths: Sequence[str], request: Request) -> Plan:
    """Find what to confirm: the configs in the paths, or the one that the request names.

    Raises UsageError for a request that cannot come to anything.
    """
    validate(request)
    python = interpreter_of(settings)
    if request.kernel_config is not None:
        source = _attribute(request.kernel_config)
        files = files_of(settings)
        return Plan((_check(source, request, python),), (), (), files)
    from kernlint.engine.confirmable import confirmable

    discovery = discover_files(settings, paths)
    files = files_of(settings)
    candidates, _ = files.read(discovery.files, alone=not discovery.project.listed)
    project = project_of(discovery, files, candidates, whole=False)
    texts = files.shown({config.place.path for config in project.configs})
    found = confirmable(project.configs, frozenset(discovery.files), texts)
    return Plan(
        tuple(_check(source, request, python) for source in found.sources),
        found.not_checked,
        tuple(unreadable_of(files, project.unread, discovery.unreadable)),
        files,
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
    from kernlint.runtime.confirm import confirm as observe

    planned = plan(settings, paths, request)
    announce(announcement(planned.checks))
    total = len(planned.checks)
    facts = [
        observe(check, _telling(progress, number, total, check))
        for number, check in enumerate(planned.checks, 1)
    ]
    return judged(settings, planned, facts, ignore_noqa=ignore_noqa)


def judged(
    settings: Settings, planned: Plan, seen: Iterable[RuntimeFacts], *, ignore_noqa: bool = False
) -> Result:
    """The result of a run from what was seen in its checks, or in some of them."""
    from kernlint.config import rule_enabled
    from kernlint.engine.confirm import confirm

    def enabled(rule: Named, path: str | None) -> bool:
        return rule_enabled(rule.code, rule.name, rule.default_on, settings, path)

    located = [_located(facts, planned.files) for facts in seen]
    places = [facts.check.config.place for facts in located]
    places += [item.place for item in planned.not_checked]
    places += [item.place for item in planned.unreadable]
    readable = {place.path for place in places if os.path.isfile(place.path)}
    return confirm(
        located,
        planned.files.shown(readable),
        enabled,
        ignore_noqa=ignore_noqa,
        not_checked=planned.not_checked,
        unreadable=planned.unreadable,
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


def _telling(progress: Progress, number: int, total: int, check: Check) -> Callable[[Step], None]:
    return lambda step: progress(number, total, check, step.during, step.layer)


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


def _located(facts: RuntimeFacts, files: Files) -> RuntimeFacts:
    """Facts that point to where the attribute gets its value, where that is in sight."""
    config = facts.check.config
    if config.attribute is None or not os.path.isfile(config.place.path):
        return facts
    name = re.escape(config.attribute.rpartition(":")[2].partition(".")[0])
    text = files.shown((config.place.path,))[config.place.path]
    defined = rf"^(?:def[ \t]+|class[ \t]+)?({name})[ \t]*[=:(]"
    found = re.search(defined.encode(), text.data, re.MULTILINE)
    if found is None:
        return facts
    place = config.place._replace(span=Span(*found.span(1)))
    return facts._replace(check=facts.check._replace(config=config._replace(place=place)))

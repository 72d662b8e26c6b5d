"""Runs the rules over a project, each on its own, and collects what they find."""

from __future__ import annotations

from kernlint.model.diagnostic import Diagnostic, InternalError, NotChecked
from kernlint.model.hints import TYPE_CHECKING, Protocol, TypeVar
from kernlint.model.record import Record
from kernlint.project.values import MappingValue, SequenceValue, Unknown, Value
from kernlint.rules.base import Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from kernlint.model.diagnostic import Place
    from kernlint.project.flow import Config, Story
    from kernlint.rules.base import Context


class Findings(Record):
    """What the rules found, in no particular order.

    ``unread`` holds the places of the configs that could not be read in full.
    """

    diagnostics: list[Diagnostic]
    not_checked: list[NotChecked]
    internal_errors: list[InternalError]
    unread: set[Place]

    @property
    def paths(self) -> set[str]:
        """The files that something found stands in, or points to."""
        places = [item.place for item in self.diagnostics]
        places += [item.place for item in self.not_checked]
        places += [item.place for item in self.internal_errors]
        places += [related.place for item in self.diagnostics for related in item.related]
        return {place.path for place in places}


def run_rules(
    context: Context,
    rules: Iterable[Rule],
    reported: Collection[str],
    judged: Collection[str] | None = None,
) -> Findings:
    """Every rule over everything that touches the reported files.

    What is found belongs to a reported file if it stands there, or if what it is about
    does: a config may take its mapping from another file. A rule that fails on
    something is an internal error at that place; the others go on, and so does it
    elsewhere. Where ``judged`` is given, only what stands in those files is looked at.
    """
    findings = Findings([], [], [], set())
    rules = tuple(rules)
    view = _views(context)

    def judged_here(things: Iterable[_Thing]) -> list[_Thing]:
        return [item for item in things if judged is None or item.place.path in judged]

    stated = context.target.requirement or next(iter(context.target.kernel_pins), None)
    if stated is not None:
        for rule in _looking(rules, "target"):
            _collect(findings, rule, _on_target(rule), stated, context, reported)
    of_configs, of_usages = _looking(rules, "config"), _looking(rules, "usage")
    for config in judged_here(context.configs):
        parts = list(_own(unread(config), config, reported))
        findings.not_checked.extend(parts)
        if parts:
            findings.unread.add(config.place)
        for rule in of_configs:
            _collect(findings, rule, rule.config, config, view(config.place.path), reported)
    for usage in judged_here(context.usages):
        for rule in of_usages:
            _collect(findings, rule, rule.usage, usage, view(usage.place.path), reported)
    of_stories, of_declarations = _looking(rules, "story"), _looking(rules, "declaration")
    for story in context.stories:
        if judged is not None and _home(story) not in judged:
            continue
        seen = view(*(step.place.path for step in story.steps))
        for rule in of_stories:
            _collect(findings, rule, rule.story, story, seen, reported)
    for declaration in judged_here(context.declarations):
        seen = view(declaration.place.path)
        for rule in of_declarations:
            _collect(findings, rule, rule.declaration, declaration, seen, reported)
    return findings


def _looking(rules: Iterable[Rule], method: str) -> list[Rule]:
    """The rules that look at a kind of thing: there are many things, and few rules for each."""
    return [rule for rule in rules if getattr(type(rule), method) is not getattr(Rule, method)]


def _views(context: Context) -> Callable[..., Context]:
    """What gives what the rules see where they look at something in some files."""
    views: dict[str, Context] = {}

    def view(*paths: str) -> Context:
        home = next((path for path in paths if path in context.alone), "")
        if home not in views:
            views[home] = context.seen_by(home)
        return views[home]

    return view


class _Placed(Protocol):
    """Something at a place of a file."""

    @property
    def place(self) -> Place:
        """Where it stands."""


_Thing = TypeVar("_Thing", bound=_Placed)
_Found = TypeVar("_Found", bound="Diagnostic | NotChecked")


def _home(story: Story) -> str:
    """The file whose releases a story is judged by: where the first config is handed over.

    What comes before may stand in a file that has nothing to do with kernels.
    """
    giving = (step for step in story.steps if step.config is not None)
    return next(giving, story.steps[0]).place.path


def _own(found: Iterable[_Found], thing: _Placed, reported: Collection[str]) -> Iterator[_Found]:
    """What belongs to the reported files of all that is found about something."""
    own = thing.place.path in reported
    return (item for item in found if own or item.place.path in reported)


def _on_target(
    rule: Rule,
) -> Callable[[_Placed, Context], Iterable[Diagnostic | NotChecked]]:
    return lambda _, context: rule.target(context)


def _collect(
    findings: Findings,
    rule: Rule,
    look: Callable[[_Thing, Context], Iterable[Diagnostic | NotChecked]],
    thing: _Thing,
    context: Context,
    reported: Collection[str],
) -> None:
    try:
        for item in _own(look(thing, context), thing, reported):
            if isinstance(item, NotChecked):
                findings.not_checked.append(item)
                findings.unread.add(thing.place)
            else:
                findings.diagnostics.append(item)
    except Exception as error:  # noqa: BLE001  # one rule must not end the run
        if thing.place.path in reported:
            detail = f"{type(error).__name__}: {error}"
            findings.internal_errors.append(InternalError(rule.code, thing.place, detail))


def unread(config: Config) -> Iterator[NotChecked]:
    """The parts of a config that are not known, each once, with the reason."""
    hidden = {argument.place for argument in config.arguments if argument.star}
    for place in sorted(hidden):
        yield NotChecked(place, "what is passed here is not followed")
    for value in (config.mapping, config.use_local_kernel):
        if value is not None and value.place not in hidden:
            yield from _unread(value)


def _unread(value: Value) -> Iterator[NotChecked]:
    if isinstance(value, Unknown):
        yield NotChecked(value.place, value.reason)
    elif isinstance(value, SequenceValue):
        for item in value.items:
            yield from _unread(item)
    elif isinstance(value, MappingValue):
        for part in value.unread:
            yield NotChecked(part.place, part.reason)
        for entry in value.entries:
            yield from _unread(entry.key)
            yield from _unread(entry.value)

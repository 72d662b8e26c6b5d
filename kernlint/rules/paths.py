"""The paths that a config can take, and what becomes of a mistake on each.

Up to transformers 5.10 from_pretrained hands the config on to set_use_kernels once
the model is loaded. From 5.11 on it reads the mapping itself first, by other rules
(integrations/hub_kernels.py, register_kernel_replacements_and_fusions), and hands on
what it made of it.
"""

from __future__ import annotations

from kernlint.model.diagnostic import SEVERITIES, Diagnostic, Related
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.record import Record
from kernlint.project.values import Known, MappingValue, SequenceValue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernlint.model.diagnostic import Place, Severity
    from kernlint.project.flow import Config, Sink
    from kernlint.project.values import Entry, Value
    from kernlint.rules.base import Context


class Verdict(Record):
    """What becomes of a mistake on one path: how bad it is, and what happens."""

    severity: Severity
    effect: str


class Outcome(Record):
    """The worst verdict over all paths of a config, with the path that it is of."""

    verdict: Verdict
    sink: Sink | None

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return self.verdict.severity


def worst(
    config: Config, context: Context, validated: Verdict | None, preloaded: Verdict | None
) -> Outcome | None:
    """The verdict on a config, None where no path minds.

    ``validated`` is what sanitize_kernel_mapping, create_compatible_mapping and the
    loading of the kernel make of the mistake: the path of set_use_kernels, of
    from_pretrained up to 5.10, and of a config whose use is not in sight.
    ``preloaded`` is what from_pretrained makes of it from 5.11 on.
    """
    outcomes: list[Outcome] = []
    sinks: list[Sink | None] = [sink for sink in config.sinks if sink.kind != "update_kernel"]
    for sink in sinks or [None]:
        early = (
            sink is not None
            and sink.kind == "from_pretrained"
            and context.release.from_pretrained_fusions
        )
        verdict = preloaded if early else validated
        if verdict is not None:
            outcomes.append(Outcome(verdict, sink))
    return max(outcomes, key=lambda o: SEVERITIES.index(o.severity), default=None)


def raises(context: Context, who: str, exception: str, message: str | None = None) -> Verdict:
    """An exception, with its text as the library words it, up to what is not known of it."""
    known, cut, _ = (message or "").partition("...")
    tail = f": {known.rstrip(' ,:')}{' …' if cut else ''}" if message else ""
    return Verdict("error", f"with {context.version} {who} raises {exception}{tail}")


def silent(context: Context, what: str) -> Verdict:
    """Something that goes through and does not do what is written."""
    return Verdict("warning", f"with {context.version} {what}")


class Slot(Record):
    """One kernel of a mapping: for a layer, and for a device where one is named.

    ``text`` is the string in it and ``metadata`` the second item of a tuple, where
    the value has that form.
    """

    layer: Value
    device: Value | None
    value: Value
    text: Known | None
    metadata: Value | None


def entries(config: Config) -> tuple[Entry, ...]:
    """The entries of the mapping that are known."""
    return config.mapping.entries if isinstance(config.mapping, MappingValue) else ()


def slots(config: Config) -> Iterator[Slot]:
    """The kernels of a mapping, those of each device apart."""
    for entry in entries(config):
        if isinstance(entry.value, MappingValue):
            for inner in entry.value.entries:
                yield _slot(entry.key, inner.key, inner.value)
        else:
            yield _slot(entry.key, None, entry.value)


def _slot(layer: Value, device: Value | None, value: Value) -> Slot:
    text, metadata = value, None
    if isinstance(value, SequenceValue) and value.kind == "tuple" and len(value.items) == 2:
        text, metadata = value.items
    known = text if isinstance(text, Known) and isinstance(text.value, str) else None
    return Slot(layer, device, value, known, metadata)


def sink_related(outcome: Outcome, config: Config) -> list[Related]:
    """The call that the verdict is about, where it is not the one that holds the config."""
    sink = outcome.sink
    if sink is None or _contains(sink.place, config.place):
        return []
    return [Related(f"the config goes to `{sink.kind}` here", sink.place)]


def finish(diagnostic: Diagnostic, outcome: Outcome, config: Config) -> Diagnostic:
    """A diagnostic with the verdict of its path."""
    return diagnostic._replace(
        severity=outcome.verdict.severity,
        effect=outcome.verdict.effect,
        sink=outcome.sink.kind if outcome.sink else None,
        related=(*diagnostic.related, *sink_related(outcome, config)),
    )


def _contains(outer: Place, inner: Place) -> bool:
    return (
        outer.path == inner.path
        and outer.span.start <= inner.span.start
        and inner.span.end <= outer.span.end
    )


def flag(value: Value | None) -> bool | None:
    """Whether a flag of the config is set; False where it is not passed, None if unknown."""
    if value is None:
        return False
    if isinstance(value, Known):
        return bool(value.value)
    if isinstance(value, MappingValue) and not value.unread:
        return bool(value.entries)
    return bool(value.items) if isinstance(value, SequenceValue) else None


def local_repository_error(context: Context) -> tuple[str, str] | None:
    """The exception that any local kernel meets with the judged pair of releases.

    transformers up to 5.13 passes a `package_name`, which kernels 0.14 no longer takes.
    """
    accepted = context.kernels.parameters("LocalLayerRepository") or ()
    passed = "package_name" in context.release.local_repository_arguments
    if not passed or any(parameter.name == "package_name" for parameter in accepted):
        return None
    text = "LocalLayerRepository.__init__() got an unexpected keyword argument 'package_name'"
    return "TypeError", text

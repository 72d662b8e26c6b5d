"""The configs of a project that can be tried out: those of which all is known."""

from __future__ import annotations

from collections import Counter

from kernlint.model.diagnostic import NotChecked
from kernlint.model.hints import TYPE_CHECKING, cast
from kernlint.model.record import Record
from kernlint.model.runtime import ConfigSource
from kernlint.project.values import MappingValue, Unknown
from kernlint.rules.base import a
from kernlint.rules.paths import flag
from kernlint.rules.plain import Foreign, NotKnownError, plain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from kernlint.model.diagnostic import Place
    from kernlint.model.runtime import Way
    from kernlint.model.text import SourceText
    from kernlint.project.flow import Config
    from kernlint.project.values import Value

#: Calls that read the mapping before there is a model: integrations/hub_kernels.py,
#: register_kernel_replacements_and_fusions, of transformers 5.22.2.
_PRELOADING = ("from_pretrained", "from_config")


class Confirmable(Record):
    """The configs to try out, one for each way that each goes, and those that cannot be."""

    sources: tuple[ConfigSource, ...]
    not_checked: tuple[NotChecked, ...]


def confirmable(
    configs: Iterable[Config], reported: Collection[str], texts: Mapping[str, SourceText]
) -> Confirmable:
    """Sort out the configs in ``reported`` files, by their place.

    An example in a document or a docstring is nothing that runs. A config that may have several
    values is several of them; ``texts`` are the files.
    """
    sources: dict[tuple[object, ...], ConfigSource] = {}
    unknown: list[NotChecked] = []
    for config in sorted(configs, key=lambda each: each.place):
        place = config.place
        if place.path not in reported or texts[place.path].is_example(place.span.start):
            continue
        try:
            for source in _sources(config, texts):
                said = repr(source.mapping), source.use_local_kernel, source.inherit_mapping
                sources.setdefault((source.place, source.way, *said), source)
        except NotKnownError as error:
            unknown.append(NotChecked(error.unknown.place, error.unknown.reason))
    return Confirmable(
        tuple(_numbered(sources.values())), tuple(sorted(set(unknown), key=lambda each: each.place))
    )


def _sources(config: Config, texts: Mapping[str, SourceText]) -> Iterator[ConfigSource]:
    """A config, once for each way that it goes; NotKnownError where some of it is not known."""
    for sink in config.sinks:
        if sink.kind == "update_kernel":
            raise _not_known("what `update_kernel` adds to the config is not known", sink.place)
    mapping = {} if config.mapping is None else _handed_over(config.mapping)
    if not mapping:
        raise _not_known("it names no layer, so there is nothing to confirm", config.place)
    local = _flag(config.use_local_kernel, default=False)
    inherits = _flag(config.inherit_mapping, default=True)
    text, start = texts[config.place.path], config.place.span.start
    line, column = text.position(start)
    cell = text.cell(start)
    within = "" if cell is None else f"cell {cell}:"
    label = f"{config.place.path}:{within}{line}:{column}"
    keys = tuple(_keys(config.mapping))
    for way in _ways(config):
        yield ConfigSource(label, config.place, mapping, local, inherits, way, None, keys)


def _handed_over(value: Value) -> Mapping[object, object]:
    """The mapping as an object that a program can be given in writing."""
    mapping = plain(value)
    _refuse_foreign(mapping, value.place)
    if not isinstance(mapping, dict):
        text = f"the mapping is {a(type(mapping).__name__)}, which no release takes"
        raise _not_known(text, value.place)
    return mapping


def _refuse_foreign(value: object, place: Place) -> None:
    if isinstance(value, dict):
        for key, part in value.items():
            _refuse_foreign(key, place)
            _refuse_foreign(part, place)
    elif type(value) in (tuple, list, set):
        for part in cast("Iterable[object]", value):
            _refuse_foreign(part, place)
    elif isinstance(value, Foreign):
        raise _not_known("it holds an object of which only the class is known", place)
    elif value is not None and not isinstance(value, (str, bool, int, float)):
        kind = a(type(value).__name__)
        raise _not_known(f"it holds {kind}, which cannot be handed to another process", place)


def _flag(value: Value | None, *, default: bool) -> bool:
    if value is None:
        return default
    known = flag(value)
    if known is None:
        reason = value.reason if isinstance(value, Unknown) else "a flag of it is not known"
        raise _not_known(reason, value.place)
    return known


def _ways(config: Config) -> Iterator[Way]:
    """How the config gets to a model: as far as that is in sight, else by set_use_kernels."""
    kinds = {sink.kind for sink in config.sinks}
    early = bool(kinds.intersection(_PRELOADING))
    if early:
        yield "from_pretrained"
    if not early or kinds.difference(_PRELOADING):
        yield "set_use_kernels"


def _keys(mapping: Value | None) -> Iterator[tuple[object, Place]]:
    """Every layer name and its place: the last one where a name is written twice."""
    if isinstance(mapping, MappingValue):
        yield from {plain(entry.key): entry.key.place for entry in mapping.entries}.items()


def _numbered(sources: Iterable[ConfigSource]) -> Iterator[ConfigSource]:
    """Configs with labels that tell the values of one and the same config apart."""
    found = list(sources)
    totals = Counter((each.label, each.way) for each in found)
    seen: Counter[tuple[str, Way]] = Counter()
    for each in found:
        same = (each.label, each.way)
        seen[same] += 1
        number = f" ({seen[same]} of {totals[same]})" if totals[same] > 1 else ""
        yield each._replace(label=each.label + number)


def _not_known(reason: str, place: Place) -> NotKnownError:
    return NotKnownError(Unknown(reason, place))

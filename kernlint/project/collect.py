"""The configs of all runs, each once."""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING
from kernlint.project.values import MappingValue, SequenceValue, Unknown, Value, settled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kernlint.model.diagnostic import Place
    from kernlint.project.flow import Config


def collect(found: Iterable[Config]) -> Iterator[Config]:
    """Every config once for each thing that it can be, with all that it goes to.

    What somebody may pass in the place of a default is left out where the default is known.
    """
    sinks: dict[Config, dict[object, None]] = {}
    for config in found:
        sinks.setdefault(config._replace(sinks=()), {}).update(dict.fromkeys(config.sinks))
    by_place: dict[Place, list[Config]] = {}
    for config, used in sinks.items():
        whole = config._replace(sinks=tuple(used))  # type: ignore[arg-type]
        by_place.setdefault(config.place, []).append(whole)
    for alternatives in by_place.values():
        written = [each for each in alternatives if not _is_passed(each)]
        yield from dict.fromkeys(map(_settled, written or alternatives))


def _settled(config: Config) -> Config:
    """A config as rules see it."""
    mapping, local, inherit = (
        None if value is None else settled(value)
        for value in (config.mapping, config.use_local_kernel, config.inherit_mapping)
    )
    arguments = tuple(arg._replace(value=settled(arg.value)) for arg in config.arguments)
    return config._replace(
        arguments=arguments, mapping=mapping, use_local_kernel=local, inherit_mapping=inherit
    )


def _is_passed(config: Config) -> bool:
    """Whether a config depends on an argument that has a default."""
    values = [config.mapping, config.use_local_kernel, config.inherit_mapping]
    return any(value is not None and _holds_passed(value) for value in values)


def _holds_passed(value: Value) -> bool:
    if isinstance(value, Unknown):
        return isinstance(value.key, tuple) and value.key[:1] == ("passed",)
    if isinstance(value, MappingValue):
        parts = [part for entry in value.entries for part in entry]
        return any(map(_holds_passed, (*parts, *value.unread)))
    return isinstance(value, SequenceValue) and any(map(_holds_passed, value.items))

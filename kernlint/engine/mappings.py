"""Every config of a run to the mappings that it becomes."""

from __future__ import annotations

from collections import Counter

from kernlint.catalog.store import load
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.nearest import nearest
from kernlint.rules.base import quoted
from kernlint.rules.compatible import shown
from kernlint.rules.values import ALIASES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from kernlint.model.diagnostic import Place
    from kernlint.model.mapping import Asked, MappedKernel, ShownMapping
    from kernlint.rules.base import Context


def collect(
    parts: Iterable[tuple[Context, Collection[str]]], reported: Collection[str], asked: Asked
) -> Iterator[ShownMapping]:
    """The mappings of the configs in ``reported`` files, by the place of the config.

    ``parts`` are what the rules would see for the judged release, and the files that
    are judged by it.
    """
    found = [
        (config, context)
        for context, paths in parts
        for config in context.configs
        if config.place.path in paths and config.place.path in reported
    ]
    found.sort(key=lambda item: item[0].place)
    totals = Counter(config.place for config, _ in found)
    seen: Counter[Place] = Counter()
    for config, context in found:
        place = config.place
        seen[place] += 1
        yield from shown(config, (seen[place], totals[place]), context, asked)


def places(mappings: Iterable[ShownMapping]) -> Iterator[Place]:
    """Every place that mappings point to."""
    for mapping in mappings:
        yield mapping.config
        yield from mapping.sinks
        yield from (part.place for part in mapping.unread)
        for entry in mapping.entries:
            yield from _places(entry)
        if mapping.raised is not None:
            yield mapping.raised.place


def _places(entry: MappedKernel) -> Iterator[Place]:
    yield from filter(None, (entry.key, entry.device_key, entry.value))


def wrong_device(devices: Iterable[str]) -> tuple[str, str] | None:
    """What is wrong with a device that a model cannot be on, and a hint; None for none.

    Every device that some release knows counts, and `cpu`, for which nothing is built.
    """
    catalog = load()
    releases = catalog.releases("transformers")
    named = [name for each in releases for name in catalog.transformers(each).device_keys]
    known = [*dict.fromkeys(named), "cpu"]
    for device in devices:
        if device not in known:
            near = ALIASES.get(device.lower()) or nearest(device.partition(":")[0], known)
            hint = f"did you mean `{near}`?" if near else f"the devices are {quoted(known)}"
            return f"unknown device `{device}` in `--device`", hint
    return None

"""What the releases that are new to the catalog changed, as an entry of a changelog."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from packaging.version import Version

from kernlint.catalog.release import Bounds
from kernlint.catalog.store import Catalog, Library
from tools._wheel import Json

LIBRARIES: tuple[Library, ...] = ("transformers", "kernels")

# What the items of a fact are called; the value of each of these facts is a list of strings.
ITEMS = {
    "device-keys": "device",
    "device-types": "device type",
    "local-repository-arguments": "argument of a local repository",
    "metadata-keys": "key of the metadata",
    "modes": "mode",
    "nested-forms": "type of a kernel for a device",
    "public-names": "name",
    "value-forms": "type of a kernel",
}
CALLABLES = {
    "config-parameters": "KernelConfig",
    "set-use-kernels-parameters": "set_use_kernels",
    "update-kernel-parameters": "KernelConfig.update_kernel",
}
MESSAGES = {"set-use-kernels-type-check": "config type"}
BOUNDS = {
    "kernels-extra": "the extra requires kernels",
    "kernels-range": "at run time kernels has to be",
}


class Data(NamedTuple):
    """The parsed data files of one state of the catalog."""

    catalog: Catalog
    facts: Mapping[Library, Mapping[str, Sequence[Mapping[str, Json]]]]

    def values(self, library: Library, release: str) -> dict[str, Json]:
        """Every fact of a release."""
        releases = self.catalog.releases(library)
        at = releases.index(release)
        return {
            name: interval["value"]
            for name, found in self.facts[library].items()
            for interval in found
            if releases.index(str(interval["since"])) <= at
            if interval["until"] is None or at < releases.index(str(interval["until"]))
        }


def changelog(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """A Markdown list: for each release that only ``after`` holds, what it changed.

    Both map the names of the data files to their texts. A release is compared with the one
    before it; the empty string where no release is new.
    """
    old, new = _parse(before), _parse(after)
    lines: list[str] = []
    for library in LIBRARIES:
        known = old.catalog.releases(library)
        for release in new.catalog.releases(library):
            if release in known:
                continue
            earlier = [
                (other, data)
                for data in (new, old)
                for other in data.catalog.releases(library)
                if Version(other) < Version(release)
            ]
            if not earlier:
                lines.append(f"- {library} {release}.")
                continue
            previous, source = max(earlier, key=lambda item: Version(item[0]))
            changes = [*_changes(library, previous, source, release, new)]
            if changes:
                lines.append(f"- {library} {release}, compared with {previous}:")
                lines.extend(f"  - {change}" for change in changes)
            else:
                lines.append(f"- {library} {release}, without a change to {previous}.")
    return "".join(f"{line}\n" for line in lines)


def _parse(texts: Mapping[str, str]) -> Data:
    files = {name: json.loads(text) for name, text in texts.items()}
    catalog = Catalog(files["transformers.json"], files["layers.json"], files["kernels.json"])
    return Data(catalog, {library: files[f"{library}.json"]["facts"] for library in LIBRARIES})


def _changes(library: Library, before: str, old: Data, after: str, new: Data) -> Iterator[str]:
    """Every change from one release to another, the facts in the order of their names."""
    was, now = old.values(library, before), new.values(library, after)
    for fact in sorted(was.keys() | now.keys()):
        if was.get(fact) != now.get(fact):
            yield from _fact(fact, was.get(fact), now.get(fact))
    if library == "transformers":
        yield from _layers(before, old, after, new)


def _fact(fact: str, was: Json, now: Json) -> Iterator[str]:
    """One fact that changed, in words for what kind of fact it is."""
    if fact in ITEMS:
        yield from _items(ITEMS[fact], _texts(was), _texts(now))
    elif fact in CALLABLES or fact.startswith("parameters:"):
        name = CALLABLES.get(fact) or fact.partition(":")[2]
        yield from _parameters(name, _by_name(was), _by_name(now))
    elif fact in BOUNDS and isinstance(was, Mapping) and isinstance(now, Mapping):
        if _specifier(was) != _specifier(now):
            yield f"{BOUNDS[fact]} `{_specifier(now)}`, before `{_specifier(was)}`"
        if was.get("name") != now.get("name"):
            yield f"the extra is called `{now['name']}`, before `{was['name']}`"
    elif fact == "exports" and isinstance(was, Mapping) and isinstance(now, Mapping):
        paths = [
            {path for found in value.values() for path in _texts(found)} for value in (was, now)
        ]
        yield from _items("import path", *paths)
    elif fact in MESSAGES or fact.endswith("-message"):
        what = MESSAGES.get(fact) or fact.removesuffix("-message").replace("-", " ")
        yield from _message(what, was, now)
    else:
        yield f"{fact.replace('-', ' ')}: `{json.dumps(now)}`, before `{json.dumps(was)}`"


def _items(what: str, was: Iterable[str], now: Iterable[str]) -> Iterator[str]:
    was, now = [*was], [*now]
    added = sorted({*now} - {*was})
    removed = sorted({*was} - {*now})
    if added:
        yield f"{what} added: {_quoted(added)}"
    if removed:
        yield f"{what} removed: {_quoted(removed)}"
    if not added and not removed:
        yield f"{what}: another order, {_quoted(now)}"


def _parameters(
    name: str, was: Mapping[str, Mapping[str, Json]], now: Mapping[str, Mapping[str, Json]]
) -> Iterator[str]:
    """The arguments of a callable; that it came or went is said by the names."""
    if not was or not now:
        return
    if added := [_signature(now[each]) for each in now if each not in was]:
        yield f"`{name}` takes more arguments: {_quoted(added)}"
    if removed := [each for each in was if each not in now]:
        yield f"`{name}` no longer takes {_quoted(removed)}"
    kept = [each for each in now if each in was]
    for each in kept:
        if was[each]["default"] != now[each]["default"]:
            before, after = _signature(was[each]), _signature(now[each])
            yield f"`{name}` takes {_code(after)}, before {_code(before)}"
    for kind in sorted({str(now[each]["kind"]) for each in kept}):
        if changed := [e for e in kept if now[e]["kind"] == kind != was[e]["kind"]]:
            yield f"`{name}` takes as {kind}: {_quoted(changed)}"


def _signature(parameter: Mapping[str, Json]) -> str:
    default = "" if parameter["default"] is None else f"={parameter['default']}"
    return f"{parameter['name']}{default}"


def _message(what: str, was: Json, now: Json) -> Iterator[str]:
    if was is None:
        yield f"new message ({what}): {_code(now)}"
    elif now is None:
        yield f"message gone ({what}): {_code(was)}"
    else:
        yield f"another message ({what}): {_code(now)}, before {_code(was)}"


def _layers(before: str, old: Data, after: str, new: Data) -> Iterator[str]:
    """The layer names that came, went and were renamed, and those with a default kernel."""
    was, now = old.catalog.transformers(before), new.catalog.transformers(after)
    gone = was.layer_names - now.layer_names
    renamed = {
        name: successor
        for name in sorted(gone)
        for successor in [new.catalog.layer_successor(name)]
        if successor is not None and successor in now.layer_names
    }
    for name, successor in renamed.items():
        yield f"layer name `{name}` is now `{successor}`"
    added = now.layer_names - was.layer_names - {*renamed.values()}
    for what, names in (("added", added), ("removed", gone - renamed.keys())):
        if names:
            yield f"layer names {what}: {_quoted(sorted(names))}"
    for what, names in (
        ("added", now.default_layer_names - was.default_layer_names),
        ("removed", was.default_layer_names - now.default_layer_names),
    ):
        if names:
            yield f"default kernels {what}: {_quoted(sorted(names))}"


def _texts(value: Json) -> list[str]:
    return [str(item) for item in value] if isinstance(value, Sequence) else []


def _by_name(value: Json) -> dict[str, Mapping[str, Json]]:
    items = value if isinstance(value, Sequence) and not isinstance(value, str) else []
    return {str(item["name"]): item for item in items if isinstance(item, Mapping)}


def _specifier(value: Mapping[str, Json]) -> str:
    maximum = value["max"]
    return Bounds(str(value["min"]), None if maximum is None else str(maximum)).specifier


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(map(_code, words))


def _code(text: Json) -> str:
    """Code in Markdown, which may itself hold backticks."""
    mark = "``" if "`" in str(text) else "`"
    return f"{mark}{text}{mark}"

"""The mappings that configs become, as text for people and as JSON for programs."""

from __future__ import annotations

import math

from kernlint import __version__
from kernlint.model.diagnostic import NotChecked, Place
from kernlint.model.mapping import (
    MappedKernel,
    Mappings,
    Raised,
    Repository,
    ShownMapping,
)
from kernlint.report.json_v1 import Object, as_text
from kernlint.report.location import locate
from kernlint.report.terminal import printable


def render_text(mappings: Mappings) -> str:
    """A block for each config and way, with a line for each kernel.

    A kernel that is built stands as ``layer: {device: {mode: repository}}``.
    """
    blocks: list[str] = []
    before: str | None = None
    for mapping in mappings.shown:
        header = _header(mapping, mappings)
        rows = [] if header == before else [header]
        before = header
        rows += [f"  {row}" for row in _rows(mapping, mappings)]
        text = "".join(f"{printable(row)}\n" for row in rows)
        if len(rows) and rows[0] == header:
            blocks.append(text)
        else:
            blocks[-1] += text
    blocks += [
        printable(f"{_spot(item.place, mappings)}: not read: {item.reason}") + "\n"
        for item in mappings.unreadable
    ]
    if not blocks:
        files = f"{mappings.files} file{'' if mappings.files == 1 else 's'}"
        return f"No KernelConfig in {files}.\n"
    return "\n".join(blocks)


def _header(mapping: ShownMapping, mappings: Mappings) -> str:
    """Which config it is, where it goes, and what judges it."""
    number, total = mapping.alternative
    which = f" (alternative {number} of {total})" if total > 1 else ""
    way = "no use in sight"
    if mapping.sink is not None:
        spots = ", ".join(_spot(place, mappings) for place in mapping.sinks)
        way = f"{mapping.sink} at {spots}"
    releases = f"transformers {mapping.transformers}, kernels {mapping.kernels}"
    return f"{_spot(mapping.config, mappings)}: KernelConfig{which}, {way}; {releases}"


def _rows(mapping: ShownMapping, mappings: Mappings) -> list[str]:
    beside = "" if mapping.raised is not None else f", {_inherited(mapping)}"
    rows = [f"on {mapping.device}{beside}:"]
    rows += [
        f"  {_spot(entry.place, mappings)}: {_entry(entry, mapping, mappings)}"
        for entry in mapping.entries
    ]
    rows += [
        f"  {_spot(part.place, mappings)}: not known: {part.reason}" for part in mapping.unread
    ]
    rows += [f"  {line}" for line in _conclusion(mapping, mappings)]
    rows += [f"  note: {note}" for note in mapping.notes]
    return rows


def _inherited(mapping: ShownMapping) -> str:
    if mapping.inherits is None:
        return "perhaps beside the default mapping"
    return f"{'beside' if mapping.inherits else 'without'} the default mapping"


def _entry(entry: MappedKernel, mapping: ShownMapping, mappings: Mappings) -> str:
    """What becomes of a kernel."""
    elsewhere = ""
    if _is_outside(entry.value, mapping.config) and not _is_outside(entry.place, mapping.config):
        elsewhere = f" (the kernel is written at {_spot(entry.value, mappings)})"
    if entry.repository is not None:
        text = _call(entry.repository)
        reason = f"; {entry.reason}" if entry.reason else ""
        return (
            f"{entry.layer}: {{{mapping.device}: {{Mode.{mapping.mode}: {text}}}}}"
            f"{elsewhere}{reason}"
        )
    name = entry.layer if entry.device is None else f"{entry.layer} for {entry.device}"
    raised = entry.raised.text if entry.raised is not None else None
    why = "; ".join(filter(None, (raised, entry.reason)))
    status = "not known" if entry.status == "unknown" else entry.status
    return f"{name}: {status}: {why}{elsewhere}"


def _is_outside(place: Place, config: Place) -> bool:
    """Whether something is not written in the call of the config."""
    start, end = config.span
    return place.path != config.path or not start <= place.span.start <= end


def _conclusion(mapping: ShownMapping, mappings: Mappings) -> list[str]:
    """What the kernels come to together, where that is not plain from them."""
    raised = mapping.raised
    if raised is not None:
        if mapping.entries:
            spot = _spot(raised.place, mappings)
            return [f"no mapping is built: `{raised.by}` raises at {spot}"]
        return [f"no mapping is built: {raised.text}"]
    if mapping.built or not mapping.complete:
        return []
    rest = "no kernel is used"
    if mapping.inherits is not False:
        rest = "the default mapping alone counts"
    return [f"{'nothing is left' if mapping.entries else 'nothing of its own'}: {rest}"]


def _call(repository: Repository) -> str:
    arguments = (f"{name}={_value(name, value)}" for name, value in repository.arguments)
    return f"{repository.type}({', '.join(arguments)})"


def _value(name: str, value: object) -> str:
    """An argument as Python code, strings in double quotes where they hold none."""
    text = repr(value)
    if isinstance(value, str) and '"' not in value:
        text = f'"{text[1:-1]}"'
    return f"Path({text})" if name == "repo_path" else text


def _spot(place: Place, mappings: Mappings) -> str:
    start = locate(mappings, place).start
    return f"{place.path}:{start.line}:{start.column}"


def render_json(mappings: Mappings) -> str:
    """One JSON object, and a line break; ``mapping_v1.json`` describes it."""
    document: Object = {
        "schema": 1,
        "kernlint": __version__,
        "mappings": [_mapping(mapping, mappings) for mapping in mappings.shown],
        "not_read": [_not_known(item, mappings) for item in mappings.unreadable],
        "files": mappings.files,
    }
    return as_text(document)


def _mapping(mapping: ShownMapping, mappings: Mappings) -> Object:
    built = mapping.built
    return {
        **_place(mapping.config, mappings),
        "alternative": mapping.alternative[0],
        "alternatives": mapping.alternative[1],
        "sink": mapping.sink,
        "sinks": [_place(place, mappings) for place in mapping.sinks],
        "transformers": mapping.transformers,
        "kernels": mapping.kernels,
        "device": mapping.device,
        "mode": mapping.mode,
        "inherits_default": mapping.inherits,
        "mapping": None
        if built is None
        else {
            layer: {
                device: {mode: _repository(found) for mode, found in modes.items()}
                for device, modes in devices.items()
            }
            for layer, devices in built.items()
        },
        "complete": mapping.complete,
        "raised": _raised(mapping.raised, mappings),
        "entries": [_entry_object(entry, mappings) for entry in mapping.entries],
        "not_known": [_not_known(part, mappings) for part in mapping.unread],
        "notes": list(mapping.notes),
    }


def _entry_object(entry: MappedKernel, mappings: Mappings) -> Object:
    return {
        "status": entry.status,
        "layer": entry.layer,
        "device": entry.device,
        "key": _place(entry.key, mappings),
        "device_key": _place(entry.device_key, mappings) if entry.device_key else None,
        "value": _place(entry.value, mappings),
        "repository": _repository(entry.repository) if entry.repository else None,
        "raised": _raised(entry.raised, mappings),
        "reason": entry.reason,
    }


def _repository(repository: Repository) -> Object:
    passed = {name: _json_value(value) for name, value in repository.arguments}
    return {"type": repository.type, **passed}


def _json_value(value: object) -> object:
    """An argument, as Python prints it where JSON has no such value."""
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    return value if isinstance(value, (str, bool, int, float)) else repr(value)


def _raised(raised: Raised | None, mappings: Mappings) -> Object | None:
    if raised is None:
        return None
    return {
        "by": raised.by,
        "exception": raised.exception,
        "message": raised.message,
        **_place(raised.place, mappings),
    }


def _not_known(item: NotChecked, mappings: Mappings) -> Object:
    return {**_place(item.place, mappings), "reason": item.reason}


def _place(place: Place, mappings: Mappings) -> Object:
    location = locate(mappings, place)
    return {
        "path": place.path,
        "start": {"line": location.start.line, "column": location.start.column},
        "end": {"line": location.end.line, "column": location.end.column},
    }

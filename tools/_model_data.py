"""The content of models.json: what the model classes of many releases register, in intervals."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tools._auto_classes import auto_classes
from tools._layers import Declaration
from tools._models import MODELS, Models, Sources, declared_everywhere
from tools._periods import Period, periods
from tools._wheel import Json, Wheel

_Row = tuple[str, "str | None", int, bool, str, int]


class _Entry(NamedTuple):
    """What is known of a class: the file below ``transformers/models``, the names, openness.

    ``alike`` are the names that only its classes have, not its layers.
    """

    file: str
    possible: str
    open: bool
    alike: str


def models_data(
    wheels: Sequence[Wheel], declared: Sequence[Iterable[Declaration]]
) -> Mapping[str, Json]:
    """The content of models.json; ``declared`` are the layers of each of the wheels.

    Sets of names are interned: a row of ``models`` has the index of its set in ``names``. Names
    never hold a space, so several are joined by one.
    """
    releases = [wheel.release for wheel in wheels]
    sources = Sources()
    everywhere: list[set[str]] = []
    classes: list[dict[str, _Entry]] = []
    tables: list[dict[tuple[str, str], str]] = []
    for wheel, layers in zip(wheels, declared, strict=True):
        sites = [(each.name, each.module) for each in layers]
        everywhere.append({" ".join(sorted(declared_everywhere(sites, wheel)))} - {""})
        classes.append(
            {
                name: _Entry(
                    model.file.removeprefix(MODELS),
                    " ".join(sorted(model.possible)),
                    model.open,
                    "" if model.open else " ".join(sorted(model.alike)),
                )
                for name, model in Models(wheel, sources).models(site[0] for site in sites).items()
            }
        )
        tables.append(
            {
                (auto, model_type): f"{model_type}={','.join(names)}"
                for auto, table in auto_classes(wheel).items()
                for model_type, names in table.items()
            }
        )
    entries = {entry for each in classes for entry in each.values()}
    names = sorted({text for entry in entries for text in (entry.possible, entry.alike)})
    return {
        "auto": _auto_rows(releases, tables),
        "everywhere": [
            [since, until, text]
            for text in sorted(set().union(*everywhere))
            for since, until in periods(releases, [text in each for each in everywhere])
        ],
        "models": _model_rows(releases, classes, names),
        "names": names,
        "releases": releases,
    }


def _model_rows(
    releases: Sequence[str], classes: Sequence[Mapping[str, _Entry]], names: Sequence[str]
) -> dict[str, Json]:
    """By file the rows ``[since, until, index of the names, open, classes, index of alike]``."""
    groups: dict[tuple[_Entry, Period], list[str]] = {}
    for name in sorted(set().union(*classes)):
        found = [each.get(name) for each in classes]
        for entry in {entry for entry in found if entry is not None}:
            for period in periods(releases, [other == entry for other in found]):
                groups.setdefault((entry, period), []).append(name)
    rows: dict[str, list[_Row]] = {}
    for (entry, (since, until)), members in groups.items():
        possible, alike = names.index(entry.possible), names.index(entry.alike)
        row = (since, until, possible, entry.open, " ".join(members), alike)
        rows.setdefault(entry.file, []).append(row)
    order = {release: index for index, release in enumerate(releases)}

    def place(row: _Row) -> tuple[int, int, str]:
        return order[row[0]], order.get(row[1] or "", len(order)), row[4]

    return {file: [list(row) for row in sorted(rows[file], key=place)] for file in sorted(rows)}


def _auto_rows(
    releases: Sequence[str], tables: Sequence[Mapping[tuple[str, str], str]]
) -> dict[str, Json]:
    """By auto class the rows ``[since, until, "type=Class type=Class,OtherClass"]``."""
    order = {release: index for index, release in enumerate(releases)}
    groups: dict[str, dict[Period, list[str]]] = {}
    for key in sorted(set().union(*tables)):
        found = [table.get(key) for table in tables]
        for text in sorted({text for text in found if text is not None}):
            for period in periods(releases, [other == text for other in found]):
                groups.setdefault(key[0], {}).setdefault(period, []).append(text)
    return {
        auto: [
            [since, until, " ".join(rows[since, until])]
            for since, until in sorted(
                rows, key=lambda period: (order[period[0]], order.get(period[1] or "", len(order)))
            )
        ]
        for auto, rows in sorted(groups.items())
    }


def models_text(data: Mapping[str, Json]) -> str:
    """The data as JSON with one row a line, so that a new release changes few lines."""
    parts = []
    for key, value in data.items():
        if isinstance(value, Mapping):
            inner = [f"  {json.dumps(name)}: {_rows(rows, '   ')}" for name, rows in value.items()]
            text = "{\n" + ",\n".join(inner) + "\n }"
        else:
            text = _rows(value, "  ")
        parts.append(f" {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _rows(rows: Json, indent: str) -> str:
    if not isinstance(rows, Sequence) or not rows:
        return "[]"
    lines = [indent + json.dumps(row, separators=(",", ":"), ensure_ascii=False) for row in rows]
    return "[\n" + ",\n".join(lines) + f"\n{indent[1:]}]"

"""--show-mapping against the validation of every release."""

from __future__ import annotations

import json

import pytest

from tests.differential.compare import RELEASES
from tests.differential.configs import draw_programs
from tests.differential.mappings import (
    PROGRAMS,
    RECORDED_DEVICE,
    RECORDED_WAYS,
    Situation,
    Way,
    ask,
    devices,
    difference,
    is_open,
    outcome_shown,
    read_recorded,
    record,
    show,
    situations,
)

COUNT = 100
SEED = 5

RECORDED = read_recorded()


def test_every_case_is_recorded() -> None:
    assert [*RECORDED] == PROGRAMS


@pytest.mark.parametrize("way", RECORDED_WAYS)
@pytest.mark.parametrize("release", RELEASES)
def test_the_same_mapping_is_shown_as_was_built(release: str, way: Way) -> None:
    earlier = RELEASES[: RELEASES.index(release) + 1]
    found: list[str] = []
    situation = Situation(release, way, "inference", compiled=False)
    for program, shown in zip(PROGRAMS, show(situation, PROGRAMS), strict=True):
        by_release = RECORDED[program][way]
        expected = [by_release[each] for each in earlier if each in by_release][-1]
        mapping = shown[RECORDED_DEVICE]
        if not is_open(mapping) and outcome_shown(mapping) != expected:
            found.append(f"{program.strip()}: {expected}, but {outcome_shown(mapping)}")
    assert found == []


@pytest.mark.slow
def test_what_was_recorded_is_what_the_releases_build() -> None:
    assert json.loads(json.dumps(record())) == RECORDED


@pytest.mark.slow
@pytest.mark.parametrize("release", RELEASES)
def test_the_same_mapping_is_shown_as_is_built(release: str) -> None:
    programs = [*PROGRAMS, *draw_programs(COUNT, SEED)]
    found = [
        f"{situation} on {device}: {what}: {program.strip()}"
        for situation in situations(release)
        for program, shown in zip(programs, show(situation, programs), strict=True)
        for device in devices(release)
        for what in [difference(ask(situation, program, device), shown.get(device))]
        if what is not None
    ]
    assert found == []

"""kernlint against the real transformers and kernels. Needs ``KERNLINT_REAL_PYTHON``."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from kernlint.catalog.store import load
from tests.differential.compare import SINKS, Linted, Sink, lint
from tests.differential.configs import draw_programs, is_fusion
from tests.real.cases import CONFIG_IMPORTS
from tests.real.conftest import Probe
from tests.real.runner import Outcome, Snippet

RELEASE = "5.22.2"
COUNT = 30
SEED = 11

ONLY_ONLINE = re.compile(r"Version (?:-?\d+|True|False) not found|Layer `L` not found")
"""What depends on the versions and layers that a repository has."""


def devices(program: str) -> list[str]:
    """The devices that a program names, and one more for the kernels without any."""
    known = load().transformers(RELEASE).device_keys
    return ["cuda", *(each for each in known if each != "cuda" and f'"{each}"' in program)]


@pytest.fixture(scope="module")
def outcomes(probe: Probe) -> dict[tuple[str, Sink], list[Outcome]]:
    """What happens to every program on each of its devices."""
    asked = [
        (program, sink, device)
        for program in draw_programs(COUNT, SEED)
        for sink in SINKS
        for device in devices(program)
    ]
    found = probe(
        Snippet(str(number), CONFIG_IMPORTS + program, sink, device)
        for number, (program, sink, device) in enumerate(asked)
    )
    grouped: dict[tuple[str, Sink], list[Outcome]] = {}
    for (program, sink, _), outcome in zip(asked, found, strict=True):
        grouped.setdefault((program, sink), []).append(outcome)
    return grouped


def difference(found: Sequence[Outcome], linted: Linted) -> str | None:
    """In which way the two differ, None where they agree or nothing can be said."""
    codes = " ".join(sorted({error.code for error in linted.errors}))
    raised = next((each for each in found if each["raised"] is not None), None)
    if raised is None:
        return f"goes through, but {codes}" if codes else None
    if codes or linted.not_checked or ONLY_ONLINE.search(raised["message"]):
        return None
    # The tiny model has only some of the layers that transformers declares.
    missing = re.match(r"Layer (\w+) is not registered", raised["message"])
    if missing and load().transformers(RELEASE).declares(missing[1]):
        return None
    return f"missed: {raised['raised']} at {raised['stage']}: {raised['message'].splitlines()[0]}"


@pytest.mark.slow
@pytest.mark.parametrize("sink", SINKS)
def test_kernlint_agrees_with_a_real_run(
    outcomes: dict[tuple[str, Sink], list[Outcome]], sink: Sink
) -> None:
    programs = [program for program, path in outcomes if path == sink and not is_fusion(program)]
    differing = [
        f"{sink}: {kind}: {program.strip()}"
        for program, linted in zip(programs, lint(RELEASE, programs, sink), strict=True)
        for kind in [difference(outcomes[program, sink], linted)]
        if kind is not None
    ]
    assert differing == []

"""What the flows say of the real libraries is recorded for older releases, and is true."""

from __future__ import annotations

import ast
import os
import subprocess

import pytest

from tests.real.conftest import Probe
from tests.real.flow import Flow
from tests.real.flows import ACCELERATE, FLOWS, VERSIONS, WITHOUT_ACCELERATE, snippet
from tests.real.record import real_line
from tests.real.record_flows import OLDER, OLDER_FLOWS, lines, read_flows
from tests.real.runner import Snippet

RECORDED = read_flows()
RUN_AGAIN = ("5.10.4", "5.12.1")
"""The last releases before a change that many flows notice; the others take too long."""


def said_by(release: str) -> dict[str, str]:
    """What is recorded for a release."""
    return {
        flow: next(line for line, releases in by_line.items() if release in releases)
        for flow, by_line in RECORDED.items()
    }


def expected(flows: tuple[Flow, ...]) -> dict[str, str]:
    return {flow.id: flow.outcome for flow in flows}


def run(probe: Probe, flows: tuple[Flow, ...]) -> dict[str, str]:
    return {outcome["id"]: real_line(outcome) for outcome in probe(map(snippet, flows))}


@pytest.fixture
def has_accelerate() -> bool:
    python = os.environ.get("KERNLINT_REAL_PYTHON")
    if not python:
        pytest.skip("KERNLINT_REAL_PYTHON names no Python with torch, transformers and kernels")
    return subprocess.run([python, "-c", "import accelerate"], check=False).returncode == 0


def test_no_flow_is_there_twice() -> None:
    flows = [flow.id for flow in (*FLOWS, *ACCELERATE, *WITHOUT_ACCELERATE)]
    assert len(flows) == len(set(flows))


@pytest.mark.parametrize("flow", [*FLOWS, *ACCELERATE], ids=lambda flow: flow.id)
def test_a_flow_is_a_program(flow: Flow) -> None:
    assert ast.parse(flow.source).body


@pytest.mark.parametrize("release", OLDER)
def test_every_flow_is_recorded_for_an_older_release(release: str) -> None:
    assert [*said_by(release)] == [flow.id for flow in OLDER_FLOWS]


@pytest.mark.slow
def test_the_interpreter_has_the_versions_of_the_flows(probe: Probe) -> None:
    source = (
        "from importlib.metadata import version\n"
        "observed = {name: version(name) for name in ('transformers', 'kernels')}"
    )
    (outcome,) = probe([Snippet("versions", source, "source")])
    assert outcome["observed"] == VERSIONS


@pytest.mark.slow
def test_the_real_libraries_do_what_the_flows_say(probe: Probe) -> None:
    assert run(probe, FLOWS) == expected(FLOWS)


@pytest.mark.slow
def test_the_real_libraries_with_accelerate_do_so(probe: Probe, has_accelerate: bool) -> None:
    if not has_accelerate:
        pytest.skip("KERNLINT_REAL_PYTHON has no accelerate")
    assert run(probe, ACCELERATE) == expected(ACCELERATE)


@pytest.mark.slow
def test_without_accelerate_a_device_map_raises(probe: Probe, has_accelerate: bool) -> None:
    flows = WITHOUT_ACCELERATE
    if has_accelerate:
        hidden = (
            "import transformers.integrations.accelerate as loading\n\n"
            "loading.is_accelerate_available = lambda: False\n"
        )
        flows = tuple(flow._replace(source=hidden + flow.source) for flow in flows)
    assert run(probe, flows) == expected(flows)


@pytest.mark.slow
@pytest.mark.parametrize("release", RUN_AGAIN)
@pytest.mark.usefixtures("probe")
def test_older_releases_do_what_is_recorded(release: str) -> None:
    assert lines(os.environ["KERNLINT_REAL_PYTHON"], release) == said_by(release)

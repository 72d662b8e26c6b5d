"""What is recorded belongs to the cases there are, holds together, and is still true."""

from __future__ import annotations

import pytest

from tests.real.cases import MAPPINGS
from tests.real.conftest import Probe
from tests.real.record import PATHS, RELEASES, read_truth, real_line, snippets, validate

TRUTH = read_truth()


def step(line: str) -> str:
    """Exception and step of a recorded line: ``ValueError at sanitize``."""
    return line.partition(":")[0] if " at " in line.partition(":")[0] else "passes"


def validation(name: str, path: str, release: str) -> str:
    """The one line recorded for a release."""
    found = [line for line, names in TRUTH["validation"][name][path].items() if release in names]
    assert len(found) == 1
    return found[0]


def test_every_case_is_recorded() -> None:
    recorded = [(name, path) for name, by_path in TRUTH["real"].items() for path in by_path]
    assert recorded == [(snippet.id, snippet.path) for snippet in snippets()]


@pytest.mark.parametrize("release", RELEASES)
def test_every_mapping_is_validated_by_every_release(release: str) -> None:
    assert [*TRUTH["validation"]] == [*MAPPINGS]
    for name in MAPPINGS:
        for path in PATHS:
            assert validation(name, path, release)


@pytest.mark.parametrize("name", MAPPINGS)
def test_validation_alone_says_what_the_real_run_says(name: str) -> None:
    """5.22 and 5.23 have the same validation; what it lets through may still fail to load."""
    real = step(TRUTH["real"][name]["set_use_kernels"])
    alone = step(validation(name, "set_use_kernels", "5.23.0"))
    loads = real.endswith((" at load", " at kernelize"))
    assert alone == ("passes" if loads else real)


@pytest.mark.slow
def test_the_real_libraries_still_say_so(probe: Probe) -> None:
    outcomes = probe(snippets())
    now: dict[str, dict[str, str]] = {}
    for snippet, outcome in zip(snippets(), outcomes, strict=True):
        now.setdefault(snippet.id, {})[snippet.path] = real_line(outcome)
    assert now == TRUTH["real"]


@pytest.mark.slow
@pytest.mark.parametrize("release", RELEASES)
def test_the_releases_still_say_so(release: str) -> None:
    recorded = {
        (name, path): validation(name, path, release) for name in MAPPINGS for path in PATHS
    }
    assert validate(release) == recorded

"""kernlint against what every release did with the recorded programs."""

from __future__ import annotations

import pytest

from tests.differential import recorded
from tests.differential.compare import RELEASES, SINKS, Sink, compare, unexpected

RECORDED = recorded.read()


@pytest.mark.parametrize("sink", SINKS)
@pytest.mark.parametrize("release", RELEASES)
def test_kernlint_agrees_with_the_release(release: str, sink: Sink) -> None:
    answers = recorded.answers(RECORDED, release, sink)
    assert unexpected(compare(release, list(RECORDED), sink, answers)) == []

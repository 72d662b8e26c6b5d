"""Fixtures that reach the real libraries, skipped where these are not at hand."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

import pytest

from tests.real.runner import Outcome, Snippet, run_probe

Probe = Callable[[Iterable[Snippet]], list[Outcome]]


@pytest.fixture(scope="session")
def probe() -> Probe:
    """Run snippets with the interpreter named by ``KERNLINT_REAL_PYTHON``."""
    python = os.environ.get("KERNLINT_REAL_PYTHON")
    if not python:
        pytest.skip("KERNLINT_REAL_PYTHON names no Python with torch, transformers and kernels")
    return lambda snippets: run_probe(python, snippets)

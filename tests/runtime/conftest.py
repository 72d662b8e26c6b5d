"""What the tests with the real libraries share."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(scope="session")
def real_python() -> str:
    """The interpreter named by ``KERNLINT_REAL_PYTHON``."""
    python = os.environ.get("KERNLINT_REAL_PYTHON")
    if not python:
        pytest.skip("KERNLINT_REAL_PYTHON names no Python with torch, transformers and kernels")
    return python

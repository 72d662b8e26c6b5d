"""The layer names of real models are those that were recorded."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_models_register_what_was_recorded(tmp_path: Path) -> None:
    python = os.environ.get("KERNLINT_REAL_PYTHON")
    if not python:
        pytest.skip("KERNLINT_REAL_PYTHON names no Python with torch, transformers and kernels")
    file = tmp_path / "probed.json"
    subprocess.run([python, str(ROOT / "tools" / "_model_probe.py"), str(file)], check=True)
    found = json.loads(file.read_text(encoding="utf-8"))
    release = found["versions"]["transformers"]
    recorded = ROOT / "tests" / "catalog" / "probed" / f"{release}.json"
    expected = json.loads(recorded.read_text(encoding="utf-8"))
    assert found["registered"] == expected["registered"]
    assert found["failed"] == expected["failed"]

"""Who may import whom."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, cast

import pytest

from tests.frame.checkout import ROOT, rooms

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@pytest.fixture(scope="module")
def contracts() -> dict[str, dict[str, Any]]:
    """The contracts of pyproject.toml by name."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    tables = cast("list[dict[str, Any]]", settings["tool"]["importlinter"]["contracts"])
    return {table["name"]: table for table in tables}


def test_every_contract_is_kept(contracts: dict[str, dict[str, Any]]) -> None:
    # In a process of its own: import-linter configures logging and changes sys.path.
    program = "from importlinter.cli import lint_imports; exit(lint_imports(no_cache=True))"
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"Contracts: {len(contracts)} kept, 0 broken." in run.stdout


def test_every_room_has_its_layer(contracts: dict[str, dict[str, Any]]) -> None:
    contract = contracts["Each layer imports only those below it"]
    layered = [room.strip() for layer in contract["layers"] for room in layer.split("|")]
    assert sorted(layered + contract["exhaustive_ignores"]) == rooms()
    assert contract["exhaustive"] is True


def test_every_room_but_extract_is_kept_from_libcst(contracts: dict[str, dict[str, Any]]) -> None:
    contract = contracts["Only extract imports libcst"]
    others = [f"kernlint.{room}" for room in rooms() if room not in {"extract", "__main__"}]
    assert contract["source_modules"] == others


def test_reports_are_kept_from_every_room_below_but_model(
    contracts: dict[str, dict[str, Any]],
) -> None:
    layers = contracts["Each layer imports only those below it"]["layers"]
    report = next(index for index, layer in enumerate(layers) if "report" in layer)
    below = {
        f"kernlint.{room.strip()}" for layer in layers[report + 1 :] for room in layer.split("|")
    }
    forbidden = contracts["Reports see only the result"]["forbidden_modules"]
    assert set(forbidden) == below - {"kernlint.model"}

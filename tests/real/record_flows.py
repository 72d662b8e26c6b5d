"""Record what older releases do with every flow, in ``flows.json``.

Usage: ``KERNLINT_REAL_PYTHON=... KERNLINT_WHEELS=... python -m tests.real.record_flows``. The
outcomes of the newest release are in the flows themselves.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from tests.real.flows import FLOWS, snippet
from tests.real.old_libraries import libraries_of
from tests.real.record import real_line
from tests.real.runner import run_probe

FILE = Path(__file__).with_name("flows.json")
PROBE = Path(__file__).with_name("old_probe.py")
OLDER = ("5.0.0", "5.5.4", "5.10.4", "5.11.0", "5.12.1", "5.13.1", "5.17.0", "5.18.0", "5.20.2")

OLDER_FLOWS = tuple(flow for flow in FLOWS if not flow.calls)
"""The kernels that ``old_probe.py`` makes up compute nothing."""

Record = dict[str, dict[str, list[str]]]
"""Flow -> outcome in one line -> releases."""


def lines(python: str, release: str) -> dict[str, str]:
    """Flow to what an older release makes of it."""
    libraries = libraries_of(python, release)
    outcomes = run_probe(python, map(snippet, OLDER_FLOWS), PROBE, libraries)
    return {outcome["id"]: real_line(outcome) for outcome in outcomes}


def record(python: str) -> Record:
    """Run every flow with every release."""
    found: Record = {flow.id: {} for flow in OLDER_FLOWS}
    with ThreadPoolExecutor(2) as pool:
        for release, by_flow in zip(OLDER, pool.map(partial(lines, python), OLDER), strict=True):
            for flow, line in by_flow.items():
                found[flow].setdefault(line, []).append(release)
    return found


def read_flows() -> Record:
    """What was recorded."""
    found: Record = json.loads(FILE.read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    text = json.dumps(record(os.environ["KERNLINT_REAL_PYTHON"]), indent=1)
    FILE.write_text(text + "\n", encoding="utf-8")

"""Record why the real libraries do not use a kernel, in ``recorded_reasons.json``.

Usage: ``KERNLINT_REAL_PYTHON=... python -m tests.runtime.record``.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypedDict

from tests.runtime import hub, kernels
from tests.runtime.reasons import REASONS, Reason

HERE = Path(__file__).parent
FILE = HERE / "recorded_reasons.json"
SIMULATED = HERE / "simulated"
SECONDS = 300
PROCESSES = 2

#: What the causes of each surroundings need beside the Hub's address and cache.
SURROUNDINGS = {
    "online": {},
    "network-down": {"HF_ENDPOINT": hub.NETWORK_DOWN},
    "offline": {"HF_HUB_OFFLINE": "1"},
    "telemetry-off": {"HF_HUB_DISABLE_TELEMETRY": "1"},
    "hub-kernels-off": {"USE_HUB_KERNELS": "0"},
    "mapping-disabled": {"DISABLE_KERNEL_MAPPING": "1"},
}


class Outcome(TypedDict):
    """What became of one attempt; see ``reason_probe.py``."""

    stage: str | None
    type: str | None
    mro: list[str]
    message: str
    notes: list[str]
    states: dict[str, int]


class Recorded(TypedDict):
    """A cause, alone and as transformers does it.

    ``swallowed`` tells that transformers says nothing, though not every layer has the kernel.
    """

    cause: str
    strict: Outcome
    transformers: Outcome
    swallowed: bool


def run_reasons(python: str) -> dict[str, Recorded]:
    """What the libraries of ``python`` do with every reason, in the order of ``REASONS``."""
    with tempfile.TemporaryDirectory() as folder, hub.hub() as server:
        here = Path(folder).resolve()
        kernels.write_all(here)

        def run(surroundings: str) -> list[Recorded]:
            mine = [reason for reason in REASONS if reason.surroundings == surroundings]
            return _run(python, mine, surroundings, here, server.url)

        with ThreadPoolExecutor(PROCESSES) as pool:
            found = {item["cause"]: item for part in pool.map(run, SURROUNDINGS) for item in part}
    return {reason.cause: found[reason.cause] for reason in REASONS}


def _run(
    python: str, reasons: list[Reason], surroundings: str, here: Path, url: str
) -> list[Recorded]:
    cache = here / f"cache-{surroundings}"
    hub.fill_cache(cache, f"{hub.TRUSTED}/silu", refs=False)
    if surroundings == "offline":
        hub.fill_cache(cache, f"{hub.TRUSTED}/good")
    text = json.dumps([reason._asdict() for reason in reasons]).replace("@HERE@", str(here))
    asked, answered = here / f"{surroundings}.json", here / f"{surroundings}-results.json"
    asked.write_text(text, encoding="utf-8")
    environment = hub.environment(cache, url, PYTHONPATH=str(SIMULATED))
    done = subprocess.run(
        [python, str(HERE / "reason_probe.py"), str(asked), str(answered), str(here)],
        cwd=here,
        env=environment | SURROUNDINGS[surroundings],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the probe failed:\n{done.stderr[-4000:]}")
    results = json.loads(_neutral(answered.read_text(encoding="utf-8"), here, url))
    for result in results:
        result["swallowed"] = _swallowed(result["transformers"])
    return results  # type: ignore[no-any-return]


def _neutral(text: str, here: Path, url: str) -> str:
    """Without what differs from run to run: folders, ports, where Python is and which."""
    text = text.replace(str(here), "@HERE@").replace(url, "@HUB@")
    text = re.sub(r"/[^\s'\"`]*/site-packages", "@LIBRARIES@", text)
    return re.sub(r"python/[0-9.]+", "python/...", text)


def _swallowed(outcome: Outcome) -> bool:
    return outcome["type"] is None and set(outcome["states"]) != {"kernel"}


def read() -> dict[str, Any]:
    """What is recorded: ``versions`` and ``reasons``."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def main() -> None:
    """Write the file anew."""
    found = run_reasons(os.environ["KERNLINT_REAL_PYTHON"])
    versions = {"torch": "2.13.0", "transformers": "5.22.2", "kernels": "0.17.2"}
    content = {"versions": versions, "reasons": list(found.values())}
    FILE.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

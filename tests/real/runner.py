"""Run the probe with a real interpreter, beside a fake Hub and a local kernel."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, TypedDict

from tests.real.fake_hub import FakeHub, write_local_kernel

PROBE = Path(__file__).with_name("probe.py")
SECONDS = 900

SILENT = {"HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK", "DISABLE_TELEMETRY"}
"""Not handed on: with one of these set, kernels 0.17.2 sends a header that httpx2 refuses."""


class Snippet(NamedTuple):
    """One thing to try; ``@HERE@`` in the source stands for the folder it runs in."""

    id: str
    source: str
    path: str = "set_use_kernels"
    device: str = "cuda"


class Outcome(TypedDict):
    """What the probe says about a snippet; see ``probe.py``."""

    id: str
    device: str
    raised: str | None
    message: str
    stage: str | None
    applied: list[str]
    kernels: dict[str, str]
    observed: object


def run_probe(
    python: str, snippets: Iterable[Snippet], probe: Path = PROBE, libraries: Sequence[Path] = ()
) -> list[Outcome]:
    """Run the snippets with ``python``, which has torch, transformers and kernels.

    ``libraries`` are folders with other releases of them, found before the installed ones.

    The working folder holds a local kernel ``local`` with a layer ``L``, and is otherwise empty.
    Messages have the working folder replaced by ``@HERE@``, the Hub's address by ``@HUB@`` and
    the folders of ``libraries`` by ``@LIBRARIES@``.

    Raises:
        RuntimeError: the probe itself failed.
    """
    with tempfile.TemporaryDirectory() as folder, FakeHub() as hub:
        here = Path(folder).resolve()
        write_local_kernel(here / "local")
        (here / "in.json").write_text(
            json.dumps(
                [
                    snippet._asdict() | {"source": snippet.source.replace("@HERE@", str(here))}
                    for snippet in snippets
                ]
            ),
            encoding="utf-8",
        )
        environment = {key: value for key, value in os.environ.items() if key not in SILENT} | {
            "HF_HOME": str(here / "hf"),
            "HF_ENDPOINT": hub.url,
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "TRANSFORMERS_VERBOSITY": "error",
        }
        if libraries:
            environment["PYTHONPATH"] = os.pathsep.join(map(str, libraries))
        done = subprocess.run(
            [python, str(probe), "in.json", "out.json", str(here)],
            cwd=here,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"the probe failed:\n{done.stderr[-4000:]}")
        text = (here / "out.json").read_text(encoding="utf-8")
        text = text.replace(str(here), "@HERE@").replace(hub.url, "@HUB@")
        for library in libraries:
            text = text.replace(str(library), "@LIBRARIES@")
        results: list[Outcome] = json.loads(text)
        return results

"""Do several jobs of the probe, each in a process of its own that need not import torch again.

Usage: ``python forked_jobs.py PROBE_FOLDER TASKS.json``; a task is ``{"job", "events", "folder",
"variables"}``: two files, the working directory, and environment variables to set. The processes
are forked off one that has imported the libraries and nothing else, so what a job does to them is
not seen by the next.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

IMPORTED = (
    "transformers.integrations.hub_kernels",
    "transformers.models.llama.modeling_llama",
    "kernels",
    "kernlint_probe.run",
)


def main(probe: str, tasks: str) -> None:
    """Do the jobs, one after the other."""
    spec = importlib.util.spec_from_file_location("probe_main", Path(probe) / "__main__.py")
    assert spec is not None
    assert spec.loader is not None
    start: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(start)
    start.bootstrap()
    importlib.import_module("torch").set_num_threads(1)  # threads do not survive a fork
    for name in IMPORTED:
        importlib.import_module(name)
    run: Any = importlib.import_module("kernlint_probe.run")
    for task in json.loads(Path(tasks).read_text(encoding="utf-8")):
        child = os.fork()
        if child == 0:
            os.chdir(task["folder"])
            os.environ.update(task["variables"])
            run.main(task["job"], task["events"])
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    del sys.path[0]  # the folder of this file, in which there is another module named kernels
    main(*sys.argv[1:])

"""Jobs for the probe, and the events that come of them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import kernlint

PROBE = Path(kernlint.__file__).parent / "runtime" / "probe"
SIMULATED = Path(__file__).parent / "simulated"
DRIVER = Path(__file__).parent / "forked_jobs.py"
PATIENCE = 240
"""Seconds until a test gives up."""

TINY_LLAMA = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 8,
    "intermediate_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "vocab_size": 16,
}
"""It has 5 modules named RMSNorm, 2 named SiLU, and the function rotary_pos_emb."""

Event = dict[str, Any]


class Seen(NamedTuple):
    """The events of one process."""

    events: list[Event]

    def only(self, kind: str) -> Event:
        """The one event of a kind."""
        [event] = [event for event in self.events if event["event"] == kind]
        return event

    def has(self, kind: str) -> bool:
        """Whether there is an event of a kind."""
        return any(event["event"] == kind for event in self.events)

    def strict(self, name: str) -> Event:
        """What the strict pass found of a layer name."""
        [event] = [e for e in self.events if e["event"] == "strict" and e["name"] == name]
        return event

    def failed(self, name: str) -> Event:
        """The exception for which a pass could not be made."""
        [event] = [e for e in self.events if e["event"] == "failed" and e["pass"] == name]
        found: Event = event["exception"]
        return found


class Task(NamedTuple):
    """A job, where it is done, and with which environment variables."""

    job: Event
    folder: Path | None = None
    variables: Mapping[str, str] = {}


def value(plain: object) -> object:
    """A VALUE of the protocol for a Python object."""
    if isinstance(plain, dict):
        return {"dict": [[value(key), value(part)] for key, part in plain.items()]}
    for kind in (tuple, list, set):
        if isinstance(plain, kind):
            return {kind.__name__: [value(part) for part in plain]}
    return plain


def config(mapping: object, *, local: bool = True, inherit: bool = True) -> Event:
    """A CONFIG of the protocol."""
    return {"mapping": value(mapping), "use_local_kernel": local, "inherit_mapping": inherit}


def job(model: object, kernel_config: Event, **changes: object) -> Event:
    """A job for inference on what is there; ``changes`` replace its fields."""
    return {
        "model": str(model),
        "config": kernel_config,
        "way": "set_use_kernels",
        "device": "auto",
        "mode": "inference",
        "compiled": False,
        "trust_remote_code": False,
        "execute": False,
        "numerics": False,
        "skip": [],
    } | changes


def write_model(folder: Path, **changes: object) -> Path:
    """A folder with the ``config.json`` of a tiny Llama; ``changes`` replace its settings."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(TINY_LLAMA | changes), encoding="utf-8")
    return folder


def events_of(file: Path) -> Seen:
    """Read the events of a process."""
    return Seen([json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()])


def run_probe(python: str, work: Path, task: Task) -> tuple[int, Seen]:
    """Do one job in a process as kernlint starts it: the exit status and the events."""
    job_file, events_file = work / "job.json", work / "events.jsonl"
    job_file.write_text(json.dumps(task.job), encoding="utf-8")
    done = subprocess.run(
        [python, str(PROBE), str(job_file), str(events_file)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        cwd=task.folder or work,
        env=_variables(task.variables),
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode, events_of(events_file)


def run_probes(
    python: str, work: Path, tasks: Mapping[str, Task], *, simulated: bool
) -> dict[str, Seen]:
    """Do many jobs, with a simulated CUDA or without, and return what came of each by its name."""
    work.mkdir(parents=True, exist_ok=True)
    described = []
    for name, task in tasks.items():
        job_file = work / f"{name}.json"
        job_file.write_text(json.dumps(task.job), encoding="utf-8")
        described.append(
            {
                "job": str(job_file),
                "events": str(work / f"{name}.jsonl"),
                "folder": str(task.folder or work),
                "variables": dict(task.variables),
            }
        )
    simulation = {"PYTHONPATH": str(SIMULATED)} if simulated else {}
    tasks_file = work / "tasks.json"
    tasks_file.write_text(json.dumps(described), encoding="utf-8")
    subprocess.run(
        [python, str(DRIVER), str(PROBE), str(tasks_file)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=_variables({"HF_HOME": str(work / "hf")} | simulation),
        timeout=PATIENCE,
        check=True,
    )
    return {name: events_of(work / f"{name}.jsonl") for name in tasks}


def _variables(more: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process that stays off the network and on one core."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return kept | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"} | dict(more)

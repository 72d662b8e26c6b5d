"""The passes of one check, one after the other."""

from __future__ import annotations

import importlib
import logging
import sys
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from . import configs, environment, models, modules, strict, together
from . import job as jobs
from .events import Events
from .job import Job

QUIET = ("kernels", "transformers")
"""The loggers that would warn once for every module that a pass leaves alone on purpose."""


class ModelFacts(NamedTuple):
    """The model that was built; see ``kernlint/model/runtime.py``."""

    name: str
    parameters: int
    modules: int
    registered: dict[str, int]
    notes: tuple[str, ...]


class ConfigFacts(NamedTuple):
    """The names in the mapping, and the file that an attribute is from."""

    layers: tuple[str, ...]
    file: str | None


def main(job_file: str, events_file: str) -> None:
    """Do a job; whatever happens, the last event is ``done``, unless the process is killed.

    Args:
        job_file: the job to read.
        events_file: the file to append events to.
    """
    begin = time.monotonic()
    events = Events(events_file)
    with events.failing("environment"):
        check(jobs.read(job_file), events)
    events.write("done", {"seconds": time.monotonic() - begin, "peak_memory": peak_memory()})


def check(job: Job, events: Events) -> None:
    """Make the passes of a job, as far as one does not need another that failed."""
    if job.skips("environment"):
        return
    events.start("environment")
    facts, error = environment.observe()
    events.write("environment", facts)
    if error is not None:
        events.failed("environment", error)
        return
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
    built = _model(job, events)
    source = _config(job, events)
    if built is None or source is None or not (facts.kernels_available and facts.registers):
        return
    device = facts.device if job.device == "auto" else job.device
    if device is None:
        with events.failing(strict.STEP):
            strict.run_without_device(job, built, source, events)
        return
    predicted = device != facts.device
    found: dict[str, strict.Found] = {}
    with events.failing(strict.STEP):
        found = strict.run(job, built, source, device, predicted, events)
    if not predicted:
        _on_device(job, built, source, found, device, events)


def _model(job: Job, events: Events) -> models.Built | None:
    """Build the model and write its facts; None where that failed."""
    if job.skips("model"):
        return None
    events.start("model")
    with events.failing("model"):
        built = models.build(job)
        groups = modules.targets(built.model)
        facts = ModelFacts(
            type(built.model).__name__,
            sum(parameter.numel() for parameter in built.model.parameters()),
            sum(1 for _ in built.model.modules()),
            {name: len(group) for name, group in groups.items()},
            built.notes,
        )
        events.write("model", facts)
        return built
    return None


def _config(job: Job, events: Events) -> configs.Source | None:
    """Get the config and write its names; None where that failed: no pass can be made then."""
    if job.skips(strict.STEP):
        return None
    events.start(strict.STEP)
    with events.failing(strict.STEP):
        source = configs.load(job)
        events.write("config", ConfigFacts(tuple(source.names()), source.file))
        return source
    return None


def _on_device(
    job: Job,
    built: models.Built,
    source: configs.Source,
    found: Mapping[str, strict.Found],
    device: str,
    events: Events,
) -> None:
    """The passes for a device that is there."""
    if not job.skips(together.STEP):
        with events.failing(together.STEP):
            together.run(job, built, source, found, device, events)
    layers = {name: kernel.layer for name, kernel in found.items() if kernel.layer is not None}
    for name, wanted in (("execute", job.execute), ("numerics", job.numerics)):
        if wanted and not job.skips(name):
            with events.failing(name):
                step: Any = importlib.import_module(f".{name}", __package__)
                step.run(job, built, layers, device, events)


def peak_memory() -> int | None:
    """The most memory that the process had so far, in bytes; None where that is not told."""
    try:
        resource: Any = importlib.import_module("resource")
    except ImportError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * unit

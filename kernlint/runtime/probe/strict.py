"""Each layer name by itself, with nothing swallowed."""

from __future__ import annotations

import contextvars
import importlib
from typing import Any, NamedTuple

from . import application, classes, devices, modules, patches
from .classes import ClassFacts
from .configs import Source
from .events import Events, ExceptionFacts, exception_facts
from .job import Job
from .kernel import KernelFacts, Recorded, facts_of, facts_without_layer
from .models import Built

STEP = "strict"


class StrictFacts(NamedTuple):
    """One layer name by itself; see ``kernlint/model/runtime.py``."""

    name: str
    states: modules.ModuleStates
    entry: bool = True
    excluded: int = 0
    stage: str | None = None
    exception: ExceptionFacts | None = None
    kernel: KernelFacts | None = None
    classes: tuple[ClassFacts, ...] = ()
    predicted: bool = False


class Found(NamedTuple):
    """What is known of a layer name from then on.

    ``layer`` is the kernel's class, None if it was not loaded. ``registered`` is the name that the
    modules carry: with ``from_pretrained``, a kernel that replaces classes brings its own.
    """

    layer: Any
    registered: str


class Trial:
    """One layer name on its way through the libraries; its attributes say how far it came."""

    def __init__(self, job: Job, built: Built, name: str) -> None:
        self.job = job
        self.built = built
        self.model = built.model
        self.registered = name
        self.stage = "sanitize"
        self.entry = True
        self.recorded = Recorded(None)
        self.text = ""

    def prepare(self, config: Any) -> None:
        """Make the mapping for kernels out of that of the config."""
        if self.job.way == "from_pretrained":
            self.stage = "register"
            self.model = application.prepare_on_meta(self.job, self.built, config)
            [name] = config.kernel_mapping
            self.registered = str(name)
            self.model.eval()
        self.stage = "sanitize"
        config.sanitize_kernel_mapping(self.model)
        [value] = config.kernel_mapping.values()
        self.text = _text_of(value)
        self.stage = "create"
        config.create_compatible_mapping(self.model)
        self.entry = bool(config.kernel_mapping)

    def kernelize(self, config: Any, device: str, *, predicted: bool) -> None:
        """Let kernels put the layer in; ``predicted`` tries all but the device itself."""
        self.stage = "kernelize"
        kernels: Any = importlib.import_module("kernels")
        [by_mode] = config.kernel_mapping[self.registered].values()
        [(mode, self.recorded.repository)] = by_mode.items()
        on = "cpu" if predicted else device
        self.model.train(self.job.training)
        mapping = {self.registered: {on: {mode: self.recorded}}}
        with kernels.use_kernel_mapping(mapping, inherit_mapping=False):
            kernels.kernelize(
                self.model,
                mode=application.mode_of(self.job),
                device=kernels.Device(type=on),
                use_fallback=kernels.KernelizeFallback.NO_LAYER,
            )


def run(
    job: Job, built: Built, source: Source, device: str, predicted: bool, events: Events
) -> dict[str, Found]:
    """Try every layer name of a config and write an event for each; what was found by name.

    Args:
        job: what to do; names that it skips are left out.
        built: the model; it is as before afterwards.
        source: the config.
        device: the device to build the mapping for.
        predicted: whether the device is not there.
        events: where to write.
    """
    found = {}
    for name, key in source.names().items():
        if job.skips(STEP, name):
            continue
        events.start(STEP, name)
        trial = Trial(job, built, name)
        try:
            # A mapping that cannot be registered to the end would stay in the context.
            facts = contextvars.copy_context().run(_try, trial, source, key, device, predicted)
        except BaseException as error:  # noqa: BLE001 (the other names are still to be tried)
            facts = StrictFacts(name, modules.ModuleStates(), exception=exception_facts(error))
        found[name] = Found(trial.recorded.layer, trial.registered)
        events.write(STEP, facts)
    return found


def run_without_device(job: Job, built: Built, source: Source, events: Events) -> None:
    """Write an event for every layer name that is rejected on whatever device.

    With ``from_pretrained`` there is none: the names depend on what the kernels bring along, and
    these are not loaded.
    """
    if job.way == "from_pretrained":
        return
    for name, key in source.names().items():
        if job.skips(STEP, name):
            continue
        events.start(STEP, name)
        try:
            source.only(key).sanitize_kernel_mapping(built.model)
        except BaseException as error:  # noqa: BLE001 (recorded as it is)
            group = modules.targets(built.model).get(name, [])
            states = modules.states(group, None)
            facts = StrictFacts(name, states, stage="sanitize", exception=exception_facts(error))
            events.write(STEP, facts)


def _try(trial: Trial, source: Source, key: Any, device: str, predicted: bool) -> StrictFacts:
    """Take one key as far as it goes, and say what the modules run then."""
    error: BaseException | None = None
    name, built = trial.registered, trial.built
    with patches.taken_back(), modules.restored(built.model):
        try:
            config = source.only(key)
            with devices.pretended(device):
                trial.prepare(config)
            if trial.entry:
                trial.kernelize(config, device, predicted=predicted)
        except BaseException as raised:  # noqa: BLE001 (an import of a kernel may do anything)
            error = raised
        finally:
            built.model.train(trial.job.training)
        if error is not None and error is trial.recorded.error:
            trial.stage = "load"
        facts = _facts_of(trial, name, error)
    return facts._replace(predicted=predicted)


def _facts_of(trial: Trial, name: str, error: BaseException | None) -> StrictFacts:
    group = modules.targets(trial.model).get(trial.registered, [])
    layer = trial.recorded.layer if hasattr(trial.recorded.layer, "forward") else None
    kernel = "" if layer is None else str(trial.recorded)
    return StrictFacts(
        name,
        modules.states(group, layer),
        trial.entry,
        modules.excluded(group),
        None if error is None else trial.stage,
        None if error is None else exception_facts(error),
        _kernel_of(trial, layer),
        tuple(classes.compare(modules.included(group), layer, kernel)),
    )


def _kernel_of(trial: Trial, layer: Any) -> KernelFacts | None:
    """The kernel that a trial came to, be it that it lacks the layer."""
    if layer is not None:
        return facts_of(layer, trial.text)
    return facts_without_layer(trial.text) if trial.stage == "load" else None


def _text_of(value: Any) -> str:
    """The kernel of a value of a mapping that sanitize took: ``repository:layer``."""
    if isinstance(value, dict):
        value = next(iter(value.values()), "")
    return str(value[0] if isinstance(value, tuple) else value)

"""The kernels at work: a shrunk model on the device, kernelized as transformers does it.

Each kernel runs by itself first, between the originals of all other layers: so what it raises is
its own, and a process that dies there is explained. Then all of them run at once.
"""

from __future__ import annotations

import contextlib
import contextvars
import importlib
import os
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from . import application, configs, devices, modules, patches, tracing
from .events import Events, ExceptionFacts, exception_facts
from .gradients import Passage
from .job import Job
from .models import Built
from .rehearse import Rehearsed, devices_done, forget_kernels, fresh, perform, rehearse

STEP = "execute"
BROKEN_DEVICE = 70
"""The status of a process that ends because a kernel has left the device unusable: an illegal
access, say, after which every call of CUDA in the process fails."""


class ExecutionFacts(NamedTuple):
    """A layer of the shrunk model on the device; see ``kernlint/model/runtime.py``."""

    name: str
    called: int
    ran: int
    exception: ExceptionFacts | None = None
    backward: bool | None = None
    device: str | None = None


class Attempt(NamedTuple):
    """What was seen of a forward pass, and of a backward pass in training mode."""

    calls: dict[str, tracing.Calls]
    backward: dict[str, bool | None]
    error: BaseException | None


def run(job: Job, built: Built, layers: Mapping[str, Any], device: str, events: Events) -> None:
    """Run a shrunk model with its kernels, if there are any, and write an event for every layer.

    Args:
        job: What to do; layers that it skips keep their originals.
        built: The model that is confirmed.
        layers: The loaded layer class of each kernel, by layer name.
        device: The device, as transformers names it.
        events: Where to write.

    Raises:
        Exception: Why the model cannot be run at all, of whatever kind.
    """
    if not layers:
        return
    events.start(STEP)
    rehearsed, model = rehearse(built, device)
    del model
    # What is registered here would be in every context otherwise.
    contextvars.copy_context().run(_run, job, built, rehearsed, layers, device, events)


def _run(
    job: Job,
    built: Built,
    rehearsed: Rehearsed,
    layers: Mapping[str, Any],
    device: str,
    events: Events,
) -> None:
    wanted = {
        name: layer
        for name, layer in layers.items()
        if hasattr(layer, "forward") and not job.skips(STEP, name)
    }
    config = configs.load(job).fresh()
    with patches.taken_back():
        shrunk = built._replace(config=rehearsed.config)
        model = application.prepare(
            job, shrunk, config, lambda: fresh(built, rehearsed.config, device)
        )
        try:
            application.apply(job, model, config)
            stage = Stage(job, built, model, rehearsed, wanted, device)
            stage.perform(events)
        finally:
            forget_kernels(model)
            application.release(job, model)


class Stage:
    """A kernelized model, of which chosen layers run their kernels."""

    def __init__(
        self,
        job: Job,
        built: Built,
        model: Any,
        rehearsed: Rehearsed,
        layers: Mapping[str, Any],
        device: str,
    ) -> None:
        self._job = job
        self._model = model
        self._feeds = rehearsed.feeds
        self._layers = layers
        self._device = device
        groups = modules.targets(model)
        # A kernel that replaces a class brings a layer name of its own: that of the kernel.
        self._names = {
            name: name if name in groups else layer.__name__ for name, layer in layers.items()
        }
        self._modules = {
            name: [target.module for target in groups.get(registered, ())]
            for name, registered in self._names.items()
        }
        self._applied = {
            target.module: (registered, forward)
            for registered, group in groups.items()
            for target in group
            if (forward := target.module.__dict__.get("forward")) is not None
        }
        # A class that replaced one of the model's has no original to go back to.
        self._fixed = set(groups) - set(modules.targets(built.model))

    def perform(self, events: Events) -> None:
        """Run every kernel by itself, then those that did not fail together; write the events."""
        errors: dict[str, BaseException] = {}
        alone: dict[str, Attempt] = {}
        for name in self._layers:
            events.start(STEP, name)
            alone[name] = self._attempt([name])
            error = alone[name].error
            if error is None:
                continue
            if not device_works(self._device):
                events.write("execution", self._facts(name, alone[name], error))
                os._exit(BROKEN_DEVICE)
            original = self._attempt([])
            if original.error is not None:
                raise original.error
            errors[name] = error
        events.start(STEP)
        sound = [name for name in self._layers if name not in errors]
        together = self._attempt(sound)
        blamed = None if together.error is None else self._culprit(together.error)
        for name in self._layers:
            attempt = together if name in sound and together.error is None else alone[name]
            error = together.error if name == blamed else errors.get(name)
            events.write("execution", self._facts(name, attempt, error))
        if together.error is not None and blamed is None:
            events.failed(STEP, together.error)

    def _attempt(self, names: Collection[str]) -> Attempt:
        """One pass in which the layers of these names run their kernels, and no others do."""
        self._choose({self._names[name] for name in names})
        kernels = {name: self._layers[name] for name in names}
        passages = {name: Passage(self._modules[name]) for name in names}
        error: BaseException | None = None
        self._model.zero_grad(set_to_none=True)
        with contextlib.ExitStack() as stack:
            calls = stack.enter_context(tracing.watched(kernels, self._modules))
            if self._job.training:
                for passage in passages.values():
                    stack.enter_context(passage.watched())
            try:
                for feed in self._feeds:
                    perform(self._model, feed, training=self._job.training)
                devices_done(self._device)
            except BaseException as raised:  # noqa: BLE001 (a kernel may even end the program)
                error = raised
        done = self._job.training and error is None
        backward = {name: passages[name].came_through() if done else None for name in names}
        return Attempt(calls, backward, error)

    def _choose(self, registered: set[str]) -> None:
        for module, (name, forward) in self._applied.items():
            if name in registered or name in self._fixed:
                module.__dict__["forward"] = forward
            else:
                module.__dict__.pop("forward", None)

    def _facts(self, name: str, attempt: Attempt, error: BaseException | None) -> ExecutionFacts:
        calls = attempt.calls[name]
        return ExecutionFacts(
            name,
            len(calls.called),
            len(calls.ran),
            None if error is None else exception_facts(error),
            attempt.backward[name],
            ", ".join(sorted(calls.devices)) or None,
        )

    def _culprit(self, error: BaseException) -> str | None:
        """The layer whose module was at work, innermost first; None if none was."""
        owners = {id(module): name for name, group in self._modules.items() for module in group}
        culprit, trace = None, error.__traceback__
        while trace is not None:
            culprit = owners.get(id(tracing.first_argument(trace.tb_frame)), culprit)
            trace = trace.tb_next
        return culprit


def device_works(device: str) -> bool:
    """Whether a device can still be used by this process."""
    torch = importlib.import_module("torch")
    try:
        torch.ones(1, device=devices.tensor_device(device)).add_(1).item()
    except Exception:  # noqa: BLE001 (whatever the device's driver says)
        return False
    return True

"""Every layer at once, as transformers does it: this is what users get."""

from __future__ import annotations

import contextvars
from collections.abc import Mapping
from typing import Any, NamedTuple

from . import application, devices, modules, patches
from .configs import Source
from .events import Events, ExceptionFacts, exception_facts
from .job import Job, layer_name
from .models import Built
from .strict import Found

STEP = "together"

GOING_THROUGH_LAYERS = (
    "register_kernel_replacements_and_fusions",
    "sanitize_kernel_mapping",
    "create_compatible_mapping",
    "kernelize_layer",
)


class TogetherFacts(NamedTuple):
    """Every layer at once; see ``kernlint/model/runtime.py``."""

    states: dict[str, modules.ModuleStates]
    exception: ExceptionFacts | None
    culprit: str | None
    inherited: dict[str, int]


def run(
    job: Job,
    built: Built,
    source: Source,
    found: Mapping[str, Found],
    device: str,
    events: Events,
) -> None:
    """Apply the whole config to the model and write what its modules run then.

    A model that has no ``set_use_kernels`` makes the pass fail with an AttributeError: transformers
    has no way to apply a config to it. ``found`` are the layers that the strict pass has loaded.
    """
    events.start(STEP)
    # What is registered here would be in every context otherwise.
    facts = contextvars.copy_context().run(_apply, job, built, source, found, device)
    events.write(STEP, facts)


def _apply(
    job: Job, built: Built, source: Source, found: Mapping[str, Found], device: str
) -> TogetherFacts:
    _ = built.model.set_use_kernels
    model = built.model
    config = source.fresh()
    error: BaseException | None = None

    with patches.taken_back(), modules.restored(built.model):
        try:
            with devices.pretended(device):
                model = application.prepare_on_meta(job, built, config)
                application.apply(job, model, config)
        except BaseException as raised:  # noqa: BLE001 (an import of a kernel may do anything)
            error = raised
        facts = _facts_of(model, source, found, error)
        application.release(job, model)
        application.release(job, built.model)
    return facts


def _facts_of(
    model: Any, source: Source, found: Mapping[str, Found], error: BaseException | None
) -> TogetherFacts:
    groups = modules.targets(model)
    names = {name: found.get(name, Found(None, name)) for name in source.names()}
    own = {kernel.registered: name for name, kernel in names.items()}
    states = {
        name: modules.states(groups.get(kernel.registered, ()), kernel.layer)
        for name, kernel in names.items()
    }
    inherited = {
        name: modules.states(group, None).foreign
        for name, group in groups.items()
        if name not in own
    }
    culprit = None if error is None else _culprit(error)
    return TogetherFacts(
        states,
        None if error is None else exception_facts(error),
        None if culprit is None else own.get(culprit, culprit),
        {name: count for name, count in inherited.items() if count},
    )


def _culprit(error: BaseException) -> str | None:
    """The layer that the libraries were at, None if at none.

    It is a local variable of those of their functions that go from layer to layer (transformers
    5.22.2, utils/kernel_config.py and integrations/hub_kernels.py; kernels 0.17.2, layer/layer.py).
    """
    culprit = None
    trace = error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        if frame.f_code.co_name in GOING_THROUGH_LAYERS and "layer_name" in frame.f_locals:
            culprit = layer_name(frame.f_locals["layer_name"])
        trace = trace.tb_next
    return culprit

"""A config put to use the way a user's program does it, with transformers' own functions."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from . import patches
from .job import Job
from .models import Built, on_meta


def prepare(job: Job, built: Built, config: Any, make: Callable[[], Any]) -> Any:
    """The model that ``config`` is then applied to; ``make`` builds one.

    With ``from_pretrained`` the replacements of classes that a kernel brings along are registered
    before, as ``PreTrainedModel.from_pretrained`` of transformers 5.22.2 does it
    (modeling_utils.py); ``patches.taken_back`` takes them back. The mapping of the config is
    another one then: by the names that the modules have.
    """
    if job.way == "from_pretrained":
        register(built, config)
    with patches.put_back_on_error():
        return make()


def prepare_on_meta(job: Job, built: Built, config: Any) -> Any:
    """The model on the meta device; another one only where classes of it are replaced."""
    before = patches.registered()

    def make() -> Any:
        if patches.registered() == before:
            return built.model
        return on_meta(lambda: built.rebuild(built.config))

    return prepare(job, built, config, make)


def register(built: Built, config: Any) -> None:
    """Load the kernels of a config and register the replacements that they bring along."""
    hub_kernels: Any = importlib.import_module("transformers.integrations.hub_kernels")
    model_class = built.model_class or type(built.model)
    hub_kernels.register_kernel_replacements_and_fusions(model_class, built.config, config)


def apply(job: Job, model: Any, config: Any) -> None:
    """Apply a config to a prepared model, and put the model in the mode of the job.

    ``from_pretrained`` applies it in evaluation mode, always; a program that trains the model
    calls ``train()`` after that. It does not know of compiling either. ``set_use_kernels`` takes
    the mode that the model is in, or one that the program gives.
    """
    if job.way == "from_pretrained":
        model.eval()
        model.set_use_kernels(True, config)
        model.train(job.training)
    else:
        model.train(job.training)
        model.set_use_kernels(True, config, mode=mode_of(job) if job.compiled else None)


def mode_of(job: Job) -> Any:
    """The mode of kernels that a layer has to serve in."""
    mode = importlib.import_module("kernels").Mode
    wanted = mode.TRAINING if job.training else mode.INFERENCE
    return wanted | mode.TORCH_COMPILE if job.compiled and job.way != "from_pretrained" else wanted


def release(job: Job, model: Any) -> None:
    """Let a model forget its config, so that a change of its mode does not apply it again."""
    if getattr(model, "kernel_config", None) is not None:
        model._use_kernels = False  # noqa: SLF001 (train() and eval() apply it again otherwise)
        model.kernel_config = None
    model.train(job.training)

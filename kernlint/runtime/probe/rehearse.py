"""A model of the same architecture that runs here: shrunk, with random weights, with inputs.

What is kernelized later is first run as it is. Where the original does not run, nothing can be
said about a kernel, and the exception is the original's.
"""

from __future__ import annotations

import copy
import importlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from . import devices, shrink, tensors
from .inputs import Length, NoInputsError, candidates
from .models import Built, on_meta
from .modules import targets

LARGEST_OWN = 2 * 10**9
"""Bytes of parameters up to which a module that cannot be shrunk is run as it is."""

SEED = 7
DEVIATION = 0.5
"""Of what is added to each parameter: of a vector by itself, of a matrix times its own deviation.

Weights of norms are all ones when they are new, and a kernel that ignores them would be right."""

SMALLEST_DEVIATION = 0.02


class Feed(NamedTuple):
    """A part of a model that is called by itself, the model being ``""``, and its arguments."""

    path: str
    arguments: dict[str, Any]


class Rehearsed(NamedTuple):
    """What is known to run: a config (None for a user's module), and what to call with what."""

    config: Any
    feeds: tuple[Feed, ...]


def rehearse(built: Built, device: str) -> tuple[Rehearsed, Any]:
    """Find a shrunk config whose original model runs on ``device``; with it, that model.

    Raises:
        NoInputsError: Nothing says what the model takes.
        ValueError: The model cannot be shrunk and is too large to be run as it is.
        Exception: What the original raises in its forward pass, whatever it is given.
    """
    first: BaseException | None = None
    in_parts: Rehearsed | None = None
    for config in _configs(built):
        try:
            model = fresh(built, config, device)
            found = Rehearsed(config, feeds(model, device, Length()))
            if found.feeds[0].path == "":
                return found, model
            in_parts = in_parts or found
        except Exception as error:  # noqa: BLE001, PERF203 (of any model: another plan may do)
            first = first or error
            if isinstance(error, NoInputsError):
                break
    if in_parts is not None:
        return in_parts, fresh(built, in_parts.config, device)
    raise first or ValueError("no config of this model has the layers that the model has")


def fresh(built: Built, config: Any, device: str) -> Any:
    """A new model of a config on a device, with parameters that are nowhere all the same."""
    torch = importlib.import_module("torch")
    torch.manual_seed(SEED)
    with devices.tensor_device(device):
        model = built.rebuild(config)
    forget_kernels(model)
    _perturb(model)
    return model


def forget_kernels(model: Any) -> None:
    """Give every layer its original forward: functions are shared by all models of a process."""
    for group in targets(model).values():
        for target in group:
            target.module.__dict__.pop("forward", None)


def feeds(model: Any, device: str, length: Length) -> tuple[Feed, ...]:
    """What to call of a model, so that as many of its layers as possible are reached.

    A text alone does not reach the vision tower of a model that takes both: parts that are models
    by themselves, and have layers that were not reached, are called by themselves. Raises what the
    whole model raises where no part of it can be called.
    """
    found: list[Feed] = []
    reached: set[int] = set()
    first: BaseException | None = None
    for path, part in _parts(model):
        missing = {id(t.module) for group in targets(part).values() for t in group} - reached
        if path and not missing:
            continue
        try:
            arguments = _accepted(part, getattr(part, "config", None), device, length)
            reached |= _reached(model, part, arguments)
            found.append(Feed(path, arguments))
        except Exception as error:  # noqa: BLE001 (its layers stay without a call)
            first = first or error
    if not found and first is not None:
        raise first
    return tuple(found)


def call(model: Any, feed: Feed) -> Any:
    """One forward pass; each with tensors of its own, since kernels may write to them."""
    arguments = {
        name: value.clone() if hasattr(value, "clone") else copy.copy(value)
        for name, value in feed.arguments.items()
    }
    return model.get_submodule(feed.path)(**arguments)


def perform(model: Any, feed: Feed, *, training: bool) -> None:
    """One forward pass, and in training mode a backward pass of a loss over all results."""
    torch = importlib.import_module("torch")
    with torch.set_grad_enabled(training):
        results = call(model, feed)
    if not training:
        return
    losses = [
        tensor.float().square().mean()
        for _, tensor in tensors.leaves(results)
        if tensor.is_floating_point() and tensor.requires_grad
    ]
    if losses:
        sum(losses[1:], losses[0]).backward()


def _configs(built: Built) -> Iterator[Any]:
    if built.config is None:
        size = sum(p.numel() * p.element_size() for p in built.model.parameters())
        if size > LARGEST_OWN:
            raise ValueError(
                f"a module without a config cannot be shrunk, and this one has {size / 1e9:.1f} GB "
                f"of parameters: it is run only up to {LARGEST_OWN / 1e9:.0f} GB"
            )
        yield None
        return

    def outline(config: Any) -> shrink.Outline | None:
        try:
            return _outline(on_meta(lambda: built.rebuild(config)))
        except Exception:  # noqa: BLE001 (this number of layers is none that the model can have)
            return None

    full = _outline(built.model)
    for plan in shrink.plans(built.config, full, outline):
        yield shrink.shrunk(built.config, plan)


def _outline(model: Any) -> shrink.Outline:
    kinds = {
        (name, type(target.module).__qualname__)
        for name, group in targets(model).items()
        for target in group
    }
    size = sum(p.numel() * p.element_size() for p in model.parameters())
    return shrink.Outline(frozenset(kinds), size)


def _perturb(model: Any) -> None:
    """Change every parameter of a model, always in the same way."""
    torch = importlib.import_module("torch")
    with torch.no_grad():
        for number, parameter in enumerate(model.parameters()):
            if not parameter.is_floating_point() or not parameter.numel():
                continue
            generator = torch.Generator(parameter.device).manual_seed(SEED + number)
            change = torch.empty_like(parameter, dtype=torch.float32).normal_(generator=generator)
            deviation = 1.0
            if parameter.dim() > 1:
                deviation = max(parameter.float().std().item(), SMALLEST_DEVIATION)
            parameter.add_((DEVIATION * deviation * change).to(parameter.dtype))


def _parts(model: Any) -> list[tuple[str, Any]]:
    """A model and the models within it, the outer ones first."""
    base = importlib.import_module("transformers").PreTrainedModel
    modules = model.named_modules()
    return [(path, part) for path, part in modules if not path or isinstance(part, base)]


def _accepted(model: Any, config: Any, device: str, length: Length) -> dict[str, Any]:
    """The first set of arguments with which a model runs."""
    torch = importlib.import_module("torch")
    first: BaseException | None = None
    for arguments in candidates(model, config, devices.tensor_device(device), length):
        try:
            with torch.no_grad():
                call(model, Feed("", arguments))
            devices_done(device)
            return arguments
        except Exception as error:  # noqa: BLE001, PERF203 (of any model: others may do)
            first = first or error
    assert first is not None  # noqa: S101 (candidates raises where there are none)
    raise first


def devices_done(device: str) -> None:
    """Wait for a device, so that what fails there is raised here."""
    torch = importlib.import_module("torch")
    backend = getattr(torch, devices.tensor_device(device).type, None)
    synchronize = getattr(backend, "synchronize", None)
    if synchronize is not None:
        synchronize()


def _reached(model: Any, part: Any, arguments: dict[str, Any]) -> set[int]:
    """The modules with layer names that a call of a part reaches."""
    torch = importlib.import_module("torch")
    reached: set[int] = set()
    hooks = [
        target.module.register_forward_pre_hook(lambda module, _: reached.add(id(module)))
        for group in targets(model).values()
        for target in group
    ]
    try:
        with torch.no_grad():
            call(part, Feed("", arguments))
    finally:
        for hook in hooks:
            hook.remove()
    return reached

"""The model to confirm, built on the meta device: of any size, without a byte of its weights."""

from __future__ import annotations

import copy
import functools
import importlib
import os
from collections.abc import Callable
from typing import Any, NamedTuple

from . import objects
from .job import Job

CONFIG_FILE = "config.json"
FALLBACKS = ("AutoModelForCausalLM", "AutoModel")
"""What builds a model whose config names no architecture of transformers; the first that can."""

INITIAL_DEVIATION = 0.02
"""Of the parameters of a user's module that is on the meta device and has to get real ones."""


class Built(NamedTuple):
    """A model that was built.

    ``model`` is on the meta device, unless it is a module of the user's. ``config`` is that of
    transformers, with eager attention, and ``model_class`` the class that it was built with; both
    are None for a module that is not of transformers. ``rebuild`` makes a model of a config (which
    is ignored where ``config`` is None) with random weights on the current default device, with
    the patches that are registered with transformers, in training mode or not as ``model`` is.
    ``notes`` say what is not as in the user's program.
    """

    model: Any
    config: Any
    model_class: Any
    rebuild: Callable[[Any], Any]
    notes: tuple[str, ...] = ()


def build(job: Job) -> Built:
    """Build what ``--model`` names, in the mode of the job.

    It is, in this order: a folder with a ``config.json`` (or that file); an object of the user's
    code: a module, a config or its class, or a callable without arguments that returns one; the id
    of a model whose config is in the local cache. Weights are never read, nothing is downloaded
    and nobody is asked a question. Raises what the libraries or the user's code raise, TypeError
    for another kind of object.
    """
    if not os.path.exists(job.model) and objects.names_an_object(job.model):
        built = _of_object(job, objects.import_named(job.model).value)
    else:
        built = _of_config(_load_config(job), job.trust_remote_code)
    built.model.train(job.training)
    return built


def on_meta(make: Callable[[], Any]) -> Any:
    """Call ``make`` with the meta device as the default one."""
    with importlib.import_module("torch").device("meta"):
        return make()


def _load_config(job: Job) -> Any:
    """The config of a folder, or of a model in the local cache."""
    name = job.model
    if os.path.basename(name) == CONFIG_FILE and os.path.isfile(name):
        name = os.path.dirname(name) or os.curdir
    # Without a clear yes or no, transformers asks on stdin whether to run code of the model.
    return importlib.import_module("transformers").AutoConfig.from_pretrained(
        name, local_files_only=True, trust_remote_code=job.trust_remote_code
    )


def _of_config(config: Any, trust_remote_code: bool) -> Built:
    """Build the model of a config of transformers; the config itself is left as it is."""
    config = copy.deepcopy(config)
    make, notes = _maker(config, trust_remote_code)
    if getattr(config, "quantization_config", None):
        notes += ("quantization_config is ignored: the layers are those of the plain model",)
    model = on_meta(lambda: make(config))
    return Built(model, config, type(model), _rebuilder(model, make), notes)


def _maker(config: Any, trust_remote_code: bool) -> tuple[Callable[[Any], Any], tuple[str, ...]]:
    """What builds the model of a config, and what there is to say about that.

    The attention is always eager: an implementation from the Hub would be loaded otherwise
    (``PreTrainedModel.__init__`` of transformers 5.22.2, modeling_utils.py).
    """
    transformers = importlib.import_module("transformers")
    own = [name for name in getattr(config, "auto_map", None) or {} if name.startswith("AutoModel")]
    if not (trust_remote_code and own):
        for name in config.architectures or ():
            found = getattr(transformers, name, None)
            if isinstance(found, type) and issubclass(found, transformers.PreTrainedModel):
                return functools.partial(_from_config, found), ()
    candidates = [name for name in (*FALLBACKS, *own) if trust_remote_code and name in own]
    if type(config) in transformers.MODEL_FOR_CAUSAL_LM_MAPPING:
        candidates.append(FALLBACKS[0])
    automatic = getattr(transformers, (*candidates, FALLBACKS[1])[0])

    def make(config: Any) -> Any:
        return automatic.from_config(
            config, attn_implementation="eager", trust_remote_code=trust_remote_code
        )

    named = ", ".join(config.architectures or ()) or "no architecture"
    return make, (f"built with {automatic.__name__}: the config names {named}",)


def _from_config(model_class: Any, config: Any) -> Any:
    # The way that applies the patches of from_pretrained: model_class(config) does not.
    return model_class._from_config(config, attn_implementation="eager")  # noqa: SLF001


def _rebuilder(model: Any, make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What makes another model, in the mode that ``model`` is in by then."""
    return lambda config: make(copy.deepcopy(config)).train(model.training)


def _of_object(job: Job, value: Any) -> Built:
    """Build what an object of the user's code stands for."""
    torch_module = importlib.import_module("torch.nn").Module
    transformers = importlib.import_module("transformers")
    config_class = transformers.PretrainedConfig
    make: Callable[[Any], Any] | None = None
    if isinstance(value, type) and issubclass(value, config_class):
        value = value()
    if callable(value) and not isinstance(value, (torch_module, config_class)):
        call = value
        value, make = on_meta(call), lambda _config: call()
    if isinstance(value, config_class):
        return _of_config(value, job.trust_remote_code)
    if not isinstance(value, torch_module):
        raise TypeError(
            f"{job.model} is a {type(value).__name__}; "
            "it has to be a module, a config of transformers or a callable that returns one"
        )
    if isinstance(value, transformers.PreTrainedModel):
        make = functools.partial(_from_config, type(value))
        return Built(value, value.config, type(value), _rebuilder(value, make))
    return Built(value, None, None, _rebuilder(value, make or functools.partial(_another, value)))


def _another(module: Any, _config: Any) -> Any:
    """A copy of a user's module on the default device; random where it has no weights."""
    torch = importlib.import_module("torch")
    device = torch.get_default_device()
    if not any(parameter.is_meta for parameter in module.parameters()):
        return copy.deepcopy(module).to(device)
    fresh = copy.deepcopy(module).to_empty(device=device)
    with torch.no_grad():
        for parameter in fresh.parameters():
            parameter.normal_(std=INITIAL_DEVIATION)
        for buffer in fresh.buffers():
            buffer.zero_()
    return fresh

"""What a run with the real libraries is asked for, and whether it can be started at all."""

from __future__ import annotations

import math
import os
import re
import sys

from kernlint.api.project import UsageError
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.runtime import AUTO

if TYPE_CHECKING:
    from kernlint.config import Settings
    from kernlint.model.runtime import Request

_FORMS = (
    "it takes a folder with config.json, `package.module:attribute`, `file.py:attribute`, "
    "or the id of a model in the local Hugging Face cache"
)
_ATTRIBUTE = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_ID = re.compile(r"[A-Za-z0-9][\w.-]*(?:/[A-Za-z0-9][\w.-]*)?", re.ASCII)


def validate(request: Request) -> None:
    """Raise UsageError for a request that cannot come to anything; nothing is started."""
    from kernlint.engine.mappings import wrong_device

    if request.device == "cpu":
        raise UsageError("transformers builds no kernel mapping for `--device cpu`")
    wrong = None if request.device == AUTO else wrong_device((request.device,))
    if wrong is not None:
        raise UsageError(*wrong)
    if not (0 < request.timeout < math.inf):
        raise UsageError("`--timeout` must be a number of seconds above 0")
    if request.numerics and not request.execute:
        raise UsageError("`--numerics` and `--no-execute` exclude each other")
    _validate_model(request.model)
    if request.kernel_config is not None:
        _validate_attribute(request.kernel_config, "--kernel-config")


def _validate_model(model: str) -> None:
    from kernlint.catalog.checkpoints import checkpoint

    if os.path.isdir(model):
        if os.path.isfile(os.path.join(model, "config.json")):
            return
        if os.path.isfile(os.path.join(model, "adapter_config.json")):
            text = f"`--model {model}` is an adapter, which has no config.json"
            raise UsageError(text, "name the model that it belongs to")
        raise UsageError(f"`--model {model}` is a folder without config.json", _FORMS)
    if os.path.exists(model):
        if os.path.basename(model) == "config.json":
            return
        raise UsageError(f"`--model {model}` is a file, and not a config.json", _FORMS)
    if ":" in model:
        _validate_attribute(model, "--model")
        return
    if not _ID.fullmatch(model):
        raise UsageError(f"`--model {model}`: there is no such folder", _FORMS)
    if checkpoint(model, os.getcwd()) is None:
        raise UsageError(
            f"`--model {model}`: there is no such folder, and no config of a model of that id "
            "in the local Hugging Face cache",
            f"kernlint downloads no model; `hf download {model} config.json` gets its config"
            if "/" in model
            else _FORMS,
        )


def _validate_attribute(text: str, option: str) -> None:
    """Check the form ``module:attribute``, and the file where one is named."""
    module, _, attribute = text.rpartition(":")
    if module.endswith(".py"):
        if not os.path.isfile(module):
            raise UsageError(f"`{option} {text}`: there is no file `{module}`")
        module = "module"
    if not (_ATTRIBUTE.fullmatch(module) and _ATTRIBUTE.fullmatch(attribute)):
        raise UsageError(
            f"`{option} {text}` names no attribute",
            "write `package.module:attribute` or `file.py:attribute`",
        )


def interpreter_of(settings: Settings) -> str:
    """The interpreter to run: that of ``--python`` or the settings, else the one that runs this.

    A folder is an environment. Raises UsageError where there is none.
    """
    named = settings.python
    if named is None:
        if not sys.executable:
            raise UsageError("the interpreter of kernlint is not known", "name one: `--python`")
        return sys.executable
    place = named
    if settings.sources["python"][-1].line is not None:
        place = os.path.join(settings.root, named)
    place = os.path.abspath(os.path.expanduser(place))
    candidates = [place]
    if os.path.isdir(place):
        inside = (("bin", "python"), ("bin", "python3"), ("Scripts", "python.exe"), ("python.exe",))
        candidates = [os.path.join(place, *parts) for parts in inside]
    for candidate in candidates:
        if os.path.isfile(candidate) and os.access(candidate, os.X_OK):
            return candidate
    raise UsageError(f"there is no interpreter to run at `{named}`")

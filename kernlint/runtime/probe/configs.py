"""The kernel config of the job: a fresh one for each use, since a config serves only once."""

from __future__ import annotations

import copy
import importlib
from typing import Any, NamedTuple

from . import objects
from .job import Job, layer_name


class Source(NamedTuple):
    """Where the configs come from: one that is never used, and the file it was read from."""

    original: Any
    file: str | None

    def names(self) -> dict[str, Any]:
        """The keys of the mapping by the names that they have in events."""
        mapping = self.original.kernel_mapping
        return {layer_name(key): key for key in mapping} if isinstance(mapping, dict) else {}

    def fresh(self) -> Any:
        """The whole config, as it is before any use."""
        return copy.deepcopy(self.original)

    def only(self, key: Any) -> Any:
        """The config with one key of the mapping alone."""
        config = self.fresh()
        config.kernel_mapping = {key: config.kernel_mapping[key]}
        return config


def load(job: Job) -> Source:
    """The config of a job; raises what the user's module raises where it is an attribute there.

    An attribute is a ``KernelConfig``, a mapping for one, or a callable without arguments that
    returns one of them.
    """
    config_class = importlib.import_module("transformers").KernelConfig
    if job.attribute is None:
        value, file = job.mapping, None
    else:
        value, file = objects.import_named(job.attribute)
        if callable(value):
            value = value()
    if isinstance(value, config_class):
        return Source(value, file)
    config = config_class(
        value, use_local_kernel=job.use_local_kernel, inherit_mapping=job.inherit_mapping
    )
    return Source(config, file)

"""What a run with the real libraries is asked for, what it saw, and what comes of it.

The facts are recorded in a process of their own (``kernlint/runtime/probe``), as JSON lines;
verdicts are made of them later, so that they can be made, and tested, without an accelerator.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from kernlint.model.diagnostic import Place
from kernlint.model.record import Record

Mode = Literal["inference", "training"]
Way = Literal["set_use_kernels", "from_pretrained"]
Pass = Literal["environment", "model", "strict", "together", "execute", "numerics"]
Stage = Literal["sanitize", "create", "register", "load", "kernelize"]
State = Literal["kernel", "original", "untouched", "foreign"]
Ending = Literal["done", "crashed", "hung", "exited"]
Verdict = Literal[
    "applied",
    "partly-applied",
    "not-applied",
    "rejected",
    "not-for-device",
    "crashed",
    "wrong-result",
    "predicted",
    "unknown",
]


#: The device that is there.
AUTO = "auto"


class Request(Record):
    """What to confirm, and how.

    ``model`` is a folder with a config.json, an attribute of a module or a file, or an id in the
    local Hugging Face cache. ``kernel_config`` is an attribute that is tried instead of
    the configs in the given paths. ``device`` is ``auto`` or a device of a kernel mapping;
    ``timeout`` are the seconds that each config may take. With ``execute`` a small model of the
    same architecture runs on the device, with ``numerics`` it is compared to the original.
    """

    model: str
    kernel_config: str | None = None
    device: str = AUTO
    mode: Mode = "inference"
    compiled: bool = False
    offline: bool = False
    timeout: float = 600.0
    trust_remote_code: bool = False
    execute: bool = True
    numerics: bool = False


class ConfigSource(Record):
    """A config to confirm.

    ``label`` names it in reports: ``path:line:column``, or ``module:attribute``. ``mapping`` is
    the value of ``kernel_mapping`` as plain Python objects; ``attribute`` is set instead where
    the config is an attribute of the user's module. ``keys`` are the places of the layer names.
    """

    label: str
    place: Place
    mapping: Mapping[object, object] | None
    use_local_kernel: bool
    inherit_mapping: bool
    way: Way
    attribute: str | None = None
    keys: tuple[tuple[object, Place], ...] = ()


class Check(Record):
    """One process: a config, on a model, in a mode.

    ``model`` is as the user wrote it. ``device`` is ``auto`` or a device of a kernel mapping.
    ``timeout`` is in seconds, for the whole check. ``python`` is the interpreter that runs it.
    """

    config: ConfigSource
    model: str
    device: str
    mode: Mode
    compiled: bool
    offline: bool
    trust_remote_code: bool
    execute: bool
    numerics: bool
    timeout: float
    python: str


class ExceptionFacts(Record):
    """An exception as it was raised: ``mro`` are the names of its classes, its own first.

    ``notes`` are its ``__notes__`` and ``frames`` the last calls as ``file:line function``.
    """

    type: str
    mro: tuple[str, ...]
    message: str
    notes: tuple[str, ...] = ()
    frames: tuple[str, ...] = ()


class EnvironmentFacts(Record):
    """What the libraries found around them.

    ``versions`` of the installed distributions; ``kernels_available`` is what transformers says
    of kernels, ``registers`` whether its decorators declare layers. ``variables`` are those set
    that change what happens. ``device`` is the accelerator that is there, as transformers names
    it; None for none. ``accelerator`` is its name and ``capability`` its compute capability.
    """

    python: str
    versions: Mapping[str, str]
    kernels_available: bool
    registers: bool
    variables: Mapping[str, str]
    device: str | None
    accelerator: str | None = None
    capability: str | None = None


class ModelFacts(Record):
    """The model that was built, on the meta device.

    ``registered`` counts the modules of each layer name. ``parameters`` is their number.
    """

    name: str
    parameters: int
    modules: int
    registered: Mapping[str, int]
    notes: tuple[str, ...] = ()


class ModuleStates(Record):
    """How many of the modules of a layer run what; ``others`` are those not run by the kernel."""

    kernel: int = 0
    original: int = 0
    untouched: int = 0
    foreign: int = 0
    others: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """All modules of the layer."""
        return self.kernel + self.original + self.untouched + self.foreign


class ClassFacts(Record):
    """A class that carries a layer name, against the kernel.

    ``signature`` is what kernels would say if it compared their ``forward``; None where they
    agree. ``renamed`` are arguments whose names differ: of the class, of the kernel.
    ``inherited`` is the base that the name comes from, where the class has a forward of its own.
    """

    name: str
    modules: int
    signature: str | None = None
    renamed: tuple[tuple[str, str], ...] = ()
    inherited: str | None = None


class KernelFacts(Record):
    """A kernel that was loaded: where from, and what it is.

    ``folder`` is the variant's, and ``file`` holds the code of the layer: it lies elsewhere where
    two kernels of the same id meet in one process, since Python imports only one of them.
    ``compiles`` and ``backward`` are what the layer says of itself; None where the kernel lacks
    the layer.
    """

    repository: str
    revision: str | None = None
    variant: str | None = None
    file: str | None = None
    layer: str | None = None
    folder: str | None = None
    compiles: bool | None = None
    backward: bool | None = None


class StrictFacts(Record):
    """One layer name by itself, with nothing swallowed.

    ``entry`` tells whether the mapping has something for the device. ``excluded`` counts the
    modules for which the class's ``kernel_condition`` says no; ``classes`` are those of the others.
    ``stage`` is the step that raised ``exception``. ``predicted`` tells that the device is not
    there.
    """

    name: str
    states: ModuleStates
    entry: bool = True
    excluded: int = 0
    stage: Stage | None = None
    exception: ExceptionFacts | None = None
    kernel: KernelFacts | None = None
    classes: tuple[ClassFacts, ...] = ()
    predicted: bool = False


class TogetherFacts(Record):
    """Every layer at once, as transformers does it.

    ``culprit`` is the layer that raised ``exception``; it need not be one of the config.
    ``inherited`` counts, for layers that only the default mapping has, the modules that run it.
    """

    states: Mapping[str, ModuleStates]
    exception: ExceptionFacts | None = None
    culprit: str | None = None
    inherited: Mapping[str, int] = MappingProxyType({})


class ExecutionFacts(Record):
    """A layer of the shrunk model on the device.

    ``called`` counts the modules that a forward pass reached, ``ran`` those where the kernel's own
    code was seen. ``backward`` tells whether gradients came through, None where none were asked
    for. ``device`` is where the tensors were.
    """

    name: str
    called: int
    ran: int
    exception: ExceptionFacts | None = None
    backward: bool | None = None
    device: str | None = None


class Mismatch(Record):
    """A way in which a kernel differs from the original: its kind, the module and the details."""

    kind: Literal["output", "gradient", "no-gradient", "mutation", "shape", "dtype", "error"]
    module: str
    detail: str


class NumericFacts(Record):
    """A layer against its original, on real inputs.

    ``checked`` counts the modules compared, ``skipped`` those without a call.
    ``speedup`` is the time of the original over that of the kernel, where it was measured.
    """

    name: str
    checked: int
    skipped: int
    max_abs_error: float | None = None
    relative_error: float | None = None
    mismatches: tuple[Mismatch, ...] = ()
    speedup: float | None = None


class Interrupted(Record):
    """A process that ended before it was done, and what it was doing."""

    ending: Ending
    during: Pass | None
    layer: str | None
    status: int | None
    detail: str


class RuntimeFacts(Record):
    """Everything that was seen of one check.

    ``failed`` holds what kept the pass of that name from being made at all. ``interrupted`` are
    the processes that ended early, in order; the check went on without what ended them.
    ``unread`` are lines of the events that say nothing that is known.
    """

    check: Check
    environment: EnvironmentFacts | None = None
    model: ModelFacts | None = None
    layers: tuple[str, ...] = ()
    strict: tuple[StrictFacts, ...] = ()
    together: TogetherFacts | None = None
    execution: tuple[ExecutionFacts, ...] = ()
    numerics: tuple[NumericFacts, ...] = ()
    failed: Mapping[Pass, ExceptionFacts] = MappingProxyType({})
    interrupted: tuple[Interrupted, ...] = ()
    seconds: float = 0.0
    peak_memory: int | None = None
    unread: tuple[str, ...] = ()


class LayerReport(Record):
    """What is confirmed of one layer of a config; ``reason`` is a stable code, None if applied.

    ``swallowed`` tells whether transformers says nothing about it. ``place`` is its key.
    """

    name: str
    verdict: Verdict
    place: Place
    modules: int = 0
    applied: int = 0
    reason: str | None = None
    swallowed: bool | None = None
    exception: str | None = None
    message: str | None = None
    repository: str | None = None
    variant: str | None = None
    max_abs_error: float | None = None
    speedup: float | None = None


class RuntimeReport(Record):
    """What is confirmed of one config; ``problem`` says why nothing could be."""

    facts: RuntimeFacts
    layers: tuple[LayerReport, ...]
    problem: str | None = None

    @property
    def device(self) -> str | None:
        """The device that was checked for; None where there was none."""
        wanted = self.facts.check.device
        if wanted != "auto":
            return wanted
        return self.facts.environment.device if self.facts.environment else None

    @property
    def confirmed(self) -> bool:
        """Whether every layer is known to be as it is reported, on a device that is there."""
        return self.problem is None and all(
            layer.verdict not in ("predicted", "unknown") for layer in self.layers
        )

"""What is known of the configs of a project, and of what is done with them."""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING, Literal
from kernlint.model.record import Record

if TYPE_CHECKING:
    from kernlint.model.diagnostic import Place
    from kernlint.project.values import Value

CONFIG = "KernelConfig"

SinkKind = Literal[
    "from_pretrained",
    "from_config",
    "set_use_kernels",
    "sanitize_kernel_mapping",
    "create_compatible_mapping",
    "update_kernel",
]
#: Parameters of KernelConfig by position (transformers 5.0 to 5.23, utils/kernel_config.py).
PARAMETERS = ("kernel_mapping", "use_local_kernel", "inherit_mapping")


class Sink(Record):
    """A call that takes a config, and the place of that call."""

    kind: SinkKind
    place: Place


class Wrapper(Record):
    """How a file can call KernelConfig.

    ``name`` is what it is called there. Where it has to be imported for that, ``after`` is the
    place of a name that the file imports from transformers.
    """

    name: str
    after: Place | None = None


class Usage(Record):
    """What a call that takes a kernel config is given for one of its parameters.

    ``argument`` is the place of the argument, ``written`` that of its value alone; None where
    it comes through a star. ``wrapper`` tells how to make a config of it there. ``certain``
    tells that the call is known to be one of transformers. ``parameter`` is ``kernel_config``,
    the config itself for a method of it, or ``use_kernels``, the flag beside it.
    """

    kind: SinkKind
    value: Value
    argument: Place
    place: Place
    certain: bool
    parameter: Literal["kernel_config", "self", "use_kernels"] = "kernel_config"
    written: Place | None = None
    wrapper: Wrapper | None = None


class PassedArgument(Record):
    """An argument as written in a ``KernelConfig(...)`` call.

    ``removal`` is what to delete to take it out of the call, where that is known.
    """

    name: str | None
    position: int | None
    star: str
    value: Value
    place: Place
    name_place: Place | None
    removal: Place | None = None


class Config(Record):
    """One ``KernelConfig(...)`` call.

    ``mapping`` and the flags are None where nothing is passed for them.
    ``callee`` is the place of the name that is called, ``imported`` the place where
    that name is imported, unless something else is ready for the import to fail;
    ``discarded`` tells that nothing can use the config.
    """

    place: Place
    callee: Place
    arguments: tuple[PassedArgument, ...]
    mapping: Value | None
    use_local_kernel: Value | None
    inherit_mapping: Value | None
    discarded: bool
    imported: Place | None
    sinks: tuple[Sink, ...] = ()


StepKind = Literal[
    "from_pretrained",
    "from_config",
    "set_use_kernels",
    "sanitize_kernel_mapping",
    "create_compatible_mapping",
    "update_kernel",
    "train",
    "eval",
    "move",
    "trainer",
    "call",
    "copy",
    "default_device",
]


class Step(Record):
    """One thing that a program does with a model, or with a config.

    Args:
        kind: What is done. ``move`` is ``.to(device)``, ``.cuda()`` and the like,
            ``trainer`` the training by a Trainer, which puts the model in training mode,
            ``call`` that the model computes something, ``copy`` that a config is made from
            another one, whose number is the argument ``source``, and ``default_device``
            that models are made on another device from there on.
        place: The call.
        model: The number of the model within the story; None where it has none.
        config: The place of the config that is handed over, if any, and what it holds.
        arguments: What the call is given by name, as far as it is known. A config is left
            out; what is not known to be one stands there as ``kernel_config``.
        certain: Whether the call is known to be one of transformers, and to be made.
        looped: Whether it may happen several times with the same config, or with the
            same model where no config is handed over.
        owner: The class or function that is asked for the model, by its dotted path, if
            known; for a change of mode the class of what is asked for it.
        number: The number of the config within the story: one place makes another config
            each time.
        through: The call of something else that leads there, which calls back.
    """

    kind: StepKind
    place: Place
    model: int | None = None
    config: Config | None = None
    arguments: tuple[tuple[str, Value], ...] = ()
    certain: bool = False
    looped: bool = False
    owner: str | None = None
    number: int | None = None
    through: Place | None = None

    def argument(self, name: str) -> Value | None:
        """The value passed under a name; None where none is."""
        return dict(self.arguments).get(name)


class Story(Record):
    """What a program does with its models and configs in one way that it can go, in order."""

    steps: tuple[Step, ...]

    @property
    def place(self) -> Place:
        """The place of its first step."""
        return self.steps[0].place

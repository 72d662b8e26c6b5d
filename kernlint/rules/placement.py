"""Which device a model is on, as far as the program tells."""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING
from kernlint.project.values import Instance, Known, MappingValue

if TYPE_CHECKING:
    from kernlint.project.flow import Step, Story
    from kernlint.project.values import Value
    from kernlint.rules.base import Context

_ACCELERATORS = frozenset({"cuda", "xpu", "npu", "mps", "neuron", "tpu", "hpu", "mlu", "musa"})
#: Plans by which accelerate spreads a model over the accelerators that there are.
_PLANS = frozenset({"auto", "balanced", "balanced_low_0", "sequential"})
#: Arguments of from_pretrained that may put a model on an accelerator.
_PLACING = (
    "device_mesh",
    "distributed_config",
    "load_in_4bit",
    "load_in_8bit",
    "quantization_config",
    "tp_plan",
    "tp_size",
)
SOME = "accelerator"


def device_of(value: Value | None) -> str | None:
    """The type of a device, or of all devices of a map; None where it is not known."""
    if isinstance(value, MappingValue) and value.entries and not value.unread:
        found = {device_of(entry.value) for entry in value.entries}
        return found.pop() if len(found) == 1 else None
    if not isinstance(value, Known) or isinstance(value.value, bool):
        return None
    if isinstance(value.value, int):
        return SOME
    if not isinstance(value.value, str):
        return None
    kind = value.value.partition(":")[0]
    if kind in _PLANS:
        return SOME
    return kind if kind in _ACCELERATORS or kind == "cpu" else None


def is_dtype(step: Step) -> bool:
    """Whether ``.to(...)`` changes no device."""
    device = step.argument("device")
    if device is None:
        return step.argument("**") is None
    return isinstance(device, Instance) and device.dotted.startswith("torch.")


class Placement:
    """Where the models of a story are made.

    Without a word about it a model is made on the CPU, unless a file that is not in sight
    has set another default device: that it is moved later shows that it was on the CPU.
    """

    def __init__(self, story: Story, context: Context) -> None:
        self._story = story
        self._context = context
        self._default: Value | None = None
        self._moves: dict[int, Step] | None = None

    def default_device(self, step: Step) -> None:
        """Models are made on another device from now on."""
        device = step.argument("device")
        is_none = isinstance(device, Known) and device.value is None
        self._default = None if is_none and step.certain else device

    def of(self, step: Step) -> str | None:
        """The device that a model is made on."""
        if step.argument("**") is not None:
            return None
        if any(not _is_unset(step.argument(name)) for name in _PLACING):
            return None
        mapped = step.argument("device_map")
        if mapped is not None and not _is_unset(mapped):
            return device_of(mapped)
        if self._default is not None:
            return device_of(self._default)
        known = step.owner == "transformers.pipeline" or self.evidence(step) is not None
        return "cpu" if known and not self._elsewhere() else None

    def evidence(self, step: Step) -> Step | None:
        """The step that moves a model off the CPU."""
        if self._moves is None:
            self._moves = dict(self._find())
        return None if step.model is None else self._moves.get(step.model)

    def _find(self) -> list[tuple[int, Step]]:
        found: list[tuple[int, Step]] = []
        settled: set[int] = set()
        for step in self._story.steps:
            if step.kind != "move" or step.model is None or step.model in settled:
                continue
            device = device_of(step.argument("device"))
            if is_dtype(step) or device == "cpu":
                continue
            settled.add(step.model)
            if device is not None and step.certain:
                found.append((step.model, step))
        return found

    def _elsewhere(self) -> bool:
        """Whether some other program of the project sets a default device."""
        return any(
            step.kind == "default_device" for story in self._context.stories for step in story.steps
        )


def _is_unset(value: Value | None) -> bool:
    return value is None or (
        isinstance(value, Known) and (value.value is None or value.value is False)
    )

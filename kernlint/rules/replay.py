"""What becomes of the models and configs of a story, with one release of transformers.

The releases differ in when kernels are applied anew (``modeling_utils.py``, ``train``, ``eval``
and ``set_use_kernels``): up to 5.10 every ``train()`` and ``eval()`` does that and forgets the
config, in 5.11 and 5.12 with the config that the model was given last, from 5.13 on only where
the mode changes.
"""

from __future__ import annotations

from kernlint.catalog.release import release_key
from kernlint.model.hints import TYPE_CHECKING, Literal
from kernlint.model.record import Record
from kernlint.project.values import Instance, Known, MappingValue, Unknown, text_of
from kernlint.rules.paths import entries, flag
from kernlint.rules.placement import Placement, device_of, is_dtype
from kernlint.rules.plain import NotKnownError, plain

if TYPE_CHECKING:
    from kernlint.project.flow import Config, Step, Story
    from kernlint.project.values import Value
    from kernlint.rules.base import Context

_COMPILED = "torch.compile"
Mode = Literal["train", "eval"]
Kind = Literal[
    "lost", "other mode", "reused", "reused in a loop", "cpu", "dropped", "idle", "ignored"
]


class Event(Record):
    """Something that goes wrong in a story.

    ``lost`` and ``other mode`` are about the mode (KL304), ``reused`` about a config
    (KL305), ``cpu``, ``dropped`` and ``idle`` about the device (KL309), ``ignored`` about a
    second config (KL310). ``cause`` is the step that it comes from, ``layer`` the first one
    of a config that was used up, ``sure`` whether it happens on every machine.
    """

    kind: Kind
    step: Step
    cause: Step | None = None
    layer: str | None = None
    sure: bool = True


class _Applied(Record):
    """A config whose kernels a model has: where it was handed over, and in which mode."""

    step: Step
    mode: Mode | None


class _Used(Record):
    """Where a config was used up, and whether that depends on the device."""

    step: Step
    sure: bool


class _Model:
    """What is known of a model; None stands for what is not.

    ``on`` is its flag ``use_kernels``, ``stored`` the config that the next change of mode
    applies. ``lost``, ``ignored`` and ``idle`` are what goes wrong unless something follows.
    """

    def __init__(self) -> None:
        self.mode: Mode | None = None
        self.device: str | None = None
        self.on: bool | None = None
        self.applied: _Applied | None = None
        self.stored: _Applied | None = None
        self.lost: Event | None = None
        self.ignored: Event | None = None
        self.idle: Event | None = None


class _RaisedError(Exception):
    """The program ends here."""


def forgets_configs(context: Context) -> bool:
    """Whether a change of mode applies the default kernels alone: up to 5.10."""
    return not context.release.from_pretrained_fusions


def ignores_second(context: Context) -> bool:
    """Whether a second set_use_kernels(True, ...) does nothing: up to 5.12."""
    return release_key(context.release.version) < (5, 13)


def replay(story: Story, context: Context) -> list[Event]:
    """Everything that goes wrong in a story, up to the first exception."""
    return _Replay(story, context).run()


class _Replay:
    def __init__(self, story: Story, context: Context) -> None:
        self._steps = story.steps
        self._placement = Placement(story, context)
        self._forgets = forgets_configs(context)
        self._ignores = ignores_second(context)
        # From 5.19 on the kernels are applied for the mode that is asked for.
        self._takes_mode = release_key(context.release.version) >= (5, 19)
        self._models: dict[int, _Model] = {}
        self._used: dict[int, _Used | None] = {}
        self._events: list[Event] = []

    def run(self) -> list[Event]:
        try:
            for step in self._steps:
                self._do(step)
        except _RaisedError:
            return self._events
        for model in self._models.values():
            pending = (model.lost, model.ignored, model.idle)
            self._events.extend(event for event in pending if event is not None)
        return self._events

    def _do(self, step: Step) -> None:
        if not step.certain and step.kind != "default_device":
            if step.kind != "call":
                self._forget(step)
            return
        model = _Model() if step.model is None else self._models.setdefault(step.model, _Model())
        if step.kind == "default_device":
            self._placement.default_device(step)
        elif step.kind == "copy":
            source = step.argument("source")
            if isinstance(source, Known) and source.value in self._used:
                self._used[step.number or 0] = self._used[source.value]
        elif step.kind in {"from_pretrained", "from_config"}:
            self._load(step, model)
        elif step.kind == "set_use_kernels":
            self._set(step, model)
        elif step.kind in {"sanitize_kernel_mapping", "create_compatible_mapping"}:
            self._by_hand(step, model)
        elif step.kind == "move":
            self._move(step, model)
        elif step.kind == "call":
            self._emit_lost(model)
        elif step.kind in {"train", "eval", "trainer"}:
            self._change(step, model, _target(step))

    def _forget(self, step: Step) -> None:
        """Nothing is known any more of what a step may have changed."""
        if step.model is not None:
            self._models[step.model] = _Model()
        if step.number is not None:
            self._used[step.number] = None

    def _raise(self, event: Event) -> None:
        self._events.append(event)
        raise _RaisedError

    def _emit_lost(self, model: _Model) -> None:
        if model.lost is not None:
            self._events.append(model.lost)
            model.lost = None

    # Configs

    def _hand_over(self, step: Step, config: Config, device: str | None) -> bool | None:
        """Whether a config brings kernels, which uses it up; None where that is not known."""
        if step.number is None:
            return None
        if step.number in self._used:
            used = self._used[step.number]
            if used is None:
                return None
            self._raise(Event("reused", step, used.step, _first_layer(config), used.sure))
        early = step.kind == "from_pretrained" and not self._forgets
        kernels = entries(config)
        plain_kernels = [each for each in kernels if not isinstance(each.value, MappingValue)]
        if device == "cpu" and flag(config.use_local_kernel) is False:
            if plain_kernels or (early and kernels):
                self._raise(Event("cpu", step, self._placement.evidence(step)))
            if kernels and not _is_open(config):
                self._events.append(Event("dropped", step, self._placement.evidence(step)))
                self._used[step.number] = None
                return False
        brings = _brings(config, device, early=early)
        known = isinstance(config.mapping, MappingValue)
        if brings or (brings is None and known and kernels):
            self._used[step.number] = _Used(step, sure=bool(brings))
            if brings and step.looped:
                layer = _first_layer(config)
                self._events.append(Event("reused in a loop", step, None, layer, sure=False))
        elif brings is None or kernels:
            # What is for other devices is dropped for good: the config is empty from now on.
            self._used[step.number] = None
        return brings

    def _by_hand(self, step: Step, model: _Model) -> None:
        if step.config is None or step.number is None:
            return
        if step.kind == "create_compatible_mapping":
            device = None if model.device == "cpu" else model.device
            self._hand_over(step, step.config, device)
            return
        used = self._used.get(step.number)
        if used is not None:
            layer = _first_layer(step.config)
            self._raise(Event("reused", step, used.step, layer, used.sure))

    # Models

    def _load(self, step: Step, model: _Model) -> None:
        model.mode = "eval" if step.kind == "from_pretrained" else "train"
        model.device = self._placement.of(step)
        model.on = _flag_of(step)
        if step.kind == "from_pretrained":
            self._apply(step, model)
        if step.owner == "transformers.pipeline":
            model.device = device_of(step.argument("device"))

    def _set(self, step: Step, model: _Model) -> None:
        given = step.argument("use_kernels")
        passed = step.argument("kernel_config")
        is_open = step.argument("**") is not None or (passed is not None and not _is_none(passed))
        if not isinstance(given, Known) or is_open:
            self._forget(step)
            return
        if not given.value:
            model.on = False
            return
        before = model.on
        model.on = True
        if step.config is None and before is not None and self._ignores and before:
            model.stored = None
            return
        if self._ignores and before is not False and step.config is not None:
            first = model.applied
            is_new = step.number not in self._used
            brings = self._hand_over(step, step.config, model.device)
            if before and is_new and brings is not False and not _same(first, step.config):
                model.stored = _Applied(step, model.mode)
                model.ignored = Event("ignored", step, first.step if first else None)
            elif before is None:
                model.applied = model.stored = None
            return
        if model.device != "cpu":
            model.idle = None
        self._apply(step, model)

    def _apply(self, step: Step, model: _Model) -> None:
        """Apply the config of a step, or the default kernels, to a model in its mode."""
        brings: bool | None = False
        if step.config is not None:
            brings = self._hand_over(step, step.config, model.device)
            model.applied = model.stored = model.lost = None
        evidence = self._placement.evidence(step)
        if model.on and model.device == "cpu" and evidence is not None:
            is_empty = step.config is None or not entries(step.config)
            if is_empty and (step.config is None or not _is_open(step.config)):
                model.idle = Event("idle", step, evidence)
        if step.config is None or brings is False or not entries(step.config):
            return
        mode = model.mode
        if self._takes_mode and (asked := step.argument("mode")) is not None:
            mode = None
            asks = isinstance(asked, Instance) and asked.dotted == "kernels.Mode.TRAINING"
            if asks and model.mode == "eval":
                self._events.append(Event("other mode", step))
        model.applied = model.stored = _Applied(step, mode)

    def _move(self, step: Step, model: _Model) -> None:
        device = step.argument("device")
        if not is_dtype(step):
            model.device = device_of(device)

    def _change(self, step: Step, model: _Model, target: Mode | None) -> None:
        """``train()``, ``eval()`` or the training of a Trainer."""
        was, model.mode = model.mode, target
        if model.on is not True or target is None:
            return
        changed = was is not None and was != target
        if model.device != "cpu" and (self._ignores or changed):
            model.idle = None
        if step.kind == "trainer":
            self._emit_lost(model)
        if self._forgets:
            if model.applied is not None:
                model.lost = Event("lost", step, model.applied.step, sure=_is_sure(model))
            model.applied = model.stored = None
        elif self._ignores or (changed and step.owner != _COMPILED):
            # What torch.compile gives sets the mode itself first: the model sees no change.
            self._again(step, model, target)
        if step.kind == "trainer":
            self._emit_lost(model)
            model.mode = None

    def _again(self, step: Step, model: _Model, target: Mode) -> None:
        """Apply the config again that the model was given last."""
        lost, model.ignored = model.lost, None
        model.lost = None
        applied, model.applied = model.applied, model.stored
        if applied is not None and model.stored is None:
            model.lost = Event("lost", step, applied.step)
        elif target == "train" and model.stored is not None and model.stored.mode == "eval":
            model.lost = lost or Event("lost", step, model.stored.step, sure=_is_sure(model))


def _target(step: Step) -> Mode | None:
    if step.kind == "eval":
        return "eval"
    asked = step.argument("mode")
    if step.kind == "trainer" or asked is None:
        return "train" if step.argument("**") is None else None
    if not isinstance(asked, Known):
        return None
    return "train" if asked.value else "eval"


def _flag_of(step: Step) -> bool | None:
    """Whether a model is loaded with kernels."""
    if step.config is not None:
        return True
    passed = step.argument("kernel_config")
    if step.argument("**") is not None or (passed is not None and not _is_none(passed)):
        return None
    return flag(step.argument("use_kernels"))


def _is_none(value: Value) -> bool:
    return isinstance(value, Known) and value.value is None


def _is_open(config: Config) -> bool:
    """Whether the mapping of a config may hold more than is known."""
    if isinstance(config.mapping, MappingValue):
        return bool(config.mapping.unread)
    return isinstance(config.mapping, Unknown)


def _brings(config: Config, device: str | None, *, early: bool) -> bool | None:
    """Whether a config has a kernel for a device; None where that is not known."""
    found = False if config.mapping is not None and not _is_open(config) else None
    if config.mapping is None:
        found = False
    for entry in entries(config):
        if early or not isinstance(entry.value, MappingValue):
            return True
        keys = [text_of(inner.key) for inner in entry.value.entries]
        if device is not None and device in keys:
            return True
        if device is None or device == "accelerator" or None in keys or entry.value.unread:
            found = None
    return found


def _first_layer(config: Config) -> str | None:
    """The layer that a second use trips over."""
    first = next(iter(entries(config)), None)
    if first is None or isinstance(first.value, MappingValue):
        return None
    return text_of(first.key)


def _is_sure(model: _Model) -> bool:
    """Whether the kernels that a model has are those of its config on every machine."""
    applied = model.applied or model.stored
    if applied is None or applied.step.config is None:
        return True
    return any(not isinstance(e.value, MappingValue) for e in entries(applied.step.config))


def _same(first: _Applied | None, second: Config) -> bool:
    """Whether a model has the kernels of a config already."""
    if first is None or first.step.config is None:
        return False
    mappings = first.step.config.mapping, second.mapping
    if mappings[0] is None or mappings[1] is None:
        return False
    try:
        return plain(mappings[0]) == plain(mappings[1])
    except NotKnownError:
        return False

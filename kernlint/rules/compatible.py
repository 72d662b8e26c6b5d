"""The mapping that transformers makes of a config, for a device, a mode and a way to a model."""

from __future__ import annotations

from functools import partial

from kernlint.model.diagnostic import NotChecked
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.mapping import MappedKernel, Raised, ShownMapping
from kernlint.model.record import Record
from kernlint.project.values import Instance, Known, MappingValue, Unknown, text_of, type_name
from kernlint.rules.functions import FUNCTION_DECORATOR
from kernlint.rules.layers import LAYOUT, declared_layers, may_be_declared
from kernlint.rules.paths import entries, flag
from kernlint.rules.plain import NotKnownError, plain
from kernlint.rules.steps import (
    NO_DEVICE,
    STEPS,
    RejectedError,
    built,
    not_registered,
    preloaded,
    rejected,
    sanitized,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernlint.model.diagnostic import Place
    from kernlint.model.mapping import Asked, Repository
    from kernlint.project.flow import Config
    from kernlint.project.values import Entry, Value
    from kernlint.rules.base import Context

#: Calls by hand are the documented validation, whichever of them is in sight.
_BY_HAND: tuple[str, ...] = ("sanitize_kernel_mapping", "create_compatible_mapping")

_FUSION = (
    "a fusion goes by the name of the kernel's class, and only where the kernel brings a layout "
    "for it, which cannot be known without the Hub"
)

#: The device where neither the user nor the mapping names one.
_USUAL_DEVICE = "cuda"


class _Way(Record):
    """How a config gets to a model: by which calls, and the situation there."""

    sink: str | None
    sinks: tuple[Place, ...]
    device: str
    local: bool | None
    context: Context

    @property
    def preloads(self) -> bool:
        """Whether from_pretrained changes the mapping before it is validated."""
        release = self.context.release
        return self.sink == "from_pretrained" and release.from_pretrained_fusions


def shown(
    config: Config, alternative: tuple[int, int], context: Context, asked: Asked
) -> Iterator[ShownMapping]:
    """The mappings of a config: for every way that it goes, for every device.

    Source: transformers 5.0 to 5.23, utils/kernel_config.py, modeling_utils.py.
    """
    local = flag(config.use_local_kernel)
    for sink, sinks in _ways(config):
        for device in asked.devices or _named_devices(config, context):
            way = _Way(sink, sinks, device, local, context)
            yield _shown(config, alternative, way, asked)


def _shown(config: Config, alternative: tuple[int, int], way: _Way, asked: Asked) -> ShownMapping:
    modes, notes = _modes(way, asked)
    if not way.context.target.transformers:
        notes.append(f"{way.context.target.origin} allows no release that has KernelConfig")
    if way.sink == "set_use_kernels" and any(_is_switched_off(each, way) for each in way.sinks):
        notes.append("a call with `use_kernels=False` does not look at the config")
    if any(sink.kind == "update_kernel" for sink in config.sinks):
        notes.append("what `update_kernel` adds to the config is not shown")
    found = ShownMapping(
        config.place,
        alternative,
        way.sink,
        way.sinks,
        way.context.release.version,
        way.context.kernels.version,
        way.device,
        modes,
        _inherits(config, way),
        notes=tuple(notes),
    )
    refused = _refused(config, way)
    if refused is not None:
        return found._replace(raised=refused)
    mapping = config.mapping
    if isinstance(mapping, Unknown):
        return found._replace(unread=(NotChecked(mapping.place, mapping.reason),))
    kernels = tuple(_kernels(config, way))
    raised = [kernel.raised for kernel in kernels if kernel.raised is not None]
    parts = mapping.unread if isinstance(mapping, MappingValue) else ()
    return found._replace(
        entries=kernels,
        raised=min(raised, key=lambda each: STEPS.index(each.by), default=None),
        unread=tuple(NotChecked(part.place, part.reason) for part in parts),
    )


def _ways(config: Config) -> Iterator[tuple[str | None, tuple[Place, ...]]]:
    """The kinds of calls that take the config, with their places; None for none in sight."""
    found: dict[str, list[Place]] = {}
    for sink in config.sinks:
        if sink.kind != "update_kernel":
            kind = _BY_HAND[-1] if sink.kind in _BY_HAND else sink.kind
            found.setdefault(kind, []).append(sink.place)
    if not found:
        yield None, ()
    for kind, places in found.items():
        yield kind, tuple(dict.fromkeys(places))


def _named_devices(config: Config, context: Context) -> tuple[str, ...]:
    """The devices that the mapping names and the release knows, else the usual one."""
    named = [
        text_of(inner.key)
        for entry in entries(config)
        if isinstance(entry.value, MappingValue)
        for inner in entry.value.entries
    ]
    known = [name for name in named if name in context.release.device_keys]
    return tuple(filter(None, dict.fromkeys(known))) or (_USUAL_DEVICE,)


def _modes(way: _Way, asked: Asked) -> tuple[tuple[str, ...], list[str]]:
    """The modes of the mapping, and why they are not what was asked for."""
    notes: list[str] = []
    training = asked.mode == "training"
    if training and way.sink == "from_pretrained":
        notes.append("`from_pretrained` leaves the model in evaluation mode: INFERENCE alone")
        training = False
    compiled = asked.compiled
    if compiled and way.sink in {"from_pretrained", "set_use_kernels"}:
        notes.append(f"`{way.sink}` asks for no `compile`: TORCH_COMPILE is not in the mapping")
        compiled = False
    modes = ("TRAINING" if training else "INFERENCE",)
    return ((*modes, "TORCH_COMPILE") if compiled else modes), notes


def _is_switched_off(call: Place, way: _Way) -> bool:
    """Whether ``set_use_kernels`` is told to use no kernels (KL308)."""
    return any(
        usage.place == call
        and usage.parameter == "use_kernels"
        and isinstance(usage.value, Known)
        and usage.value.value is False
        for usage in way.context.usages
    )


def _inherits(config: Config, way: _Way) -> bool | None:
    """Whether the default mapping counts for what the config does not name.

    Source: transformers 5.0 to 5.16, modeling_utils.py, and from 5.17 on
    integrations/hub_kernels.py, ``kernelize``.
    """
    if way.local:
        return False
    inherits: bool | None = True
    if config.inherit_mapping is not None:
        inherits = flag(config.inherit_mapping)
    return False if inherits is False else None if way.local is None else inherits


def _refused(config: Config, way: _Way) -> Raised | None:
    """What rejects the config as a whole, before any of its kernels is looked at."""
    text = _construction_error(config, way.context)
    if text is not None:
        return Raised("KernelConfig", "TypeError", text, config.place)
    if way.sink == "from_config":
        text = "unexpected keyword argument 'kernel_config'"
        return Raised("from_config", "TypeError", text, way.sinks[0])
    mapping = config.mapping
    if mapping is None or isinstance(mapping, (MappingValue, Unknown)):
        return None
    context = way.context
    if isinstance(mapping, Known) and mapping.value is None:
        parameters = context.release.config_parameters
        if any(each.name == "kernel_mapping" and each.default == "None" for each in parameters):
            return None
    kind = type_name(mapping)
    if way.preloads:
        known = kind if not isinstance(mapping, Instance) else None
        text = f"'{known}' object has no attribute 'items'" if known else None
        return Raised("from_pretrained", "AttributeError", text, mapping.place)
    error = rejected(context, "sanitize_kernel_mapping", "mapping-dict", got=f"<class '{kind}'>")
    return Raised(error.by, error.exception, error.message, mapping.place)


def _construction_error(config: Config, context: Context) -> str | None:
    """The text of the TypeError that the call itself raises."""
    accepted = [parameter.name for parameter in context.release.config_parameters]
    by_position = [arg for arg in config.arguments if arg.position is not None]
    taken = set(accepted[: len(by_position)])
    for name in (arg.name for arg in config.arguments if arg.name is not None):
        if name not in accepted:
            return f"KernelConfig.__init__() got an unexpected keyword argument '{name}'"
        if name in taken:
            return f"KernelConfig.__init__() got multiple values for argument '{name}'"
        taken.add(name)
    if len(by_position) <= len(accepted):
        return None
    return (
        f"KernelConfig.__init__() takes from 1 to {len(accepted) + 1} positional arguments "
        f"but {len(by_position) + 1} were given"
    )


def _kernels(config: Config, way: _Way) -> Iterator[MappedKernel]:
    """Every kernel of the mapping, those of each device apart."""
    for entry in entries(config):
        key, value = entry
        blank = MappedKernel("unknown", _printed(key), None, key.place, None, value.place)
        if way.preloads:
            yield _outcome(_of_only_device(entry, blank), partial(_preloaded, entry, way))
        elif not isinstance(value, MappingValue):
            yield _outcome(blank, partial(_validated, key, None, value, way))
        else:
            for inner in value.entries:
                one = _of_device(inner, blank)
                yield _outcome(one, partial(_validated, key, inner.key, inner.value, way))
            for part in value.unread:
                yield blank._replace(value=part.place, reason=part.reason)
            if not value.entries and not value.unread:
                yield _outcome(blank, partial(_without_kernel, key, way))


def _of_device(inner: Entry, blank: MappedKernel) -> MappedKernel:
    key, value = inner
    return blank._replace(device=_printed(key), device_key=key.place, value=value.place)


def _of_only_device(entry: Entry, blank: MappedKernel) -> MappedKernel:
    """An entry of which from_pretrained drops the device."""
    devices = entry.value
    if not isinstance(devices, MappingValue) or devices.unread or len(devices.entries) != 1:
        return blank
    one = _of_device(devices.entries[0], blank)
    dropped = f"`from_pretrained` drops the key {one.device}: the kernel is for every device"
    return one._replace(reason=dropped)


class _Dropped(Exception):  # noqa: N818 (nothing is wrong)
    """A kernel that is passed over without a message."""


def _outcome(blank: MappedKernel, build: partial[Repository]) -> MappedKernel:
    """An entry with the repository that is built, or with the reason why none is."""
    try:
        return blank._replace(status="built", repository=build())
    except _Dropped as dropped:
        return blank._replace(status="dropped", reason=str(dropped))
    except NotKnownError as error:
        return blank._replace(reason=error.unknown.reason)
    except RejectedError as error:
        raised = Raised(error.by, error.exception, error.message, blank.place)
        return blank._replace(status="rejected", raised=raised, reason=error.advice)


def _validated(key: Value, device_key: Value | None, value: Value, way: _Way) -> Repository:
    """The kernel of a layer on the way of set_use_kernels."""
    layer = plain(key)
    _check_registered(layer, key.place, way)
    device = NO_DEVICE if device_key is None else plain(device_key)
    kernel = plain(value)
    sanitized(layer, device, kernel, way.context)
    if device not in {NO_DEVICE, way.device}:
        raise _Dropped(f"the model is on {way.device}")
    return built(kernel, way.device, way.context, local=_is_local(way, value.place))


def _without_kernel(key: Value, way: _Way) -> Repository:
    """A layer with an empty dict of devices."""
    _check_registered(plain(key), key.place, way)
    raise _Dropped("no device is named")


def _preloaded(entry: Entry, way: _Way) -> Repository:
    """The kernel of a layer on the way of from_pretrained."""
    key, value = entry
    layer = plain(key)
    local = _is_local(way, value.place)
    if isinstance(value, MappingValue) and not value.unread and len(value.entries) == 1:
        kernel: object = {None: plain(value.entries[0].value)}
    else:
        kernel = plain(value)
    kernel = preloaded(layer, kernel, way.context, local=local)
    if isinstance(layer, str):
        _check_registered(layer, key.place, way)
    else:
        _check_renamed(layer, kernel, key.place, way)
    sanitized(layer, NO_DEVICE, kernel, way.context)
    return built(kernel, way.device, way.context, local=local)


def _is_local(way: _Way, place: Place) -> bool:
    if way.local is None:
        raise NotKnownError(Unknown("whether the kernels are local is not known", place))
    return way.local


def _check_renamed(layer: object, kernel: object, place: Place, way: _Way) -> None:
    """A key that is no name: from_pretrained looks for the class of the kernel instead."""
    if isinstance(layer, tuple):
        raise NotKnownError(Unknown(_FUSION, place))
    text = kernel[0] if isinstance(kernel, tuple) else kernel
    if str(text).partition(":")[2] in declared_layers(way.context):
        raise NotKnownError(Unknown("it goes by the name of the kernel's class", place))
    raise not_registered("...", way.context)


def _check_registered(layer: object, place: Place, way: _Way) -> None:
    """Whether a model can have the layer: what is declared in sight counts."""
    context, release = way.context, way.context.release
    error = not_registered(layer, context)
    if not isinstance(layer, str):
        raise error
    if layer in declared_layers(context):
        classes = {item.layer for item in context.declarations if item.owner_kind != "function"}
        vouched = layer in classes or layer in context.known_layers
        if vouched or release.layer_kind(layer) != "function" or _takes_functions(context):
            return
        raise error
    elsewhere = may_be_declared(context)
    if elsewhere is not None:
        raise NotKnownError(Unknown(f"the layer may be declared in {elsewhere}", place))
    if way.preloads and not release.has_default(layer):
        raise NotKnownError(Unknown(f"it is no declared layer name; {LAYOUT}", place))
    if not context.catalog.layer_history(layer):
        error.advice = "if the code of the model declares it, list it in `known-layers`"
    raise error


def _takes_functions(context: Context) -> bool:
    """Whether the functions of a model count as layers (KL204)."""
    decorates = FUNCTION_DECORATOR in context.kernels.public_names
    return context.release.registers_function_layers and decorates


def _printed(key: Value) -> str:
    """A key as Python prints it."""
    try:
        return str(plain(key))
    except NotKnownError:
        return "..."
